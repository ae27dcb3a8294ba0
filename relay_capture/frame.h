/* frame.h - from a captured frame to the UDP or TCP payload in it. */
#pragma once
#include "core/addr.h"
#include "core/span.h"

typedef enum relay_verdict {
	RELAY_OK,
	RELAY_SHORT,	/* ends before its own lengths say it does */
	RELAY_BAD,	/* contradicts its specification */
	RELAY_FOREIGN,	/* well-formed, but of another protocol */
} relay_verdict;

/* LINKTYPE_ and DLT_ values of libpcap; both where they differ. */
typedef enum relay_link {
	RELAY_LINK_NULL = 0,
	RELAY_LINK_ETHERNET = 1,
	RELAY_LINK_DLT_RAW = 12,
	RELAY_LINK_RAW = 101,
	RELAY_LINK_LOOP = 108,
	RELAY_LINK_SLL = 113,
	RELAY_LINK_IPV4 = 228,
	RELAY_LINK_IPV6 = 229,
	RELAY_LINK_SLL2 = 276,
} relay_link;

enum {
	RELAY_ETH_IPV4 = 0x0800,
	RELAY_ETH_IPV6 = 0x86dd,
	RELAY_ETH_BRIDGE = 0x6558,	/* Ethernet inside a tunnel */
};

enum {
	RELAY_IP_TCP = 6,
	RELAY_IP_UDP = 17,
	RELAY_IP_GRE = 47,
};

/* An IP packet, or a fragment of one, without its headers. */
typedef struct relay_ip {
	net_addr src, dst;	/* port 0 */
	uint8_t proto;		/* of the payload, after extension headers */
	bool more;		/* RFC 791 MF, RFC 8200 M */
	uint16_t offset;	/* octets, of this fragment */
	uint32_t id;		/* of the packet a fragment belongs to */
	span payload;
} relay_ip;

typedef struct relay_udp {
	uint16_t src, dst;
	span payload;
} relay_udp;

typedef struct relay_segment {
	uint16_t src, dst;
	uint32_t seq;
	bool syn, fin, rst;
	span payload;
} relay_segment;

/* True if relay_link_peel() knows this link type. */
bool relay_link_known(int link);
/* Strips the link header and VLAN tags; `ethertype` says what `in` then
 * contains. */
MUST_CHECK relay_verdict relay_link_peel(int link, span *in,
					 uint16_t *ethertype);
/* Only an Ethernet header, with its VLAN tags. */
MUST_CHECK relay_verdict relay_eth_peel(span *in, uint16_t *ethertype);
MUST_CHECK relay_verdict relay_ip_get(uint16_t ethertype, span in,
				      relay_ip *out);
MUST_CHECK relay_verdict relay_udp_get(span in, relay_udp *out);
MUST_CHECK relay_verdict relay_segment_get(span in, relay_segment *out);

static inline bool relay_ip_is_fragment(const relay_ip *ip)
{
	return ip->more || ip->offset;
}
