#include "catalog/ldif.h"

void cat_ldif_init(cat_ldif *l, span text)
{
	if (span_starts(text, "\xef\xbb\xbf"))
		text = span_of(text.p + 3, text.left - 3);
	*l = (cat_ldif){.in = text};
}

/* A line and those that continue it, each beginning with one blank. */
static bool folded_line(cat_ldif *l, span *out)
{
	span begin = l->in, line;

	if (!span_line(&l->in, &line))
		return false;
	l->line++;
	*out = line;
	if (!line.left)
		return true;
	while (l->in.left && l->in.p[0] == ' ' && span_line(&l->in, &line)) {
		l->line++;
		*out = span_of(begin.p, (size_t)(line.p - begin.p) + line.left);
	}
	return true;
}

/* AttributeDescription: a type or an OID, with ;options. */
static bool name_good(span name)
{
	for (size_t i = 0; i < name.left; i++)
		if (!g_ascii_isalnum(name.p[i]) && name.p[i] != '-' &&
		    name.p[i] != '.' && name.p[i] != ';')
			return false;
	return name.left > 0 && g_ascii_isalnum(name.p[0]);
}

static bool base64_good(span raw)
{
	size_t n = 0, pad = 0;

	for (size_t i = 0; i < raw.left; i++) {
		uint8_t c = raw.p[i];

		if (c == '\r' || c == '\n' || c == ' ')
			continue;
		n++;
		if (c == '=')
			pad++;
		else if (pad || (!g_ascii_isalnum(c) && c != '+' && c != '/'))
			return false;
	}
	return n % 4 == 0 && pad <= 2;
}

static cat_ldif_verdict attr_parse(span line, cat_ldif_attr *out)
{
	if (!span_until(&line, ':', &out->name))
		return CAT_LDIF_NO_COLON;
	if (!name_good(out->name))
		return CAT_LDIF_NAME;
	if (line.left && line.p[0] == '<')
		return CAT_LDIF_URL;
	out->base64 = line.left && line.p[0] == ':' && span_skip(&line, 1);
	while (line.left && line.p[0] == ' ' && span_skip(&line, 1))
		;
	out->raw = line;
	if (out->base64 && !base64_good(line))
		return CAT_LDIF_BASE64;
	if (span_caseeq(out->name, "changetype") && !span_eq(line, "add"))
		return CAT_LDIF_CHANGE;
	return CAT_LDIF_ATTR;
}

cat_ldif_verdict cat_ldif_next(cat_ldif *l, cat_ldif_attr *out)
{
	span line;

	for (;;) {
		*out = (cat_ldif_attr){.line = l->line + 1};
		if (!folded_line(l, &line))
			break;
		if (line.left && line.p[0] == '#')
			continue;
		if (line.left && !l->open && span_casestarts(line, "version:"))
			continue;
		if (line.left) {
			l->open = true;
			return attr_parse(line, out);
		}
		if (l->open) {
			l->open = false;
			return CAT_LDIF_ENTRY_END;
		}
	}
	if (!l->open)
		return CAT_LDIF_END;
	l->open = false;
	return CAT_LDIF_ENTRY_END;
}

const char *cat_ldif_problem(cat_ldif_verdict v)
{
	switch (v) {
	case CAT_LDIF_ATTR:
	case CAT_LDIF_ENTRY_END:
	case CAT_LDIF_END:
		break;
	case CAT_LDIF_NO_COLON:
		return "no colon behind an attribute's name";
	case CAT_LDIF_NAME:
		return "this is not the name of an attribute";
	case CAT_LDIF_URL:
		return "values in other files (:<) are not read";
	case CAT_LDIF_BASE64:
		return "the value behind :: is not base64";
	case CAT_LDIF_CHANGE:
		return "changes are not read, only whole entries (an export)";
	}
	return "";
}

static char *unfold(span raw)
{
	GString *s = g_string_sized_new(raw.left);

	for (size_t i = 0; i < raw.left; i++) {
		bool crlf = raw.p[i] == '\r' && i + 1 < raw.left &&
			    raw.p[i + 1] == '\n';

		if (crlf)
			i++;
		if (raw.p[i] == '\n')
			i++;	/* and the blank that continues */
		else
			g_string_append_c(s, (char)(raw.p[i] ? raw.p[i] : '?'));
	}
	return g_string_free(s, FALSE);
}

char *cat_ldif_text(const cat_ldif_attr *a)
{
	g_autofree char *plain = unfold(a->raw);
	g_autofree char *whole = NULL;
	guchar *bytes;
	gsize n;

	if (!a->base64)
		return g_utf8_make_valid(plain, -1);
	bytes = g_base64_decode(plain, &n);
	whole = span_dup(span_of(bytes, n));
	g_free(bytes);
	return g_utf8_make_valid(whole, -1);
}
