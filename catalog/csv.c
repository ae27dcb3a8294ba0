#include "catalog/csv.h"

void cat_csv_init(cat_csv *c, span text)
{
	span line, all;

	if (span_starts(text, "\xef\xbb\xbf"))
		text = span_of(text.p + 3, text.left - 3);
	*c = (cat_csv){.in = text, .line = 1, .sep = ','};
	all = text;
	if (span_line(&all, &line) && memchr(line.p, ';', line.left) &&
	    !memchr(line.p, ',', line.left))
		c->sep = ';';
}

/* What follows a field: a separator, an end of line, or the end. */
static bool field_end(cat_csv *c, cat_csv_field *out)
{
	uint8_t b;

	c->more = false;
	out->last = true;
	if (!span_u8(&c->in, &b))
		return true;
	if (b == c->sep) {
		out->last = false;
		c->more = true;
		return true;
	}
	if (b == '\r' && c->in.left && c->in.p[0] == '\n' &&
	    !span_u8(&c->in, &b))
		return false;
	c->line++;
	return b == '\n';
}

/* The opening quote is eaten. */
static cat_csv_verdict quoted(cat_csv *c, cat_csv_field *out)
{
	span begin = c->in;
	uint8_t b;

	out->quoted = true;
	for (;;) {
		if (!span_u8(&c->in, &b))
			return CAT_CSV_OPEN;
		c->line += b == '\n';
		if (b != '"')
			continue;
		if (!c->in.left || c->in.p[0] != '"')
			break;
		if (!span_skip(&c->in, 1))
			return CAT_CSV_OPEN;
	}
	out->raw = span_of(begin.p, begin.left - c->in.left - 1);
	return field_end(c, out) ? CAT_CSV_OK : CAT_CSV_QUOTE;
}

static cat_csv_verdict bare(cat_csv *c, cat_csv_field *out)
{
	size_t n = 0;

	while (n < c->in.left && c->in.p[n] != c->sep &&
	       c->in.p[n] != '\n' && c->in.p[n] != '"')
		n++;
	if (n < c->in.left && c->in.p[n] == '"')
		return CAT_CSV_QUOTE;
	if (n < c->in.left && c->in.p[n] == '\n' && n > 0 &&
	    c->in.p[n - 1] == '\r')
		n--;
	if (!span_cut(&c->in, n, &out->raw))
		return CAT_CSV_QUOTE;
	return field_end(c, out) ? CAT_CSV_OK : CAT_CSV_QUOTE;
}

cat_csv_verdict cat_csv_next(cat_csv *c, cat_csv_field *out)
{
	*out = (cat_csv_field){.line = c->line};
	if (!c->in.left && !c->more)
		return CAT_CSV_END;
	if (c->in.left && c->in.p[0] == '"')
		return span_skip(&c->in, 1) ? quoted(c, out) : CAT_CSV_OPEN;
	return bare(c, out);
}

const char *cat_csv_problem(cat_csv_verdict v)
{
	switch (v) {
	case CAT_CSV_OK:
	case CAT_CSV_END:
		break;
	case CAT_CSV_OPEN:
		return "the quoted field that begins here is not closed";
	case CAT_CSV_QUOTE:
		return "a quote belongs at both ends of a field, and is "
		       "doubled inside";
	}
	return "";
}

static bool formula(char c)
{
	return c && strchr("=+-@\t\r", c);
}

char *cat_csv_text(const cat_csv_field *f)
{
	GString *s = g_string_sized_new(f->raw.left);

	for (size_t i = 0; i < f->raw.left; i++) {
		char c = (char)f->raw.p[i];

		g_string_append_c(s, c ? c : '?');
		if (f->quoted && c == '"')
			i++;
	}
	if (s->len > 1 && s->str[0] == '\'' && formula(s->str[1]))
		g_string_erase(s, 0, 1);
	return g_string_free(s, FALSE);
}

void cat_csv_put(GString *to, const char *text, bool first)
{
	bool guard = formula(text[0]);

	if (!first)
		g_string_append_c(to, ',');
	if (!guard && !strpbrk(text, ",;\"\r\n ")) {
		g_string_append(to, text);
		return;
	}
	g_string_append_c(to, '"');
	if (guard)
		g_string_append_c(to, '\'');
	for (; *text; text++) {
		if (*text == '"')
			g_string_append_c(to, '"');
		g_string_append_c(to, *text);
	}
	g_string_append_c(to, '"');
}

void cat_csv_end(GString *to)
{
	g_string_append(to, "\r\n");
}
