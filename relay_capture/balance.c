#include "relay_capture/balance.h"

#include <stddef.h>

typedef struct field {
	const char *name;
	relay_kind kind;
	size_t at;		/* in relay_iface_stats */
} field;

#define FIELD(name) offsetof(relay_iface_stats, name)

static const field fields[] = {
	{"seen", RELAY_KIND_IN, FIELD(seen)},
	{"journalled", RELAY_KIND_WRITTEN, FIELD(stored)},
	{"dropped", RELAY_KIND_DROPPED, FIELD(dropped)},
	{"given-up", RELAY_KIND_DROPPED, FIELD(given_up)},
	{"queue-dropped", RELAY_KIND_DROPPED, FIELD(queue_dropped)},
	{"disk-lost", RELAY_KIND_DROPPED, FIELD(disk_lost)},
	{"held-died", RELAY_KIND_DROPPED, FIELD(held_died)},
	{"copies", RELAY_KIND_FILTERED, FIELD(copies)},
	{"card-dropped", RELAY_KIND_ASIDE, FIELD(card_dropped)},
};

const char *relay_kind_name(relay_kind k)
{
	static const char *const names[RELAY_KINDS] = {
		[RELAY_KIND_IN] = "in",
		[RELAY_KIND_WRITTEN] = "written",
		[RELAY_KIND_FILTERED] = "filtered",
		[RELAY_KIND_DROPPED] = "dropped",
		[RELAY_KIND_ASIDE] = "aside",
	};

	g_assert(k < RELAY_KINDS);
	return names[k];
}

/* What calls got and what was held is counted elsewhere at its end. */
static relay_kind kind_of(relay_counter c)
{
	switch (c) {
	case RELAY_DUPLICATE:
	case RELAY_NOT_RECORDED:
	case RELAY_UNHELD:
	case RELAY_CONTROL:
	case RELAY_OTHER_PAYLOAD:
	case RELAY_BAD_TURN:
	case RELAY_SEGMENT:
	case RELAY_FRAGMENT:
	case RELAY_NOT_IP:
	case RELAY_NOT_UDP:
	case RELAY_BAD_FRAME:
	case RELAY_TCP_DUPLICATE:
	case RELAY_TCP_NOT_RECORDED:
	case RELAY_TCP_UNHELD:
	case RELAY_TCP_CONTROL:
	case RELAY_TCP_OTHER:
	case RELAY_TCP_BAD:
	case RELAY_LATE_DUPLICATE:
	case RELAY_LATE_NOT_RECORDED:
	case RELAY_EXPIRED:
		return RELAY_KIND_FILTERED;
	case RELAY_TCP_MESSAGES:
		return RELAY_KIND_IN;
	case RELAY_STORED:
	case RELAY_HELD:
	case RELAY_FRAMES:
	case RELAY_TCP_STORED:
	case RELAY_TCP_HELD:
	case RELAY_LATE_STORED:
	case RELAY_ORPHANS:
	case RELAY_FLOWS_BORN:
	case RELAY_FLOWS_EVICTED:
	case RELAY_FLOWS_FULL:
	case RELAY_CHECKS:
	case RELAY_TCP_GAPS:
	case RELAY_FRAGMENTS_LOST:
	case RELAY_COUNTERS:
		break;
	}
	return RELAY_KIND_ASIDE;
}

bool relay_balance_term(const relay_iface_stats *s, unsigned number,
			relay_term *out)
{
	relay_counter c;

	if (number < G_N_ELEMENTS(fields)) {
		const field *f = &fields[number];

		*out = (relay_term){f->name, f->kind,
				    G_STRUCT_MEMBER(uint64_t, s, f->at)};
		return true;
	}
	c = (relay_counter)(number - G_N_ELEMENTS(fields));
	if (c >= RELAY_COUNTERS)
		return false;
	*out = (relay_term){relay_counter_name(c), kind_of(c), s->count[c]};
	return true;
}

bool relay_balance_kind(span name, relay_kind *out)
{
	static const relay_iface_stats none;
	relay_term t;

	for (unsigned i = 0; relay_balance_term(&none, i, &t); i++) {
		if (!span_eq(name, t.name))
			continue;
		*out = t.kind;
		return true;
	}
	return false;
}

int64_t relay_balance_waiting(const relay_iface_stats *s)
{
	uint64_t sum[RELAY_KINDS] = {0};
	relay_term t;

	for (unsigned i = 0; relay_balance_term(s, i, &t); i++)
		sum[t.kind] += t.n;
	return (int64_t)(sum[RELAY_KIND_IN] - sum[RELAY_KIND_WRITTEN] -
			 sum[RELAY_KIND_FILTERED] - sum[RELAY_KIND_DROPPED]);
}

static void add_iface(relay_live_stats *to, const relay_iface_stats *s)
{
	to->kernel_seen += s->seen;
	to->kernel_dropped += s->dropped;
	to->card_dropped += s->card_dropped;
	to->queue_dropped += s->queue_dropped;
	to->disk_lost += s->disk_lost;
	to->stored += s->stored;
	to->copies += s->copies;
	to->given_up += s->given_up;
	to->held_died += s->held_died;
	for (int c = 0; c < RELAY_COUNTERS; c++)
		to->count[c] += s->count[c];
}

void relay_balance_total(relay_live_stats *s)
{
	for (unsigned i = 0; i < s->n_ifaces; i++)
		add_iface(s, &s->iface[i]);
}
