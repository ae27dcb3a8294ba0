#include "app/captured.h"

#include <string.h>

/* The last count of a path in one file. */
typedef struct path {
	unsigned file;
	rec_flow flow;
} path;

typedef struct tally {
	unsigned file;
	rec_tally last;
} tally;

/* What one file says of capture's presence. */
typedef struct presence {
	unsigned file;
	int64_t since;		/* INT64_MIN: written by a version without watch
				 * records */
	int64_t last;		/* record */
	uint64_t packets;	/* records */
} presence;

struct captured {
	GArray *paths, *tallies, *presences;
	bool watched;		/* some file told since when */
	uint64_t lost[REC_PLACES];
};

captured *captured_new(void)
{
	captured *c = g_new0(captured, 1);

	c->paths = g_array_new(FALSE, FALSE, sizeof(path));
	c->tallies = g_array_new(FALSE, FALSE, sizeof(tally));
	c->presences = g_array_new(FALSE, FALSE, sizeof(presence));
	return c;
}

void captured_free(captured *c)
{
	if (!c)
		return;
	g_array_unref(c->paths);
	g_array_unref(c->tallies);
	g_array_unref(c->presences);
	g_free(c);
}

static void take_flow(captured *c, unsigned file, span payload)
{
	path new = {.file = file};

	if (!rec_flow_get(payload, &new.flow))
		return;
	for (guint i = 0; i < c->paths->len; i++) {
		path *p = &g_array_index(c->paths, path, i);

		if (p->file == file && p->flow.flow == new.flow.flow) {
			*p = new;
			return;
		}
	}
	g_array_append_val(c->paths, new);
}

static void take_tally(captured *c, unsigned file, span payload)
{
	tally new = {.file = file};

	if (!rec_tally_get(payload, &new.last))
		return;
	for (guint i = 0; i < c->tallies->len; i++) {
		tally *t = &g_array_index(c->tallies, tally, i);

		if (t->file == file) {
			*t = new;
			return;
		}
	}
	g_array_append_val(c->tallies, new);
}

static void take_loss(captured *c, span payload)
{
	rec_loss l;

	if (rec_loss_get(payload, &l))
		c->lost[l.place < REC_PLACES ? l.place : 0] += l.packets;
}

static presence *presence_of(captured *c, unsigned file)
{
	const presence new = {file, INT64_MIN, INT64_MIN, 0};

	for (guint i = c->presences->len; i-- > 0;) {
		presence *p = &g_array_index(c->presences, presence, i);

		if (p->file == file)
			return p;
	}
	g_array_append_val(c->presences, new);
	return &g_array_index(c->presences, presence, c->presences->len - 1);
}

/* A watch record is as old as what armed the call. */
static void take_presence(captured *c, unsigned file, const jrn_rec *rec)
{
	presence *p = presence_of(c, file);
	rec_watch w;

	p->packets += rec->type == JRN_PACKET;
	if (rec->type != JRN_WATCH) {
		p->last = MAX(p->last, rec->at.mono.ns);
	} else if (rec_watch_get(rec->payload, &w)) {
		p->since = rec->at.mono.ns - w.age_ns;
		c->watched = true;
	}
}

void captured_take(captured *c, unsigned file, const jrn_rec *rec)
{
	take_presence(c, file, rec);
	if (rec->type == JRN_FLOW)
		take_flow(c, file, rec->payload);
	else if (rec->type == JRN_TALLY)
		take_tally(c, file, rec->payload);
	else if (rec->type == JRN_LOSS)
		take_loss(c, rec->payload);
}

static void add(rec_tally *to, const rec_tally *t)
{
	to->stored += t->stored;
	to->late += t->late;
	to->not_recorded += t->not_recorded;
	for (size_t i = 0; i < REC_LEGS; i++)
		to->copies[i] += t->copies[i];
	to->frames += t->frames;
	to->unclaimed += t->unclaimed;
	to->malformed += t->malformed;
	to->tcp_gaps += t->tcp_gaps;
	to->fragments_lost += t->fragments_lost;
}

static uint64_t told_stored(const captured *c, unsigned file)
{
	for (guint i = 0; i < c->tallies->len; i++)
		if (g_array_index(c->tallies, tally, i).file == file)
			return g_array_index(c->tallies, tally, i).last.stored;
	return 0;
}

/* Capture died before it could report all, but the packets are there. */
static uint64_t untold(const captured *c)
{
	uint64_t n = 0;

	for (guint i = 0; i < c->presences->len; i++) {
		const presence *p = &g_array_index(c->presences, presence, i);
		const uint64_t told = told_stored(c, p->file);

		n += p->packets > told ? p->packets - told : 0;
	}
	return n;
}

void captured_sum(const captured *c, captured_sums *out)
{
	*out = (captured_sums){.all.stored = untold(c)};
	for (guint i = 0; i < c->tallies->len; i++) {
		const tally *t = &g_array_index(c->tallies, tally, i);

		if (!i || t->last.from.ns < out->all.from.ns)
			out->all.from = t->last.from;
		add(&out->all, &t->last);
	}
	memcpy(out->lost, c->lost, sizeof(out->lost));
}

uint64_t captured_lost(const captured_sums *s)
{
	uint64_t n = 0;

	for (size_t i = 0; i < REC_PLACES; i++)
		n += s->lost[i];
	return n;
}

bool captured_seen(const captured *c, clk_mono at)
{
	for (guint i = 0; i < c->presences->len; i++)
		if (g_array_index(c->presences, presence, i).last >= at.ns)
			return true;
	return !c->watched;
}

static gint by_since(gconstpointer a, gconstpointer b)
{
	const presence *x = a, *y = b;

	return (x->since > y->since) - (x->since < y->since);
}

static void add_away(GArray *to, int64_t from, int64_t until)
{
	const captured_away a = {{from}, {until}};

	if (until > from)
		g_array_append_val(to, a);
}

/* Files from the same rings have the same beginning, so none of them leaves a
 * gap after another. What lies between different rings was not captured. */
void captured_aways(const captured *c, clk_mono begin, clk_mono end,
		    GArray *to)
{
	g_autoptr(GArray) all = g_array_copy(c->presences);
	int64_t known = begin.ns;

	if (!c->watched)
		return;
	g_array_sort(all, by_since);
	for (guint i = 0; i < all->len && known < end.ns; i++) {
		const presence *p = &g_array_index(all, presence, i);

		add_away(to, known, MIN(p->since, end.ns));
		known = MAX(known, MAX(p->since, p->last));
	}
	add_away(to, known, end.ns);
}

static bool is_same(const rec_flow *a, const rec_flow *b)
{
	return a->leg == b->leg && a->side == b->side && a->media == b->media &&
	       net_addr_same(&a->src, &b->src) &&
	       net_addr_same(&a->dst, &b->dst);
}

void captured_paths(const captured *c, GArray *to)
{
	for (guint i = 0; i < c->paths->len; i++) {
		const path *p = &g_array_index(c->paths, path, i);
		rec_flow *old = NULL;

		for (guint k = 0; k < to->len && !old; k++) {
			old = &g_array_index(to, rec_flow, k);
			if (!is_same(old, &p->flow))
				old = NULL;
		}
		if (!old) {
			g_array_append_val(to, p->flow);
			continue;
		}
		old->packets += p->flow.packets;
		old->stored += p->flow.stored;
	}
}

const char *captured_place_name(unsigned place)
{
	static const char *const names[REC_PLACES] = {
		"elsewhere",
		[REC_LOSS_KERNEL] = "kernel", [REC_LOSS_CARD] = "card",
		[REC_LOSS_QUEUE] = "queue",   [REC_LOSS_DISK] = "disk",
		[REC_LOSS_DOWN] = "down",
	};

	return names[place < REC_PLACES ? place : 0];
}

const char *captured_leg_name(uint8_t leg)
{
	static const char *const names[REC_LEGS] = {
		[PKT_LEG_UNKNOWN] = "unknown",
		[PKT_LEG_FROM_CLIENT] = "from-client",
		[PKT_LEG_RELAYED] = "relayed",
		[PKT_LEG_TO_RELAYED] = "to-relayed",
		[PKT_LEG_TO_CLIENT] = "to-client",
		[PKT_LEG_PLAIN] = "plain",
	};

	return leg < REC_LEGS ? names[leg] : "unknown";
}
