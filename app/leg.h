/* leg.h - the sound of one call, to lay several on one time line: rendered from
 * its journal again or, if that is not possible, from its recordings. */
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
	GArray *sounds;		/* of leg_sound; empty: it has no sound */
	char *why;		/* it is not from the journal; NULL: it is */
	clk_both begin;		/* without a journal `wall` alone */
	uint8_t boot[16];	/* whose monotonic clock that is */
} leg;

/* Borrows `call` and `dir`, which exists and holds what is made. What was
 * silenced in the recording stays silent. False: it has no sound that can be
 * trusted; what was opened so far still belongs to the leg. */
bool leg_open(leg *l, const conf *c, const cat_entry *call, const char *dir,
	      GError **err);
void leg_clear(leg *l);
/* A file; `side` is that of a single channel. False: it cannot be read, or has
 * more than two channels or 48000 samples a second. */
bool leg_add(leg *l, const char *path, uint8_t side);

/* leg_journal.c: renders the call's journal to DIR/leg.wav, in a separate
 * process that has the keys and the codecs and no other files. False: that is
 * not possible, and `err` says why. */
bool leg_from_journal(leg *l, const conf *c, const holding *h,
		      const ledger_told *told, const char *dir, GError **err);
