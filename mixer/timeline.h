/* timeline.h - the list of what happened when in a recording. */
#pragma once
#include "mixer/mix.h"

typedef struct mix_timeline mix_timeline;

/* Free with mix_timeline_free(). */
mix_timeline *mix_timeline_new(void);
void mix_timeline_free(mix_timeline *t);
/* Times in ns since the recording's begin; text may be NULL. What follows its
 * like (kind, side, text) within 20 ms makes it longer. */
void mix_timeline_add(mix_timeline *t, mix_kind kind, uint8_t side, int64_t at,
		      int64_t length, const char *text);
/* Cuts everything at `end` and sorts by time. */
void mix_timeline_close(mix_timeline *t, int64_t end);
const GArray *mix_timeline_list(const mix_timeline *t);
