/* past.h - roughly which timestamp each packet index of a source had.
 *
 * A sender that starts anew may use sequence numbers it had before; so does
 * somebody who plays old packets again. The old ones carry the old timestamps.
 */
#pragma once
#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

typedef struct dec_past {
	GArray *points;		/* of struct point, as they came */
	bool open;		/* the last one belongs to this numbering */
} dec_past;

void dec_past_init(dec_past *p);
void dec_past_clear(dec_past *p);
/* The index became the highest one. Allocates now and then. */
void dec_past_note(dec_past *p, uint64_t index, uint32_t ts);
/* Numbering restarts with the next note. */
void dec_past_break(dec_past *p);
/* A packet with that index and timestamp may have been received before. */
bool dec_past_fits(const dec_past *p, uint64_t index, uint32_t ts);
