#include "core/record.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <time.h>

/* Text on the way in and out: a 16-bit length, then the octets. */
static void put_text(put *o, span s)
{
	size_t n = MIN(s.left, UINT16_MAX);

	put_u16(o, (uint16_t)n);
	put_bytes(o, s.p, n);
}

static void put_str(put *o, const char *s)
{
	put_text(o, span_str(s));
}

MUST_CHECK static bool get_text(span *in, span *out)
{
	uint16_t n;

	return span_u16(in, &n) && span_cut(in, n, out);
}

/* False when the text does not fit: written by us, it always does. */
MUST_CHECK static bool get_str(span *in, char *to, size_t size)
{
	span s;

	if (!get_text(in, &s) || s.left >= size)
		return false;
	span_copy(s, to, size);
	return true;
}

MUST_CHECK static bool get_bool(span *in, bool *v)
{
	uint8_t b;

	if (!span_u8(in, &b) || b > 1)
		return false;
	*v = b;
	return true;
}

static void put_addr(put *o, const net_addr *a)
{
	put_u8(o, a->family);
	put_u16(o, a->port);
	put_bytes(o, a->ip, sizeof(a->ip));
}

MUST_CHECK static bool get_addr(span *in, net_addr *a)
{
	return span_u8(in, &a->family) && span_u16(in, &a->port) &&
	       span_bytes(in, a->ip, sizeof(a->ip)) &&
	       (a->family == 0 || a->family == 4 || a->family == 6);
}

void rec_begin_put(put *o, const rec_begin *r)
{
	put_text(o, r->call_id);
	put_text(o, r->from_tag);
	put_text(o, r->source);
}

bool rec_begin_get(span in, rec_begin *out)
{
	return get_text(&in, &out->call_id) && get_text(&in, &out->from_tag) &&
	       get_text(&in, &out->source);
}

void rec_fact_put(put *o, const rec_fact *r)
{
	put_text(o, r->name);
	put_text(o, r->value);
}

bool rec_fact_get(span in, rec_fact *out)
{
	return get_text(&in, &out->name) && get_text(&in, &out->value);
}

void rec_decision_put(put *o, const rec_decision *r)
{
	put_u8(o, r->record);
	put_u8(o, r->audio);
	put_u8(o, r->video);
	put_text(o, r->rule);
	put_text(o, r->reason);
}

bool rec_decision_get(span in, rec_decision *out)
{
	out->refuse = 0;
	return get_bool(&in, &out->record) && get_bool(&in, &out->audio) &&
	       get_bool(&in, &out->video) && get_text(&in, &out->rule) &&
	       get_text(&in, &out->reason);
}

void rec_progress_put(put *o, const rec_progress *r)
{
	put_u8(o, r->state);
	put_u16(o, r->status);
	put_text(o, r->branch);
}

bool rec_progress_get(span in, rec_progress *out)
{
	return span_u8(&in, &out->state) && span_u16(&in, &out->status) &&
	       get_text(&in, &out->branch);
}

void rec_control_put(put *o, const rec_control *r)
{
	put_u8(o, r->mark);
	put_u8(o, r->side);
	put_text(o, r->actor);
	put_text(o, r->text);
}

bool rec_control_get(span in, rec_control *out)
{
	return span_u8(&in, &out->mark) && span_u8(&in, &out->side) &&
	       out->side <= CALL_UNKNOWN && get_text(&in, &out->actor) &&
	       get_text(&in, &out->text);
}

void rec_end_put(put *o, const rec_end *r)
{
	put_u8(o, r->cause);
	put_u8(o, r->side);
	put_u16(o, r->status);
	put_text(o, r->text);
}

bool rec_end_get(span in, rec_end *out)
{
	return span_u8(&in, &out->cause) && span_u8(&in, &out->side) &&
	       out->side <= CALL_UNKNOWN && span_u16(&in, &out->status) &&
	       get_text(&in, &out->text);
}

void rec_flow_put(put *o, const rec_flow *r)
{
	put_u32(o, r->flow);
	put_u8(o, r->leg);
	put_u8(o, r->side);
	put_u8(o, r->media);
	put_addr(o, &r->src);
	put_addr(o, &r->dst);
	put_u64(o, r->packets);
	put_u64(o, r->stored);
}

bool rec_flow_get(span in, rec_flow *out)
{
	return span_u32(&in, &out->flow) && span_u8(&in, &out->leg) &&
	       span_u8(&in, &out->side) && out->side <= CALL_UNKNOWN &&
	       span_u8(&in, &out->media) && get_addr(&in, &out->src) &&
	       get_addr(&in, &out->dst) && span_u64(&in, &out->packets) &&
	       span_u64(&in, &out->stored);
}

void rec_loss_put(put *o, const rec_loss *r)
{
	put_u8(o, r->place);
	put_u64(o, r->packets);
	put_u64(o, (uint64_t)r->from.ns);
	put_u64(o, (uint64_t)r->to.ns);
}

bool rec_loss_get(span in, rec_loss *out)
{
	uint64_t from, to;

	if (!span_u8(&in, &out->place) || !span_u64(&in, &out->packets) ||
	    !span_u64(&in, &from) || !span_u64(&in, &to))
		return false;
	out->from.ns = (int64_t)from;
	out->to.ns = (int64_t)to;
	return true;
}

void rec_tally_put(put *o, const rec_tally *r)
{
	put_u64(o, (uint64_t)r->from.ns);
	put_u64(o, r->stored);
	put_u64(o, r->late);
	put_u64(o, r->not_recorded);
	for (size_t i = 0; i < REC_LEGS; i++)
		put_u64(o, r->copies[i]);
	put_u64(o, r->frames);
	put_u64(o, r->unclaimed);
	put_u64(o, r->malformed);
	put_u64(o, r->tcp_gaps);
	put_u64(o, r->fragments_lost);
}

bool rec_tally_get(span in, rec_tally *out)
{
	uint64_t from;

	if (!span_u64(&in, &from) || !span_u64(&in, &out->stored) ||
	    !span_u64(&in, &out->late) || !span_u64(&in, &out->not_recorded))
		return false;
	out->from.ns = (int64_t)from;
	for (size_t i = 0; i < REC_LEGS; i++)
		if (!span_u64(&in, &out->copies[i]))
			return false;
	return span_u64(&in, &out->frames) && span_u64(&in, &out->unclaimed) &&
	       span_u64(&in, &out->malformed) &&
	       span_u64(&in, &out->tcp_gaps) &&
	       span_u64(&in, &out->fragments_lost);
}

void rec_watch_put(put *o, const rec_watch *r)
{
	put_u64(o, (uint64_t)r->age_ns);
}

bool rec_watch_get(span in, rec_watch *out)
{
	uint64_t age;

	if (!span_u64(&in, &age))
		return false;
	out->age_ns = (int64_t)age;
	return true;
}

static void put_cand(put *o, const call_cand *c)
{
	put_u8(o, c->component);
	put_u8(o, c->type);
	put_u8(o, c->transport);
	put_u8(o, c->draft06);
	put_u32(o, c->priority);
	put_addr(o, &c->addr);
	put_addr(o, &c->raddr);
	put_str(o, c->id);
}

MUST_CHECK static bool get_cand(span *in, call_cand *c)
{
	return span_u8(in, &c->component) && span_u8(in, &c->type) &&
	       c->type <= CALL_CAND_UNTYPED && span_u8(in, &c->transport) &&
	       c->transport <= CALL_TRANSPORT_OTHER &&
	       get_bool(in, &c->draft06) && span_u32(in, &c->priority) &&
	       get_addr(in, &c->addr) && get_addr(in, &c->raddr) &&
	       get_str(in, c->id, sizeof(c->id));
}

static void put_payload(put *o, const call_payload *p)
{
	put_u8(o, p->pt);
	put_u8(o, p->channels);
	put_u32(o, p->clock);
	put_str(o, p->name);
	put_str(o, p->fmtp);
}

MUST_CHECK static bool get_payload(span *in, call_payload *p)
{
	return span_u8(in, &p->pt) && p->pt < 128 &&
	       span_u8(in, &p->channels) && span_u32(in, &p->clock) &&
	       get_str(in, p->name, sizeof(p->name)) &&
	       get_str(in, p->fmtp, sizeof(p->fmtp));
}

/* Everything but the key. */
static void put_crypto(put *o, const call_crypto *c)
{
	put_u32(o, c->tag);
	put_u8(o, c->scale);
	put_u8(o, c->mki_len);
	put_u32(o, c->mki);
	put_str(o, c->suite);
}

MUST_CHECK static bool get_crypto(span *in, call_crypto *c)
{
	return span_u32(in, &c->tag) && get_bool(in, &c->scale) &&
	       span_u8(in, &c->mki_len) && span_u32(in, &c->mki) &&
	       get_str(in, c->suite, sizeof(c->suite));
}

static void put_codecs(put *o, const call_media *m)
{
	put_u16(o, (uint16_t)m->payloads->len);
	for (guint i = 0; i < m->payloads->len; i++)
		put_payload(o, CALL_PAYLOAD(m, i));
	put_u16(o, (uint16_t)m->cryptos->len);
	for (guint i = 0; i < m->cryptos->len; i++)
		put_crypto(o, CALL_CRYPTO(m, i));
}

/* Capture looks for relayed addresses and for what checks are named by. Where
 * there are candidates at all one stays, for without any the SDP's own address
 * counts. */
static bool is_path(const call_media *m, guint i)
{
	const call_cand *c = CALL_CAND(m, i);

	return i == 0 || c->type == CALL_CAND_RELAY ||
	       (c->draft06 && strcmp(c->id, CALL_CAND(m, i - 1)->id) != 0);
}

static void put_paths(put *o, const call_media *m)
{
	uint16_t n = 0;

	for (guint i = 0; i < m->cands->len; i++)
		n = (uint16_t)(n + is_path(m, i));
	put_u16(o, n);
	for (guint i = 0; i < m->cands->len; i++)
		if (is_path(m, i))
			put_cand(o, CALL_CAND(m, i));
}

static void put_cands(put *o, const call_media *m)
{
	put_u16(o, (uint16_t)m->cands->len);
	for (guint i = 0; i < m->cands->len; i++)
		put_cand(o, CALL_CAND(m, i));
}

static void put_media(put *o, const call_media *m, bool whole)
{
	put_u8(o, m->index);
	put_u8(o, m->part);
	put_u8(o, m->flow);
	put_u8(o, m->rtcp_mux);
	put_u8(o, m->record);
	put_str(o, m->kind);
	put_str(o, m->proto);
	put_str(o, m->label);
	put_addr(o, &m->rtp);
	put_addr(o, &m->rtcp);
	put_str(o, m->ufrag);
	if (whole) {
		put_cands(o, m);
		put_codecs(o, m);
	} else {
		put_paths(o, m);
		put_u32(o, 0);	/* no payload type, no crypto line */
	}
	put_u16(o, (uint16_t)m->ssrcs->len);
	for (guint i = 0; i < m->ssrcs->len; i++) {
		put_u32(o, CALL_SSRCS(m, i)->lo);
		put_u32(o, CALL_SSRCS(m, i)->hi);
	}
}

MUST_CHECK static bool get_cands(span *in, GArray *to)
{
	uint16_t n;

	if (!span_u16(in, &n))
		return false;
	while (n-- > 0) {
		call_cand c = {0};

		if (!get_cand(in, &c))
			return false;
		g_array_append_val(to, c);
	}
	return true;
}

MUST_CHECK static bool get_payloads(span *in, GArray *to)
{
	uint16_t n;

	if (!span_u16(in, &n))
		return false;
	while (n-- > 0) {
		call_payload p = {0};

		if (!get_payload(in, &p))
			return false;
		g_array_append_val(to, p);
	}
	return true;
}

MUST_CHECK static bool get_cryptos(span *in, GArray *to)
{
	uint16_t n;

	if (!span_u16(in, &n))
		return false;
	while (n-- > 0) {
		call_crypto c = {0};

		if (!get_crypto(in, &c))
			return false;
		g_array_append_val(to, c);
	}
	return true;
}

MUST_CHECK static bool get_ssrcs(span *in, GArray *to)
{
	uint16_t n;

	if (!span_u16(in, &n))
		return false;
	while (n-- > 0) {
		call_ssrcs s;

		if (!span_u32(in, &s.lo) || !span_u32(in, &s.hi))
			return false;
		g_array_append_val(to, s);
	}
	return true;
}

MUST_CHECK static bool get_media(span *in, call_media *m)
{
	return span_u8(in, &m->index) && span_u8(in, &m->part) &&
	       span_u8(in, &m->flow) && m->flow <= CALL_INACTIVE &&
	       get_bool(in, &m->rtcp_mux) && get_bool(in, &m->record) &&
	       get_str(in, m->kind, sizeof(m->kind)) &&
	       get_str(in, m->proto, sizeof(m->proto)) &&
	       get_str(in, m->label, sizeof(m->label)) &&
	       get_addr(in, &m->rtp) && get_addr(in, &m->rtcp) &&
	       get_str(in, m->ufrag, sizeof(m->ufrag)) &&
	       get_cands(in, m->cands) && get_payloads(in, m->payloads) &&
	       get_cryptos(in, m->cryptos) && get_ssrcs(in, m->ssrcs);
}

static void put_half(put *o, const call_half *h, bool whole)
{
	put_u32(o, h->serial);
	put_u8(o, h->side);
	put_u8(o, h->answer);
	put_u8(o, h->early);
	put_str(o, h->branch);
	put_u16(o, (uint16_t)h->media->len);
	for (guint i = 0; i < h->media->len; i++)
		put_media(o, CALL_MEDIA(h, i), whole);
}

void rec_half_put(put *o, const call_half *h)
{
	put_half(o, h, true);
}

void rec_half_put_paths(put *o, const call_half *h)
{
	put_half(o, h, false);
}

call_half *rec_half_get(span in)
{
	g_autoptr(call_half) h = call_half_new();
	uint16_t n;

	if (!span_u32(&in, &h->serial) || !span_u8(&in, &h->side) ||
	    h->side > CALL_UNKNOWN || !get_bool(&in, &h->answer) ||
	    !get_bool(&in, &h->early) ||
	    !get_str(&in, h->branch, sizeof(h->branch)) || !span_u16(&in, &n))
		return NULL;
	while (n-- > 0)
		if (!get_media(&in, call_half_add_media(h)))
			return NULL;
	return g_steal_pointer(&h);
}

void rec_keys_put(put *o, const call_half *h)
{
	for (guint i = 0; i < h->media->len; i++) {
		const call_media *m = CALL_MEDIA(h, i);

		for (guint k = 0; k < m->cryptos->len; k++) {
			span key = secret_peek(&CALL_CRYPTO(m, k)->key);

			put_u8(o, (uint8_t)i);
			put_u8(o, (uint8_t)k);
			put_u8(o, (uint8_t)key.left);
			put_span(o, key);
		}
	}
}

bool rec_keys_get(span in, call_half *h)
{
	while (in.left) {
		uint8_t i, k, n;
		span key;

		if (!span_u8(&in, &i) || !span_u8(&in, &k) ||
		    !span_u8(&in, &n) || !span_cut(&in, n, &key) ||
		    i >= h->media->len ||
		    k >= CALL_MEDIA(h, i)->cryptos->len ||
		    !secret_set(&CALL_CRYPTO(CALL_MEDIA(h, i), k)->key, key))
			return false;
	}
	return true;
}

void rec_packet_put_head(put *o, const pkt *p)
{
	put_u8(o, p->side);
	put_u8(o, p->media);
	put_u8(o, p->leg);
	put_u8(o, p->why);
	put_u32(o, p->flow);
}

bool rec_packet_get(const jrn_rec *r, pkt *out)
{
	span in = r->payload;

	if (!span_u8(&in, &out->side) || out->side > CALL_UNKNOWN ||
	    !span_u8(&in, &out->media) || !span_u8(&in, &out->leg) ||
	    !span_u8(&in, &out->why) || !span_u32(&in, &out->flow))
		return false;
	out->at = r->at;
	out->bytes = in;
	return true;
}

void rec_event_put(put *o, const rec_event *e)
{
	switch ((jrn_type)e->type) {
	case JRN_BEGIN:
		rec_begin_put(o, &e->begin);
		break;
	case JRN_FACT:
		rec_fact_put(o, &e->fact);
		break;
	case JRN_DECISION:
		rec_decision_put(o, &e->decision);
		break;
	case JRN_HALF:
		rec_half_put(o, e->half);
		break;
	case JRN_STATE:
		rec_progress_put(o, &e->progress);
		break;
	case JRN_MARK:
		rec_control_put(o, &e->control);
		break;
	case JRN_END:
		rec_end_put(o, &e->end);
		break;
	case JRN_KEYS:
	case JRN_PACKET:
	case JRN_FLOW:
	case JRN_LOSS:
	case JRN_CLOSE:
	case JRN_TALLY:
	case JRN_WATCH:
		g_assert_not_reached();
	}
}

void rec_arm_put(put *o, const char *call, uint16_t type, clk_both at,
		 span payload)
{
	put_str(o, call);
	jrn_rec_put(o, type, at, payload, span_of(NULL, 0));
}

bool rec_arm_get(span in, span *call, jrn_rec *out)
{
	return get_text(&in, call) && call->left > 0 &&
	       call->left < REC_NAME && jrn_rec_next(&in, out) == JRN_OK &&
	       in.left == 0;
}

void rec_call_name(clk_wall begun, span call_id, span from_tag,
		   char to[static REC_NAME])
{
	uint8_t md[EVP_MAX_MD_SIZE];
	EVP_MD_CTX *c = EVP_MD_CTX_new();
	time_t s = (time_t)(begun.ns / CLK_NS_PER_S);
	struct tm tm = {0};
	size_t n;

	g_assert(c && EVP_DigestInit_ex(c, EVP_sha256(), NULL) &&
		 EVP_DigestUpdate(c, call_id.p, call_id.left) &&
		 EVP_DigestUpdate(c, "", 1) &&
		 EVP_DigestUpdate(c, from_tag.p, from_tag.left) &&
		 EVP_DigestFinal_ex(c, md, NULL));
	EVP_MD_CTX_free(c);
	gmtime_r(&s, &tm);
	n = strftime(to, REC_NAME, "%Y%m%dT%H%M%SZ-", &tm);
	for (int i = 0; i < 8 && n + 3 <= REC_NAME; i++, n += 2)
		snprintf(to + n, 3, "%02x", md[i]);
}
