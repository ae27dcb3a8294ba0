/* addr.h - a transport address, as given in SDP, in STUN and on the wire. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "core/span.h"

typedef struct net_addr {
	uint8_t family;		/* 4, 6, or 0 for "none" */
	uint8_t ip[16];		/* network order; IPv4 in the first four,
				 * the rest zero */
	uint16_t port;		/* host order */
} net_addr;

enum { NET_ADDR_TEXT = 56 };	/* "[v6]:port" and the NUL */

/* Textual IPv4 or IPv6 (RFC 5952 not required). IPv4-mapped IPv6 becomes
 * IPv4, so that one host has one spelling. False for anything else. */
MUST_CHECK bool net_addr_parse(span text, uint16_t port, net_addr *out);
/* "1.2.3.4:5" or "[::1]:5". */
MUST_CHECK bool net_addr_parse_port(span text, net_addr *out);
/* From wire bytes; family is 4 or 6. */
void net_addr_set(net_addr *a, uint8_t family, const uint8_t *ip,
		  uint16_t port);
static inline net_addr net_addr_from(uint8_t family, const uint8_t *ip,
				     uint16_t port)
{
	net_addr a;

	net_addr_set(&a, family, ip, port);
	return a;
}

/* Inline, because each packet is compared with its path. */
static inline bool net_addr_same_ip(const net_addr *a, const net_addr *b)
{
	return a->family == b->family && !memcmp(a->ip, b->ip, sizeof(a->ip));
}

static inline bool net_addr_same(const net_addr *a, const net_addr *b)
{
	return a->port == b->port && net_addr_same_ip(a, b);
}

/* 0.0.0.0 or :: */
bool net_addr_is_any(const net_addr *a);
/* Stable within a process; for hash tables. */
uint32_t net_addr_hash(const net_addr *a);

void net_addr_text(const net_addr *a, char to[static NET_ADDR_TEXT]);
/* Without the port. */
void net_addr_ip_text(const net_addr *a, char to[static NET_ADDR_TEXT]);
