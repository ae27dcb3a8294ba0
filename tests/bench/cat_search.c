/* cat_search [CALLS [DATABASE]] - how long an officer waits for a search among
 * a million calls. Making them takes a minute or two, so this is not a part of
 * `make bench` but of `make bench-search`. Fails above 100 ms. */
#include <glib/gstdio.h>
#include <stdio.h>
#include <stdlib.h>

#include "catalog/db.h"
#include "catalog/ledger.h"
#include "tests/support/cost.h"

enum { BATCH = 5000, USERS = 5000, NUMBERS = 100000, LIMIT_MS = 100 };

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

static cat_entry *call_of(unsigned i)
{
	char text[64];
	cat_entry *e;

	g_snprintf(text, sizeof(text), "call-%07u", i);
	e = cat_entry_new(text);
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
		   spread(i, USERS));
	e->caller = g_strdup(text);
	g_ptr_array_add(e->ids, g_strdup(text));
	g_ptr_array_add(e->owners, g_strdup(text));
	g_snprintf(text, sizeof(text), "tel:+4930%06u",
		   spread(i + 7, NUMBERS));
	e->callee = g_strdup(text);
	g_ptr_array_add(e->ids, g_strdup(text));
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

static bool measure_all(cat_db *db, unsigned calls)
{
	const int64_t middle = first_ms + calls / 2 * step_ms;
	const int64_t day = 86400000;
	const struct {
		const char *what;
		cat_query q;
	} all[] = {
		{"the newest", {0}},
		{"a user", {.who = "user4711@"}},
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
		{"a user, on a day", {.who = "user1@", .from_ms = middle,
				      .to_ms = middle + day}},
		{"a domain, a rare outcome", {.who = "ours.example",
					      .outcomes = 1 << CAT_BLOCKED}},
	};
	bool ok = true;

	for (size_t i = 0; i < G_N_ELEMENTS(all); i++)
		ok &= measure(db, all[i].what, all[i].q);
	return ok;
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
