/* The ledger against the truth: calls of many kinds (answered, cancelled, busy,
 * forked, without media, one-sided, with packets missing), their messages and
 * packets doubled, delayed, out of order and long after their time, while the
 * roles are killed at random and started again. Then there
 * is one row for each call, and what it says is so. LEDGER_CALLS (50) calls,
 * LEDGER_SEED (1), LEDGER_KILLS=0 for none; what fails is told with the seed.
 * The keys of the calls are known here, so they are looked for in all that the
 * recorder left behind.
 * Of every call the row and how it ended have to be true. What is not asked
 * for is the sound of a call whose keys were still on their way to its journal
 * when the tap was killed (up to a second after a message): then RECORDED must
 * not be said of what is not whole, and no more. The same holds of one that
 * spoke while capture and its rings were dead.
 * Needs root, for a network namespace of its own. Speaks TAP. */
#include <stdio.h>

#include "tests/load/campaign.h"
#include "tests/load/canary.h"

static const char *const kind_name[KIND_COUNT] = {
	"full", "lossy", "one-sided", "silent", "cancelled", "busy", "forked"};

static unsigned settled(const campaign *p, cat_db *db)
{
	unsigned all = 0;

	for (unsigned n = 0; n < p->calls; n++) {
		g_autoptr(cat_entry) e = load_yard_row(db, n);

		all += e && e->outcome != CAT_PENDING;
	}
	return all;
}

/* As long as there are more from time to time. */
static void await_rows(campaign *p, cat_db *db)
{
	unsigned most = 0;

	for (int i = 0; i < CAMPAIGN_LAST_S && most < p->calls; i++) {
		unsigned n = settled(p, db);

		if (n > most)
			i = 0;
		most = MAX(n, most);
		if (most < p->calls)
			g_usleep(1000000);
	}
}

static int64_t gap_packets(const cat_entry *e)
{
	int64_t n = 0;

	for (guint i = 0; e->gaps && i < e->gaps->len; i++)
		n += g_array_index(e->gaps, cat_gap, i).packets;
	return n;
}

/* What is wrong with the row; NULL: it is true. */
static const char *lie(const campaign_call *c, const cat_entry *e)
{
	bool whole = c->kind == KIND_FULL || c->kind == KIND_FORKED;
	bool heard = whole || c->kind == KIND_LOSSY ||
		     c->kind == KIND_ONE_SIDED;

	if (!e)
		return "it has no row";
	if (e->outcome == CAT_PENDING)
		return "its outcome stays open";
	if (c->kind == KIND_CANCELLED && e->end != CAT_END_CANCELLED)
		return "it was cancelled";
	if (c->kind == KIND_BUSY && e->end != CAT_END_UNANSWERED)
		return "it was not answered";
	if (c->kind != KIND_CANCELLED && c->kind != KIND_BUSY &&
	    e->end != CAT_END_BYE)
		return "it ended by BYE";
	if (!heard || c->passed)
		return e->outcome == CAT_NOT_RECORDED
			       ? NULL : "nothing of it was recorded";
	if (c->excused || c->cut)
		return e->outcome == CAT_RECORDED &&
				       (c->missing || c->kind == KIND_ONE_SIDED)
			       ? "packets are missing" : NULL;
	if (whole && e->outcome != CAT_RECORDED)
		return "all of it was there";
	if (c->kind == KIND_ONE_SIDED)
		return e->outcome == CAT_PARTIAL ? NULL : "a side is missing";
	if (c->missing && e->outcome != CAT_PARTIAL)
		return "packets are missing";
	return gap_packets(e) == c->missing ? NULL
					    : "its gaps are not the truth";
}

static void compare(campaign *p)
{
	g_autofree char *path = load_rig_path(&p->rig, "catalog/catalog.db");
	g_autoptr(GError) err = NULL;
	g_autoptr(cat_db) db = cat_open(path, &err);
	const cat_query all = {.limit = 1000000};
	g_autoptr(GPtrArray) rows = NULL;
	unsigned lies = 0;

	if (!db)
		load_die("%s", err->message);
	await_rows(p, db);
	for (unsigned n = 0; n < p->calls; n++) {
		const campaign_call *c = &p->call[n];
		g_autoptr(cat_entry) e = load_yard_row(db, n);
		const char *what = lie(c, e);

		if (!what)
			continue;
		lies++;
		printf("# call %u (%s%s%s%s, %u left out): %s; row: %s, %s, "
		       "%s, %d packets in gaps\n", n, kind_name[c->kind],
		       c->passed ? ", passed" : "",
		       c->excused ? ", excused" : "",
		       c->cut ? ", cut" : "", c->missing, what,
		       e ? cat_outcome_name(e->outcome) : "-",
		       e ? cat_end_name(e->end) : "-",
		       e && e->reason ? e->reason : "-",
		       e ? (int)gap_packets(e) : 0);
	}
	rows = cat_ledger_search(db, &all, NULL);
	load_score_say(&p->score, lies == 0,
		       "every call has a row that is true");
	load_score_say(&p->score, rows && rows->len == p->calls,
		       "and no row is of no call");
}

int main(void)
{
	unsigned seed = load_env("LEDGER_SEED", 1);
	campaign p = {.calls = load_env("LEDGER_CALLS", 50),
		      .deaths = load_env("LEDGER_KILLS", 1)};

	canary_allow_cores();
	p.out = load_yard_open();
	if (p.out < 0)
		return 0;
	campaign_open(&p, seed);
	campaign_perform(&p);
	printf("# seed %u: %u calls, %u kills; %u copies were not sent, this "
	       "machine is too slow\n", seed, p.calls, p.kills, p.untold);
	compare(&p);
	campaign_keys(&p);
	campaign_close(&p);
	printf("1..%u\n", p.score.tests);
	return p.score.bad != 0;
}
