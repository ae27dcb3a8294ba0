#include "app/captured.h"

#include <string.h>

/* The last count of a path, of one file. */
typedef struct path {
	unsigned file;
	rec_flow flow;
} path;

typedef struct tally {
	unsigned file;
	rec_tally last;
} tally;

struct captured {
	GArray *paths, *tallies;
	uint64_t lost[REC_PLACES];
};

captured *captured_new(void)
{
	captured *c = g_new0(captured, 1);

	c->paths = g_array_new(FALSE, FALSE, sizeof(path));
	c->tallies = g_array_new(FALSE, FALSE, sizeof(tally));
	return c;
}

void captured_free(captured *c)
{
	if (!c)
		return;
	g_array_unref(c->paths);
	g_array_unref(c->tallies);
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

void captured_take(captured *c, unsigned file, const jrn_rec *rec)
{
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

void captured_sum(const captured *c, captured_sums *out)
{
	*out = (captured_sums){0};
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
		[REC_LOSS_KERNEL] = "kernel", [REC_LOSS_NIC] = "card",
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
