#include "signaling_tap/sip.h"

#include "signaling_tap/uri.h"

/* By the length of their names: of a message's many header fields most are
 * known to be others at once. */
static const struct known {
	const char *name;
	uint8_t id;
} known_headers[][8] = {
	[1] = {{"i", TAP_H_CALL_ID}, {"f", TAP_H_FROM}, {"t", TAP_H_TO},
	       {"l", TAP_H_CONTENT_LENGTH}, {"c", TAP_H_CONTENT_TYPE},
	       {"m", TAP_H_CONTACT}, {"b", TAP_H_REFERRED_BY},
	       {"r", TAP_H_REFER_TO}},
	[2] = {{"To", TAP_H_TO}},
	[4] = {{"From", TAP_H_FROM}, {"CSeq", TAP_H_CSEQ},
	       {"RSeq", TAP_H_RSEQ}},
	[6] = {{"Server", TAP_H_SERVER}},
	[7] = {{"Call-ID", TAP_H_CALL_ID}, {"Contact", TAP_H_CONTACT}},
	[8] = {{"Refer-To", TAP_H_REFER_TO}, {"Replaces", TAP_H_REPLACES}},
	[10] = {{"User-Agent", TAP_H_USER_AGENT}},
	[11] = {{"Referred-By", TAP_H_REFERRED_BY}},
	[12] = {{"Content-Type", TAP_H_CONTENT_TYPE},
		{"History-Info", TAP_H_HISTORY},
		{"ms-focus-uri", TAP_H_FOCUS}},
	[14] = {{"Content-Length", TAP_H_CONTENT_LENGTH}},
	[18] = {{"Ms-Conversation-ID", TAP_H_CONVERSATION}},
	[19] = {{"P-Asserted-Identity", TAP_H_ASSERTED}},
	[21] = {{"ms-client-diagnostics", TAP_H_CLIENT_DIAGNOSTICS}},
};

static const char *const method_names[] = {
	[TAP_INVITE] = "INVITE", [TAP_ACK] = "ACK",
	[TAP_BYE] = "BYE", [TAP_CANCEL] = "CANCEL",
	[TAP_PRACK] = "PRACK", [TAP_UPDATE] = "UPDATE",
	[TAP_INFO] = "INFO", [TAP_REFER] = "REFER",
	[TAP_MESSAGE] = "MESSAGE", [TAP_NOTIFY] = "NOTIFY",
};

static tap_method method_of(span s)
{
	for (unsigned m = 0; m < TAP_METHOD_OTHER; m++)
		if (span_eq(s, method_names[m]))
			return (tap_method)m;
	return TAP_METHOD_OTHER;
}

static tap_header_id header_id(span name)
{
	const struct known *k;

	if (name.left >= G_N_ELEMENTS(known_headers))
		return TAP_H_OTHER;
	k = known_headers[name.left];
	for (unsigned i = 0; i < G_N_ELEMENTS(*known_headers) && k[i].name; i++)
		if (span_folds(name.p, k[i].name, name.left))
			return k[i].id;
	return TAP_H_OTHER;
}

/* RFC 3261 25.1: token. */
static bool token(span s)
{
	static const bool allowed[256] = {
		['a' ... 'z'] = true, ['A' ... 'Z'] = true,
		['0' ... '9'] = true, ['-'] = true, ['.'] = true, ['!'] = true,
		['%'] = true, ['*'] = true, ['_'] = true, ['+'] = true,
		['`'] = true, ['\''] = true, ['~'] = true,
	};

	for (size_t i = 0; i < s.left; i++)
		if (!allowed[s.p[i]])
			return false;
	return s.left > 0;
}

static bool folded(span rest)
{
	return rest.left && (rest.p[0] == ' ' || rest.p[0] == '\t');
}

/* NUL may be in a header field only as a quoted pair (RFC 3261 25.1). */
static bool bare_nul(span s)
{
	if (!s.left || !memchr(s.p, 0, s.left))
		return false;
	for (size_t i = 0; i < s.left; i++)
		if (!s.p[i] && (i == 0 || s.p[i - 1] != '\\'))
			return true;
	return false;
}

/* A header field with what is folded. */
MUST_CHECK static bool field_next(span *in, span *line)
{
	span more;

	if (!span_line(in, line) || !line->left)
		return false;
	while (folded(*in)) {
		if (!span_line(in, &more))
			return false;
		line->left = (size_t)(more.p - line->p) + more.left;
	}
	return true;
}

bool tap_header_next(span *in, tap_header *out)
{
	span line, name;

	if (!field_next(in, &line) || line.left > TAP_SIP_HEADER_MAX ||
	    bare_nul(line) || !span_until(&line, ':', &name))
		return false;
	/* HCOLON allows blanks before the colon, but no fold. */
	out->name = span_trim(name);
	if (name.p != out->name.p || !token(out->name))
		return false;
	out->value = span_trim(line);
	out->id = header_id(out->name);
	return true;
}

void tap_header_text(span value, char *to, size_t size)
{
	size_t n = 0;
	bool gap = false;

	for (size_t i = 0; i < value.left && n + 1 < size; i++) {
		uint8_t c = value.p[i];

		if (c == '\r' || c == '\n') {
			gap = true;
			continue;
		}
		if (gap && (c == ' ' || c == '\t'))
			continue;
		if (gap && n + 2 < size)
			to[n++] = ' ';
		gap = false;
		to[n++] = c < ' ' || c == 0x7f ? ' ' : (char)c;
	}
	to[n] = '\0';
}

/* RFC 3261 7.1 and 7.2. */
static bool start_read(span line, tap_sip *m)
{
	span word, version;
	uint64_t status;

	if (span_casestarts(line, "SIP/")) {
		if (!span_until(&line, ' ', &version) ||
		    !span_caseeq(version, "SIP/2.0") ||
		    !span_decimal(&line, 699, &status) || status < 100)
			return false;
		m->status = (uint16_t)status;
		return !line.left || line.p[0] == ' ';
	}
	if (!span_until(&line, ' ', &word) || !token(word) ||
	    !span_until(&line, ' ', &m->uri) || !m->uri.left)
		return false;
	m->request = true;
	m->method = method_of(word);
	return span_caseeq(span_trim(line), "SIP/2.0");
}

static tap_sip_verdict headers_read(span *in, tap_sip *m)
{
	unsigned count = 0;
	tap_header h;
	span line, peek;

	for (;;) {
		peek = *in;
		if (!span_until(&peek, '\n', &line))
			return TAP_SIP_SHORT;
		if (!line.left || span_eq(line, "\r")) {
			m->headers.left = (size_t)(in->p - m->headers.p);
			*in = peek;
			return TAP_SIP_OK;
		}
		if (++count > TAP_SIP_HEADERS_MAX)
			return TAP_SIP_TOO_MANY;
		peek = *in;
		if (!tap_header_next(in, &h))
			return field_next(&peek, &line) &&
					       line.left > TAP_SIP_HEADER_MAX
				       ? TAP_SIP_LINE_TOO_LONG
				       : TAP_SIP_BAD_HEADER;
		if (h.id == TAP_H_OTHER)
			continue;
		if (m->has[h.id]) {
			if (h.id < TAP_H_ONCE)
				return TAP_SIP_DUPLICATE;
			continue;
		}
		m->has[h.id] = true;
		m->first[h.id] = h.value;
	}
}

/* RFC 3261 20.16: "CSeq: 4711 INVITE". */
static bool cseq_read(tap_sip *m)
{
	span v = m->first[TAP_H_CSEQ], word;
	uint64_t n;

	/* The number may be folded away from the method. */
	if (!span_decimal(&v, INT32_MAX, &n) ||
	    span_same(v, span_trim(v)) || !span_word(&v, &word) ||
	    span_trim(v).left || !token(word))
		return false;
	m->cseq = (uint32_t)n;
	if (!m->request) {
		m->method = method_of(word);
		return true;
	}
	return method_of(word) == m->method;
}

static bool party_read(span value, span *name, span *uri, span *params,
		       span *tag)
{
	tap_nameaddr a;

	if (!tap_nameaddr_next(&value, &a) || span_trim(value).left)
		return false;
	*name = a.name;
	*uri = a.uri;
	*params = a.params;
	if (!tap_param_find(a.params, "tag", tag))
		*tag = (span){0};
	return true;
}

static tap_sip_verdict values_read(tap_sip *m)
{
	if (!m->has[TAP_H_CALL_ID] || !m->first[TAP_H_CALL_ID].left ||
	    !m->has[TAP_H_CSEQ] || !m->has[TAP_H_FROM] || !m->has[TAP_H_TO])
		return TAP_SIP_MISSING;
	if (!cseq_read(m) ||
	    !party_read(m->first[TAP_H_FROM], &m->from_name, &m->from_uri,
			&m->from_params, &m->from_tag) ||
	    !party_read(m->first[TAP_H_TO], &m->to_name, &m->to_uri,
			&m->to_params, &m->to_tag))
		return TAP_SIP_BAD_VALUE;
	return TAP_SIP_OK;
}

/* RFC 3261 18.3. */
static tap_sip_verdict body_read(span rest, tap_sip *m)
{
	uint64_t n = rest.left;

	if (m->has[TAP_H_CONTENT_LENGTH] &&
	    !span_number(m->first[TAP_H_CONTENT_LENGTH], UINT32_MAX, &n))
		return TAP_SIP_BAD_VALUE;
	m->body = rest;
	if (n > rest.left)
		return TAP_SIP_TRUNCATED;
	m->body.left = (size_t)n;
	m->tail = rest;
	return span_skip(&m->tail, (size_t)n) ? TAP_SIP_OK : TAP_SIP_TRUNCATED;
}

/* RFC 3261 7.5: empty lines before the start line are ignored. */
static void blank_lines_skip(span *in)
{
	while (in->left && (in->p[0] == '\r' || in->p[0] == '\n'))
		if (!span_skip(in, 1))
			return;
}

tap_sip_verdict tap_sip_parse(span message, tap_sip *out)
{
	span in = message, line;
	tap_sip_verdict v;

	*out = (tap_sip){0};
	if (message.left > TAP_SIP_MESSAGE_MAX)
		return TAP_SIP_TOO_LONG;
	blank_lines_skip(&in);
	if (!span_line(&in, &line) || !in.left)
		return TAP_SIP_SHORT;
	if (line.left > TAP_SIP_HEADER_MAX)
		return TAP_SIP_LINE_TOO_LONG;
	if (!start_read(line, out))
		return TAP_SIP_BAD_START;
	out->headers = in;
	v = headers_read(&in, out);
	if (v != TAP_SIP_OK)
		return v;
	out->head = (span){message.p, (size_t)(in.p - message.p)};
	v = values_read(out);
	return v == TAP_SIP_OK ? body_read(in, out) : v;
}

/* The header section with its empty line; false when it has not ended. */
static bool head_cut(span *in, span *head)
{
	span s = *in, line;

	while (span_until(&s, '\n', &line))
		if (!line.left || span_eq(line, "\r"))
			return span_cut(in, (size_t)(s.p - in->p), head);
	return false;
}

tap_cut tap_sip_cut(span *in, span *out)
{
	span s = *in, head, headers, start;
	tap_header h;
	uint64_t n = 0;

	blank_lines_skip(&s);
	if (!head_cut(&s, &head))
		return s.left > TAP_SIP_MESSAGE_MAX ? TAP_CUT_BAD :
						      TAP_CUT_SHORT;
	headers = head;
	if (!span_line(&headers, &start))
		return TAP_CUT_BAD;
	while (tap_header_next(&headers, &h))
		if (h.id == TAP_H_CONTENT_LENGTH &&
		    !span_number(h.value, TAP_SIP_MESSAGE_MAX, &n))
			return TAP_CUT_BAD;
	if (headers.left > 2 || head.left + n > TAP_SIP_MESSAGE_MAX)
		return TAP_CUT_BAD;
	s = (span){head.p, head.left + s.left};
	if (!span_cut(&s, head.left + (size_t)n, out))
		return TAP_CUT_SHORT;
	*in = s;
	return TAP_CUT_OK;
}

static void put_number(put *o, size_t n)
{
	char text[24];

	put_bytes(o, text, (size_t)g_snprintf(text, sizeof(text), "%zu", n));
}

void tap_sip_put(put *o, const tap_sip *m, span body)
{
	span at = m->first[TAP_H_CONTENT_LENGTH];
	span start = span_before(m->head, m->headers);

	if (m->has[TAP_H_CONTENT_LENGTH]) {
		put_span(o, span_before(m->head, at));
		put_number(o, body.left);
		put_span(o, span_behind(m->head, at));
	} else {
		put_span(o, start);
		put_bytes(o, "Content-Length: ", 16);
		put_number(o, body.left);
		put_bytes(o, "\r\n", 2);
		put_span(o, span_behind(m->head, start));
	}
	put_span(o, body);
	put_span(o, m->tail);
}
