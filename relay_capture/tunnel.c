#include "relay_capture/tunnel.h"

enum {
	GRE_CHECKSUM = 0x8000,
	GRE_KEY = 0x2000,
	GRE_SEQUENCE = 0x1000,
	GRE_VERSION = 0x0007,
	GRE_ERSPAN = 0x88be,	/* types I and II */
	GRE_ERSPAN3 = 0x22eb,
};

enum {
	PORT_VXLAN = 4789,
	PORT_GENEVE = 6081,
	PORT_TZSP = 37008,
};

enum {
	TZSP_ETHERNET = 1,
	TZSP_PADDING = 0,
	TZSP_END = 1,
};

/* What the protocol says is inside: an Ethernet frame is opened too. */
static relay_verdict inside(span *in, uint16_t proto, uint16_t *ethertype)
{
	if (proto == RELAY_ETH_BRIDGE)
		return relay_eth_peel(in, ethertype);
	if (proto != RELAY_ETH_IPV4 && proto != RELAY_ETH_IPV6)
		return RELAY_FOREIGN;
	*ethertype = proto;
	return RELAY_OK;
}

/* Type I has no header of its own, and no sequence number in GRE. */
static relay_verdict erspan_peel(span *in, bool sequence, uint16_t *ethertype)
{
	if (sequence && !span_skip(in, 8))
		return RELAY_SHORT;
	return relay_eth_peel(in, ethertype);
}

/* Twelve octets; the last bit announces eight more for the platform. */
static relay_verdict erspan3_peel(span *in, uint16_t *ethertype)
{
	uint8_t last;

	if (!span_skip(in, 11) || !span_u8(in, &last))
		return RELAY_SHORT;
	if (last & 1 && !span_skip(in, 8))
		return RELAY_SHORT;
	return relay_eth_peel(in, ethertype);
}

relay_verdict relay_gre_peel(span *in, uint16_t *ethertype)
{
	uint16_t flags, proto;

	if (!span_u16(in, &flags) || !span_u16(in, &proto))
		return RELAY_SHORT;
	if (flags & GRE_VERSION)
		return RELAY_FOREIGN;
	if ((flags & GRE_CHECKSUM && !span_skip(in, 4)) ||
	    (flags & GRE_KEY && !span_skip(in, 4)) ||
	    (flags & GRE_SEQUENCE && !span_skip(in, 4)))
		return RELAY_SHORT;
	if (proto == GRE_ERSPAN)
		return erspan_peel(in, flags & GRE_SEQUENCE, ethertype);
	if (proto == GRE_ERSPAN3)
		return erspan3_peel(in, ethertype);
	return inside(in, proto, ethertype);
}

/* RFC 7348 5: flags with the I bit alone, reserved fields zero. */
static relay_verdict vxlan_peel(span *in, uint16_t *ethertype)
{
	uint32_t flags, vni;

	if (!span_u32(in, &flags) || !span_u32(in, &vni))
		return RELAY_FOREIGN;
	if (flags != 0x08000000 || vni & 0xff)
		return RELAY_FOREIGN;
	return relay_eth_peel(in, ethertype);
}

/* RFC 8926 3.4. */
static relay_verdict geneve_peel(span *in, uint16_t *ethertype)
{
	uint8_t first;
	uint16_t proto;

	if (!span_u8(in, &first) || !span_skip(in, 1) ||
	    !span_u16(in, &proto) || !span_skip(in, 4) ||
	    !span_skip(in, (first & 0x3f) * 4u))
		return RELAY_FOREIGN;
	if (first >> 6)
		return RELAY_FOREIGN;
	return inside(in, proto, ethertype);
}

/* Version, type, encapsulated protocol, then tagged fields up to the end. */
static relay_verdict tzsp_peel(span *in, uint16_t *ethertype)
{
	uint8_t version, type, tag, len;
	uint16_t proto;

	if (!span_u8(in, &version) || !span_u8(in, &type) ||
	    !span_u16(in, &proto) || version != 1 || type > 1 ||
	    proto != TZSP_ETHERNET)
		return RELAY_FOREIGN;
	for (;;) {
		if (!span_u8(in, &tag))
			return RELAY_SHORT;
		if (tag == TZSP_END)
			return relay_eth_peel(in, ethertype);
		if (tag == TZSP_PADDING)
			continue;
		if (!span_u8(in, &len) || !span_skip(in, len))
			return RELAY_SHORT;
	}
}

relay_verdict relay_udp_tunnel_peel(uint16_t port, span *in,
				    uint16_t *ethertype)
{
	span s = *in;
	relay_verdict v = RELAY_FOREIGN;

	if (port == PORT_VXLAN)
		v = vxlan_peel(&s, ethertype);
	else if (port == PORT_GENEVE)
		v = geneve_peel(&s, ethertype);
	else if (port == PORT_TZSP)
		v = tzsp_peel(&s, ethertype);
	if (v == RELAY_OK)
		*in = s;
	return v;
}
