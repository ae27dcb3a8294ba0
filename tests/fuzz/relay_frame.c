/* Targets: relay_link_peel relay_eth_peel relay_ip_get relay_udp_get */
/* Targets: relay_segment_get relay_gre_peel relay_udp_tunnel_peel */
#include <stdlib.h>

#include "relay_capture/tunnel.h"

/* First octet: link type. What is behind a header is opened while it can be. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const int links[] = {0, 1, 12, 101, 108, 113, 228, 229, 276, 5};
	span s = span_of(data, size);
	relay_segment g;
	uint16_t type;
	uint8_t pick;
	relay_udp u;
	relay_ip ip;

	if (!span_u8(&s, &pick) ||
	    relay_link_peel(links[pick % 10], &s, &type) != RELAY_OK)
		return 0;
	for (int depth = 0; depth < 8; depth++) {
		if (relay_ip_get(type, s, &ip) != RELAY_OK)
			return 0;
		if (ip.payload.left > s.left)
			abort();
		s = ip.payload;
		if (ip.proto == RELAY_IP_TCP) {
			if (relay_segment_get(s, &g) == RELAY_OK &&
			    g.payload.left + 20 > s.left)
				abort();
			return 0;
		}
		if (ip.proto == RELAY_IP_GRE) {
			if (relay_gre_peel(&s, &type) != RELAY_OK)
				return 0;
			continue;
		}
		if (relay_udp_get(s, &u) != RELAY_OK)
			return 0;
		s = u.payload;
		if (relay_udp_tunnel_peel(u.dst, &s, &type) != RELAY_OK)
			return 0;
	}
	return 0;
}
