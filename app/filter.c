#include "app/filter.h"

#include <string.h>

static struct {
	char *who, *number, *from, *to, *outcome, *scope, *shortest,
		*longest;
	gboolean announce;
} opt;

static const GOptionEntry entries[] = {
	{"who", 0, 0, G_OPTION_ARG_FILENAME, &opt.who,
	 "A user, an identity or part of one", "WHO"},
	{"number", 0, 0, G_OPTION_ARG_FILENAME, &opt.number,
	 "Digits of a number", "DIGITS"},
	{"from", 0, 0, G_OPTION_ARG_FILENAME, &opt.from,
	 "At or after this time", "TIME"},
	{"to", 0, 0, G_OPTION_ARG_FILENAME, &opt.to, "Before this time",
	 "TIME"},
	{"outcome", 0, 0, G_OPTION_ARG_FILENAME, &opt.outcome,
	 "RECORDED, PARTIAL, NOT_RECORDED, BLOCKED, EXEMPT, PENDING; several "
	 "with commas", "OUTCOME"},
	{"scope", 0, 0, G_OPTION_ARG_FILENAME, &opt.scope,
	 "internal, external, federated or pstn", "SCOPE"},
	{"shortest", 0, 0, G_OPTION_ARG_FILENAME, &opt.shortest,
	 "At least this long (90, 5m, 2h)", "TIME"},
	{"longest", 0, 0, G_OPTION_ARG_FILENAME, &opt.longest,
	 "At most this long", "TIME"},
	{"announce", 0, 0, G_OPTION_ARG_NONE, &opt.announce,
	 "Only if a rule expects an announcement", NULL},
	{NULL, 0, 0, 0, NULL, NULL, NULL},
};

GArray *filter_entries(const GOptionEntry *own)
{
	GArray *all = g_array_new(TRUE, TRUE, sizeof(GOptionEntry));

	g_array_append_vals(all, entries, G_N_ELEMENTS(entries) - 1);
	for (; own->long_name; own++)
		g_array_append_vals(all, own, 1);
	return all;
}

bool filter_given(void)
{
	return opt.who || opt.number || opt.from || opt.to || opt.outcome ||
	       opt.scope || opt.shortest || opt.longest ||
	       opt.announce;
}

static bool outcomes_parse(const char *text, unsigned *out, GError **err)
{
	g_auto(GStrv) words = g_strsplit(text, ",", -1);

	for (char **w = words; *w; w++) {
		cat_outcome o;

		if (!cat_outcome_parse(g_strstrip(*w), &o)) {
			g_set_error(err, CAT_ERROR, CAT_ERROR_VALUE,
				    "--outcome: \"%s\" is none of RECORDED, "
				    "PARTIAL, NOT_RECORDED, BLOCKED, EXEMPT, "
				    "PENDING", *w);
			return false;
		}
		*out |= 1u << o;
	}
	return true;
}

static bool scope_parse(const char *text, const char **out, GError **err)
{
	for (unsigned s = CAT_INTERNAL; s <= CAT_PSTN && !*out; s++)
		if (!g_ascii_strcasecmp(text, cat_scope_name((cat_scope)s)))
			*out = cat_scope_name((cat_scope)s);
	if (*out)
		return true;
	g_set_error(err, CAT_ERROR, CAT_ERROR_VALUE,
		    "--scope: \"%s\" is none of internal, external, federated, "
		    "pstn", text);
	return false;
}

static bool time_ms(const char *text, int64_t now, int64_t *ms, GError **err)
{
	if (!text)
		return true;
	if (!officer_time(text, now, ms, err))
		return false;
	*ms *= 1000;
	return true;
}

/* What says nothing would fit every call. */
static bool words_fit(GError **err)
{
	if (opt.number && !opt.number[strcspn(opt.number, "0123456789")])
		g_set_error(err, CAT_ERROR, CAT_ERROR_VALUE,
			    "--number: \"%s\" has no digit", opt.number);
	else if (opt.who && !*opt.who)
		g_set_error(err, CAT_ERROR, CAT_ERROR_VALUE,
			    "--who is empty: leave it out, or name somebody");
	else
		return true;
	return false;
}

bool filter_query(const officer *o, cat_query *q, GError **err)
{
	*q = (cat_query){.who = opt.who, .number = opt.number,
			 .announce = opt.announce, .limit = q->limit};
	return words_fit(err) &&
	       time_ms(opt.from, o->now, &q->from_ms, err) &&
	       time_ms(opt.to, o->now, &q->to_ms, err) &&
	       (!opt.outcome || outcomes_parse(opt.outcome, &q->outcomes,
					       err)) &&
	       (!opt.scope || scope_parse(opt.scope, &q->scope, err)) &&
	       (!opt.shortest || officer_span(opt.shortest, &q->shortest_ms,
					      err)) &&
	       (!opt.longest || officer_span(opt.longest, &q->longest_ms, err));
}

/* By its Call-ID a call may be named again. */
static bool is_among(const GPtrArray *calls, const char *name)
{
	for (guint i = 0; i < calls->len; i++) {
		const cat_entry *e = g_ptr_array_index(calls, i);

		if (!strcmp(e->name, name))
			return true;
	}
	return false;
}

GPtrArray *filter_calls(const officer *o, char **names, GError **err)
{
	g_autoptr(GPtrArray) all = g_ptr_array_new_with_free_func(
		(GDestroyNotify)cat_entry_free);
	cat_query q = {.limit = UINT32_MAX >> 1};

	if (!names[0])
		return filter_query(o, &q, err)
			       ? cat_ledger_search(o->db, &q, err)
			       : NULL;
	for (; *names; names++) {
		cat_entry *e = cat_ledger_get(o->db, *names, err);

		if (!e)
			return NULL;
		if (is_among(all, e->name))
			cat_entry_free(e);
		else
			g_ptr_array_add(all, e);
	}
	return g_steal_pointer(&all);
}

/* Calls that are there or were met on the way, by name. */
typedef struct leg_search {
	const officer *o;
	GPtrArray *all;		/* of cat_entry */
	GHashTable *have, *met;
} leg_search;

/* Each leg leads to the same others: one walk is enough for all of them. */
static bool add_legs(leg_search *s, const cat_entry *of, GError **err)
{
	g_autoptr(GPtrArray) legs = NULL;

	if (g_hash_table_contains(s->met, of->name))
		return true;
	legs = cat_ledger_linked(s->o->db, of, err);
	for (guint i = 0; legs && i < legs->len; i++) {
		cat_entry *e = g_ptr_array_index(legs, i);

		g_hash_table_add(s->met, g_strdup(e->name));
		if (!g_hash_table_add(s->have, g_strdup(e->name)))
			continue;
		g_ptr_array_add(s->all, e);
		legs->pdata[i] = NULL;
	}
	return legs != NULL;
}

bool filter_add_linked(const officer *o, GPtrArray *calls, GError **err)
{
	const guint asked = calls->len;
	g_autoptr(GHashTable) have = g_hash_table_new_full(
		g_str_hash, g_str_equal, g_free, NULL);
	g_autoptr(GHashTable) met = g_hash_table_new_full(
		g_str_hash, g_str_equal, g_free, NULL);
	leg_search s = {o, calls, have, met};

	for (guint i = 0; i < asked; i++) {
		const cat_entry *e = g_ptr_array_index(calls, i);

		g_hash_table_add(have, g_strdup(e->name));
	}
	for (guint i = 0; i < asked; i++)
		if (!add_legs(&s, g_ptr_array_index(calls, i), err))
			return false;
	return true;
}
