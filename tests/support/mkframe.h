/* mkframe.h - the frames of made-up captures: an IP packet, and what a network,
 * or a switch that mirrors it, puts around it. */
#pragma once
#include "core/addr.h"
#include "core/put.h"

enum { MK_FRAME_MAX = 4096 };

/* Told for each frame, in rising time; its octets are lent. */
typedef void mk_frame_fn(void *user, int link, span frame, int64_t ns);

typedef struct mk_framer {
	unsigned link;		/* of mk_link_named() */
	unsigned mtu;		/* octets of IP payload per fragment; 0: any */
	mk_frame_fn *fn;
	void *user;
	int64_t ns;		/* when the next one is captured */
	uint16_t ip_id;
} mk_framer;

/* False: there is no such kind of link. */
bool mk_link_named(const char *name, unsigned *link);
/* As pcap numbers it. */
int mk_link_type(unsigned link);
void mk_udp(mk_framer *k, const net_addr *src, const net_addr *dst,
	    span payload);
/* `seq` is of this direction of the stream, and is moved on. */
void mk_tcp(mk_framer *k, const net_addr *src, const net_addr *dst,
	    uint32_t *seq, span payload);
