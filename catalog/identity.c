#include "catalog/identity.h"

#include <glib.h>

#include "catalog/users.h"

static bool number_char(uint8_t c)
{
	return g_ascii_isdigit(c) || strchr("+-.() /*#", c);
}

/* Digits, with what people put between them, and at least one. */
static bool looks_like_number(span s)
{
	bool digit = false;

	for (size_t i = 0; i < s.left; i++) {
		if (!s.p[i] || !number_char(s.p[i]))
			return false;
		digit |= g_ascii_isdigit(s.p[i]) != 0;
	}
	return digit;
}

static bool put_char(char to[static CAT_ID_MAX], size_t *n, char c)
{
	if (*n + 1 >= CAT_ID_MAX)
		return false;
	to[(*n)++] = c;
	to[*n] = '\0';
	return true;
}

/* RFC 3966 3: visual separators mean nothing. */
static bool tel_put(span s, char to[static CAT_ID_MAX], size_t n)
{
	size_t before = n;

	for (size_t i = 0; i < s.left && s.p[i] != ';'; i++) {
		char c = (char)s.p[i];

		if (c && strchr("-.() /", c))
			continue;
		if (!g_ascii_isdigit(c) && !strchr("*#", c) &&
		    (c != '+' || n > before))
			return false;
		if (!c || !put_char(to, &n, c))
			return false;
	}
	return n > before && strcmp(to + before, "+") != 0;
}

/* User and host, in lower case; the port and what follows go. */
static bool sip_put(span s, char to[static CAT_ID_MAX], size_t n)
{
	bool host = false, bracket = false, user = false, skip = false;

	for (size_t i = 0; i < s.left; i++) {
		char c = (char)s.p[i];

		/* sip:112;phone-context=x@host: the user may have parameters */
		skip = !host && c != '@' && (skip || c == ';');
		if (skip)
			continue;
		if (c == ';' || c == '?' || c == '>' ||
		    (host && c == ':' && !bracket))
			break;
		if (c <= ' ' || c == 0x7f)
			return false;
		bracket = c == '[' || (bracket && c != ']');
		if (c == '@' && host)
			return false;
		host |= c == '@';
		user |= !host;
		if (!put_char(to, &n, g_ascii_tolower(c)))
			return false;
	}
	return host && user && to[n - 1] != '@';
}

/* A URI of none of ours, or "sip:" mistyped: a colon before any '@'. */
static bool has_scheme(span s)
{
	span user;

	if (!span_until(&s, '@', &user))
		user = s;
	return user.left && memchr(user.p, ':', user.left);
}

static bool alias_put(span s, char to[static CAT_ID_MAX], size_t n)
{
	if (has_scheme(s))
		return false;
	for (size_t i = 0; i < s.left; i++)
		if (s.p[i] <= ' ' || strchr(";,\"'\\", s.p[i]) ||
		    !put_char(to, &n, g_ascii_tolower((char)s.p[i])))
			return false;
	return s.left > 0;
}

static size_t scheme_put(char to[static CAT_ID_MAX], const char *scheme)
{
	g_strlcpy(to, scheme, CAT_ID_MAX);
	return strlen(scheme);
}

bool cat_id_normal(span text, char to[static CAT_ID_MAX])
{
	text = span_trim(text);
	to[0] = '\0';
	if (span_casestarts(text, "sip:"))
		return span_skip(&text, 4) &&
		       sip_put(text, to, scheme_put(to, "sip:"));
	if (span_casestarts(text, "sips:"))
		return span_skip(&text, 5) &&
		       sip_put(text, to, scheme_put(to, "sip:"));
	if (span_casestarts(text, "tel:"))
		return span_skip(&text, 4) &&
		       tel_put(text, to, scheme_put(to, "tel:"));
	if (span_casestarts(text, "alias:"))
		return span_skip(&text, 6) &&
		       alias_put(text, to, scheme_put(to, "alias:"));
	if (text.left && memchr(text.p, '@', text.left))
		return !has_scheme(text) &&
		       sip_put(text, to, scheme_put(to, "sip:"));
	if (looks_like_number(text))
		return tel_put(text, to, scheme_put(to, "tel:"));
	return alias_put(text, to, scheme_put(to, "alias:"));
}

bool cat_id_number(const char *id, span *number)
{
	span s = span_str(id);
	span user;

	if (!span_starts(s, "sip:") && !span_starts(s, "tel:"))
		return false;
	if (!span_skip(&s, 4))
		return false;
	if (id[0] == 's' && span_until(&s, '@', &user))
		s = user;
	*number = s;
	if (s.left && s.p[0] == '+' && !span_skip(&s, 1))
		return false;
	for (size_t i = 0; i < s.left; i++)
		if (!g_ascii_isdigit(s.p[i]))
			return false;
	return s.left > 0;
}

const char *cat_id_domain(const char *id)
{
	const char *at = g_str_has_prefix(id, "sip:") ? strchr(id, '@') : NULL;

	return at ? at + 1 : NULL;
}

char *cat_identity(const char *text)
{
	char to[CAT_ID_MAX];

	return cat_id_normal(span_str(text), to) ? g_strdup(to) : NULL;
}
