/* media.h - the relayed media of two-party calls: G.711 under SDES-SRTP in
 * ChannelData on UDP, as the relay's interface receives it from the parties.
 * Each stream has its own key and is protected by libsrtp2, which the recorder
 * does not use. One sighting a packet; no RTCP, no ICE checks. */
#pragma once
#include "core/addr.h"
#include "core/call.h"
#include "tests/load/rig.h"

enum {
	LOAD_PACKET_MS = 20,
	LOAD_PAYLOAD = 160,
	LOAD_SRTP = 12 + LOAD_PAYLOAD + 10,
	LOAD_FRAME = 14 + 20 + 8 + 4 + LOAD_SRTP,	/* on Ethernet */
	LOAD_SRTCP = 8 + 8 + 4 + 10,	/* RR, BYE, index, tag */
	LOAD_GOODBYE = 14 + 20 + 8 + 4 + LOAD_SRTCP,
	LOAD_PCAP_HEAD = 24,
	LOAD_PCAP_REC = 16 + LOAD_FRAME,
};

typedef struct load_media {
	unsigned first, calls;	/* call numbers first .. first + calls */
	unsigned packets;	/* of each party */
	uint8_t *pcap;		/* a capture file, mapped */
	size_t size;
} load_media;

/* `path` becomes a pcap file of calls that all begin at `begin_s` (Unix time);
 * NULL: in memory only. */
void load_media_make(load_media *m, const char *path, int64_t begin_s);
void load_media_free(load_media *m);
/* LOAD_FRAME octets: the i-th packet of a party. */
uint8_t *load_media_frame(const load_media *m, unsigned call, call_side side,
			  unsigned i);
/* The same without what is around the SRTP packet. */
span load_media_srtp(const load_media *m, unsigned call, call_side side,
		     unsigned i);
/* A party's RTCP BYE as a frame of the same kind. */
void load_media_goodbye(unsigned call, call_side side,
			uint8_t to[static LOAD_GOODBYE]);

net_addr load_host(unsigned call, call_side side);
net_addr load_relayed(unsigned call, call_side side);
/* 30 octets: master key and salt. */
void load_key(unsigned call, call_side side, uint8_t to[static 30]);
/* In base64. Free it. */
char *load_key_text(unsigned call, call_side side);
/* A party's sound, 8 kHz, that its packet i carries. */
void load_voice(call_side side, unsigned i, int16_t pcm[static LOAD_PAYLOAD]);
