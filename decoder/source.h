/* source.h - one authenticated SSRC: its key, its packet index, its track. */
#pragma once
#include "decoder/keyring.h"
#include "decoder/past.h"
#include "decoder/track.h"
#include "decoder/window.h"

/* A key and how its packets carry the MKI. */
typedef struct dec_lock {
	dec_key *key;		/* NULL: plain RTP */
	size_t mki;
} dec_lock;

typedef struct dec_source {
	uint32_t ssrc;
	uint8_t side, media;
	dec_lock lock, before;	/* in use, and until it came into use */
	dec_window rtp, rtcp;
	dec_past past;
	uint64_t leap;		/* where it went on, found by trial */
	dec_track *track;	/* NULL until RTP came */

	/* Authentic packets that look like a restart, not like repeats. */
	unsigned odd;
	uint64_t odd_first, odd_last;
} dec_source;

/* A packet that is being opened. */
typedef struct dec_try {
	const pkt *packet;
	dec_rtp head;
	uint8_t *room;		/* for what the key makes of it */
	span clear;		/* once it is open */
	uint64_t index;		/* once it is open */
	dec_keyring *ring;
	bool maybe;		/* a search hit that another must confirm */
	uint64_t *trials;
	uint64_t *searches;	/* counts rollover counters found by trial */
} dec_try;

dec_source *dec_source_new(uint32_t ssrc, uint8_t side, uint8_t media);
void dec_source_free(dec_source *s);

/* Whether `lock` opens the packet under `roc`; then clear and index are
 * valid. */
MUST_CHECK bool dec_try_lock(dec_try *t, dec_lock lock, uint32_t roc);

/* Tries the source's own keys, at the likeliest rollover counters (RFC 3711
 * 3.3.1, then the neighbours, then zero for a sender that restarted). */
MUST_CHECK bool dec_source_open(dec_source *s, dec_try *t);

/* What an authentic packet is, judged by those before it. */
typedef enum dec_news {
	DEC_NEWS_FRESH,
	DEC_NEWS_AGAIN,
	DEC_NEWS_OLD,		/* too old to tell */
	DEC_NEWS_ODD,		/* may be the first of a restart: hold it */
	DEC_NEWS_RESTART,	/* it is: seek there and look at all held
				 * packets */
} dec_news;

dec_news dec_source_judge(dec_source *s, const dec_try *t);
/* Enters a DEC_NEWS_FRESH packet. */
void dec_source_take(dec_source *s, const dec_try *t);
