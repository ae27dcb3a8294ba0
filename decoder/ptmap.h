/* ptmap.h - the payload format that a payload type number stands for, in each
 * direction (RFC 3264 5.1 and 6.1, RFC 3551 6). */
#pragma once
#include "core/call.h"

typedef struct dec_ptmap {
	GPtrArray *halves;	/* of struct described, newest first */
	unsigned version;	/* increases when a number may have a new
				 * meaning */
} dec_ptmap;

void dec_ptmap_init(dec_ptmap *m);
void dec_ptmap_clear(dec_ptmap *m);
void dec_ptmap_add(dec_ptmap *m, const call_half *h);

/* What `side` means by `pt` on an m= line. The receiver's numbers count first,
 * then the sender's own, then the static ones. False if nobody has defined
 * it. */
bool dec_ptmap_find(const dec_ptmap *m, uint8_t side, uint8_t media, uint8_t pt,
		    call_payload *out);

/* Both sides agreed to RTP without encryption: the latest answer for the line
 * has no key, and its profile is RTP/AVP or RTP/AVPF. */
bool dec_ptmap_plain(const dec_ptmap *m, uint8_t media);

/* The m= line carries sound; an unknown line may. */
bool dec_ptmap_audio(const dec_ptmap *m, uint8_t media);
