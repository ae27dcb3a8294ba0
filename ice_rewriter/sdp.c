#include "ice_rewriter/sdp.h"

/* By the length of their names: a line costs a comparison or two. */
static const struct known {
	const char *name;
	uint8_t attr;
} known_attrs[][3] = {
	[3] = {{"mid", ICE_A_MID}},
	[4] = {{"fmtp", ICE_A_FMTP}, {"rtcp", ICE_A_RTCP}},
	[5] = {{"group", ICE_A_GROUP}},
	[6] = {{"rtpmap", ICE_A_RTPMAP}, {"crypto", ICE_A_CRYPTO},
	       {"x-caps", ICE_A_CAPS}},
	[7] = {{"rtcp-fb", ICE_A_RTCP_FB}},
	[9] = {{"candidate", ICE_A_CANDIDATE}},
	[10] = {{"x-bypassid", ICE_A_BYPASSID}},
	[11] = {{"cryptoscale", ICE_A_CRYPTOSCALE}},
	[12] = {{"ice-mismatch", ICE_A_MISMATCH}},
	[16] = {{"x-candidate-ipv6", ICE_A_CANDIDATE},
		{"remote-candidate", ICE_A_REMOTE}},
	[17] = {{"remote-candidates", ICE_A_REMOTES}},
};

static ice_attr attr_of(span name)
{
	const struct known *k;

	if (name.left >= sizeof(known_attrs) / sizeof(known_attrs[0]))
		return ICE_A_NONE;
	k = known_attrs[name.left];
	for (unsigned i = 0; i < 3 && k[i].name; i++)
		if (span_folds(name.p, k[i].name, name.left))
			return k[i].attr;
	return ICE_A_NONE;
}

static void read_name(ice_line *l)
{
	span whole = l->value, name;

	/* Most lines by far. */
	if (span_starts(whole, "candidate:") && span_skip(&l->value, 10)) {
		l->attr = ICE_A_CANDIDATE;
		return;
	}
	if (!span_until(&l->value, ':', &name)) {
		name = whole;
		l->value = ice_pen_behind(whole);
	}
	l->attr = (uint8_t)attr_of(span_trim(name));
}

bool ice_line_next(span *in, ice_line *out)
{
	span all = *in;

	if (!span_line(in, &out->text))
		return false;
	out->raw = span_before(all, *in);
	out->value = out->text;
	out->type = 0;
	out->attr = ICE_A_NONE;
	if (out->text.left < 2 || out->text.p[1] != '=' ||
	    !span_u8(&out->value, &out->type) || !span_skip(&out->value, 1))
		return true;
	if (out->type == 'a')
		read_name(out);
	return true;
}

bool ice_conn_parse(span value, ice_conn *out)
{
	ice_conn c = {0};
	span net;

	if (!span_word(&value, &net) || !span_caseeq(net, "IN") ||
	    !span_word(&value, &c.family) || !span_word(&value, &c.host))
		return false;
	if (!net_addr_parse(c.host, 0, &c.ip))
		c.ip = (net_addr){0};
	*out = c;
	return true;
}

bool ice_rtcp_parse(span value, ice_rtcp *out)
{
	ice_rtcp r = {0};
	uint64_t n;

	if (!span_word(&value, &r.port) ||
	    !span_number(r.port, UINT16_MAX, &n))
		return false;
	r.number = (uint16_t)n;
	if (span_trim(value).left && !ice_conn_parse(value, &r.conn))
		return false;
	*out = r;
	return true;
}

bool ice_mline_parse(span value, ice_mline *out)
{
	ice_mline m = {0};
	span word, rest;
	uint64_t n;

	if (!span_word(&value, &m.kind) || !span_word(&value, &word) ||
	    !span_word(&value, &m.proto))
		return false;
	rest = word;
	if (!span_decimal(&rest, UINT16_MAX, &n) ||
	    (rest.left && rest.p[0] != '/'))
		return false;
	m.port = span_before(word, rest);
	m.number = (uint16_t)n;
	m.formats = value;
	*out = m;
	return true;
}

static uint8_t kind_of(span kind)
{
	if (span_caseeq(kind, "audio"))
		return ICE_AUDIO;
	if (span_caseeq(kind, "video"))
		return ICE_VIDEO;
	return ICE_OTHER;
}

static span first_word(span in)
{
	span word;

	return span_word(&in, &word) ? word : span_of(NULL, 0);
}

span ice_id_bare(span id)
{
	while (id.left && id.p[id.left - 1] == '=')
		id.left--;
	return id;
}

static void read_cand(ice_cand *c, span value, const ice_plan *plan,
		      const ice_known *k)
{
	cand_fields f;
	uint64_t n, port;

	*c = (ice_cand){0};
	if (cand_split(value, &f) != CAND_OK ||
	    !span_number(f.port, UINT16_MAX, &port)) {
		c->odd = true;
		return;
	}
	c->id = f.id;
	c->addr = f.addr;
	c->port = f.port;
	c->draft06 = f.draft06;
	c->transport = (uint8_t)cand_transport(f.transport);
	if (span_number(f.component, UINT8_MAX, &n))
		c->component = (uint8_t)n;
	if (!net_addr_parse(f.addr, (uint16_t)port, &c->at))
		c->at = (net_addr){0};
	c->relay = f.draft06 ? ice_known_relay(k, plan, value, &c->at)
			     : cand_type(f.type) == CALL_CAND_RELAY;
}

static const char *add_cand(ice_sdp *s, ice_section *sec, span value,
			    const ice_plan *plan, const ice_known *k)
{
	ice_cand *c = &s->cand[s->n_cand];

	if (s->n_cand == ICE_CAND_MAX)
		return ice_over(ICE_OVER_CANDS);
	read_cand(c, value, plan, k);
	s->n_cand++;
	sec->n++;
	return NULL;
}

static ice_section *add_section(ice_sdp *s)
{
	ice_section *sec = &s->section[s->n];

	if (s->n == ICE_SECTION_MAX)
		return NULL;
	*sec = (ice_section){.kind = ICE_OTHER, .first = s->n_cand};
	s->n++;
	return sec;
}

static bool read_mline(ice_section *sec, span value)
{
	if (!ice_mline_parse(value, &sec->m))
		return false;
	sec->has_m = true;
	sec->kind = kind_of(sec->m.kind);
	if (span_casestarts(sec->m.proto, "RTP/") ||
	    span_casestarts(sec->m.proto, "TCP/RTP/"))
		ice_payloads_list(&sec->payloads, sec->m.formats);
	return true;
}

/* The first readable a=rtcp counts. */
static void read_rtcp(ice_section *sec, span value)
{
	if (!sec->rtcp.port.left && !ice_rtcp_parse(value, &sec->rtcp))
		sec->rtcp = (ice_rtcp){0};
}

/* The attributes of a section that bear on what is done with it. */
static void read_attr(ice_section *sec, const ice_line *l,
		      const ice_plan *plan)
{
	switch ((ice_attr)l->attr) {
	case ICE_A_RTCP:
		read_rtcp(sec, l->value);
		return;
	case ICE_A_RTPMAP:
		ice_payloads_map(&sec->payloads, plan, l->value);
		return;
	case ICE_A_CRYPTO:
		sec->crypto = true;
		return;
	case ICE_A_REMOTES:
		sec->remote = l->value;
		sec->final = true;
		return;
	case ICE_A_REMOTE:
		sec->remote_id = ice_id_bare(first_word(l->value));
		sec->final = true;
		return;
	case ICE_A_MISMATCH:
		sec->mismatch = true;
		return;
	case ICE_A_MID:
		sec->mid = first_word(l->value);
		return;
	case ICE_A_GROUP:
	case ICE_A_NONE:
	case ICE_A_CANDIDATE:
	case ICE_A_FMTP:
	case ICE_A_RTCP_FB:
	case ICE_A_CAPS:
	case ICE_A_CRYPTOSCALE:
	case ICE_A_BYPASSID:
		return;
	}
}

/* RFC 8843 5: "BUNDLE" and the mids of m= lines with one transport. */
static void read_group(ice_sdp *s, span value)
{
	span word;

	if (span_word(&value, &word) && span_caseeq(word, "BUNDLE") &&
	    s->n_bundles < ICE_BUNDLE_MAX)
		s->bundle[s->n_bundles++] = value;
}

static void read_conn(ice_sdp *s, ice_section *sec, span value)
{
	ice_conn *c = sec ? &sec->conn : &s->conn;

	if (!c->host.left && !ice_conn_parse(value, c))
		*c = (ice_conn){0};
}

const char *ice_over(ice_limit l)
{
	static const char *const why[] = {
		[ICE_OVER_PARTS] = "more than 16 parts",
		[ICE_OVER_DEPTH] = "multipart bodies too deep inside each "
				   "other",
		[ICE_OVER_MEDIA] = "more than 16 m= lines",
		[ICE_OVER_ALL_MEDIA] = "more than 32 m= lines in all parts",
		[ICE_OVER_CANDS] = "more than 256 candidate lines",
		[ICE_OVER_ADDRS] = "more than 64 addresses of one kind",
	};

	return why[l];
}

const char *ice_sdp_read(ice_sdp *s, span text, bool fragment,
			 const ice_plan *plan, const ice_known *k)
{
	ice_section *sec = NULL;
	const char *why = NULL;
	ice_line l;

	s->text = text;
	s->fragment = fragment;
	s->conn = (ice_conn){0};
	s->conn_to = NULL;
	s->move_conn = s->edited = false;
	s->n = s->n_cand = s->n_bundles = 0;
	while (!why && ice_line_next(&text, &l)) {
		bool cand = l.attr == ICE_A_CANDIDATE;

		if (l.type == 'm' || (cand && !sec && fragment)) {
			sec = add_section(s);
			if (!sec)
				return ice_over(ICE_OVER_MEDIA);
			/* A fragment without an m= line is of a call's only
			 * stream. */
			if (l.type != 'm')
				sec->kind = ICE_AUDIO;
		}
		if (l.type == 'm' && !read_mline(sec, l.value))
			why = "an m= line cannot be read";
		else if (l.type == 'c')
			read_conn(s, sec, l.value);
		else if (cand && sec)
			why = add_cand(s, sec, l.value, plan, k);
		else if (l.type == 'a' && sec)
			read_attr(sec, &l, plan);
		else if (l.attr == ICE_A_GROUP)
			read_group(s, l.value);
	}
	return why;
}
