/* together.h - recordings of calls that belong together, on one time line: the
 * legs of a conference or of a transfer as one recording. */
#pragma once
#include "app/holding.h"
#include "mixer/mix.h"

typedef struct together together;

/* From the stereo recordings of these calls (of cat_entry), whose SHA-256 must
 * be right. In a conference the server's side, which is the mix of all others,
 * is heard of the first call alone, and not at all where there is a mono file:
 * who has a call of his own is heard from there. */
together *together_new(const conf *c, const GPtrArray *calls, GError **err);
void together_free(together *t);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(together, together_free)
/* Files in `dir` by the name of "together"; `outputs` is of mix_output. */
bool together_make(together *t, const char *dir, const GArray *outputs,
		   GError **err);
/* After that; lent. */
const mix_totals *together_totals(const together *t);
/* When it begins, and what is heard of whom: each call with its place in it. */
clk_wall together_begin(const together *t);
typedef struct together_voice {
	const char *call, *who;
	int64_t offset;		/* ns */
	uint8_t side;
	unsigned speaker;	/* as in mix_file; 0: was never heard */
} together_voice;
guint together_voices(const together *t);
together_voice together_voice_at(const together *t, guint i);
