/* search.h - finds a rollover counter that is not known, because the recorder
 * came late or missed a wrap (RFC 3711 3.3.1 assumes neither).
 *
 * The authentication tag decides. The work is limited by a budget that grows
 * with capture time, so that forged packets cannot buy more of it. */
#pragma once
#include "decoder/source.h"

enum { DEC_SUSPECTS = 256 };	/* a power of two */

/* An SSRC whose packets do not open. */
typedef struct dec_suspect {
	uint32_t ssrc;
	uint32_t fails;		/* since the last success */
	uint64_t at;		/* where a search goes on with the next packet;
				 * 0: none is under way */
	dec_lock maybe;		/* opened once under a short tag */
	uint64_t index;
} dec_suspect;

typedef struct dec_search {
	dec_suspect *table;	/* DEC_SUSPECTS, by SSRC; made when needed */
	int64_t budget;		/* trials left */
	int64_t filled;		/* capture time of the last refill, ns */
} dec_search;

void dec_search_clear(dec_search *s);
/* One more packet that did not open. True if the search has opened it: *found
 * is the lock, and t->index has the counter. `own` is the source's lock or
 * NULL; `hint` orders the other keys. */
MUST_CHECK bool dec_search_step(dec_search *s, dec_try *t, const dec_lock *own,
				dec_hint hint, dec_lock *found);
/* The SSRC opens again. */
void dec_search_forget(dec_search *s, uint32_t ssrc);
