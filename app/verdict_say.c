#include <json-glib/json-glib.h>
#include <stdio.h>

#include "app/verdict.h"

static const char *side_name(uint8_t side)
{
	static const char *const names[] = {"caller", "callee", "call"};

	return names[side];
}

static void print_hits(const cat_verdict *v)
{
	static const char *const columns[] = {"", "rule", "for", "~text",
					      NULL};
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

/* Printed even if the catalog has no users or domains. */
static void print_scope(cat_scope scope)
{
	static const char *const why[] = {
		[CAT_INTERNAL] = "both parties are users, or of an internal "
				 "domain",
		[CAT_EXTERNAL] = "a party is neither a user of the catalog nor "
				 "in one of its domains",
		[CAT_FEDERATED] = "a party is of a federated domain",
		[CAT_PSTN] = "a party is a number that belongs to no user",
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

static void print_json(const cat_verdict *v, const cat_entry *e)
{
	g_autoptr(JsonBuilder) b = json_builder_new();
	g_autoptr(JsonNode) root = NULL;
	g_autofree char *text = NULL;
	g_autofree char *reason = g_utf8_make_valid(v->reason, -1);

	json_builder_begin_object(b);
	if (e) {
		member(b, "call", e->name);
		member(b, "outcome", cat_outcome_name(e->outcome));
	}
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
static void print_no_history(const cat_entry *e, const cat_verdict *v)
{
	printf("none of them names the caller or the callee: \"%s\" is no "
	       "rule of the catalog, but\nof [rules] record in the "
	       "configuration, of a record header, or of a replay; of\nthese "
	       "no history is kept\n", e->rule);
	print_scope(v->scope);
}

/* ---- a spreadsheet ---- */

static void row(table *t, const char *what, const char *value)
{
	table_text(t, what);
	table_text(t, value);
}

static void row_number(table *t, const char *what, unsigned n)
{
	g_autofree char *text = g_strdup_printf("%u", n);

	row(t, what, text);
}

static void row_hits(table *t, const cat_verdict *v)
{
	for (unsigned i = 0; i < v->n_hits; i++) {
		const cat_hit *h = &v->hit[i];
		g_autofree char *text = cat_rule_print(h->rule);
		g_autofree char *what = g_strdup_printf(
			"%s for the %s", h->decides ? "decides" : "matches",
			side_name(h->side));
		g_autofree char *value = g_strdup_printf("%s: %s",
							 h->rule->name, text);

		row(t, what, value);
	}
}

static void print_csv(const cat_verdict *v, const cat_entry *e)
{
	static const char *const columns[] = {"what", "value", NULL};
	g_autofree char *owners = owners_text(v);
	g_autoptr(table) t = table_new(columns);

	if (e) {
		row(t, "call", e->name);
		row(t, "outcome", cat_outcome_name(e->outcome));
	}
	row(t, "record", v->record ? "yes" : "no");
	row(t, "reason", v->reason);
	row(t, "rule", v->rule);
	row(t, "mode", v->concerned ? cat_mode_name(v->mode) : "");
	row(t, "scope", cat_scope_name(v->scope));
	row(t, "mandatory", v->mandatory ? "yes" : "no");
	row(t, "emergency", v->emergency ? "yes" : "no");
	row(t, "announcement", v->announce ? "expected" : "");
	row_number(t, "keep days", v->keep_days);
	row_number(t, "refuse", v->refuse);
	row(t, "owners", owners);
	row_hits(t, v);
	table_print(t, TABLE_CSV, "", stdout);
}

void verdict_say(const officer *o, const cat_verdict *v, const cat_entry *e)
{
	switch (o->form) {
	case TABLE_JSON:
		print_json(v, e);
		break;
	case TABLE_CSV:
		print_csv(v, e);
		break;
	case TABLE_TEXT:
		if (e && e->rule && !v->concerned)
			print_no_history(e, v);
		else
			print_text(v);
		break;
	}
}
