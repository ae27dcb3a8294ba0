/* siren.h - decoder of Siren 7 as Microsoft sends it (16 kbit/s) and of ITU-T
 * G.722.1 (24 and 32 kbit/s): 20 ms of 16 kHz sound from one frame. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "core/span.h"

typedef struct dec_siren dec_siren;

enum {
	DEC_SIREN_FRAME = 320,	/* samples */
	DEC_SIREN_BYTES_MS = 40,
	DEC_SIREN_BYTES_24 = 60,
	DEC_SIREN_BYTES_32 = 80,
};

typedef enum dec_siren_kind {
	DEC_SIREN_MICROSOFT,	/* sample rate code before it, checksum after
				 * it */
	DEC_SIREN_G7221,
} dec_siren_kind;

/* WORKER. NULL if the transform cannot be set up. Free with
 * dec_siren_free(). */
dec_siren *dec_siren_new(dec_siren_kind kind);
/* NULL is fine. */
void dec_siren_free(dec_siren *s);

/* WORKER. One frame; an empty span is a lost one. A lost frame, or one with a
 * wrong checksum, is made up from the one before, and false is returned. */
bool dec_siren_decode(dec_siren *s, span frame,
		      int16_t out[static DEC_SIREN_FRAME]);
void dec_siren_reset(dec_siren *s);
