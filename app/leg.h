/* leg.h - the sound of one call for what lays several on one time line: made
 * from its journal anew or, where that cannot be, from its recordings. */
#pragma once
#include <sndfile.h>

#include "app/holding.h"
#include "app/ledger.h"

/* A file in which it is heard. */
typedef struct leg_sound {
	SNDFILE *file;
	SF_INFO info;
	uint8_t side[2];	/* of each channel; CALL_UNKNOWN: both parties
				 * are in it */
} leg_sound;

typedef struct leg {
	const cat_entry *call;
	GArray *sounds;		/* of leg_sound; none: nothing is heard of it */
	char *why;		/* it is not from the journal; NULL: it is */
	clk_both begin;		/* without a journal `wall` alone */
	uint8_t boot[16];	/* whose monotonic clock that is */
} leg;

/* `call` is lent, and `dir`, which is there, holds what is made. What was
 * silenced in the recording stays so. False: there is no sound of it that can
 * be trusted; what was opened so far is the leg's all the same. */
bool leg_open(leg *l, const conf *c, const cat_entry *call, const char *dir,
	      GError **err);
void leg_clear(leg *l);
/* A file; `side` is that of a single channel. False: it cannot be read, or has
 * more than two channels or 48000 samples a second. */
bool leg_add(leg *l, const char *path, uint8_t side);

/* leg_journal.c: the call's journal becomes DIR/leg.wav. False: it cannot be
 * heard, and `err` says why not. In a process of its own, which has the keys
 * and the codecs, and of all files these alone. */
bool leg_from_journal(leg *l, const conf *c, const holding *h,
		      const ledger_told *told, const char *dir, GError **err);
