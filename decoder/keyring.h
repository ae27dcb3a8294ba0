/* keyring.h - every key that a call's offers and answers have named, and which
 * to try first (RFC 4568 5.1, 6.1). */
#pragma once
#include "core/call.h"
#include "decoder/srtp.h"

enum {
	DEC_KEYS_MAX = 96,	/* of a call; the oldest unpinned give way */
	DEC_BRANCH = 128,
};

typedef struct dec_key {
	const dec_suite *suite;
	secret master;
	dec_srtp *srtp;		/* made when first tried */
	uint32_t serial;	/* of the half that named it last */
	uint32_t tag;
	uint8_t side;		/* who sends under it */
	uint8_t media;
	uint8_t mki;		/* octets of MKI that the line promised */
	uint8_t kdr;		/* keys last 2^kdr packets; 0: for good */
	bool chosen;		/* the answer took this line */
	bool pinned;		/* a source is locked to it: it stays */
	char branch[DEC_BRANCH];
} dec_key;

typedef struct dec_keyring {
	GPtrArray *keys;	/* of dec_key, oldest first */
	bool libsrtp;
} dec_keyring;

void dec_keyring_init(dec_keyring *r, bool libsrtp);
void dec_keyring_clear(dec_keyring *r);

/* Takes over the keys of a half. */
void dec_keyring_add(dec_keyring *r, const call_half *h);

/* What the path of a packet tells about who sent it. */
typedef struct dec_hint {
	uint8_t side;	/* call_side */
	uint8_t media;	/* 255 unknown */
} dec_hint;

/* All keys into `out`, most likely first; returns how many. */
size_t dec_keyring_order(const dec_keyring *r, dec_hint hint,
			 dec_key *out[static DEC_KEYS_MAX]);

/* The transform of a key, made on first use. */
dec_srtp *dec_key_srtp(const dec_keyring *r, dec_key *k);

/* The MKI lengths worth trying with this key, likeliest first. */
enum { DEC_FORMS = 2 };
void dec_key_forms(const dec_key *k, size_t mki[static DEC_FORMS]);
