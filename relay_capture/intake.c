#include "relay_capture/tap.h"
#include "relay_capture/tunnel.h"

enum { TUNNELS = 3 };		/* in each other */

static relay_counter packet(relay_tap *r, uint16_t ethertype, span in,
			    int depth, clk_both at);

static relay_counter of_verdict(relay_verdict v, relay_counter foreign)
{
	return v == RELAY_FOREIGN ? foreign : RELAY_BAD_FRAME;
}

static relay_counter udp(relay_tap *r, relay_ip *ip, int depth, clk_both at)
{
	relay_verdict v;
	uint16_t type;
	relay_udp u;

	if (relay_udp_get(ip->payload, &u) != RELAY_OK)
		return RELAY_BAD_FRAME;
	v = relay_udp_tunnel_peel(u.dst, &u.payload, &type);
	if (v == RELAY_OK)
		return packet(r, type, u.payload, depth + 1, at);
	ip->src.port = u.src;
	ip->dst.port = u.dst;
	return relay_payload(r, &ip->src, &ip->dst, u.payload, false, at);
}

static relay_counter tcp(relay_tap *r, relay_ip *ip, clk_both at)
{
	relay_segment g;
	relay_stream *s;
	relay_counter what;
	span message;

	if (relay_segment_get(ip->payload, &g) != RELAY_OK)
		return RELAY_BAD_FRAME;
	ip->src.port = g.src;
	ip->dst.port = g.dst;
	s = relay_streams_add(r->streams, &ip->src, &ip->dst, &g, at.mono);
	while (s && relay_stream_next(s, &message)) {
		what = relay_payload(r, &ip->src, &ip->dst, message, true, at);
		relay_bump(r, RELAY_TCP_STORED + what, 1);
	}
	return RELAY_SEGMENT;
}

static relay_counter gre(relay_tap *r, relay_ip *ip, int depth, clk_both at)
{
	uint16_t type;
	relay_verdict v = relay_gre_peel(&ip->payload, &type);

	if (v != RELAY_OK)
		return of_verdict(v, RELAY_NOT_UDP);
	return packet(r, type, ip->payload, depth + 1, at);
}

static relay_counter packet(relay_tap *r, uint16_t ethertype, span in,
			    int depth, clk_both at)
{
	relay_verdict v;
	relay_ip ip;

	if (depth > TUNNELS)
		return RELAY_BAD_FRAME;
	v = relay_ip_get(ethertype, in, &ip);
	if (v != RELAY_OK)
		return of_verdict(v, RELAY_NOT_IP);
	if (relay_ip_is_fragment(&ip)) {
		v = relay_frags_add(r->frags, &ip, at.mono, &ip.payload);
		if (v != RELAY_OK)
			return v == RELAY_SHORT ? RELAY_FRAGMENT :
						  RELAY_BAD_FRAME;
	}
	switch (ip.proto) {
	case RELAY_IP_UDP:
		return udp(r, &ip, depth, at);
	case RELAY_IP_TCP:
		return tcp(r, &ip, at);
	case RELAY_IP_GRE:
		return gre(r, &ip, depth, at);
	}
	return RELAY_NOT_UDP;
}

void relay_frame(relay_tap *r, int link, span frame, clk_both at)
{
	relay_counter what;
	relay_verdict v;
	uint16_t type;

	if (clk_since(at.mono, r->next_tick) >= 0)
		relay_tick(r, at);
	v = relay_link_peel(link, &frame, &type);
	what = v == RELAY_OK ? packet(r, type, frame, 0, at) :
			       of_verdict(v, RELAY_NOT_IP);
	relay_bump(r, what, 1);
	relay_bump(r, RELAY_FRAMES, 1);
}
