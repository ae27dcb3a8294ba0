#include "relay_capture/frame.h"

enum {
	VLAN_C = 0x8100,	/* 802.1Q */
	VLAN_S = 0x88a8,	/* 802.1ad */
	VLAN_OLD = 0x9100,	/* QinQ before 802.1ad */
	VLAN_DEPTH = 4,
};

enum {
	EXT_HOP = 0,
	EXT_ROUTING = 43,
	EXT_FRAGMENT = 44,
	EXT_AUTH = 51,
	EXT_OPTIONS = 60,
	EXT_MOBILITY = 135,
	EXT_MAX = 8,		/* headers in a row; more is an attack */
};

static bool is_vlan(uint16_t type)
{
	return type == VLAN_C || type == VLAN_S || type == VLAN_OLD;
}

static relay_verdict vlan_peel(span *in, uint16_t *type)
{
	for (int depth = 0; is_vlan(*type); depth++) {
		if (depth == VLAN_DEPTH)
			return RELAY_FOREIGN;
		if (!span_skip(in, 2) || !span_u16(in, type))
			return RELAY_SHORT;
	}
	return RELAY_OK;
}

relay_verdict relay_eth_peel(span *in, uint16_t *ethertype)
{
	if (!span_skip(in, 12) || !span_u16(in, ethertype))
		return RELAY_SHORT;
	return vlan_peel(in, ethertype);
}

/* Linux cooked v1: type, ARPHRD, address length and address, protocol. */
static relay_verdict sll_peel(span *in, uint16_t *ethertype)
{
	if (!span_skip(in, 14) || !span_u16(in, ethertype))
		return RELAY_SHORT;
	return vlan_peel(in, ethertype);
}

/* Linux cooked v2: protocol first, then 18 octets about the interface. */
static relay_verdict sll2_peel(span *in, uint16_t *ethertype)
{
	if (!span_u16(in, ethertype) || !span_skip(in, 18))
		return RELAY_SHORT;
	return vlan_peel(in, ethertype);
}

/* Address family in the byte order of whoever captured; the BSDs disagree
 * about the number of IPv6. */
static relay_verdict null_peel(span *in, uint16_t *ethertype)
{
	uint32_t family;

	if (!span_u32(in, &family))
		return RELAY_SHORT;
	if (family > 0xffff)
		family = __builtin_bswap32(family);
	if (family == 2)
		*ethertype = RELAY_ETH_IPV4;
	else if (family == 10 || family == 24 || family == 28 || family == 30)
		*ethertype = RELAY_ETH_IPV6;
	else
		return RELAY_FOREIGN;
	return RELAY_OK;
}

static relay_verdict raw_peel(span *in, uint16_t *ethertype)
{
	span look = *in;
	uint8_t first;

	if (!span_u8(&look, &first))
		return RELAY_SHORT;
	*ethertype = first >> 4 == 6 ? RELAY_ETH_IPV6 : RELAY_ETH_IPV4;
	return RELAY_OK;
}

bool relay_link_known(int link)
{
	switch (link) {
	case RELAY_LINK_NULL:
	case RELAY_LINK_ETHERNET:
	case RELAY_LINK_DLT_RAW:
	case RELAY_LINK_RAW:
	case RELAY_LINK_LOOP:
	case RELAY_LINK_SLL:
	case RELAY_LINK_IPV4:
	case RELAY_LINK_IPV6:
	case RELAY_LINK_SLL2:
		return true;
	}
	return false;
}

relay_verdict relay_link_peel(int link, span *in, uint16_t *ethertype)
{
	switch ((relay_link)link) {
	case RELAY_LINK_ETHERNET:
		return relay_eth_peel(in, ethertype);
	case RELAY_LINK_SLL:
		return sll_peel(in, ethertype);
	case RELAY_LINK_SLL2:
		return sll2_peel(in, ethertype);
	case RELAY_LINK_NULL:
	case RELAY_LINK_LOOP:
		return null_peel(in, ethertype);
	case RELAY_LINK_DLT_RAW:
	case RELAY_LINK_RAW:
	case RELAY_LINK_IPV4:
	case RELAY_LINK_IPV6:
		return raw_peel(in, ethertype);
	}
	return RELAY_FOREIGN;
}

/* RFC 791 3.1. A total length of 0 is segmentation offload: the rest. */
static relay_verdict ipv4_get(span in, relay_ip *out)
{
	uint8_t first, src[4], dst[4];
	uint16_t total, id, where;
	span whole = in, body;
	size_t head;

	if (!span_u8(&in, &first) || !span_skip(&in, 1) ||
	    !span_u16(&in, &total) || !span_u16(&in, &id) ||
	    !span_u16(&in, &where) || !span_skip(&in, 1) ||
	    !span_u8(&in, &out->proto) || !span_skip(&in, 2) ||
	    !span_bytes(&in, src, 4) || !span_bytes(&in, dst, 4))
		return RELAY_SHORT;
	head = (size_t)(first & 15) * 4;
	if (first >> 4 != 4 || head < 20 || (total && total < head))
		return RELAY_BAD;
	if (!span_cut(&whole, total ? total : whole.left, &body) ||
	    !span_skip(&body, head))
		return RELAY_SHORT;
	net_addr_set(&out->src, 4, src, 0);
	net_addr_set(&out->dst, 4, dst, 0);
	out->more = where & 0x2000;
	out->offset = (uint16_t)((where & 0x1fff) << 3);
	out->id = id;
	out->payload = body;
	return RELAY_OK;
}

static relay_verdict fragment_get(span *in, relay_ip *out)
{
	uint16_t where;

	if (!span_u8(in, &out->proto) || !span_skip(in, 1) ||
	    !span_u16(in, &where) || !span_u32(in, &out->id))
		return RELAY_SHORT;
	out->offset = where & 0xfff8;
	out->more = where & 1;
	return RELAY_OK;
}

/* Steps over one extension header; its length counts 8 octets, without the
 * first 8; the authentication header's counts 4, without the first 8. */
static relay_verdict extension_skip(span *in, relay_ip *out)
{
	bool auth = out->proto == EXT_AUTH;
	uint8_t len;

	if (!span_u8(in, &out->proto) || !span_u8(in, &len))
		return RELAY_SHORT;
	if (!span_skip(in, auth ? len * 4u + 6u : len * 8u + 6u))
		return RELAY_SHORT;
	return RELAY_OK;
}

/* RFC 8200 4. After the header of a fragment other than the first comes the
 * middle of a packet, so the walk ends there. */
static relay_verdict extensions_skip(span *in, relay_ip *out)
{
	relay_verdict v = RELAY_OK;

	for (int n = 0; n <= EXT_MAX; n++) {
		switch (out->proto) {
		case EXT_HOP:
		case EXT_ROUTING:
		case EXT_AUTH:
		case EXT_OPTIONS:
		case EXT_MOBILITY:
			v = extension_skip(in, out);
			break;
		case EXT_FRAGMENT:
			v = fragment_get(in, out);
			if (relay_ip_is_fragment(out))
				return v;
			break;
		default:
			return RELAY_OK;
		}
		if (v != RELAY_OK)
			return v;
	}
	return RELAY_BAD;
}

/* RFC 8200 3. */
static relay_verdict ipv6_get(span in, relay_ip *out)
{
	uint8_t src[16], dst[16];
	uint32_t first;
	uint16_t len;
	span body;

	if (!span_u32(&in, &first) || !span_u16(&in, &len) ||
	    !span_u8(&in, &out->proto) || !span_skip(&in, 1) ||
	    !span_bytes(&in, src, 16) || !span_bytes(&in, dst, 16))
		return RELAY_SHORT;
	if (first >> 28 != 6)
		return RELAY_BAD;
	if (!span_cut(&in, len ? len : in.left, &body))
		return RELAY_SHORT;
	net_addr_set(&out->src, 6, src, 0);
	net_addr_set(&out->dst, 6, dst, 0);
	out->more = false;
	out->offset = 0;
	out->id = 0;
	out->payload = body;
	return extensions_skip(&out->payload, out);
}

relay_verdict relay_ip_get(uint16_t ethertype, span in, relay_ip *out)
{
	if (ethertype == RELAY_ETH_IPV4)
		return ipv4_get(in, out);
	if (ethertype == RELAY_ETH_IPV6)
		return ipv6_get(in, out);
	return RELAY_FOREIGN;
}

/* RFC 768. Checksums are not looked at: offload leaves them unfilled. */
relay_verdict relay_udp_get(span in, relay_udp *out)
{
	uint16_t len;

	if (!span_u16(&in, &out->src) || !span_u16(&in, &out->dst) ||
	    !span_u16(&in, &len) || !span_skip(&in, 2))
		return RELAY_SHORT;
	if (len && len < 8)
		return RELAY_BAD;
	if (!span_cut(&in, len ? len - 8u : in.left, &out->payload))
		return RELAY_SHORT;
	return RELAY_OK;
}

/* RFC 9293 3.1. */
relay_verdict relay_segment_get(span in, relay_segment *out)
{
	uint8_t where, flags;

	if (!span_u16(&in, &out->src) || !span_u16(&in, &out->dst) ||
	    !span_u32(&in, &out->seq) || !span_skip(&in, 4) ||
	    !span_u8(&in, &where) || !span_u8(&in, &flags) ||
	    !span_skip(&in, 6))
		return RELAY_SHORT;
	if (where >> 4 < 5)
		return RELAY_BAD;
	if (!span_skip(&in, (where >> 4) * 4u - 20u))
		return RELAY_SHORT;
	out->fin = flags & 0x01;
	out->syn = flags & 0x02;
	out->rst = flags & 0x04;
	out->payload = in;
	return RELAY_OK;
}
