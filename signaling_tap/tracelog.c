#include "signaling_tap/tracelog.h"

#include <glib.h>
#include <stdio.h>

#include "signaling_tap/stamp.h"

enum { HEADERS_MAX = 256 };

static bool next_line(tap_tracelog *t, span *line)
{
	if (!span_line(&t->rest, line))
		return false;
	t->line++;
	return true;
}

/* Two ends of one text: the text between their beginnings. */
static span between(span from, span to)
{
	return span_of(from.p, from.left - to.left);
}

/* "2015-05-14 12:11:26 ...", "[2015-...", "U 2015/...": such a line belongs to
 * the log and to no message. */
static bool is_mark(span line)
{
	clk_wall at;

	line = span_trim(line);
	if ((span_starts(line, "U ") || span_starts(line, "T ")) &&
	    !span_skip(&line, 2))
		return false;
	if (span_starts(line, "[") && !span_skip(&line, 1))
		return false;
	return span_starts(line, "$$") || tap_stamp_get(&line, &at);
}

/* ---- start lines ---- */

static bool all_upper(span s)
{
	for (size_t i = 0; i < s.left; i++)
		if (!g_ascii_isupper((char)s.p[i]))
			return false;
	return s.left >= 3 && s.left <= 12;
}

/* "INVITE sip:b@x SIP/2.0" at the end of the line. */
static bool request_in(span line, span *start)
{
	span rest = line, method = {NULL, 0}, uri = method, version = method;

	while (span_word(&rest, start)) {
		method = uri;
		uri = version;
		version = *start;
	}
	if (!(span_eq(version, "SIP/2.0") || span_eq(version, "SIP/2.0.")) ||
	    !all_upper(method))
		return false;
	*start = span_behind(line, span_before(line, method));
	return true;
}

/* "SIP/2.0 200 OK". */
static bool response_in(span line, span *start)
{
	for (*start = line; start->left; ) {
		uint64_t status;
		span s = *start;

		if (span_starts(s, "SIP/2.0 ") && span_skip(&s, 8) &&
		    span_decimal(&s, 699, &status) && status >= 100)
			return true;
		if (!span_skip(start, 1))
			break;
	}
	return false;
}

/* Only the log's own mark may come before it. */
static bool start_in(span line, span *start)
{
	span before;

	line = span_trim(line);
	if (!request_in(line, start) && !response_in(line, start))
		return false;
	before = span_trim(span_before(line, *start));
	return !before.left || is_mark(before);
}

/* ---- a message as it was sent ---- */

static bool ends_head(span line, bool *dotted)
{
	*dotted = span_eq(line, ".");
	return !line.left || *dotted;
}

static bool is_header(span line)
{
	return line.p[0] == ' ' || line.p[0] == '\t' ||
	       memchr(line.p, ':', line.left);
}

/* Up to the blank line, which is consumed; false if this is not a head. */
static bool head_read(tap_tracelog *t, tap_traced *m)
{
	unsigned count = 0;
	span all = t->rest, line, other;
	tap_tracelog here;

	for (;;) {
		here = *t;
		if (!next_line(t, &line) || ends_head(line, &m->dotted))
			break;
		if (is_mark(line) || start_in(line, &other)) {
			*t = here;
			break;
		}
		if (!is_header(line) || ++count > HEADERS_MAX)
			return false;
	}
	m->head = between(all, here.rest);
	return count > 0;
}

static span undotted(const tap_traced *m, span line)
{
	if (m->dotted && line.left && line.p[line.left - 1] == '.')
		line.left--;
	return line;
}

static bool is_length(span line)
{
	span name;

	if (!span_until(&line, ':', &name))
		return false;
	name = span_trim(name);
	return span_caseeq(name, "Content-Length") || span_caseeq(name, "l");
}

static uint64_t length_of(const tap_traced *m)
{
	span head = m->head, line, name;
	uint64_t n;

	while (span_line(&head, &line)) {
		line = undotted(m, line);
		if (is_length(line) && span_until(&line, ':', &name) &&
		    span_number(span_trim(line), UINT32_MAX, &n))
			return n;
	}
	return 0;
}

/* As many lines as Content-Length spans, had each ended in CR LF. A log may
 * have shortened the body. */
static void body_read(tap_tracelog *t, tap_traced *m)
{
	uint64_t left = length_of(m);
	const span all = t->rest;
	span line;

	while (left) {
		tap_tracelog here = *t;
		uint64_t n;

		if (!next_line(t, &line))
			break;
		if (is_mark(line)) {
			*t = here;
			break;
		}
		n = undotted(m, line).left + 2;
		left -= MIN(n, left);
	}
	m->body = between(all, t->rest);
}

/* ---- a record of SIPStack ---- */

static bool begins_record(span line)
{
	while (line.left) {
		if (span_starts(line, "$$begin_record"))
			return true;
		if (!span_skip(&line, 1))
			break;
	}
	return false;
}

static bool named(span line, const char *name, span *value)
{
	*value = line;
	return span_starts(line, name) && span_skip(value, strlen(name));
}

/* "Message-Body: -" is none, and so is the dash that an editor made of it. */
static span record_body(span body)
{
	const span text = span_trim(body);

	if (span_eq(text, "-") || span_eq(text, "\xe2\x80\x93"))
		return span_of(body.p, 0);
	return text;
}

/* Up to "$$end_record", or to the record that begins without one. False for
 * records about other things than messages: they have no start line. */
static bool record_read(tap_tracelog *t, tap_traced *m)
{
	const span all = t->rest;
	span line, value, head = {NULL, 0}, body = head;
	tap_tracelog here;

	for (here = *t; next_line(t, &line); here = *t) {
		if (span_starts(line, "$$end_record"))
			break;
		if (begins_record(line)) {
			*t = here;
			break;
		}
		if (!head.p && named(line, "Start-Line:", &value)) {
			m->start = span_trim(value);
			m->line = t->line;
			head = t->rest;
		} else if (head.p && !body.p &&
			   named(line, "Message-Body:", &value)) {
			body = span_behind(all, span_before(all, value));
			m->head = between(head, here.rest);
		}
	}
	if (!head.p)
		return false;
	if (body.p)
		m->body = record_body(between(body, here.rest));
	else
		m->head = between(head, here.rest);
	return true;
}

/* ---- both ---- */

static void tell_time(tap_tracelog *t, span line)
{
	clk_wall at;
	span before;

	if (!tap_stamp_find(line, &at, &before))
		return;
	t->timed = true;
	t->at = at;
}

bool tap_tracelog_next(tap_tracelog *t, tap_traced *out)
{
	span line;

	while (next_line(t, &line)) {
		const tap_tracelog here = *t;

		tell_time(t, line);
		*out = (tap_traced){.timed = t->timed, .at = t->at,
				    .line = t->line};
		if (begins_record(line)) {
			if (record_read(t, out))
				return true;
			continue;
		}
		if (!start_in(line, &out->start))
			continue;
		if (head_read(t, out)) {
			body_read(t, out);
			return true;
		}
		t->rest = here.rest;
		t->line = here.line;
	}
	return false;
}

static void put_text(put *o, const char *text)
{
	put_bytes(o, text, strlen(text));
}

static void put_lines(put *o, const tap_traced *m, span lines)
{
	span line;

	while (span_line(&lines, &line)) {
		put_span(o, undotted(m, line));
		put_text(o, "\r\n");
	}
}

static size_t lines_length(const tap_traced *m, span lines)
{
	size_t n = 0;
	span line;

	while (span_line(&lines, &line))
		n += undotted(m, line).left + 2;
	return n;
}

void tap_traced_put(put *o, const tap_traced *m)
{
	span head = m->head, line;
	char length[48];

	put_span(o, undotted(m, m->start));
	put_text(o, "\r\n");
	while (span_line(&head, &line)) {
		line = undotted(m, line);
		if (is_length(line))
			continue;
		put_span(o, line);
		put_text(o, "\r\n");
	}
	snprintf(length, sizeof(length), "Content-Length: %zu\r\n\r\n",
		 lines_length(m, m->body));
	put_text(o, length);
	put_lines(o, m, m->body);
}
