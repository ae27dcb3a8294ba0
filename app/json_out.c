#include "app/json_out.h"

enum { INDENT = 2 };

static void new_line(json_out *o)
{
	const unsigned n = o->depth * INDENT;

	g_string_append_c(o->to, '\n');
	for (unsigned i = 0; i < n; i++)
		g_string_append_c(o->to, ' ');
}

static void put_name(json_out *o, const char *name)
{
	if (o->some)
		g_string_append_c(o->to, ',');
	if (o->depth)
		new_line(o);
	o->some = true;
	if (!name)
		return;
	g_string_append_c(o->to, '"');
	g_string_append(o->to, name);
	g_string_append(o->to, "\" : ");
}

void json_out_begin(json_out *o, const char *name, char bracket)
{
	put_name(o, name);
	g_string_append_c(o->to, bracket);
	o->depth++;
	o->some = false;
}

void json_out_end(json_out *o, char bracket)
{
	o->depth--;
	if (o->some)
		new_line(o);
	g_string_append_c(o->to, bracket);
	o->some = true;
}

/* RFC 8259 7. */
static void put_escape(GString *to, unsigned char c)
{
	static const char plain[] = "\"\\\b\f\n\r\t", names[] = "\"\\bfnrt";

	for (size_t i = 0; plain[i]; i++) {
		if (plain[i] != (char)c)
			continue;
		g_string_append_c(to, '\\');
		g_string_append_c(to, names[i]);
		return;
	}
	g_string_append_printf(to, "\\u%04x", c);
}

static bool needs_escape(unsigned char c)
{
	return c < 0x20 || c == '"' || c == '\\' || c == 0x7f;
}

static void put_string(GString *to, const char *s)
{
	g_string_append_c(to, '"');
	while (*s) {
		const char *from = s;

		while (*s && !needs_escape((unsigned char)*s))
			s++;
		g_string_append_len(to, from, s - from);
		if (*s)
			put_escape(to, (unsigned char)*s++);
	}
	g_string_append_c(to, '"');
}

void json_out_text(json_out *o, const char *name, const char *value)
{
	put_name(o, name);
	if (g_utf8_validate(value, -1, NULL)) {
		put_string(o->to, value);
	} else {
		g_autofree char *ok = g_utf8_make_valid(value, -1);

		put_string(o->to, ok);
	}
}

/* 20 characters hold the least that there is, and its sign. */
void json_out_number(json_out *o, const char *name, int64_t value)
{
	uint64_t left = value < 0 ? -(uint64_t)value : (uint64_t)value;
	char digits[20];
	size_t at = sizeof(digits);

	put_name(o, name);
	do {
		digits[--at] = (char)('0' + left % 10);
	} while (left /= 10);
	if (value < 0)
		digits[--at] = '-';
	g_string_append_len(o->to, digits + at, (gssize)(sizeof(digits) - at));
}

void json_out_boolean(json_out *o, const char *name, bool value)
{
	put_name(o, name);
	g_string_append(o->to, value ? "true" : "false");
}
