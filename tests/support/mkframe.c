#include "tests/support/mkframe.h"

#include <glib.h>
#include <string.h>

#include "relay_capture/frame.h"

static const struct {
	const char *name;
	int link;
} links[] = {
	{"ethernet", RELAY_LINK_ETHERNET}, {"vlan", RELAY_LINK_ETHERNET},
	{"qinq", RELAY_LINK_ETHERNET}, {"sll", RELAY_LINK_SLL},
	{"sll2", RELAY_LINK_SLL2}, {"raw", RELAY_LINK_RAW},
	{"null", RELAY_LINK_NULL}, {"gre", RELAY_LINK_ETHERNET},
	{"erspan1", RELAY_LINK_ETHERNET}, {"erspan2", RELAY_LINK_ETHERNET},
	{"erspan3", RELAY_LINK_ETHERNET}, {"vxlan", RELAY_LINK_ETHERNET},
	{"geneve", RELAY_LINK_ETHERNET}, {"tzsp", RELAY_LINK_ETHERNET},
};

enum {
	L_ETHERNET, L_VLAN, L_QINQ, L_SLL, L_SLL2, L_RAW, L_NULL, L_GRE,
	L_ERSPAN1, L_ERSPAN2, L_ERSPAN3, L_VXLAN, L_GENEVE, L_TZSP,
};

bool mk_link_named(const char *name, unsigned *link)
{
	for (unsigned i = 0; i < G_N_ELEMENTS(links); i++) {
		if (!strcmp(links[i].name, name)) {
			*link = i;
			return true;
		}
	}
	return false;
}

int mk_link_type(unsigned link)
{
	return links[link].link;
}

static void put_mac(put *o, uint16_t type)
{
	static const uint8_t macs[12] = {2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2};

	put_bytes(o, macs, sizeof(macs));
	put_u16(o, type);
}

static void put_ip(put *o, mk_framer *k, const net_addr *src,
		   const net_addr *dst, uint8_t proto, size_t len, bool more,
		   size_t offset)
{
	if (src->family == 6) {
		bool frag = more || offset;

		put_u32(o, 6u << 28);
		put_u16(o, (uint16_t)(len + (frag ? 8 : 0)));
		put_u8(o, frag ? 44 : proto);
		put_u8(o, 64);
		put_bytes(o, src->ip, 16);
		put_bytes(o, dst->ip, 16);
		if (frag) {
			put_u16(o, (uint16_t)(proto << 8));
			put_u16(o, (uint16_t)(offset | more));
			put_u32(o, k->ip_id);
		}
		return;
	}
	put_u16(o, 0x4500);
	put_u16(o, (uint16_t)(20 + len));
	put_u16(o, k->ip_id);
	put_u16(o, (uint16_t)(offset / 8 | (more ? 0x2000 : 0)));
	put_u8(o, 64);
	put_u8(o, proto);
	put_u16(o, 0);
	put_bytes(o, src->ip, 4);
	put_bytes(o, dst->ip, 4);
}

/* What a mirroring switch puts in front; `inner` octets follow. */
static void put_outer(put *o, mk_framer *k, uint8_t proto, uint16_t port,
		      size_t inner)
{
	net_addr from = {.family = 4, .ip = {192, 0, 2, 1}};
	net_addr to = {.family = 4, .ip = {192, 0, 2, 2}};

	put_mac(o, RELAY_ETH_IPV4);
	put_ip(o, k, &from, &to, proto, inner + (port ? 8 : 0), false, 0);
	if (!port)
		return;
	put_u16(o, 60000);
	put_u16(o, port);
	put_u16(o, (uint16_t)(inner + 8));
	put_u16(o, 0);
}

static void put_mirror(put *o, mk_framer *k, size_t inner)
{
	static const uint8_t zero[16];
	uint8_t gre = RELAY_IP_GRE, udp = RELAY_IP_UDP;

	switch (k->link) {
	case L_GRE:
		put_outer(o, k, gre, 0, inner + 4);
		put_u32(o, RELAY_ETH_BRIDGE);
		break;
	case L_ERSPAN1:
		put_outer(o, k, gre, 0, inner + 4);
		put_u32(o, 0x88be);
		break;
	case L_ERSPAN2:
		put_outer(o, k, gre, 0, inner + 16);
		put_u32(o, 0x100088be);
		put_u32(o, 0);		/* sequence number */
		put_u32(o, 0x10000000);	/* version: 1 is type II */
		put_u32(o, 0);
		break;
	case L_ERSPAN3:
		put_outer(o, k, gre, 0, inner + 28);
		put_u32(o, 0x100022eb);
		put_u32(o, 0);		/* sequence number */
		put_u32(o, 0x20000000);	/* version: 2 is type III */
		put_bytes(o, zero, 7);
		put_u8(o, 1);	/* platform subheader follows */
		put_bytes(o, zero, 8);
		break;
	case L_VXLAN:
		put_outer(o, k, udp, 4789, inner + 8);
		put_u32(o, 0x08000000);
		put_u32(o, 42 << 8);
		break;
	case L_GENEVE:
		put_outer(o, k, udp, 6081, inner + 12);
		put_u32(o, 0x01006558);
		put_bytes(o, zero, 8);
		break;
	case L_TZSP:
		put_outer(o, k, udp, 37008, inner + 5);
		put_u32(o, 0x01000001);
		put_u8(o, 1);
		break;
	}
}

static void put_link(put *o, mk_framer *k, uint16_t type, size_t ip)
{
	switch (k->link) {
	case L_VLAN:
		put_mac(o, 0x8100);
		put_u16(o, 7);
		put_u16(o, type);
		break;
	case L_QINQ:
		put_mac(o, 0x88a8);
		put_u16(o, 7);
		put_u16(o, 0x8100);
		put_u16(o, 8);
		put_u16(o, type);
		break;
	case L_SLL:
		put_bytes(o, "\0\4\0\1\0\6\2\0\0\0\0\1\0\0", 14);
		put_u16(o, type);
		break;
	case L_SLL2:
		put_u16(o, type);
		put_bytes(o, "\0\0\0\0\0\1\0\1\0\6\2\0\0\0\0\1\0\0", 18);
		break;
	case L_NULL:
		put_u32(o, type == RELAY_ETH_IPV6 ? 0x1e000000 : 0x02000000);
		break;
	case L_RAW:
		break;
	default:
		if (k->link >= L_GRE)
			put_mirror(o, k, ip + 14);
		put_mac(o, type);
		break;
	}
}

static void emit(mk_framer *k, const net_addr *src, const net_addr *dst,
		 uint8_t proto, span body, bool more, size_t offset)
{
	bool v6 = src->family == 6;
	size_t ip = body.left + (v6 ? 40 : 20) +
		    (v6 && (more || offset) ? 8 : 0);
	uint8_t buf[MK_FRAME_MAX];
	put o = put_into(buf, sizeof(buf));

	put_link(&o, k, v6 ? RELAY_ETH_IPV6 : RELAY_ETH_IPV4, ip);
	put_ip(&o, k, src, dst, proto, body.left, more, offset);
	put_span(&o, body);
	g_assert(!o.full);
	k->fn(k->user, mk_link_type(k->link), put_done(&o), k->ns);
	k->ns += 1000;
}

static void emit_ip(mk_framer *k, const net_addr *src, const net_addr *dst,
		    uint8_t proto, span body)
{
	size_t mtu = k->mtu & ~7u, offset = 0;
	span part;

	k->ip_id++;
	while (mtu && body.left > mtu) {
		if (!span_cut(&body, mtu, &part))
			g_assert_not_reached();
		emit(k, src, dst, proto, part, true, offset);
		offset += mtu;
	}
	emit(k, src, dst, proto, body, false, offset);
}

void mk_udp(mk_framer *k, const net_addr *src, const net_addr *dst,
	    span payload)
{
	uint8_t buf[MK_FRAME_MAX];
	put o = put_into(buf, sizeof(buf));

	put_u16(&o, src->port);
	put_u16(&o, dst->port);
	put_u16(&o, (uint16_t)(payload.left + 8));
	put_u16(&o, 0);
	put_span(&o, payload);
	emit_ip(k, src, dst, RELAY_IP_UDP, put_done(&o));
}

void mk_tcp(mk_framer *k, const net_addr *src, const net_addr *dst,
	    uint32_t *seq, span payload)
{
	uint8_t buf[MK_FRAME_MAX];
	put o = put_into(buf, sizeof(buf));

	put_u16(&o, src->port);
	put_u16(&o, dst->port);
	put_u32(&o, *seq);
	put_u32(&o, 1);
	put_u16(&o, 0x5018);
	put_u16(&o, 65535);
	put_u32(&o, 0);
	put_span(&o, payload);
	*seq += (uint32_t)payload.left;
	emit_ip(k, src, dst, RELAY_IP_TCP, put_done(&o));
}
