#include "catalog/rule.h"

#include <stdio.h>
#include <string.h>

enum { REFUSE_DEFAULT = 488, KEEP_MAX = 100 * 366 };

typedef enum word_key {
	KEY_WHO,
	KEY_DIRECTION,
	KEY_SCOPE,
	KEY_MEDIA,
	KEY_WHEN,
	KEY_ZONE,
	KEY_HOLIDAYS,
	KEY_MODE,
	KEY_MANDATORY,
	KEY_IMPOSSIBLE,
	KEY_KEEP,
	KEY_CLASS,
	KEY_ANNOUNCE,
	KEY_EARLY,
	KEYS,
} word_key;

static const struct {
	const char *name, *right;
} keys[KEYS] = {
	[KEY_WHO] = {"who", "any, user:KEY, group:NAME, site:NAME, "
			    "domain:NAME, sip:USER@HOST, tel:+NUMBER, "
			    "number:+49*, number:+4930100-+4930199, "
			    "gateway:HOST, conference:* or conference:ID"},
	[KEY_DIRECTION] = {"direction", "in, out or any"},
	[KEY_SCOPE] = {"scope", "any, internal, external, federated or pstn"},
	[KEY_MEDIA] = {"media", "audio, video or audio,video"},
	[KEY_WHEN] = {"when", "such as \"mon-fri 08:00-18:00; sat\""},
	[KEY_ZONE] = {"zone", "an IANA time zone such as Europe/Berlin"},
	[KEY_HOLIDAYS] = {"holidays", "not:CALENDAR or only:CALENDAR"},
	[KEY_MODE] = {"mode", "always, on-demand, on-demand-buffered, never "
			      "or metadata-only"},
	[KEY_MANDATORY] = {"mandatory", "yes or no"},
	[KEY_IMPOSSIBLE] = {"impossible", "allow, refuse or refuse:STATUS "
					  "with a status from 400 to 699"},
	[KEY_KEEP] = {"keep", "days, or such as 90d, 6m, 7y"},
	[KEY_CLASS] = {"class", "a name of letters, digits, - and _"},
	[KEY_ANNOUNCE] = {"announce", "yes or no"},
	[KEY_EARLY] = {"early-media", "yes or no"},
};

static const char *const modes[] = {
	[CAT_NEVER] = "never",		 [CAT_METADATA] = "metadata-only",
	[CAT_ON_DEMAND] = "on-demand",	 [CAT_BUFFERED] = "on-demand-buffered",
	[CAT_ALWAYS] = "always",
};

static const char *const scopes[] = {
	[CAT_SCOPE_ANY] = "any",	[CAT_INTERNAL] = "internal",
	[CAT_EXTERNAL] = "external",	[CAT_FEDERATED] = "federated",
	[CAT_PSTN] = "pstn",
};

static const char *const directions[] = {
	[CAT_DIR_ANY] = "any", [CAT_DIR_IN] = "in", [CAT_DIR_OUT] = "out",
};

static const char *const subjects[] = {
	[CAT_WHO_ANY] = "any",		  [CAT_WHO_DOMAIN] = "domain:",
	[CAT_WHO_SITE] = "site:",	  [CAT_WHO_GATEWAY] = "gateway:",
	[CAT_WHO_NUMBERS] = "number:",	  [CAT_WHO_GROUP] = "group:",
	[CAT_WHO_CONFERENCE] = "conference:", [CAT_WHO_IDENTITY] = "",
	[CAT_WHO_USER] = "user:",
};

const char *cat_mode_name(cat_mode m)
{
	return modes[m];
}

const char *cat_scope_name(cat_scope s)
{
	return scopes[s];
}

static bool pick(span v, const char *const *names, unsigned n, unsigned *out)
{
	for (*out = 0; *out < n; (*out)++)
		if (span_eq(v, names[*out]))
			return true;
	return false;
}

bool cat_mode_parse(span text, cat_mode *out)
{
	unsigned i;

	if (!pick(text, modes, G_N_ELEMENTS(modes), &i))
		return false;
	*out = (cat_mode)i;
	return true;
}

/* A name for people: no blanks, no quotes, nothing a shell minds. */
static bool name_good(span v, size_t size)
{
	for (size_t i = 0; i < v.left; i++)
		if (v.p[i] <= ' ' || v.p[i] == 0x7f ||
		    strchr("\"'\\;,=", v.p[i]))
			return false;
	return v.left > 0 && v.left < size;
}

static void lower(span v, char *to, size_t size)
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

	if (!name_good(v, sizeof(r->value)) || !identity_good(v))
		return false;
	r->who = CAT_WHO_IDENTITY;
	lower(v, r->value, sizeof(r->value));
	return !span_casestarts(v, "tel:") ||
	       (span_skip(&number, 4) &&
		number_copy(number, r->value + 4, sizeof(r->value) - 4));
}

static bool who_parse(span v, cat_rule *r)
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
		lower(v, r->value, sizeof(r->value));
		return name_good(v, sizeof(r->value));
	}
	return who_identity(v, r);
}

static bool media_parse(span v, cat_rule *r)
{
	bool more = true;
	span one;

	r->audio = r->video = false;
	while (more) {
		more = span_until(&v, ',', &one);
		one = more ? one : v;
		if (span_eq(one, "audio"))
			r->audio = true;
		else if (span_eq(one, "video"))
			r->video = true;
		else
			return false;
	}
	return true;
}

static bool when_parse(span v, cat_rule *r)
{
	bool more = true;
	span one;

	r->n_windows = 0;
	while (more) {
		more = span_until(&v, ';', &one);
		one = span_trim(more ? one : v);
		if (r->n_windows == CAT_WINDOWS_MAX ||
		    !cat_window_parse(one, &r->window[r->n_windows++]))
			return false;
	}
	return true;
}

static bool holidays_parse(span v, cat_rule *r)
{
	r->holidays_only = span_starts(v, "only:");
	if (!r->holidays_only && !span_starts(v, "not:"))
		return false;
	if (!span_skip(&v, r->holidays_only ? 5 : 4))
		return false;
	lower(v, r->calendar, sizeof(r->calendar));
	return name_good(v, sizeof(r->calendar));
}

static bool flag_parse(span v, bool *out)
{
	*out = span_eq(v, "yes");
	return *out || span_eq(v, "no");
}

static bool impossible_parse(span v, cat_rule *r)
{
	uint64_t status = REFUSE_DEFAULT;

	r->refuse = 0;
	if (span_eq(v, "allow"))
		return true;
	if (!span_starts(v, "refuse") || !span_skip(&v, 6))
		return false;
	if (v.left && (v.p[0] != ':' || !span_skip(&v, 1) ||
		       !span_number(v, 699, &status) || status < 400))
		return false;
	r->refuse = (uint16_t)status;
	return true;
}

bool cat_days_parse(span text, uint32_t *days)
{
	uint64_t n, unit = 1;

	if (!span_decimal(&text, KEEP_MAX, &n) || n == 0)
		return false;
	if (span_eq(text, "m"))
		unit = 31;
	else if (span_eq(text, "y"))
		unit = 366;
	else if (text.left && !span_eq(text, "d"))
		return false;
	if (n * unit > KEEP_MAX)
		return false;
	*days = (uint32_t)(n * unit);
	return true;
}

static bool value_take(cat_rule *r, word_key k, span v)
{
	unsigned i;

	switch (k) {
	case KEY_WHO:
		return who_parse(v, r);
	case KEY_DIRECTION:
		return pick(v, directions, G_N_ELEMENTS(directions),
			    &i) && ((r->direction = (cat_direction)i), true);
	case KEY_SCOPE:
		return pick(v, scopes, G_N_ELEMENTS(scopes), &i) &&
		       ((r->scope = (cat_scope)i), true);
	case KEY_MEDIA:
		return media_parse(v, r);
	case KEY_WHEN:
		return when_parse(v, r);
	case KEY_ZONE:
		span_copy(v, r->zone, sizeof(r->zone));
		return name_good(v, sizeof(r->zone));
	case KEY_HOLIDAYS:
		return holidays_parse(v, r);
	case KEY_MODE:
		return cat_mode_parse(v, &r->mode);
	case KEY_MANDATORY:
		return flag_parse(v, &r->mandatory);
	case KEY_IMPOSSIBLE:
		return impossible_parse(v, r);
	case KEY_KEEP:
		r->keep_given = true;
		return cat_days_parse(v, &r->keep_days);
	case KEY_CLASS:
		span_copy(v, r->class, sizeof(r->class));
		return name_good(v, sizeof(r->class));
	case KEY_ANNOUNCE:
		return flag_parse(v, &r->announce);
	case KEY_EARLY:
		return flag_parse(v, &r->early);
	case KEYS:
		break;
	}
	return false;
}

/* KEY=VALUE or KEY="VALUE WITH BLANKS". */
static cat_rule_verdict word_next(span *in, span *word, span *key, span *value)
{
	span rest = *in, all = *in;

	if (!span_until(&rest, '=', key) || memchr(key->p, ' ', key->left)) {
		if (!span_word(in, word))
			*word = *in;
		return CAT_RULE_WORD;
	}
	if (rest.left && rest.p[0] == '"') {
		*word = rest;
		if (!span_skip(&rest, 1) || !span_until(&rest, '"', value))
			return CAT_RULE_WORD;
	} else if (!span_word(&rest, value) ||
		   value->p != key->p + key->left + 1) {
		*word = *key;
		return CAT_RULE_WORD;
	}
	*word = span_before(all, rest);
	*in = rest;
	return CAT_RULE_OK;
}

static cat_rule_verdict words_parse(span text, cat_rule *out, unsigned *seen,
				    span *bad)
{
	for (text = span_trim(text); text.left; text = span_trim(text)) {
		span key, value;
		cat_rule_verdict v = word_next(&text, bad, &key, &value);
		unsigned k = 0;

		if (v != CAT_RULE_OK)
			return v;
		while (k < KEYS && !span_eq(key, keys[k].name))
			k++;
		if (k == KEYS)
			return CAT_RULE_KEY;
		if (*seen >> k & 1)
			return CAT_RULE_TWICE;
		*seen |= 1u << k;
		if (!value_take(out, (word_key)k, value))
			return CAT_RULE_VALUE;
	}
	return CAT_RULE_OK;
}

/* What a word needs of others. */
static cat_rule_verdict clash_check(const cat_rule *r, span *bad)
{
	if ((r->n_windows || *r->calendar) && !*r->zone) {
		*bad = span_str("when= and holidays= need zone=, such as "
				"zone=Europe/Berlin");
		return CAT_RULE_CLASH;
	}
	if (r->refuse && r->mode < CAT_ON_DEMAND) {
		*bad = span_str("impossible=refuse makes sense for a mode that "
				"records only");
		return CAT_RULE_CLASH;
	}
	return CAT_RULE_OK;
}

cat_rule_verdict cat_rule_parse(span text, cat_rule *out, span *bad)
{
	unsigned seen = 0;
	cat_rule_verdict v;

	*bad = span_of(NULL, 0);
	*out = (cat_rule){.audio = true, .video = true,
			  .keep_days = CAT_KEEP_DEFAULT};
	if (text.left >= CAT_SPEC_MAX)
		return CAT_RULE_WORD;
	v = words_parse(text, out, &seen, bad);
	if (v != CAT_RULE_OK)
		return v;
	if (!(seen >> KEY_WHO & 1))
		return CAT_RULE_NO_WHO;
	if (!(seen >> KEY_MODE & 1))
		return CAT_RULE_NO_MODE;
	return clash_check(out, bad);
}

static char *value_problem(const char *word)
{
	for (unsigned k = 0; k < KEYS; k++) {
		size_t n = strlen(keys[k].name);

		if (!strncmp(word, keys[k].name, n) && word[n] == '=')
			return g_strdup_printf("%s: expected %s", word,
					       keys[k].right);
	}
	return g_strdup(word);
}

char *cat_rule_problem(cat_rule_verdict v, span bad)
{
	g_autofree char *word = span_dup(bad);

	switch (v) {
	case CAT_RULE_OK:
		break;
	case CAT_RULE_WORD:
		return g_strdup_printf("\"%s\": a rule is words of the form "
				       "KEY=VALUE; values with blanks stand in "
				       "quotes", word);
	case CAT_RULE_KEY:
		return g_strdup_printf("%s: there is no such key; keys are "
				       "who, direction, scope, media, when, "
				       "zone, holidays, mode, mandatory, "
				       "impossible, keep, class, announce, "
				       "early-media",
				       word);
	case CAT_RULE_TWICE:
		return g_strdup_printf("%s: this key stands twice", word);
	case CAT_RULE_VALUE:
		return value_problem(word);
	case CAT_RULE_NO_WHO:
		return g_strdup_printf("who= is missing: %s",
				       keys[KEY_WHO].right);
	case CAT_RULE_NO_MODE:
		return g_strdup_printf("mode= is missing: %s",
				       keys[KEY_MODE].right);
	case CAT_RULE_CLASH:
		return g_strdup(word);
	}
	return g_strdup("");
}

static void who_print(GString *s, const cat_rule *r)
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

static void when_print(GString *s, const cat_rule *r)
{
	char text[CAT_WINDOW_TEXT];

	for (unsigned i = 0; i < r->n_windows; i++) {
		cat_window_print(&r->window[i], text);
		g_string_append_printf(s, "%s%s", i ? "; " : " when=\"", text);
	}
	if (r->n_windows)
		g_string_append_c(s, '"');
	if (*r->zone)
		g_string_append_printf(s, " zone=%s", r->zone);
	if (*r->calendar)
		g_string_append_printf(s, " holidays=%s:%s",
				       r->holidays_only ? "only" : "not",
				       r->calendar);
}

char *cat_rule_print(const cat_rule *r)
{
	GString *s = g_string_new(NULL);

	who_print(s, r);
	if (r->direction != CAT_DIR_ANY)
		g_string_append_printf(s, " direction=%s",
				       directions[r->direction]);
	if (r->scope != CAT_SCOPE_ANY)
		g_string_append_printf(s, " scope=%s", scopes[r->scope]);
	if (!r->audio || !r->video)
		g_string_append_printf(s, " media=%s",
				       r->audio ? "audio" : "video");
	when_print(s, r);
	g_string_append_printf(s, " mode=%s", modes[r->mode]);
	if (r->mandatory)
		g_string_append(s, " mandatory=yes");
	if (r->refuse)
		g_string_append_printf(s, " impossible=refuse:%u", r->refuse);
	if (r->keep_given || !*r->class)
		g_string_append_printf(s, " keep=%u", r->keep_days);
	if (*r->class)
		g_string_append_printf(s, " class=%s", r->class);
	if (r->announce)
		g_string_append(s, " announce=yes");
	if (r->early)
		g_string_append(s, " early-media=yes");
	return g_string_free(s, FALSE);
}
