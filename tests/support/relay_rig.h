/* relay_rig.h - for capture's tests: descriptions of calls in few words, and a
 * sink that remembers what it got. */
#pragma once
#include "relay_capture/relay.h"
#include "tests/support/mkcall.h"

/* An audio stream with a ufrag ("" for none) and relay candidates, each as
 * "relayed-address:port raddr:rport" or without the second; NULL ends. */
call_half *rig_half(call_side side, const char *ufrag,
		    const char *const *relays);
net_addr rig_addr(const char *text);
/* Both halves of each call of the description, by its mkcall_name(). */
void rig_arm_all(relay_tap *tap, const mkcall *m, clk_both at);

typedef struct rig_pkt {
	pkt p;			/* bytes are owned */
	char *call;
} rig_pkt;

typedef struct rig {
	relay_tap *tap;
	GPtrArray *pkts;	/* of rig_pkt */
	GArray *flows;		/* of rec_flow */
	GArray *orphans;	/* of relay_orphan */
	unsigned opened, closed;
	rec_tally done;		/* sums of the closed calls' last tallies */
	clk_mono told;		/* of the latest tally */
	unsigned tallies;
	uint64_t lost;
} rig;

/* NULL: the defaults. */
void rig_init(rig *g, const relay_config *c);
/* Closes all calls: their tallies are the tap's counters, to the packet. */
void rig_clear(rig *g);
/* Number of packets with this SSRC, sender, m= line 0. */
unsigned rig_count(const rig *g, uint32_t ssrc, call_side side);
/* The same, whoever sent them. */
unsigned rig_count_any(const rig *g, uint32_t ssrc);
/* Every frame is in one counter, every held packet too. */
void rig_check_sums(const rig *g);
/* Gives a frame to the tap of `user`, a rig; for mkcall_run(). */
void rig_give(void *user, int link, span frame, int64_t ns);
/* Ticks for the tenths of a second `from` to `to` after `last`. */
void rig_let_pass(rig *g, clk_mono last, int from, int to);
