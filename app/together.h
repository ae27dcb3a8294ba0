/* together.h - calls that belong together, on one time line: the legs of a
 * conference or of a transfer as one recording. */
#pragma once
#include "catalog/ledger.h"
#include "core/conf.h"
#include "mixer/mix.h"

typedef struct together together;

/* Makes one recording of these calls (of cat_entry), each from its journal or
 * from recordings whose SHA-256 must be right, in the existing directory `dir`.
 * In a conference the server's side, which is the mix of all others, is taken
 * only from the first call that has it separately, and not used for mono; users
 * with a call of their own are heard from there. */
together *together_new(const conf *c, const GPtrArray *calls, const char *dir,
		       GError **err);
void together_free(together *t);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(together, together_free)
/* Files in `dir` by the name of "together"; `outputs` is of mix_output. */
bool together_make(together *t, const GArray *outputs, GError **err);
/* After that; lent. */
const mix_totals *together_totals(const together *t);
/* When it begins, and who is heard where, with the place of each call. */
clk_wall together_begin(const together *t);

typedef struct together_leg {
	const char *call;
	const char *from;	/* "journal", "recording", "nothing" */
	const char *why;	/* it is not the journal, or NULL */
	int64_t offset;		/* ns */
} together_leg;
guint together_legs(const together *t);
together_leg together_leg_at(const together *t, guint i);

typedef struct together_voice {
	const char *call, *who;
	const char *also;	/* who else is in the same channel, or NULL */
	int64_t offset;		/* ns */
	uint8_t side;
	unsigned speaker;	/* as in mix_file; 0: was never heard */
} together_voice;
guint together_voices(const together *t);
together_voice together_voice_at(const together *t, guint i);
