/* suite.h - the SRTP crypto suites that SDES can name, and how a protected
 * packet is divided (RFC 3711 3.1 and 3.4, RFC 7714 8 and 9). */
#pragma once
#include "decoder/rtp.h"

typedef enum dec_cipher {
	DEC_CIPHER_NULL,
	DEC_CIPHER_CM,		/* AES in counter mode, with HMAC-SHA1 */
	DEC_CIPHER_GCM,
} dec_cipher;

typedef struct dec_suite {
	const char *name;	/* as in a=crypto */
	uint8_t cipher;		/* dec_cipher */
	uint8_t key;		/* octets of the master and the session key */
	uint8_t salt;
	uint8_t rtp_tag;
	uint8_t rtcp_tag;
} dec_suite;

/* NULL for a suite that is not implemented. */
const dec_suite *dec_suite_find(const char *name);

enum { DEC_MKI_MAX = 4 };

/* A protected packet, divided. Everything points into it. */
typedef struct dec_parts {
	span head;		/* in clear */
	span body;		/* the encrypted portion; GCM: with its tag */
	span covered;		/* what the HMAC is taken of */
	span tag;		/* HMAC; empty with GCM */
	span mki;
	span word;		/* SRTCP: E flag and index, 4 octets */
} dec_parts;

/* `head` is dec_rtp.head. */
MUST_CHECK dec_verdict dec_parts_rtp(const dec_suite *s, span packet,
				     size_t head, size_t mki, dec_parts *out);
MUST_CHECK dec_verdict dec_parts_rtcp(const dec_suite *s, span packet,
				      size_t mki, dec_parts *out);
