#include "relay_capture/capfile.h"

enum {
	MAGIC_US = (int)0xa1b2c3d4,
	MAGIC_NS = (int)0xa1b23c4d,
	MAGIC_NG = 0x0a0d0d0a,
	ORDER_NG = 0x1a2b3c4d,
};

enum {
	BLOCK_IFACE = 1,
	BLOCK_PACKET = 2,	/* obsolete, still met */
	BLOCK_SIMPLE = 3,
	BLOCK_ENHANCED = 6,
};

enum {
	OPTION_END = 0,
	OPTION_TSRESOL = 9,
	OPTION_TSOFFSET = 14,
};

MUST_CHECK static bool cap_u16(const relay_cap *c, span *in, uint16_t *v)
{
	if (!span_u16(in, v))
		return false;
	if (c->little)
		*v = __builtin_bswap16(*v);
	return true;
}

MUST_CHECK static bool cap_u32(const relay_cap *c, span *in, uint32_t *v)
{
	if (!span_u32(in, v))
		return false;
	if (c->little)
		*v = __builtin_bswap32(*v);
	return true;
}

/* The format's time stamps: two halves, the upper one first in either byte
 * order. */
MUST_CHECK static bool cap_stamp(const relay_cap *c, span *in, uint64_t *v)
{
	uint32_t hi, lo;

	if (!cap_u32(c, in, &hi) || !cap_u32(c, in, &lo))
		return false;
	*v = (uint64_t)hi << 32 | lo;
	return true;
}

const char *relay_cap_packed(span in)
{
	static const struct {
		const char *name;
		uint8_t n, magic[6];
	} known[] = {
		{"gzip", 2, {0x1f, 0x8b}},
		{"bzip2", 3, {'B', 'Z', 'h'}},
		{"xz", 6, {0xfd, '7', 'z', 'X', 'Z', 0}},
		{"zstd", 4, {0x28, 0xb5, 0x2f, 0xfd}},
		{"lz4", 4, {0x04, 0x22, 0x4d, 0x18}},
		{"zip", 4, {'P', 'K', 3, 4}},
	};

	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++)
		if (in.left >= known[i].n &&
		    !memcmp(in.p, known[i].magic, known[i].n))
			return known[i].name;
	return NULL;
}

/* draft-ietf-opsawg-pcap 4. */
static relay_verdict pcap_header(relay_cap *c, uint32_t magic, span *in)
{
	uint16_t major;
	uint32_t link;
	span s = *in;

	c->little = magic != (uint32_t)MAGIC_US && magic != (uint32_t)MAGIC_NS;
	if (c->little)
		magic = __builtin_bswap32(magic);
	if (!span_skip(&s, 4) || !cap_u16(c, &s, &major) ||
	    !span_skip(&s, 2 + 4 + 4 + 4) || !cap_u32(c, &s, &link))
		return RELAY_SHORT;
	if (major != 2)
		return RELAY_BAD;
	/* The upper bits describe a frame check sequence. */
	c->iface[0] = (relay_cap_iface){
		.link = (int)(link & 0xffff),
		.per_second = magic == (uint32_t)MAGIC_NS ? 1000000000 :
							    1000000,
	};
	c->n_ifaces = 1;
	c->begun = true;
	*in = s;
	return RELAY_OK;
}

/* draft-ietf-opsawg-pcap 5. */
static relay_verdict pcap_next(relay_cap *c, span *in, size_t *need,
			       relay_cap_frame *out)
{
	uint32_t sec, frac, len;
	span s = *in;

	*need = 16;
	if (!cap_u32(c, &s, &sec) || !cap_u32(c, &s, &frac) ||
	    !cap_u32(c, &s, &len) || !cap_u32(c, &s, &out->wire))
		return RELAY_SHORT;
	if (len > RELAY_CAP_FRAME_MAX)
		return RELAY_BAD;
	*need = 16 + (size_t)len;
	if (!span_cut(&s, len, &out->bytes))
		return RELAY_SHORT;
	out->link = c->iface[0].link;
	out->ns = sec * CLK_NS_PER_S +
		  frac * (int64_t)(1000000000 / c->iface[0].per_second);
	out->present = true;
	*in = s;
	return RELAY_OK;
}

/* draft-ietf-opsawg-pcapng 4.1: begins a section, perhaps in another byte
 * order, and forgets the interfaces of the one before. */
static relay_verdict section(relay_cap *c, span body)
{
	uint32_t order;

	if (!span_u32(&body, &order))
		return RELAY_BAD;
	if (order != ORDER_NG && __builtin_bswap32(order) != ORDER_NG)
		return RELAY_BAD;
	c->n_ifaces = 0;
	return RELAY_OK;
}

/* 3.5.1 if_tsresol: a power of ten, or of two with the upper bit. */
static uint64_t per_second(uint8_t resol)
{
	uint64_t v = 1;

	if (resol & 0x80)
		return (resol & 0x7f) < 64 ? 1ull << (resol & 0x7f) : 0;
	for (int i = 0; i < resol; i++) {
		if (i == 19)
			return 0;
		v *= 10;
	}
	return v;
}

static void iface_options(const relay_cap *c, span in, relay_cap_iface *out)
{
	uint16_t code, len;
	uint64_t v;
	span value, pad;

	while (cap_u16(c, &in, &code) && cap_u16(c, &in, &len) &&
	       span_cut(&in, len, &value)) {
		if (code == OPTION_END)
			return;
		if (code == OPTION_TSRESOL && value.left == 1)
			out->per_second = per_second(value.p[0]);
		if (code == OPTION_TSOFFSET && span_u64(&value, &v))
			out->offset_s = (int64_t)(c->little ?
					__builtin_bswap64(v) : v);
		if (!span_cut(&in, -(unsigned)len & 3u, &pad))
			return;
	}
}

/* 4.2 */
static relay_verdict iface(relay_cap *c, span body)
{
	relay_cap_iface *i = &c->iface[c->n_ifaces];
	uint16_t link;

	if (c->n_ifaces == RELAY_CAP_IFACES)
		return RELAY_BAD;
	if (!cap_u16(c, &body, &link) || !span_skip(&body, 6))
		return RELAY_BAD;
	*i = (relay_cap_iface){.link = link, .per_second = 1000000};
	iface_options(c, body, i);
	c->n_ifaces++;
	return RELAY_OK;
}

static int64_t stamp_ns(const relay_cap_iface *i, uint64_t stamp)
{
	uint64_t whole, rest;

	if (!i->per_second)
		return 0;
	whole = stamp / i->per_second;
	rest = stamp % i->per_second;
	/* Wrong for the far future and the far past; defined for all. */
	whole = (whole + (uint64_t)i->offset_s) * (uint64_t)CLK_NS_PER_S;
	rest = (uint64_t)((unsigned __int128)rest * 1000000000u /
			  i->per_second);
	return (int64_t)(whole + rest);
}

/* 4.3 and appendix A; the two differ in the interface's number alone. */
static relay_verdict timed(relay_cap *c, span body, bool old,
			   relay_cap_frame *out)
{
	uint32_t id, len;
	uint64_t stamp;
	uint16_t id16;

	if (old) {
		if (!cap_u16(c, &body, &id16) || !span_skip(&body, 2))
			return RELAY_BAD;
		id = id16;
	} else if (!cap_u32(c, &body, &id)) {
		return RELAY_BAD;
	}
	if (!cap_stamp(c, &body, &stamp) || !cap_u32(c, &body, &len) ||
	    !cap_u32(c, &body, &out->wire) ||
	    !span_cut(&body, len, &out->bytes) || id >= c->n_ifaces)
		return RELAY_BAD;
	out->link = c->iface[id].link;
	out->ns = c->last_ns = stamp_ns(&c->iface[id], stamp);
	out->present = true;
	return RELAY_OK;
}

/* 4.4: no time and no length but that of the block. */
static relay_verdict simple(relay_cap *c, span body, relay_cap_frame *out)
{
	size_t len;

	if (!cap_u32(c, &body, &out->wire) || !c->n_ifaces)
		return RELAY_BAD;
	len = out->wire < body.left ? out->wire : body.left;
	if (!span_cut(&body, len, &out->bytes))
		return RELAY_BAD;
	out->link = c->iface[0].link;
	out->ns = c->last_ns;
	out->present = true;
	return RELAY_OK;
}

static relay_verdict block(relay_cap *c, uint32_t type, span body,
			   relay_cap_frame *out)
{
	switch (type) {
	case MAGIC_NG:
		return section(c, body);
	case BLOCK_IFACE:
		return iface(c, body);
	case BLOCK_PACKET:
	case BLOCK_ENHANCED:
		return timed(c, body, type == BLOCK_PACKET, out);
	case BLOCK_SIMPLE:
		return simple(c, body, out);
	}
	return RELAY_OK;
}

/* A section's byte order comes after its length. */
static bool order_of(span s, bool *little)
{
	uint32_t order;

	if (!span_skip(&s, 8) || !span_u32(&s, &order))
		return false;
	*little = order != ORDER_NG;
	return true;
}

/* 3.1: type, length, body, length again. */
static relay_verdict ng_next(relay_cap *c, span *in, size_t *need,
			     relay_cap_frame *out)
{
	uint32_t type, len, again;
	span s = *in, body;

	*need = 12;
	if (!span_u32(&s, &type) || s.left < 8)
		return RELAY_SHORT;
	if (type == MAGIC_NG && !order_of(*in, &c->little))
		return RELAY_SHORT;
	if (c->little)
		type = __builtin_bswap32(type);
	if (!cap_u32(c, &s, &len))
		return RELAY_SHORT;
	if (len < 12 || len % 4 || len > RELAY_CAP_BLOCK_MAX)
		return RELAY_BAD;
	*need = len;
	if (!span_cut(&s, len - 12, &body) || !cap_u32(c, &s, &again))
		return RELAY_SHORT;
	if (again != len)
		return RELAY_BAD;
	*in = s;
	return block(c, type, body, out);
}

static relay_verdict begin(relay_cap *c, span *in, size_t *need)
{
	uint32_t magic, turned;
	span look = *in;

	*need = 24;
	if (!span_u32(&look, &magic))
		return RELAY_SHORT;
	turned = __builtin_bswap32(magic);
	if (magic == (uint32_t)MAGIC_US || turned == (uint32_t)MAGIC_US ||
	    magic == (uint32_t)MAGIC_NS || turned == (uint32_t)MAGIC_NS)
		return pcap_header(c, magic, in);
	if (magic != MAGIC_NG)
		return RELAY_FOREIGN;
	c->ng = c->begun = true;
	return RELAY_OK;
}

relay_verdict relay_cap_next(relay_cap *c, span *in, size_t *need,
			     relay_cap_frame *out)
{
	out->present = false;
	if (!c->begun)
		return begin(c, in, need);
	if (c->ng)
		return ng_next(c, in, need, out);
	return pcap_next(c, in, need, out);
}
