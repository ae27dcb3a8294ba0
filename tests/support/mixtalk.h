/* mixtalk.h - a call of two tones, mixed as render does it. */
#pragma once
#include "tests/support/mixkit.h"

enum { MIXTALK_RATE = 8000 };

#define MIXTALK_OUTPUTS(...) (const mix_output[]){__VA_ARGS__}, \
	sizeof((mix_output[]){__VA_ARGS__}) / sizeof(mix_output)
#define MIXTALK_WAV {.format = MIX_WAV, .layout = MIX_STEREO, .quality = -1}

mix_call *mixtalk_open(mixkit *t, const char *name, const mix_output *outputs,
		       size_t n);
/* Packets of 20 ms from both parties; mix_call_advance() after each `every`th,
 * or never if that is 0. */
void mixtalk_say(mix_call *m, int every, int packets);
/* The call begins, and the parties talk for 10 s. */
void mixtalk_converse(mix_call *m, int every);
const mix_file *mixtalk_file(const mix_totals *totals, guint i);
/* Nothing but zeros in the channel between the two times. */
bool mixtalk_silent(const mixkit_sound *s, unsigned channel, int from_ms,
		    int to_ms);
