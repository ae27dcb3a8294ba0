/* flow.h - transport paths and what is known about them: created once, found by
 * one hash lookup per packet. CAPTURE thread. */
#pragma once
#include "core/clock.h"
#include "relay_capture/claim.h"
#include "relay_capture/preroll.h"

/* What distinguishes one path from another. */
typedef struct relay_path {
	net_addr src, dst;	/* outermost UDP or TCP addresses */
	net_addr peer;		/* inside a Send or Data indication */
	uint16_t channel;
	uint8_t wrap;		/* relay_wrap */
	bool has_session;
	uint64_t session;	/* FF10 */
} relay_path;

typedef struct relay_flow relay_flow;
struct relay_flow {
	/* First, in two cache lines, what a packet of a claimed flow
	 * touches. */
	_Alignas(64) relay_path path;
	uint32_t hash;		/* of the path; the table's own */
	uint32_t number;	/* 1, 2, ... */
	relay_claim claim;	/* call NULL: unclaimed */
	uint64_t packets, stored;
	clk_mono last;
	uint32_t generation;	/* of the claims when it was last resolved */
	bool checked;		/* bound by a check on this very path */
	uint8_t leg;		/* pkt_leg */
	bool told;		/* reported as an orphan */
	bool fresh;		/* has packets since its last flow record */
	uint32_t ssrc;		/* of the newest RTP packet, while unclaimed */
	uint32_t chain;		/* next in the bucket; the table's own */
	clk_both first;
	relay_held held;
	/* Places in the table's lists; the table's own. */
	union {
		struct {	/* unclaimed flows by last packet */
			relay_flow *newer, *older;
		};
		relay_flow *sibling;	/* claimed: next of the same call */
	};
};

typedef struct relay_flows relay_flows;

/* `max` flows, whose memory is reserved now. */
relay_flows *relay_flows_new(unsigned max);
void relay_flows_free(relay_flows *t);
relay_flow *relay_flow_find(const relay_flows *t, const relay_path *p);
uint32_t relay_path_hash(const relay_path *p);
/* Prefetches the table for a path with this hash. */
void relay_flow_hint(const relay_flows *t, uint32_t hash);
/* The first path that a lookup would compare, without touching it; NULL: there
 * is none. */
const relay_flow *relay_flow_first(const relay_flows *t, uint32_t hash);
/* An unclaimed flow; NULL if the table is full: evict one first. */
relay_flow *relay_flow_add(relay_flows *t, const relay_path *p, clk_both at);
void relay_flow_remove(relay_flows *t, relay_flow *f);
/* Unclaimed flows, longest silent first; NULL at the end. */
relay_flow *relay_flows_silent(const relay_flows *t);
relay_flow *relay_flow_newer(const relay_flow *f);
/* To be called when an unclaimed flow had a packet. */
void relay_flow_touch(relay_flows *t, relay_flow *f);
/* Removes a flow from the unclaimed ones, or adds it. */
void relay_flow_set_claimed(relay_flows *t, relay_flow *f, bool claimed);
