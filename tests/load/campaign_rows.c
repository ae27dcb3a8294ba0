/* campaign_rows.c - the ledger against what happened. */
#include <stdio.h>

#include "tests/load/campaign.h"

static const char *const kind_name[KIND_COUNT] = {
	"full", "lossy", "one-sided", "silent", "cancelled", "busy", "forked"};

const char *campaign_kind_name(campaign_kind kind)
{
	return kind_name[kind];
}

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

bool campaign_heard(const campaign_call *c)
{
	return !c->passed &&
	       (c->kind == KIND_FULL || c->kind == KIND_FORKED ||
		c->kind == KIND_LOSSY || c->kind == KIND_ONE_SIDED);
}

/* What is wrong with the row; NULL: it is true. */
static const char *lie(const campaign_call *c, const cat_entry *e)
{
	bool whole = c->kind == KIND_FULL || c->kind == KIND_FORKED;

	if (!e)
		return "it has no row";
	if (e->outcome == CAT_PENDING && c->unread)
		return NULL;	/* its end was never told */
	if (e->outcome == CAT_PENDING)
		return "its outcome stays open";
	if (c->kind == KIND_CANCELLED && e->end != CAT_END_CANCELLED)
		return "it was cancelled";
	if (c->kind == KIND_BUSY && e->end != CAT_END_UNANSWERED)
		return "it was not answered";
	if (c->kind != KIND_CANCELLED && c->kind != KIND_BUSY &&
	    e->end != CAT_END_BYE)
		return "it ended by BYE";
	if (!campaign_heard(c))
		return e->outcome == CAT_NOT_RECORDED
			       ? NULL : "nothing of it was recorded";
	if (c->excused || c->cut || c->late)
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

void campaign_rows(campaign *p)
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
		printf("# call %u (%s%s%s%s%s, %u left out): %s; row: %s, %s, "
		       "%s, %d packets in gaps\n", n, kind_name[c->kind],
		       c->passed ? ", passed" : "",
		       c->excused ? ", excused" : "",
		       c->cut ? ", cut" : "", c->late ? ", late" : "",
		       c->missing, what,
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
