/* pkt.h - one relayed RTP or RTCP packet on its way through the journal. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "core/clock.h"
#include "core/span.h"

/* Where on the edge the packet was first seen. */
typedef enum pkt_leg {
	PKT_LEG_UNKNOWN,
	PKT_LEG_FROM_CLIENT,	/* client -> relay server port, TURN framed */
	PKT_LEG_RELAYED,	/* relayed address -> peer or other relay */
	PKT_LEG_TO_RELAYED,	/* peer -> relayed address */
	PKT_LEG_TO_CLIENT,	/* relay server port -> client, TURN framed */
	PKT_LEG_PLAIN,		/* no relay: the SDP's own c=/m= address */
} pkt_leg;

/* Why it belongs to the call, strongest reason first. */
typedef enum pkt_why {
	PKT_WHY_NONE,
	PKT_WHY_UFRAG,		/* ICE check with both ufrags on this path */
	PKT_WHY_RADDR,		/* relay candidate's raddr/rport */
	PKT_WHY_RELAYED,	/* the relay candidate's own address */
	PKT_WHY_PEER,		/* TURN peer, channel or destination */
	PKT_WHY_SSRC,		/* a=x-ssrc-range */
	PKT_WHY_SDP,		/* c=/m= of a call without ICE */
	PKT_WHY_LEARNT,		/* same transport addresses as a claimed one */
} pkt_why;

typedef struct pkt {
	clk_both at;		/* capture time of the first sighting */
	uint8_t side;		/* call_side that sent it, or CALL_UNKNOWN */
	uint8_t media;		/* index of the m= line; 255 unknown */
	uint8_t leg;		/* pkt_leg */
	uint8_t why;		/* pkt_why */
	uint32_t flow;		/* capture's number of the transport path */
	uint8_t iface;		/* capture's number of it; not written */
	span bytes;		/* as on the wire, from the RTP header on */
} pkt;

/* RFC 5761 4: payload types 64..95 after the marker bit are RTCP. */
static inline bool pkt_is_rtcp(span b)
{
	return b.left >= 2 && b.p[1] >= 192 && b.p[1] <= 223;
}
