/* balance.h - what becomes of each packet of an interface, as one equation:
 *
 *	in = written + filtered, by reason + dropped, by place + waiting
 *
 * It holds for the sums since the beginning, and so for any interval between
 * two of them. In is what the kernel saw, dropped frames too, and the messages
 * in TCP segments, whose segments themselves are filtered. Waiting is what lies
 * in the ring, in the pre-roll, or in memory on its way to a journal. */
#pragma once
#include "relay_capture/source.h"

typedef enum relay_kind {
	RELAY_KIND_IN,
	RELAY_KIND_WRITTEN,
	RELAY_KIND_FILTERED,
	RELAY_KIND_DROPPED,
	RELAY_KIND_ASIDE,	/* reported beside the equation */
	RELAY_KINDS,
} relay_kind;

/* "in", "written", ... */
const char *relay_kind_name(relay_kind k);

/* One figure of an interface, as named by `edgetape stats`. */
typedef struct relay_term {
	const char *name;
	relay_kind kind;
	uint64_t n;
} relay_term;

/* Terms are numbered from 0; false if there are no more. */
bool relay_balance_term(const relay_iface_stats *s, unsigned number,
			relay_term *out);
/* The kind of the term with which `name` begins; false: there is none. */
bool relay_balance_kind(span name, relay_kind *out);
/* What is waiting; below 0 if more came out than in, which is a bug. */
int64_t relay_balance_waiting(const relay_iface_stats *s);
/* The sums of all interfaces. */
void relay_balance_total(relay_live_stats *s);
