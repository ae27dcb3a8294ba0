/* mixkit.h - what the mixer's tests need: a folder, parties, files read back.*/
#pragma once
#include <glib.h>

#include "mixer/mix.h"

/* GTest fixture: a folder of its own, removed with its files. */
typedef struct mixkit {
	char *dir;
} mixkit;
void mixkit_open(mixkit *k, gconstpointer data);
void mixkit_close(mixkit *k, gconstpointer data);

/* A party that speaks; the sender's clock may be off. */
typedef struct mixkit_party {
	uint32_t stream;
	uint8_t side;
	uint32_t rate;
	double hz, level;	/* a tone; hz 0: noise from `seed` */
	int64_t ts;		/* of the next packet */
	uint64_t sample;	/* of the tone */
	uint32_t seed;
	uint32_t ssrc, talker;
} mixkit_party;

/* 20 ms of the party, captured at `arrival`. */
void mixkit_say(mix_call *m, mixkit_party *p, clk_mono arrival);
/* `frames` samples of 16 bits from the party, without sending them. */
void mixkit_speak(mixkit_party *p, int16_t *pcm, size_t frames);

clk_mono mixkit_ms(double ms);

/* The call ends at `ms`, and all is well. */
void mixkit_finish(mix_call *m, double ms, mix_totals *totals);
void mixkit_close_call(mix_call *m, mix_totals *totals);

/* The same chances everywhere, from a seed. */
typedef struct mixkit_dice {
	uint64_t state;
} mixkit_dice;
/* [0, 1) */
double mixkit_roll(mixkit_dice *d);

/* A decoded file; interleaved, full scale 1. */
typedef struct mixkit_sound {
	size_t frames;
	unsigned channels;
	uint32_t rate;
	float *pcm;
} mixkit_sound;
/* Through libsndfile. */
mixkit_sound mixkit_load(const char *path);
/* A file that may be torn: no frames if it is no sound. */
mixkit_sound mixkit_try(const char *path);
/* Through ffmpeg, as a player would. */
mixkit_sound mixkit_ffmpeg(const char *path, unsigned channels, uint32_t rate);
/* The same of a file that may be torn: what a player makes of it, and whatever
 * it grumbles. */
mixkit_sound mixkit_play(const char *path);
void mixkit_sound_clear(mixkit_sound *s);

/* dB of a tone in one channel of [from, to) against full scale. */
double mixkit_tone(const mixkit_sound *s, unsigned channel, double hz,
		   size_t from, size_t to);
/* Where `needle` begins in the channel, between from and to, by correlation;
 * its coefficient goes to *r. */
ptrdiff_t mixkit_find(const mixkit_sound *s, unsigned channel, ptrdiff_t from,
		      ptrdiff_t to, const int16_t *needle, size_t n,
		      double *r);
