#include "app/verdict.h"

#include <json-glib/json-glib.h>
#include <stdio.h>
#include <string.h>

#include "app/setup.h"

static const char *side_name(uint8_t side)
{
	static const char *const names[] = {"caller", "callee", "call"};

	return names[side];
}

int verdict_need_parties(const char *command)
{
	fprintf(stderr, "edgetape %s: who calls whom? Give the caller and the "
			"callee\n", command);
	return APP_USAGE;
}

static void print_hits(const cat_verdict *v)
{
	static const char *const columns[] = {"", "rule", "for", "text", NULL};
	g_autoptr(table) t = table_new(columns);

	for (unsigned i = 0; i < v->n_hits; i++) {
		const cat_hit *h = &v->hit[i];
		g_autofree char *text = cat_rule_print(h->rule);

		table_text(t, h->decides ? "*" : "");
		table_text(t, h->rule->name);
		table_text(t, side_name(h->side));
		table_text(t, text);
	}
	if (!v->n_hits)
		return;
	printf("\nrules that match (* decides for its side):\n");
	table_print(t, TABLE_TEXT, "", stdout);
	if (v->n_matched > v->n_hits)
		printf("and %u more\n", v->n_matched - v->n_hits);
}

static char *owners_text(const cat_verdict *v)
{
	GString *s = g_string_new(NULL);

	for (unsigned i = 0; i < v->n_owners; i++) {
		g_autofree char *who = span_dup(v->owner[i].who);

		g_string_append_printf(s, "%s%s", i ? ", " : "", who);
	}
	return g_string_free(s, FALSE);
}

/* It is told of a catalog without users or domains too. */
static void print_scope(cat_scope scope)
{
	static const char *const why[] = {
		[CAT_INTERNAL] = "both parties are users, or of an internal "
				 "domain",
		[CAT_EXTERNAL] = "a party is no user of the catalog, nor of a "
				 "domain in it",
		[CAT_FEDERATED] = "a party is of a federated domain",
		[CAT_PSTN] = "a party is a number that is no user's",
	};
	const char *text = (size_t)scope < G_N_ELEMENTS(why) ? why[scope]
							     : NULL;

	printf("it counts as %s%s%s\n", cat_scope_name(scope),
	       text ? ": " : "", text ? text : "");
}

static void print_text(const cat_verdict *v)
{
	g_autofree char *owners = owners_text(v);

	printf("%s: %s\n", v->record ? "recorded" : "not recorded", v->reason);
	print_scope(v->scope);
	if (v->concerned)
		printf("mode %s", cat_mode_name(v->mode));
	if (v->concerned && v->keep_days)
		printf(", kept %u days", v->keep_days);
	else if (v->concerned)
		printf(", kept for ever");
	if (v->concerned && v->class && *v->class)
		printf(" (class %s)", v->class);
	if (v->concerned)
		printf("; a call of %s\n", *owners ? owners : "both parties");
	if (v->record && v->refuse)
		printf("if it cannot be recorded it is refused with %u\n",
		       v->refuse);
	else if (v->record)
		printf("if it cannot be recorded it passes, with an alarm\n");
	if (v->announce)
		printf("an announcement is expected\n");
	if (v->early)
		printf("media from before the answer is kept\n");
	print_hits(v);
}

static void member(JsonBuilder *b, const char *name, const char *text)
{
	json_builder_set_member_name(b, name);
	json_builder_add_string_value(b, text);
}

static void flag(JsonBuilder *b, const char *name, bool v)
{
	json_builder_set_member_name(b, name);
	json_builder_add_boolean_value(b, v);
}

static void number(JsonBuilder *b, const char *name, int64_t v)
{
	json_builder_set_member_name(b, name);
	json_builder_add_int_value(b, v);
}

static void json_lists(JsonBuilder *b, const cat_verdict *v)
{
	json_builder_set_member_name(b, "owners");
	json_builder_begin_array(b);
	for (unsigned i = 0; i < v->n_owners; i++) {
		g_autofree char *who = span_dup(v->owner[i].who);
		g_autofree char *ok = g_utf8_make_valid(who, -1);

		json_builder_add_string_value(b, ok);
	}
	json_builder_end_array(b);
	json_builder_set_member_name(b, "rules");
	json_builder_begin_array(b);
	for (unsigned i = 0; i < v->n_hits; i++) {
		const cat_hit *h = &v->hit[i];
		g_autofree char *text = cat_rule_print(h->rule);

		json_builder_begin_object(b);
		member(b, "rule", h->rule->name);
		member(b, "for", side_name(h->side));
		flag(b, "decides", h->decides);
		member(b, "text", text);
		json_builder_end_object(b);
	}
	json_builder_end_array(b);
}

static void print_json(const cat_verdict *v)
{
	g_autoptr(JsonBuilder) b = json_builder_new();
	g_autoptr(JsonNode) root = NULL;
	g_autofree char *text = NULL;
	g_autofree char *reason = g_utf8_make_valid(v->reason, -1);

	json_builder_begin_object(b);
	flag(b, "concerned", v->concerned);
	flag(b, "record", v->record);
	flag(b, "audio", v->audio);
	flag(b, "video", v->video);
	flag(b, "emergency", v->emergency);
	flag(b, "mandatory", v->mandatory);
	flag(b, "announce", v->announce);
	flag(b, "early_media", v->early);
	member(b, "mode", cat_mode_name(v->mode));
	member(b, "scope", cat_scope_name(v->scope));
	number(b, "refuse", v->refuse);
	number(b, "keep_days", v->keep_days);
	member(b, "rule", v->rule);
	member(b, "reason", reason);
	number(b, "matched", v->n_matched);
	json_lists(b, v);
	json_builder_end_object(b);
	root = json_builder_get_root(b);
	text = json_to_string(root, TRUE);
	puts(text);
}

/* Its decision is known, and nothing in the catalog of its time made it. */
static int print_no_history(const cat_entry *e, const cat_verdict *v)
{
	printf("none of them names the caller or the callee: \"%s\" is no "
	       "rule of the catalog, but\nof [rules] record in the "
	       "configuration, of a record header, or of a replay; of\nthese "
	       "no history is kept\n", e->rule);
	print_scope(v->scope);
	return APP_OK;
}

static int print(const officer *o, const cat_verdict *v)
{
	if (o->form == TABLE_JSON)
		print_json(v);
	else
		print_text(v);
	return APP_OK;
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
		    "\"%s\" is neither a user with an identity nor an identity "
		    "such as sip:bob@example.com or +49301234", who);
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
	return print(o, &v);
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
	if (!v.concerned && e->rule && o->form == TABLE_TEXT)
		return print_no_history(e, &v);
	return print(o, &v);
}
