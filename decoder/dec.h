/* dec.h - the decoder: a call's keys and ciphertext in, timed PCM out.
 *
 * One dec_call belongs to one thread (WORKER); calls share nothing. What the
 * sink gets is a function of the sequence of dec_call_describe() and
 * dec_call_packet() alone: dec_call_advance() brings it earlier, never changes
 * it, and leaves nothing behind that is released by `now`. Only packets that
 * authenticate under a key of the call become sound; plain RTP does so only
 * where the SDP agreed to it, and is flagged. */
#pragma once
#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "core/call.h"
#include "core/pcm.h"
#include "core/pkt.h"

typedef struct dec_config {
	unsigned reorder_ms;	/* how long a missing packet is awaited: 500 */
	unsigned conceal_ms;	/* longest made-up stretch, 0..80: 80 */
	unsigned hold_ms;	/* how long packets without a key are kept:
				 * 60000 */
	size_t hold_bytes;	/* and at most this many octets: 4 MiB */
	unsigned sources;	/* authenticated SSRCs of a call: 64 */
	bool libsrtp;		/* transform by libsrtp2 instead of our own */
	bool blind;		/* open no codec: a call that crashes one
				 * becomes silence of the right length */
	const struct dec_plugins *plugins;	/* codec.h; NULL for none; must
						 * outlive the call */
} dec_config;

dec_config dec_config_default(void);
/* MAIN, for dec_config.libsrtp: loads what libsrtp2 itself loads later, while
 * files can still be opened; before forking the processes that decode. False if
 * libsrtp2 cannot be used. */
bool dec_libsrtp_load(void);

/* What became of a packet. Each packet ends in exactly one of these
 * counters. */
typedef enum dec_fate {
	DEC_MEDIA,		/* authenticated RTP, on its way to the sink */
	DEC_CONTROL,		/* authenticated RTCP */
	DEC_DUPLICATE,		/* seen before; never counted as loss */
	DEC_LATE,		/* authentic, but too late for its place */
	DEC_HELD,		/* no key fits yet; tried again with new keys */
	DEC_NO_KEY,		/* held until the end: no key for this side and
				 * m= */
	DEC_AUTH_FAIL,		/* held until the end: no known key opens it */
	DEC_MALFORMED,		/* not RTP or RTCP */
	DEC_REFUSED,		/* over a limit of dec_config */
	DEC_FATES,
} dec_fate;

typedef enum dec_event_kind {
	DEC_STREAM,		/* a source (or its restart) was heard first */
	DEC_CODEC,		/* the payload type changed: pt, name */
	DEC_KEYED,		/* the source changed to another key */
	DEC_DTMF_DOWN,		/* RFC 4733: a key is pressed; length so far */
	DEC_DTMF,		/* it is released: digit, length; pt is the
				 * event's code */
	DEC_GAP,		/* packets, length, cause of what is missing */
	DEC_UNDECODABLE,	/* no decoder for `name`; once per pt */
	DEC_BYE,		/* RTCP BYE of the source */
	DEC_UNOPENED,		/* held packets expired; once per SSRC, cause */
} dec_event_kind;

typedef enum dec_cause {
	DEC_CAUSE_NONE,
	DEC_CAUSE_LOST,		/* not captured within dec_config.reorder_ms */
	DEC_CAUSE_AUTH,		/* captured, but no known key opens it */
	DEC_CAUSE_NO_KEY,	/* captured, but no key was ever given */
} dec_cause;

typedef struct dec_event {
	uint8_t kind;		/* dec_event_kind */
	uint8_t cause;		/* dec_cause */
	uint8_t side;		/* call_side; unknown for DEC_UNOPENED only */
	uint8_t media;		/* m= index */
	uint8_t pt;
	bool encrypted;		/* DEC_STREAM, DEC_KEYED: false is plain RTP */
	char digit;		/* 0-9 * # A-D, '!' for flash */
	uint8_t volume;		/* of a key: -dBm0 of its tone */
	bool timed;		/* of a key: `ts` is on the stream's clock */
	uint32_t stream;
	uint32_t ssrc;
	uint32_t clock;		/* RTP units per second of ts and length */
	int64_t ts;		/* extended RTP timestamp, first unit */
	int64_t length;		/* RTP units; 0 if unknown */
	int64_t behind;		/* DEC_GAP: RTP units from its end to `at` */
	uint64_t packets;	/* DEC_GAP: missing sequence numbers */
	uint64_t repaired;	/* of these, restored by RED */
	clk_mono at;		/* capture time of the packet that showed it */
	clk_mono released;	/* as that of a pcm_block */
	const char *name;	/* codec as in rtpmap, or SRTP suite; lent */
	const char *branch;	/* DEC_STREAM: To-tag of the fork whose key
				 * opened it; "" for the caller's, or
				 * one that several have; lent */
} dec_event;

/* One packet of a stream that is not sound, in clear, in the order of its
 * stream. */
typedef struct dec_payload {
	uint32_t stream, ssrc, ts;
	uint16_t seq;
	uint8_t side, media, pt;
	bool marker;
	clk_mono arrival;
	const char *name;	/* as in rtpmap; lent */
	span bytes;		/* lent */
} dec_payload;

/* Any may be NULL. Called from within the functions below; everything is lent
 * during the call. A source that its sender restarts, or whose timestamps jump
 * against the capture time, gets a new stream number. */
typedef struct dec_sink {
	void (*block)(void *user, const pcm_block *b);
	void (*report)(void *user, const pcm_report *r);
	void (*event)(void *user, const dec_event *e);
	void (*payload)(void *user, const dec_payload *p);
} dec_sink;

typedef struct dec_stream_totals {
	uint32_t stream, ssrc;
	uint8_t side, media;
	bool encrypted;
	char suite[32];		/* of the last key, or "" */
	uint32_t key_serial;	/* of the half that named that key last */
	uint32_t key_tag;	/* its line there; 0: no key */
	uint8_t mki;		/* octets of MKI in the packets */
	char codecs[128];	/* as in rtpmap, in the order first heard,
				 * separated by commas */
	clk_mono first, last;	/* capture times */
	uint64_t packets;	/* played, each sequence number once */
	uint64_t lost;		/* sequence numbers never played; exact */
	uint64_t late, duplicates, reordered, repaired, undecodable;
	uint64_t gaps;
	uint64_t decoded_us, concealed_us, comfort_us, undecodable_us;
	uint32_t jitter_us;	/* RFC 3550 6.4.1 */
} dec_stream_totals;

typedef struct dec_totals {
	uint64_t packets;	/* given; the sum of `fate` */
	uint64_t fate[DEC_FATES];
	uint64_t searches;	/* rollover counters found by trial */
	uint64_t trials;	/* of a key and a counter, with RTP */
	uint32_t streams;	/* numbered from 0 */
} dec_totals;

typedef struct dec_call dec_call;

/* WORKER. `sink` is copied. Never NULL. */
dec_call *dec_call_new(const dec_config *config, const dec_sink *sink,
		       void *user);
/* WORKER. One more half of the call's offers and answers, at its time; earlier
 * keys stay usable. Copies what it needs; repeating it is harmless. */
void dec_call_describe(dec_call *c, const call_half *half);
/* WORKER. In capture order. DEC_HELD and DEC_MEDIA are not final: a held packet
 * may be opened later, a reordered one may be late. */
dec_fate dec_call_packet(dec_call *c, const pkt *p);
/* WORKER. No packet from before `now` will come any more. */
void dec_call_advance(dec_call *c, clk_mono now);
/* WORKER. Nothing will come for a while: until then another call may use the
 * memory in which packets are opened and decoded. */
void dec_call_rest(dec_call *c);
/* WORKER. No packet will come any more; delivers the last blocks. */
void dec_call_finish(dec_call *c);
void dec_call_totals(const dec_call *c, dec_totals *out);
/* Of dec_totals, for who asks after each packet. */
uint64_t dec_call_trials(const dec_call *c);
/* False if there is no such stream. */
bool dec_call_stream(const dec_call *c, uint32_t stream,
		     dec_stream_totals *out);
/* WORKER. Keys are wiped. NULL is fine. */
void dec_call_free(dec_call *c);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(dec_call, dec_call_free)
