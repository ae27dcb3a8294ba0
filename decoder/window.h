/* window.h - the packet index of a 16-bit sequence number, and which indexes
 * were seen (RFC 3711 3.3.1 and 3.3.2). */
#pragma once
#include <stdbool.h>
#include <stdint.h>

enum { DEC_WINDOW = 1024 };	/* packets; far more than a second of audio */

typedef struct dec_window {
	uint64_t top;		/* highest index taken; before the first, where
				 * to start */
	bool any;		/* was taken */
	uint64_t seen[DEC_WINDOW / 64];		/* bit index % DEC_WINDOW */
} dec_window;

typedef enum dec_place {
	DEC_PLACE_NEW,
	DEC_PLACE_SEEN,
	DEC_PLACE_OLD,		/* below the window: unknown whether it was
				 * seen */
} dec_place;

/* The index of `seq` that is nearest to `top`. */
uint64_t dec_window_near(uint64_t top, uint16_t seq);
/* To the highest taken; before anything is known, `seq` itself. */
static inline uint64_t dec_window_guess(const dec_window *w, uint16_t seq)
{
	return dec_window_near(w->top, seq);
}

dec_place dec_window_look(const dec_window *w, uint64_t index);
/* `index` must not be DEC_PLACE_OLD. */
void dec_window_take(dec_window *w, uint64_t index);
/* Forgets everything; guesses around `index` from now on. */
void dec_window_seek(dec_window *w, uint64_t index);
