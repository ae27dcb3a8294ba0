/* cat_search [CALLS [DATABASE]] - how long an officer waits for a search among
 * a million calls. Making them takes a minute or two, so this is not a part of
 * `make bench` but of `make bench-search`. Fails above 100 ms. */
#include <glib/gstdio.h>
#include <stdio.h>
#include <stdlib.h>

#include "catalog/db.h"
#include "catalog/ledger.h"
#include "core/clock.h"
#include "tests/support/cost.h"

enum {
	BATCH = 5000,
	USERS = 5000,
	NUMBERS = 100000,
	LIMIT_MS = 100,
	SCAN_MS = 500,
	MEETING = 8,		/* legs of one, of each hundred calls */
	BIG = 500,		/* and of the one that all come to */
	BIG_FROM = 600,
};

static const char switchboard[] = "sip:switchboard@ours.example",
		  absent[] = "sip:user7@ours.example";

static const int64_t first_ms = 1700000000000;
static const int64_t step_ms = 30000;	/* a call every half minute */

/* Of this process: what other work on the machine takes does not count. The
 * database is in the page cache, so an idle machine needs no longer. */
static double now_ms(void)
{
	return cost_cpu_ns() / 1e6;
}

/* A fixed sequence, spread well (Knuth's multiplicative hash). */
static unsigned spread(unsigned i, unsigned n)
{
	return (unsigned)((i * UINT64_C(2654435761)) % n);
}

/* Each tenth call goes to the switchboard, which sends its caller on with the
 * next one; then somebody is asked first (Replaces), or does not answer
 * (History-Info). Each call has a conversation, and some meet. */
static void link_call(cat_entry *e, unsigned i)
{
	char text[64];

	g_snprintf(text, sizeof(text), "conversation-%u", i);
	cat_entry_link(e, CAT_LINK_CONVERSATION, text);
	if (i >= BIG_FROM && i < BIG_FROM + BIG)
		e->conference = g_strdup("everybody");
	else if (i % 100 < MEETING)
		e->conference = g_strdup_printf("meeting-%u", i / 100);
	if (i % 10 == 1)
		cat_entry_link(e, CAT_LINK_TRANSFER, switchboard);
	if (i % 10 == 3)
		cat_entry_link(e, CAT_LINK_DIVERSION, absent);
	g_snprintf(text, sizeof(text), "id-%u", i - 2);
	if (i % 100 == 53)
		cat_entry_link(e, CAT_LINK_REPLACES, text);
}

/* As journals are named. */
static void name_of(unsigned i, char to[static 64])
{
	char iso[32];

	clk_wall_iso((clk_wall){(first_ms + i * step_ms) * CLK_NS_PER_MS}, iso);
	g_snprintf(to, 64, "%.4s%.2s%.2sT%.2s%.2s%.2sZ-%08x%08x", iso, iso + 5,
		   iso + 8, iso + 11, iso + 14, iso + 17, spread(i, 1u << 31),
		   i);
}

static cat_entry *call_of(unsigned i)
{
	const bool again = i % 10 == 1 || i % 10 == 3;
	const unsigned caller = again ? i - 1 : i;
	char text[64];
	cat_entry *e;

	name_of(i, text);
	e = cat_entry_new(text);
	e->call_id = g_strdup_printf("id-%u", i);
	e->begun_ms = first_ms + i * step_ms;
	e->answered_ms = e->begun_ms + 3000;
	e->duration_ms = spread(i, 1800) * 1000;
	e->ended_ms = e->answered_ms + e->duration_ms;
	e->outcome = spread(i, 1000) ? CAT_RECORDED : CAT_PARTIAL;
	if (spread(i, 50000) == 0)
		e->outcome = CAT_BLOCKED;
	e->rule = g_strdup("all");
	e->mode = g_strdup("always");
	e->keep_days = 365;
	g_snprintf(text, sizeof(text), "sip:user%u@ours.example",
		   spread(caller, USERS));
	e->caller = g_strdup(text);
	g_ptr_array_add(e->ids, g_strdup(text));
	g_ptr_array_add(e->owners, g_strdup(text));
	g_snprintf(text, sizeof(text), "tel:+4930%06u",
		   spread(i + 7, NUMBERS));
	e->callee = g_strdup(i % 10 == 0   ? switchboard
			     : i % 10 == 2 ? absent
					   : text);
	g_ptr_array_add(e->ids, g_strdup(e->callee));
	link_call(e, i);
	return e;
}

static void make_calls(cat_db *db, unsigned calls)
{
	double begin = now_ms();

	for (unsigned i = 0; i < calls; i += BATCH) {
		g_autoptr(GPtrArray) all = g_ptr_array_new_with_free_func(
			(GDestroyNotify)cat_entry_free);
		g_autoptr(GError) err = NULL;

		for (unsigned k = i; k < i + BATCH && k < calls; k++)
			g_ptr_array_add(all, call_of(k));
		if (!cat_ledger_put_all(db, all, &err)) {
			fprintf(stderr, "%s\n", err->message);
			exit(1);
		}
	}
	printf("cat_search made %u calls in %.0f s\n", calls,
	       (now_ms() - begin) / 1e3);
}

static bool measure(cat_db *db, const char *what, cat_query q)
{
	double worst = 0;
	guint found = 0;

	for (unsigned i = 0; i < 5; i++) {
		double begin = now_ms();
		g_autoptr(GPtrArray) a = cat_ledger_search(db, &q, NULL);

		worst = MAX(worst, now_ms() - begin);
		found = a ? a->len : 0;
	}
	printf("cat_search %-34s %7.1f ms, %u found%s\n", what, worst, found,
	       worst <= LIMIT_MS ? "" : "  TOO SLOW");
	return worst <= LIMIT_MS;
}

/* From a name, or a part of it, to all legs. */
static bool measure_linked(cat_db *db, const char *what, const char *name,
			   double limit_ms)
{
	double worst = 0;
	guint found = 0;

	for (unsigned i = 0; i < 5; i++) {
		double begin = now_ms();
		g_autoptr(cat_entry) e = cat_ledger_get(db, name, NULL);
		g_autoptr(GPtrArray) a = e ? cat_ledger_linked(db, e, NULL)
					   : NULL;

		worst = MAX(worst, now_ms() - begin);
		found = a ? a->len : 0;
	}
	printf("cat_search linked: %-26s %7.1f ms, %u found%s\n", what, worst,
	       found, worst <= limit_ms ? "" : "  TOO SLOW");
	return worst <= limit_ms && found;
}

static bool measure_all_linked(cat_db *db)
{
	static const struct {
		const char *what;
		unsigned call;
	} all[] = {
		{"a call of its own", 15},
		{"sent on by the switchboard", 21},
		{"one of the switchboard's", 20},
		{"diverted", 23},
		{"one that replaces another", 53},
		{"a meeting", 1505},
		{"the large meeting", 777},
	};
	char name[64];
	bool ok = true;

	for (size_t i = 0; i < G_N_ELEMENTS(all); i++) {
		name_of(all[i].call, name);
		ok &= measure_linked(db, all[i].what, name, LIMIT_MS);
	}
	ok &= measure_linked(db, "by its Call-ID", "id-15", LIMIT_MS);
	name_of(15, name);
	ok &= measure_linked(db, "by the end of its name", name + 17,
			     LIMIT_MS);
	name[strlen(name) - 2] = '\0';
	ok &= measure_linked(db, "by its beginning", name, LIMIT_MS);
	/* The one way for which all names are read. */
	return measure_linked(db, "by its middle", name + 10, SCAN_MS) && ok;
}

static bool measure_all(cat_db *db, unsigned calls)
{
	const int64_t middle = first_ms + calls / 2 * step_ms;
	const int64_t day = 86400000;
	const struct {
		const char *what;
		cat_query q;
	} all[] = {
		{"the newest", {0}},
		{"a user", {.who = "user4715@"}},
		{"everybody of the domain", {.who = "ours.example"}},
		{"nobody", {.who = "nobody-has-this"}},
		{"a number", {.number = "+49 30 004711"}},
		{"a part of many numbers", {.number = "4711"}},
		{"a day in the middle", {.from_ms = middle,
					 .to_ms = middle + day}},
		{"a rare outcome", {.outcomes = 1 << CAT_BLOCKED}},
		{"two outcomes", {.outcomes = 1 << CAT_BLOCKED |
					      1 << CAT_PARTIAL}},
		{"an outcome that none has", {.outcomes = 1 << CAT_EXEMPT}},
		{"the longest", {.shortest_ms = 1799 * 1000}},
		{"longer than any", {.shortest_ms = 3600 * 1000}},
		{"a user, on a day", {.who = "user5@", .from_ms = middle,
				      .to_ms = middle + day}},
		{"a domain, a rare outcome", {.who = "ours.example",
					      .outcomes = 1 << CAT_BLOCKED}},
	};
	bool ok = true;

	for (size_t i = 0; i < G_N_ELEMENTS(all); i++)
		ok &= measure(db, all[i].what, all[i].q);
	return measure_all_linked(db) && ok;
}

int main(int argc, char **argv)
{
	unsigned calls = argc > 1 ? (unsigned)strtoul(argv[1], NULL, 10)
				  : 1000000;
	g_autofree char *dir = g_dir_make_tmp("cat-XXXXXX", NULL);
	g_autofree char *own = g_build_filename(dir, "search.db", NULL);
	const char *path = argc > 2 ? argv[2] : own;
	bool there = g_file_test(path, G_FILE_TEST_EXISTS);
	g_autoptr(GError) err = NULL;
	g_autoptr(cat_db) db = cat_open(path, &err);
	bool ok;

	if (!db) {
		fprintf(stderr, "%s\n", err->message);
		return 1;
	}
	if (!there)
		make_calls(db, calls);
	ok = measure_all(db, calls);
	g_clear_pointer(&db, cat_close);
	g_unlink(own);
	g_rmdir(dir);
	return ok ? 0 : 1;
}
