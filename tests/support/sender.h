/* sender.h - a party of a call for tests: writes SDP halves and protects
 * packets by libsrtp2, which the decoder does not use. */
#pragma once
#include <glib.h>

#include "core/call.h"
#include "core/pkt.h"

typedef struct sender {
	const char *suite;
	uint8_t key[46];
	size_t key_len;
	uint8_t mki_len;
	uint32_t mki;
	uint8_t side;
	uint32_t ssrc;
	void *session;		/* srtp_t */
	uint64_t index;		/* of the next packet */
	uint32_t ts;
	uint8_t pt;
	int64_t at;		/* capture time of the next packet, ns */
	uint32_t ticks;		/* per packet */
	uint8_t buf[4096];
} sender;

/* `seed` makes the key; `suite` NULL sends plain RTP. */
void sender_init(sender *s, const char *suite, uint8_t side, unsigned seed);
void sender_clear(sender *s);
/* The next packet goes out under this index. */
void sender_seek(sender *s, uint64_t index);
/* A new key, numbering goes on. */
void sender_rekey(sender *s, unsigned seed);
/* One packet with `n` octets of payload; `index`, `ts` and `at` go on. Lent
 * until the next call. */
pkt sender_rtp(sender *s, const void *payload, size_t n);
/* A libsrtp2 session (srtp_t) that receives what `s` sends, from rollover
 * counter `roc` on. Free with srtp_dealloc(). */
void *sender_receiver(const sender *s, uint32_t roc);
/* A sender report. */
pkt sender_report(sender *s, uint64_t ntp);
/* An m=audio line with the sender's key under `tag` (none when plain). */
call_half *sender_half(const sender *s, bool answer, uint32_t serial,
		       uint32_t tag);
void sender_add_payload(call_half *h, uint8_t pt, const char *name,
			uint32_t clock);
