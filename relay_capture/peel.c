#include "relay_capture/peel.h"

#include "relay_capture/tunnel.h"

enum { TUNNELS = 3 };		/* in each other */

static relay_counter of_verdict(relay_verdict v, relay_counter foreign)
{
	return v == RELAY_FOREIGN ? foreign : RELAY_BAD_FRAME;
}

/* A UDP tunnel's payload is a frame again. */
static bool udp_peel(const relay_ip *ip, relay_peeled *out, bool *tunnel,
		     uint16_t *ethertype)
{
	relay_udp u;

	if (relay_udp_get(ip->payload, &u) != RELAY_OK)
		return false;
	*tunnel = relay_udp_tunnel_peel(u.dst, &u.payload, ethertype) ==
		  RELAY_OK;
	out->src.port = u.src;
	out->dst.port = u.dst;
	out->payload = u.payload;
	out->stream = false;
	return true;
}

static bool tcp_peel(const relay_ip *ip, relay_peeled *out)
{
	if (relay_segment_get(ip->payload, &out->segment) != RELAY_OK)
		return false;
	out->src.port = out->segment.src;
	out->dst.port = out->segment.dst;
	out->stream = true;
	return true;
}

/* The IP packet, whole. */
static bool ip_peel(relay_frags *frags, uint16_t ethertype, span in,
		    clk_mono now, relay_ip *ip, relay_counter *why)
{
	relay_verdict v = relay_ip_get(ethertype, in, ip);

	if (v != RELAY_OK) {
		*why = of_verdict(v, RELAY_NOT_IP);
		return false;
	}
	if (!relay_ip_is_fragment(ip))
		return true;
	v = relay_frags_add(frags, ip, now, &ip->payload);
	*why = v == RELAY_SHORT ? RELAY_FRAGMENT : RELAY_BAD_FRAME;
	return v == RELAY_OK;
}

/* What is in the IP packet. `tunnel`: a frame again, in out->payload. */
static bool content_peel(relay_ip *ip, relay_peeled *out, bool *tunnel,
			 uint16_t *ethertype, relay_counter *why)
{
	relay_verdict v;

	*tunnel = false;
	*why = RELAY_BAD_FRAME;
	switch (ip->proto) {
	case RELAY_IP_UDP:
		return udp_peel(ip, out, tunnel, ethertype);
	case RELAY_IP_TCP:
		return tcp_peel(ip, out);
	case RELAY_IP_GRE:
		*tunnel = true;
		v = relay_gre_peel(&ip->payload, ethertype);
		out->payload = ip->payload;
		*why = of_verdict(v, RELAY_NOT_UDP);
		return v == RELAY_OK;
	}
	*why = RELAY_NOT_UDP;
	return false;
}

bool relay_peel(relay_frags *frags, int link, span frame, clk_mono now,
		relay_peeled *out, relay_counter *why)
{
	relay_verdict v;
	uint16_t type;
	bool tunnel;
	relay_ip ip;

	v = relay_link_peel(link, &frame, &type);
	if (v != RELAY_OK) {
		*why = of_verdict(v, RELAY_NOT_IP);
		return false;
	}
	for (int depth = 0; depth <= TUNNELS; depth++) {
		if (!ip_peel(frags, type, frame, now, &ip, why))
			return false;
		out->src = ip.src;
		out->dst = ip.dst;
		if (!content_peel(&ip, out, &tunnel, &type, why))
			return false;
		if (!tunnel)
			return true;
		frame = out->payload;
	}
	*why = RELAY_BAD_FRAME;
	return false;
}
