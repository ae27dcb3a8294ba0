#include "app/verdict.h"

#include <stdio.h>

#include "app/setup.h"

int verdict_need_parties(const char *command)
{
	fprintf(stderr, "edgetape %s: who calls whom? Give the caller and the "
			"callee\n", command);
	return APP_USAGE;
}

/* The identities of a user, or the one that was given. */
typedef struct side {
	char *uri, *tel;
} side;

static void side_clear(side *s)
{
	g_free(s->uri);
	g_free(s->tel);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(side, side_clear)

static void side_take(side *s, const char *id)
{
	char **to = g_str_has_prefix(id, "tel:") ? &s->tel : &s->uri;

	if (!*to && !g_str_has_prefix(id, "alias:"))
		*to = g_strdup(id);
}

static bool side_find(officer *o, const char *who, int64_t at, side *out,
		      GError **err)
{
	g_autoptr(cat_user) u = cat_user_find(o->db, who, at, NULL);
	g_autofree char *id = cat_identity(who);

	if (id && !g_str_has_prefix(id, "alias:")) {
		side_take(out, id);
		return true;
	}
	for (guint i = 0; u && i < u->ids->len; i++)
		side_take(out, g_ptr_array_index(u->ids, i));
	if (out->uri || out->tel)
		return true;
	g_set_error(err, CAT_ERROR, CAT_ERROR_ABSENT,
		    "\"%s\" is neither an identity, such as "
		    "sip:bob@example.com or +49301234, nor a user who %s "
		    "one", who, at < o->now ? "had" : "has");
	return false;
}

static span text_span(const char *s)
{
	return s ? span_str(s) : span_of(NULL, 0);
}

/* [rules] record is asked last, as it is now: it has no history. */
static void by_configuration(const officer *o, const cat_call *c,
			     cat_verdict *v)
{
	tap_rules *rules = v->concerned ? NULL : setup_rules(o->conf, NULL);
	const tap_facts f = {
		.caller = {.uri = c->caller.uri, .tel = c->caller.tel},
		.callee = {.uri = c->callee.uri, .tel = c->callee.tel},
	};
	rec_decision d;

	if (rules && tap_rules_decide(rules, &f, &d) && d.record) {
		v->concerned = v->record = true;
		v->audio = d.audio;
		v->video = d.video;
		v->mode = CAT_ALWAYS;
		v->keep_days = conf_number(o->conf, CONF_RULES_KEEP);
		if (conf_choice(o->conf, CONF_RULES_IMPOSSIBLE))
			v->refuse = (uint16_t)conf_number(o->conf,
							  CONF_RULES_STATUS);
		snprintf(v->reason, sizeof(v->reason),
			 "no rule names the call, but [rules] record in the "
			 "configuration, as it is now, does: %.*s", (int)d.reason.left,
			 (const char *)d.reason.p);
	}
	tap_rules_free(rules);
}

bool verdict_configured(const officer *o, const char *from, const char *to)
{
	g_auto(side) a = {NULL, NULL}, b = {NULL, NULL};
	cat_call c = {.at = 0};
	cat_verdict v = {.concerned = false};

	side_take(&a, from);
	side_take(&b, to);
	c.caller.uri = text_span(a.uri);
	c.caller.tel = text_span(a.tel);
	c.callee.uri = text_span(b.uri);
	c.callee.tel = text_span(b.tel);
	by_configuration(o, &c, &v);
	return v.concerned;
}

int verdict_print(officer *o, const cat_policy *p, const char *from,
		  const char *to, int64_t at, GError **err)
{
	g_auto(side) a = {NULL, NULL}, b = {NULL, NULL};
	cat_call c = {.at = at};
	cat_verdict v;

	if ((from && !side_find(o, from, at, &a, err)) ||
	    (to && !side_find(o, to, at, &b, err)))
		return APP_FAIL;
	c.caller.uri = text_span(a.uri);
	c.caller.tel = text_span(a.tel);
	c.callee.uri = text_span(b.uri);
	c.callee.tel = text_span(b.tel);
	cat_policy_decide(p, &c, &v);
	by_configuration(o, &c, &v);
	if (!from || !to)
		fprintf(stderr, "edgetape %s: note: no %s is named; a stranger "
				"outside is assumed\n", o->command,
			from ? "callee" : "caller");
	verdict_say(o, &v, NULL);
	return APP_OK;
}

int verdict_print_call(officer *o, const cat_policy *p, const cat_entry *e,
		       GError **err)
{
	cat_call c = {
		.at = e->begun_ms / 1000,
		.caller.uri = text_span(e->caller),
		.callee.uri = text_span(e->callee),
		.source = text_span(e->source),
		.conference = text_span(e->conference),
	};
	cat_verdict v;

	(void)err;
	cat_policy_decide(p, &c, &v);
	by_configuration(o, &c, &v);
	verdict_say(o, &v, e);
	return APP_OK;
}
