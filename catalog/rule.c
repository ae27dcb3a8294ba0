#include "catalog/rule_impl.h"

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
		return cat_who_parse(v, r);
	case KEY_DIRECTION:
		return pick(v, directions, G_N_ELEMENTS(directions),
			    &i) && ((r->direction = (cat_direction)i), true);
	case KEY_SCOPE:
		return pick(v, scopes, G_N_ELEMENTS(scopes), &i) &&
		       ((r->scope = (cat_scope)i), true);
	case KEY_MEDIA:
		return media_parse(v, r);
	case KEY_WHEN:
		return cat_when_parse(v, r);
	case KEY_ZONE:
		span_copy(v, r->zone, sizeof(r->zone));
		return cat_name_good(v, sizeof(r->zone));
	case KEY_HOLIDAYS:
		return cat_holidays_parse(v, r);
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
		return cat_name_good(v, sizeof(r->class));
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

char *cat_rule_print(const cat_rule *r)
{
	GString *s = g_string_new(NULL);

	cat_who_print(s, r);
	if (r->direction != CAT_DIR_ANY)
		g_string_append_printf(s, " direction=%s",
				       directions[r->direction]);
	if (r->scope != CAT_SCOPE_ANY)
		g_string_append_printf(s, " scope=%s", scopes[r->scope]);
	if (!r->audio || !r->video)
		g_string_append_printf(s, " media=%s",
				       r->audio ? "audio" : "video");
	cat_when_print(s, r);
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
