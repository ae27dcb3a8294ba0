/* codec_fixture.h - streams of tests/golden/codecs, and how alike two sounds
 * are. */
#pragma once
#include <glib.h>

#include "decoder/codec.h"

static inline call_payload fix_payload(const char *name, uint32_t clock,
				       uint8_t channels, const char *fmtp)
{
	call_payload p = {.pt = 96, .clock = clock, .channels = channels};

	g_strlcpy(p.name, name, sizeof p.name);
	g_strlcpy(p.fmtp, fmtp, sizeof p.fmtp);
	return p;
}

/* There is a decoder for it, here or in `plugins`, or NULL. */
static inline bool fix_known(const call_payload *p, const dec_plugins *plugins)
{
	g_autoptr(dec_codec) c = dec_codec_open(p, plugins, NULL);

	return c != NULL;
}

/* The bytes of tests/golden/codecs/NAME; free with g_free(). */
uint8_t *fix_load(const char *name, size_t *len);
/* The next payload of a .pkts file. */
bool fix_next(span *in, span *payload);

typedef struct fix_sound {
	GArray *s;	/* of int16_t, interleaved */
	unsigned channels;	/* of the last packet */
	size_t damaged, bad;	/* packets */
} fix_sound;

/* All of a .pkts file through a fresh decoder, every `lose`-th packet lost
 * and concealed when that is not 0. Free with fix_sound_clear(). */
fix_sound fix_decode(const call_payload *p, const char *name, int lose);
void fix_sound_clear(fix_sound *s);
/* A stream of a lossy codec, against the voice that went into its encoder. */
typedef struct fix_case {
	const char *name;	/* encoding */
	uint32_t clock;
	const char *fmtp, *file;
	const char *voice;	/* at 16 kHz when the output is 32 or 48 kHz */
	size_t frames;		/* of the output */
	double floor;		/* dB, segmental */
	double floor_lossy;	/* with every 20th packet lost */
} fix_case;

/* Length, delay as the decoder states it, segmental SNR, concealment. */
void fix_check(const fix_case *f);

/* A test for each case as above, PREFIX/streams/FILE, and one of the damaged
 * stream, PREFIX/torture/FILE. The cases are lent to the end of the run. */
void fix_add_cases(const char *prefix, const fix_case *cases, size_t n);

/* Each of the first payloads cut at each octet, with bits turned over, and
 * noise: what is not refused has the length that its time says. */
void fix_torture(const call_payload *p, const char *name);
/* Sound from a .raw file. */
fix_sound fix_raw(const char *name);

/* Decibels of `want` over the difference, the first `skip` samples of `got`
 * left out so that both start together. */
double fix_snr(const fix_sound *want, const fix_sound *got, size_t skip);
/* The same by 20 ms, averaged over those that are louder than -50 dB. */
double fix_segmental_snr(const fix_sound *want, const fix_sound *got,
			 size_t skip, unsigned rate);
/* Decibels of level that `got` has over `want`, by least squares. */
double fix_gain(const fix_sound *want, const fix_sound *got, size_t skip);
/* The delay in 0..max that makes `got` most like `want`. */
size_t fix_lag(const fix_sound *want, const fix_sound *got, size_t max);
/* Keeps every n-th sample. */
void fix_decimate(fix_sound *s, unsigned n);
/* SHA-256 of little-endian samples, in hex; free with g_free(). */
char *fix_hash(const fix_sound *s);
