#include "core/multipart.h"

bool mime_is(span content_type, const char *type)
{
	size_t n = strlen(type);
	span s = span_trim(content_type), tail;

	if (!span_casestarts(s, type) || !span_skip(&s, n))
		return false;
	if (n && type[n - 1] == '/')
		return true;
	tail = span_trim(s);
	return tail.left == 0 || tail.p[0] == ';';
}

/* Up to the first of ';' and `stop` that is in no quoted string; not eaten. */
static span until_free(span *in, uint8_t stop)
{
	span all = *in;
	bool quoted = false;
	uint8_t c;

	while (in->left) {
		c = in->p[0];
		if (!quoted && (c == ';' || c == stop))
			break;
		if (c == '"')
			quoted = !quoted;
		if (quoted && c == '\\' && in->left > 1 && !span_skip(in, 1))
			break;
		if (!span_skip(in, 1))
			break;
	}
	return span_before(all, *in);
}

static bool unquote(span raw, span *out)
{
	uint8_t first, last;

	*out = raw;
	if (raw.left == 0 || raw.p[0] != '"')
		return true;
	last = raw.p[raw.left - 1];
	if (raw.left < 2 || last != '"' || memchr(raw.p, '\\', raw.left))
		return false;
	return span_u8(&raw, &first) && span_cut(&raw, raw.left - 1, out);
}

bool mime_param(span value, const char *name, span *out)
{
	span key, raw;

	until_free(&value, ';');
	while (span_skip(&value, 1)) {
		key = span_trim(until_free(&value, '='));
		if (value.left == 0 || value.p[0] == ';')
			continue;
		if (!span_skip(&value, 1))
			return false;
		raw = span_trim(until_free(&value, ';'));
		if (span_caseeq(key, name))
			return unquote(raw, out);
	}
	return false;
}

bool mpart_begin(mpart_iter *it, span content_type, span body)
{
	*it = (mpart_iter){.rest = body};
	return mime_is(content_type, "multipart/") &&
	       mime_param(content_type, "boundary", &it->boundary) &&
	       it->boundary.left > 0;
}

/* RFC 2046 5.1.1: "--" boundary, "--" after it in the last one, then only
 * blanks. */
static bool is_delimiter(span line, span boundary, bool *last)
{
	span b;

	if (!span_starts(line, "--") || !span_skip(&line, 2) ||
	    !span_cut(&line, boundary.left, &b) || !span_same(b, boundary))
		return false;
	*last = span_starts(line, "--") && span_skip(&line, 2);
	return span_trim(line).left == 0;
}

/* The line end before a delimiter belongs to the delimiter. */
static span without_line_end(span s)
{
	if (s.left && s.p[s.left - 1] == '\n')
		s.left--;
	else
		return s;
	if (s.left && s.p[s.left - 1] == '\r')
		s.left--;
	return s;
}

/* Everything up to the next delimiter, which is eaten. */
static span until_delimiter(mpart_iter *it, bool *found, bool *last)
{
	span all = it->rest, before, line;

	*found = *last = false;
	for (;;) {
		before = it->rest;
		if (!span_line(&it->rest, &line))
			return all;
		*found = is_delimiter(line, it->boundary, last);
		if (*found)
			return without_line_end(span_before(all, before));
	}
}

static void keep_header(mpart *part, span name, span value)
{
	value = span_trim(value);
	name = span_trim(name);
	if (span_caseeq(name, "Content-Type") || span_caseeq(name, "c"))
		part->type = value;
	else if (span_caseeq(name, "Content-Disposition"))
		part->disposition = value;
	else if (span_caseeq(name, "Content-Transfer-Encoding"))
		part->encoding = value;
	else if (span_caseeq(name, "Content-Length") ||
		 span_caseeq(name, "l"))
		part->length = value;
}

/* One header field with its folded lines; false at the empty line, which is
 * eaten, and at the end. */
static bool header_next(span *in, span *field)
{
	span all = *in, line;

	if (!span_line(in, &line) || line.left == 0)
		return false;
	while (in->left && (in->p[0] == ' ' || in->p[0] == '\t'))
		if (!span_line(in, &line))
			break;
	*field = span_before(all, *in);
	return true;
}

static void split_part(span raw, mpart *out)
{
	span all = raw, field, name;
	span end = raw;

	while (header_next(&raw, &field)) {
		end = raw;
		if (span_until(&field, ':', &name))
			keep_header(out, name, field);
	}
	out->head = span_before(all, end);
	out->content = raw;
}

mpart_verdict mpart_next(mpart_iter *it, mpart *out)
{
	bool found, last;
	span raw;

	if (!it->inside) {
		(void)until_delimiter(it, &it->inside, &last);
		if (!it->inside || last) {
			it->inside = true;
			it->rest = span_behind(it->rest, it->rest);
			return MPART_END;
		}
	}
	if (it->rest.left == 0)
		return MPART_END;
	if (++it->seen > MPART_MAX)
		return MPART_MANY;
	*out = (mpart){0};
	raw = until_delimiter(it, &found, &last);
	out->cut = !found;
	split_part(raw, out);
	if (!found || last)
		it->rest = span_behind(it->rest, it->rest);
	return MPART_OK;
}
