#include "signaling_tap/sdpline.h"

#include "core/candidate.h"

static const call_payload static_payloads[] = {
	/* RFC 3551 6: these need no rtpmap */
	{0, 1, 8000, "PCMU", ""},   {3, 1, 8000, "GSM", ""},
	{4, 1, 8000, "G723", ""},   {8, 1, 8000, "PCMA", ""},
	{9, 1, 8000, "G722", ""},   {10, 2, 44100, "L16", ""},
	{11, 1, 44100, "L16", ""},  {13, 1, 8000, "CN", ""},
	{15, 1, 8000, "G728", ""},  {18, 1, 8000, "G729", ""},
	{31, 1, 90000, "H261", ""}, {34, 1, 90000, "H263", ""},
};

/* Room for one more; else it is counted once per body. */
static bool room(tap_sdp_reader *r, guint have, guint max, tap_counter n)
{
	const uint32_t bit = UINT32_C(1) << (n - TAP_N_SDP_MEDIA);

	if (have < max)
		return true;
	if (!(r->full & bit))
		r->count->n[n]++;
	r->full |= bit;
	return false;
}

static call_payload *payload_find(const tap_sdp_reader *r, uint64_t pt)
{
	uint8_t at = r->payload_at[pt];

	return at ? CALL_PAYLOAD(r->media, at - 1) : NULL;
}

static void payload_add(tap_sdp_reader *r, uint64_t pt)
{
	call_payload p = {.pt = (uint8_t)pt, .channels = 1};

	if (!room(r, r->media->payloads->len, TAP_SDP_PAYLOADS_MAX,
		  TAP_N_SDP_PAYLOADS) ||
	    r->payload_at[pt])
		return;
	for (size_t i = 0; i < G_N_ELEMENTS(static_payloads); i++)
		if (static_payloads[i].pt == pt)
			p = static_payloads[i];
	g_array_append_val(r->media->payloads, p);
	r->payload_at[pt] = (uint8_t)r->media->payloads->len;
}

static void kind_note(tap_sdp_about *a, const call_media *m)
{
	if (!strcmp(m->kind, "audio"))
		a->audio = true;
	else if (!strcmp(m->kind, "video"))
		a->video = true;
	else if (!strcmp(m->kind, "applicationsharing"))
		a->sharing = true;
	else if (!strcmp(m->kind, "message"))
		a->message = true;
	else
		a->other = true;
}

/* RFC 4566 5.7, without "c=". A host name yields no address, but the rest of
 * the description is still good. */
static bool conn_read(span v, net_addr *out)
{
	span word, host;

	if (!span_word(&v, &word) || !span_word(&v, &word) ||
	    !span_word(&v, &word))
		return false;
	if (!span_until(&word, '/', &host))
		host = word;
	if (!net_addr_parse(host, 0, out))
		*out = (net_addr){0};
	return true;
}

/* What only the end of an m= section decides. */
static void media_end(tap_sdp_reader *r)
{
	call_media *m = r->media;
	uint16_t port;

	if (!m)
		return;
	port = m->rtp.port;
	m->rtp = r->conn;
	m->rtp.port = port;
	m->rtcp = r->rtcp.family ? r->rtcp : r->conn;
	m->rtcp.port = r->rtcp.port ? r->rtcp.port :
		       m->rtcp_mux || port == UINT16_MAX || !port ? port :
		       (uint16_t)(port + 1);
	if (!m->ufrag[0])
		g_strlcpy(m->ufrag, r->ufrag, sizeof(m->ufrag));
	if (r->conn.family && net_addr_is_any(&r->conn))
		m->flow = CALL_INACTIVE;
	tap_hash_add(&r->version, span_str(m->kind));
	tap_hash_add(&r->version, span_str(m->ufrag));
	r->media = NULL;
}

/* RFC 4566 5.14: "audio 49170 RTP/AVP 0 8". */
static bool media_begin(tap_sdp_reader *r, span v)
{
	span kind, port, proto, fmt, n;
	uint64_t number, pt;
	call_media *m;

	media_end(r);
	r->conn = r->session;
	r->rtcp = (net_addr){0};
	if (!span_word(&v, &kind) || !span_word(&v, &port) ||
	    !span_word(&v, &proto))
		return false;
	if (!span_until(&port, '/', &n))
		n = port;
	if (!span_number(n, UINT16_MAX, &number))
		return false;
	r->skip = !room(r, r->half->media->len, TAP_SDP_MEDIA_MAX,
			TAP_N_SDP_MEDIA);
	if (r->skip)
		return true;
	m = r->media = call_half_add_media(r->half);
	memset(r->payload_at, 0, sizeof(r->payload_at));
	m->index = r->lines++;
	m->part = r->part;
	m->flow = r->flow;
	m->rtp.port = (uint16_t)number;
	span_copy(kind, m->kind, sizeof(m->kind));
	span_copy(proto, m->proto, sizeof(m->proto));
	kind_note(r->about, m);
	while (span_word(&v, &fmt))
		if (span_number(fmt, 127, &pt))
			payload_add(r, pt);
	return true;
}

/* "8 PCMA/8000/1" */
static void rtpmap_read(tap_sdp_reader *r, span v)
{
	uint64_t pt, clock, channels = 1;
	span word, name;
	call_payload *p;

	if (!span_word(&v, &word) || !span_number(word, 127, &pt) ||
	    !span_word(&v, &word) || !span_until(&word, '/', &name) ||
	    !span_decimal(&word, UINT32_MAX, &clock))
		return;
	p = payload_find(r, pt);
	if (!p)
		return;
	if (word.left && span_skip(&word, 1) &&
	    (!span_number(word, 255, &channels) || !channels))
		channels = 1;
	span_copy(name, p->name, sizeof(p->name));
	p->clock = (uint32_t)clock;
	p->channels = (uint8_t)channels;
}

static void fmtp_read(tap_sdp_reader *r, span v)
{
	call_payload *p;
	uint64_t pt;
	span word;

	if (!span_word(&v, &word) || !span_number(word, 127, &pt))
		return;
	p = payload_find(r, pt);
	if (p)
		span_copy(span_trim(v), p->fmtp, sizeof(p->fmtp));
}

/* RFC 3605: "53020 IN IP4 126.16.64.4", the address may be missing. */
static void rtcp_read(tap_sdp_reader *r, span v)
{
	net_addr a = {0};
	uint64_t port;
	span word;

	if (!span_word(&v, &word) || !span_number(word, UINT16_MAX, &port))
		return;
	if (span_trim(v).left && !conn_read(v, &a))
		return;
	a.port = (uint16_t)port;
	r->rtcp = a;
}

static void candidate_read(tap_sdp_reader *r, span v)
{
	call_cand c;

	if (cand_parse(v, &c) != CAND_OK)
		r->count->n[TAP_N_CANDIDATE_BAD]++;
	else if (room(r, r->media->cands->len, TAP_SDP_CANDS_MAX,
		      TAP_N_SDP_CANDS))
		g_array_append_val(r->media->cands, c);
}

static void crypto_line(tap_sdp_reader *r, span v, bool scale)
{
	tap_crypto_line l;
	call_crypto c;

	/* a=cryptoscale may be taken out by a rewriter. */
	if (!scale)
		tap_hash_add(&r->version, v);
	if (!tap_crypto_read(v, scale, &l)) {
		r->count->n[TAP_N_CRYPTO_BAD]++;
		return;
	}
	while (tap_crypto_next(&l, &c)) {
		if (room(r, r->media->cryptos->len, TAP_SDP_CRYPTOS_MAX,
			 TAP_N_SDP_CRYPTOS))
			g_array_append_val(r->media->cryptos, c);
		secret_clear(&c.key);
	}
	if (l.keys.left)
		r->count->n[TAP_N_CRYPTO_BAD]++;
}

static void ssrcs_add(tap_sdp_reader *r, uint64_t lo, uint64_t hi)
{
	call_ssrcs s = {(uint32_t)lo, (uint32_t)hi};
	GArray *a = r->media->ssrcs;

	/* RFC 5576 repeats a source for each of its attributes */
	if (lo == hi && a->len && CALL_SSRCS(r->media, a->len - 1)->hi == hi)
		return;
	if (lo <= hi && room(r, a->len, TAP_SDP_SSRCS_MAX, TAP_N_SDP_SSRCS))
		g_array_append_val(a, s);
}

static void ssrc_range_read(tap_sdp_reader *r, span v)
{
	uint64_t lo, hi;

	if (span_decimal(&v, UINT32_MAX, &lo) && span_starts(v, "-") &&
	    span_skip(&v, 1) && span_number(span_trim(v), UINT32_MAX, &hi))
		ssrcs_add(r, lo, hi);
}

static bool flow_read(span name, uint8_t *flow)
{
	static const char *const names[] = {
		[CALL_SENDRECV] = "sendrecv", [CALL_SENDONLY] = "sendonly",
		[CALL_RECVONLY] = "recvonly", [CALL_INACTIVE] = "inactive",
	};

	for (unsigned i = 0; i < G_N_ELEMENTS(names); i++)
		if (span_eq(name, names[i])) {
			*flow = (uint8_t)i;
			return true;
		}
	return false;
}

static void media_attribute(tap_sdp_reader *r, span name, span value)
{
	uint64_t n;
	span word;

	if (span_eq(name, "candidate") || span_eq(name, "x-candidate-ipv6"))
		candidate_read(r, value);
	else if (span_eq(name, "rtpmap"))
		rtpmap_read(r, value);
	else if (span_eq(name, "fmtp"))
		fmtp_read(r, value);
	else if (span_eq(name, "crypto"))
		crypto_line(r, value, false);
	else if (span_eq(name, "cryptoscale"))
		crypto_line(r, value, true);
	else if (span_eq(name, "rtcp"))
		rtcp_read(r, value);
	else if (span_eq(name, "rtcp-mux"))
		r->media->rtcp_mux = true;
	else if (span_eq(name, "label"))
		span_copy(span_trim(value), r->media->label,
			  sizeof(r->media->label));
	else if (span_eq(name, "x-ssrc-range"))
		ssrc_range_read(r, value);
	else if (span_eq(name, "ssrc") && span_word(&value, &word) &&
		 span_number(word, UINT32_MAX, &n))
		ssrcs_add(r, n, n);
	else if (span_eq(name, "ice-mismatch"))
		r->about->mismatch = true;
}

/* A fragment may begin with the candidates of a call's only stream. */
static bool media_here(tap_sdp_reader *r, span name)
{
	if (!r->media && r->about->fragment && span_eq(name, "candidate") &&
	    !media_begin(r, span_str("audio 9 - -")))
		return false;
	return r->media != NULL;
}

static void attribute_read(tap_sdp_reader *r, span v)
{
	char *ufrag = r->media ? r->media->ufrag : r->ufrag;
	span name;

	if (!span_until(&v, ':', &name)) {
		name = span_trim(v);
		v = (span){0};
		if (flow_read(name, r->media ? &r->media->flow : &r->flow))
			return;
	}
	if (span_eq(name, "ice-ufrag"))
		span_copy(span_trim(v), ufrag, sizeof(r->ufrag));
	else if (media_here(r, name))
		media_attribute(r, name, v);
}

static bool line_read(tap_sdp_reader *r, span line)
{
	span kind;

	if (!span_cut(&line, 2, &kind) || kind.p[1] != '=')
		return true;	/* tolerated: it is not ours to judge */
	switch (kind.p[0]) {
	case 'm':
		return media_begin(r, line);
	case 'c':
		return conn_read(line, r->media ? &r->conn : &r->session) ||
		       !r->media;
	case 'o':
		tap_hash_add(&r->version, line);
		return true;
	case 'a':
		if (!r->skip)
			attribute_read(r, line);
		return true;
	}
	return true;
}

/* All but the room for texts, which needs no clearing. */
void tap_sdp_begin(tap_sdp_reader *r, call_half *half, tap_sdp_about *about,
		   tap_counters *count)
{
	r->half = half;
	r->about = about;
	r->count = count;
	r->part = 0;
	r->full = false;
	r->version.n = 0;
}

bool tap_sdp_part(tap_sdp_reader *r, span text)
{
	span line;
	bool ok = true;

	r->media = NULL;
	r->lines = 0;
	r->skip = false;
	r->flow = CALL_SENDRECV;
	r->ufrag[0] = '\0';
	r->session = r->conn = r->rtcp = (net_addr){0};
	while (ok && span_line(&text, &line))
		ok = line_read(r, line);
	media_end(r);
	return ok;
}
