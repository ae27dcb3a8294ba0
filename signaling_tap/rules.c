#include "signaling_tap/rules.h"

#include <string.h>

#include "signaling_tap/uri.h"

/* What a pattern wants of an identity such as "sip:alice@example.com". */
typedef struct pattern {
	char *text;	/* as written */
	char *before;	/* the identity begins so */
	char *after;	/* and ends so; "" wants nothing */
	bool whole;	/* no '*': it is `before` */
} pattern;

typedef struct rule {
	bool record;	/* else: these are never recorded */
	pattern p;
} rule;

struct tap_rules {
	GArray *rules;	/* of rule */
	char *reason;	/* of the latest decision */
};

static void rule_clear(void *p)
{
	rule *r = p;

	g_free(r->p.text);
	g_free(r->p.before);
	g_free(r->p.after);
}

void tap_rules_free(tap_rules *r)
{
	if (!r)
		return;
	g_array_unref(r->rules);
	g_free(r->reason);
	g_free(r);
}

static const char *pattern_problem(const char *s)
{
	const char *star = strchr(s, '*');

	if (!strcmp(s, "*"))
		return NULL;
	if (!g_str_has_prefix(s, "sip:") && !g_str_has_prefix(s, "tel:"))
		return "a pattern begins with sip: or tel:, or is *";
	if (!s[4])
		return "nothing stands behind the scheme";
	if (star && strchr(star + 1, '*'))
		return "there may be one * only";
	if (g_str_has_prefix(s, "tel:") && star && star[1])
		return "in a number * stands at the end";
	if (g_str_has_prefix(s, "sip:") && !strchr(s, '@'))
		return "a sip pattern is user@host, *@host or user@*";
	return NULL;
}

/* tel: patterns are written with the separators that people like. */
static char *normal(const char *s)
{
	GString *to = g_string_new(NULL);
	bool tel = g_str_has_prefix(s, "tel:");

	for (; *s; s++)
		if (!tel || !strchr("-.() ", *s))
			g_string_append_c(to, g_ascii_tolower(*s));
	return g_string_free(to, FALSE);
}

static pattern pattern_make(const char *text)
{
	g_autofree char *s = normal(text);
	char *star = strchr(s, '*');
	pattern p = {.text = g_strdup(text), .whole = !star};

	p.after = g_strdup(star ? star + 1 : "");
	if (star)
		*star = '\0';
	p.before = g_strdup(s);
	return p;
}

static bool patterns_add(tap_rules *r, bool record, char *list, unsigned line,
			 GError **err)
{
	g_auto(GStrv) words = g_strsplit(list, ";", -1);

	for (char **w = words; *w; w++) {
		g_autofree char *low = g_ascii_strdown(g_strstrip(*w), -1);
		const char *problem;
		rule one = {.record = record};

		if (!low[0])
			continue;
		problem = pattern_problem(low);
		if (problem) {
			g_set_error(err, TAP_ERROR, TAP_ERROR_RULE,
				    "rules, line %u: \"%s\": %s", line, *w,
				    problem);
			return false;
		}
		one.p = pattern_make(*w);
		g_array_append_val(r->rules, one);
	}
	return true;
}

static bool line_add(tap_rules *r, char *text, unsigned line, GError **err)
{
	char *end = strchr(text, '#'), *equals;

	if (end)
		*end = '\0';
	g_strstrip(text);
	if (!text[0])
		return true;
	equals = strchr(text, '=');
	if (equals) {
		*equals = '\0';
		g_strstrip(text);
		if (!strcmp(text, "record") || !strcmp(text, "except"))
			return patterns_add(r, text[0] == 'r', equals + 1,
					    line, err);
	}
	g_set_error(err, TAP_ERROR, TAP_ERROR_RULE,
		    "rules, line %u: \"%s\" is neither \"record = ...\" nor "
		    "\"except = ...\"", line, text);
	return false;
}

tap_rules *tap_rules_new(const char *text, GError **err)
{
	g_autoptr(tap_rules) r = g_new0(tap_rules, 1);
	g_auto(GStrv) lines = g_strsplit(text, "\n", -1);

	r->rules = g_array_new(FALSE, TRUE, sizeof(rule));
	g_array_set_clear_func(r->rules, rule_clear);
	for (unsigned i = 0; lines[i]; i++)
		if (!line_add(r, lines[i], i + 1, err))
			return NULL;
	return g_steal_pointer(&r);
}

static bool pattern_fits(const pattern *p, span id)
{
	size_t before = strlen(p->before), after = strlen(p->after);
	span tail = id;

	if (!id.left)
		return false;
	if (p->whole)
		return span_eq(id, p->before);
	return id.left >= before + after && span_starts(id, p->before) &&
	       span_skip(&tail, id.left - after) && span_eq(tail, p->after);
}

static bool party_fits(const pattern *p, const tap_party *who)
{
	return pattern_fits(p, who->uri) || pattern_fits(p, who->tel) ||
	       pattern_fits(p, who->asserted);
}

static const rule *rule_for(const tap_rules *r, bool record,
			    const tap_facts *f, const char **who)
{
	for (guint i = 0; i < r->rules->len; i++) {
		const rule *one = &g_array_index(r->rules, rule, i);

		if (one->record != record)
			continue;
		*who = "caller";
		if (party_fits(&one->p, &f->caller))
			return one;
		*who = "callee";
		if (party_fits(&one->p, &f->callee))
			return one;
	}
	return NULL;
}

static void reason_set(tap_rules *r, rec_decision *out, const char *format,
		       const char *who)
{
	g_free(r->reason);
	r->reason = g_strdup_printf(format, who);
	out->reason = span_str(r->reason);
}

bool tap_rules_decide(void *rules, const tap_facts *f, rec_decision *out)
{
	tap_rules *r = rules;
	const rule *hit, *except;
	const char *who = "";

	*out = (rec_decision){0};
	except = rule_for(r, false, f, &who);
	if (except) {
		out->rule = span_str(except->p.text);
		reason_set(r, out, "the %s is excepted from recording", who);
		return true;
	}
	hit = rule_for(r, true, f, &who);
	if (!hit) {
		reason_set(r, out, "no rule names the caller or the callee%s",
			   "");
		return true;
	}
	*out = (rec_decision){.record = true, .audio = true, .video = true};
	out->rule = span_str(hit->p.text);
	reason_set(r, out, "the %s is to be recorded", who);
	return true;
}
