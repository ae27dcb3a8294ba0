/* party.h - one side of the call: its speakers, each on a track of their own,
 * and their sum.
 *
 * A source is a speaker. One that begins when all before it have ended goes on
 * for the last of them (a phone that changed its SSRC), until two sources of
 * the side were heard at once: from then on each new SSRC is a speaker. In a
 * mix whose packets name contributors (RFC 3550 5.1, CSRC) each of them is one,
 * while he is named first. */
#pragma once
#include "mixer/marks.h"
#include "mixer/track.h"

/* Sources and contributors of a side that are distinguished. */
enum { MIX_PARTY_NAMES_MAX = 256 };

typedef struct mix_party mix_party;

/* Everything passed in must outlive it; desk->rate is set. At most `quantum`
 * samples come at a time. Free with mix_party_free(). */
mix_party *mix_party_new(const mix_plan *plan, mix_desk *desk,
			 const mix_marks *marks, uint8_t side, size_t quantum);
void mix_party_free(mix_party *p);
/* Gets the memory that steps need, and returns it: between them a party keeps
 * only what it must. It begins asleep. */
void mix_party_wake(mix_party *p);
void mix_party_sleep(mix_party *p);
/* Samples by which the output lags. */
size_t mix_party_delay(const mix_party *p);
/* The next n samples of its tracks, at `from`; nothing of what other sides'
 * tracks (of mix_track) say. */
void mix_party_step(mix_party *p, const GPtrArray *tracks, int64_t from,
		    size_t n);
/* No more comes: the next n samples of what is still inside. */
void mix_party_rest(mix_party *p, size_t n);
/* The sum of that, before it is limited; until the next step. */
const float *mix_party_bus(const mix_party *p);
/* The same, limited, for the side and, if wanted, for each speaker. `room` has
 * space for n. */
void mix_party_limit(mix_party *p, float *room, size_t n);
const int16_t *mix_party_pcm(const mix_party *p);
unsigned mix_party_speakers(const mix_party *p);	/* at least 1 */
const int16_t *mix_party_speaker(const mix_party *p, unsigned i);
/* Appends a mix_speaker for each source that was heard. */
void mix_party_tell(const mix_party *p, GArray *speakers);
