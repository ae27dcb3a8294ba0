/* dedup.h - has this packet been seen a moment ago? A fixed memory of
 * fingerprints per call; copies of a packet on other legs have equal octets. */
#pragma once
#include "core/span.h"

enum { RELAY_WAYS = 8 };		/* a set is one cache line */

typedef struct relay_dedup {
	uint64_t (*print)[RELAY_WAYS];	/* newest first; 0 is empty; NULL: not
					 * allocated */
	size_t sets;
} relay_dedup;

/* What is remembered about a packet, and where. */
typedef struct relay_print {
	uint64_t print, where;
} relay_print;

/* Remembers about this many packets; rounded up to eight. */
void relay_dedup_init(relay_dedup *d, unsigned packets);
/* Twice is fine. */
void relay_dedup_clear(relay_dedup *d);
relay_print relay_print_of(span packet);
/* True if it was seen; otherwise it is remembered. No allocation. */
bool relay_dedup_seen(relay_dedup *d, const relay_print *p);
/* Prefetches the set of an RTP packet that will be looked up soon. */
void relay_dedup_hint(const relay_dedup *d, span packet);
