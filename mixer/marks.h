/* marks.h - what is reported to have happened in the call: into the timeline
 * and, if the plan says so, into silence or tones. */
#pragma once
#include "mixer/dial.h"
#include "mixer/mute.h"
#include "mixer/timeline.h"

typedef struct mix_marks mix_marks;

/* Both must outlive it. Free with mix_marks_free(). */
mix_marks *mix_marks_new(const mix_plan *plan, mix_timeline *t);
void mix_marks_free(mix_marks *m);
/* A mark at `at`, ns since the beginning. Samples before `soonest` do not
 * change, because they may have been written. */
void mix_marks_take(mix_marks *m, const mix_mark *k, int64_t at,
		    int64_t soonest);
/* What is to be silent; lent. */
mix_mute *mix_marks_mute(const mix_marks *m, uint8_t side);
/* The tones made for keys; lent. */
mix_dial *mix_marks_dial(const mix_marks *m, uint8_t side);
/* What has not ended yet ends at `end`. */
void mix_marks_close(mix_marks *m, int64_t end);
