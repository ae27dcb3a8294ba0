/* tap.h - inside of relay_tap: what tap.c, match.c and intake.c share.
 * CAPTURE thread. */
#pragma once
#include <stdatomic.h>

#include "relay_capture/claim.h"
#include "relay_capture/dedup.h"
#include "relay_capture/flow.h"
#include "relay_capture/frag.h"
#include "relay_capture/preroll.h"
#include "relay_capture/relay.h"
#include "relay_capture/stream.h"
#include "relay_capture/turn.h"

enum {
	RELAY_MEDIA_UNKNOWN = 255,	/* pkt.media */
	RELAY_LEARNT_MAX = 64,	/* addresses that a call may learn */
	RELAY_CALL_FLOWS = 256,	/* paths that a call may own */
};

/* m= lines of one transport (RFC 8843): types tell their packets apart. */
typedef struct relay_bundle {
	uint64_t lines;		/* a bit for each of the first 64 */
	uint8_t line_of[128];	/* by payload type; RELAY_MEDIA_UNKNOWN: none */
} relay_bundle;

struct relay_call {
	/* What a packet touches comes first: two cache lines, and one more for
	 * a copy. */
	_Alignas(64) void *user;	/* the sink's */
	relay_dedup dedup;
	uint64_t record[4];	/* a bit for each m= line; 255: any of them */
	relay_bundle *bundle;	/* NULL: each m= line has its own transport */
	clk_mono last;		/* media */
	relay_dedup early;	/* until both sides are described and the
				 * pre-roll has gone by: copies of a packet
				 * may be claimed that far apart. Else empty */
	rec_tally tally;	/* the sums of all interfaces as of `from` */
	uint64_t told;		/* of the packets in it */
	char *name;
	bool ended;
	bool shared;		/* no call: the journal of the orphans */
	bool has_side[2];
	clk_mono end;		/* disarmed */
	clk_mono proved;	/* the last tally of a silent call */
	unsigned learnt, n_flows;
	clk_mono described;	/* when the latest side first was */
	relay_flow *flows;	/* by sibling */
	relay_flow *spill;	/* stands for paths beyond RELAY_CALL_FLOWS */
};

/* "This client's relayed address is that", from Allocate responses: they come
 * before the call is described. */
typedef struct relay_alloc {
	net_addr relayed, client;
} relay_alloc;

struct relay_tap {
	relay_config conf;
	relay_sink sink;
	void *user;
	GHashTable *calls;	/* name -> relay_call */
	relay_claims *claims;
	relay_flows *flows;
	relay_preroll *preroll;
	relay_frags *frags;
	relay_streams *streams;
	relay_alloc *allocs;
	uint32_t generation;	/* grows when claims come or go */
	relay_call *orphans;	/* takes the next one; NULL: not yet */
	bool unsettled;		/* claims came that unclaimed flows missed */
	clk_mono next_tick, next_round;
	unsigned rounds;
	GPtrArray *late;	/* flows that were just claimed */
	unsigned from;		/* the interface of the next frame */
	_Atomic uint64_t count[RELAY_IFACES_MAX][RELAY_COUNTERS];
};

static inline void relay_call_record(relay_call *c, uint8_t media, bool on)
{
	uint64_t bit = UINT64_C(1) << media % 64;

	c->record[media / 64] &= ~bit;
	c->record[media / 64] |= on ? bit : 0;
}

static inline bool relay_call_records(const relay_call *c, uint8_t media)
{
	return c->record[media / 64] >> media % 64 & 1;
}

static inline void relay_bump_of(relay_tap *r, unsigned from, relay_counter c,
				 uint64_t n)
{
	_Atomic uint64_t *at = &r->count[from][c];

	/* One writer: no locked instruction is needed. */
	atomic_store_explicit(at, atomic_load_explicit(at,
					memory_order_relaxed) + n,
			      memory_order_relaxed);
}

static inline void relay_bump(relay_tap *r, relay_counter c, uint64_t n)
{
	relay_bump_of(r, r->from, c, n);
}

/* tap.c: one UDP payload, or one message of a TCP stream. One of the first
 * eight counters. */
relay_counter relay_payload(relay_tap *r, const net_addr *src,
			    const net_addr *dst, span in, bool stream,
			    clk_both at);

/* intake.c: streams of which a segment is missing since `limit` go on. */
void relay_streams_round(relay_tap *r, clk_mono limit, clk_both now);

/* With what a TURN header, if there is one, says of it. */
void relay_path_set(relay_path *p, const net_addr *src, const net_addr *dst,
		    const relay_unit *u);

/* bind.c: who owns a path. */

/* One packet of a claimed path, which came by interface `from`, to its call. */
relay_counter relay_deliver(relay_tap *r, relay_flow *f, span bytes,
			    clk_both at, unsigned from);
/* False when the call has paths enough. */
bool relay_bind(relay_tap *r, relay_flow *f, const relay_claim *claim,
		clk_both at);
void relay_unbind(relay_tap *r, relay_flow *f, clk_both at);
/* By the claims as they are now. False when the path remains without a call
 * for lack of room in it. */
bool relay_resolve(relay_tap *r, relay_flow *f, clk_both at);
/* Held packets of the paths in `late`, in the order in which they came. */
void relay_release(relay_tap *r);
/* New claims meet the paths that nobody wanted. */
void relay_settle(relay_tap *r, clk_both now);
void relay_tell_flow(relay_tap *r, relay_call *c, relay_flow *f, clk_both at);

/* calls.c */

/* Armed; `many` senders are to be told apart from copies. */
relay_call *relay_call_new(relay_tap *r, const char *name, bool many,
			   clk_both now);
void relay_call_free(gpointer call);
bool relay_call_ended(const relay_call *c);
/* Its grace begins. */
void relay_call_end(relay_tap *r, relay_call *c, clk_both now);
/* Closes what is due. */
void relay_calls_tick(relay_tap *r, clk_both now);
/* Flow records of all. */
void relay_calls_tell(relay_tap *r, clk_both now);

/* tap.c: what is counted elsewhere is told by the counters too. */
void relay_mirror(relay_tap *r);

/* orphan.c: about every second. */
void relay_orphans_round(relay_tap *r, clk_both now);
/* Nobody will claim it any more: what is held is kept, if that is wished. */
void relay_orphans_end(relay_tap *r, clk_both now);

/* match.c */

/* What a half says, as claims. */
void relay_match_half(relay_tap *r, relay_call *c, const call_half *half);
/* Who sends on this path, from the addresses and the SSRC; also the leg. */
relay_claim relay_match_path(const relay_tap *r, const relay_path *p,
			     uint32_t ssrc, uint8_t *leg);
/* An ICE check on a path: its sender, and its addresses are learnt. */
relay_claim relay_match_check(relay_tap *r, const relay_path *p, span username);
/* What a TURN message told about an allocation. */
void relay_match_news(relay_tap *r, const relay_path *p,
		      const relay_unit *unit);
