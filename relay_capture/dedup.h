/* dedup.h - has this very packet been seen a moment ago? A fixed memory of
 * fingerprints per call; the copies of a packet on the other legs differ in
 * nothing. */
#pragma once
#include "core/span.h"

typedef struct relay_dedup relay_dedup;

/* Remembers about this many packets; rounded up to eight. */
relay_dedup *relay_dedup_new(unsigned packets);
/* NULL is fine. */
void relay_dedup_free(relay_dedup *d);
/* True if it was seen; else it is remembered. No allocation. */
bool relay_dedup_seen(relay_dedup *d, span packet);
size_t relay_dedup_bytes(const relay_dedup *d);
