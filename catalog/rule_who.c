#include "catalog/rule_impl.h"

#include <string.h>

static const char *const subjects[] = {
	[CAT_WHO_ANY] = "any",		  [CAT_WHO_DOMAIN] = "domain:",
	[CAT_WHO_SITE] = "site:",	  [CAT_WHO_GATEWAY] = "gateway:",
	[CAT_WHO_NUMBERS] = "number:",	  [CAT_WHO_GROUP] = "group:",
	[CAT_WHO_CONFERENCE] = "conference:", [CAT_WHO_IDENTITY] = "",
	[CAT_WHO_USER] = "user:",
};

/* A name for people: no blanks, no quotes, nothing a shell minds. */
bool cat_name_good(span v, size_t size)
{
	for (size_t i = 0; i < v.left; i++)
		if (v.p[i] <= ' ' || v.p[i] == 0x7f ||
		    strchr("\"'\\;,=", v.p[i]))
			return false;
	return v.left > 0 && v.left < size;
}

void cat_name_lower(span v, char *to, size_t size)
{
	span_copy(v, to, size);
	for (; *to; to++)
		*to = g_ascii_tolower(*to);
}

/* "+4930", without the separators that people like; digits only behind. */
static bool number_copy(span v, char *to, size_t size)
{
	size_t n = 0;

	for (size_t i = 0; i < v.left; i++) {
		if (strchr("-.() /", v.p[i]) && v.p[i])
			continue;
		if ((!g_ascii_isdigit(v.p[i]) && (v.p[i] != '+' || n)) ||
		    n + 1 >= size)
			return false;
		to[n++] = (char)v.p[i];
	}
	to[n] = '\0';
	return n > 0 && strcmp(to, "+") != 0;
}

/* "+4930*", or "+4930100-+4930199" with both ends equally long. */
static bool numbers_parse(span v, cat_rule *r)
{
	span first = v, dash = v, last;
	uint8_t end;

	if (!v.left)
		return false;
	end = v.p[v.left - 1];
	if (end == '*')
		return span_cut(&first, v.left - 1, &v) &&
		       number_copy(v, r->value, sizeof(r->value));
	for (size_t i = 1; i + 1 < v.left; i++)
		if (v.p[i] == '-' && (v.p[i + 1] == '+' || v.p[0] != '+')) {
			if (!span_cut(&dash, i, &first) || !span_skip(&dash, 1))
				return false;
			last = dash;
			return number_copy(first, r->value,
					   sizeof(r->last)) &&
			       number_copy(last, r->last, sizeof(r->last)) &&
			       strlen(r->value) == strlen(r->last) &&
			       strcmp(r->value, r->last) <= 0;
		}
	if (!number_copy(v, r->last, sizeof(r->last)))
		return false;
	g_strlcpy(r->value, r->last, sizeof(r->value));
	return true;
}

static bool identity_good(span v)
{
	if (span_casestarts(v, "sip:"))
		return v.left > 6 && memchr(v.p, '@', v.left);
	return (span_casestarts(v, "tel:") && v.left > 4) ||
	       (span_casestarts(v, "alias:") && v.left > 6);
}

static bool who_identity(span v, cat_rule *r)
{
	span number = v;

	if (!cat_name_good(v, sizeof(r->value)) || !identity_good(v))
		return false;
	r->who = CAT_WHO_IDENTITY;
	cat_name_lower(v, r->value, sizeof(r->value));
	return !span_casestarts(v, "tel:") ||
	       (span_skip(&number, 4) &&
		number_copy(number, r->value + 4, sizeof(r->value) - 4));
}

bool cat_who_parse(span v, cat_rule *r)
{
	if (span_eq(v, "any") || span_eq(v, "*")) {
		r->who = CAT_WHO_ANY;
		return true;
	}
	for (unsigned i = CAT_WHO_DOMAIN; i <= CAT_WHO_USER; i++) {
		if (i == CAT_WHO_IDENTITY || !span_casestarts(v, subjects[i]))
			continue;
		if (!span_skip(&v, strlen(subjects[i])))
			return false;
		r->who = (cat_who)i;
		if (i == CAT_WHO_NUMBERS)
			return numbers_parse(v, r);
		cat_name_lower(v, r->value, sizeof(r->value));
		return cat_name_good(v, sizeof(r->value));
	}
	return who_identity(v, r);
}

void cat_who_print(GString *s, const cat_rule *r)
{
	g_string_append_printf(s, "who=%s", subjects[r->who]);
	if (r->who != CAT_WHO_ANY)
		g_string_append(s, r->value);
	if (r->who != CAT_WHO_NUMBERS || !strcmp(r->value, r->last))
		return;
	if (*r->last)
		g_string_append_printf(s, "-%s", r->last);
	else
		g_string_append_c(s, '*');
}
