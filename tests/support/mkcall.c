#include "tests/support/mkcall.h"

#include <stdio.h>
#include <string.h>


enum { EDGE_PORT = 3478, CHANNEL = 0x4001 };

static const char *const path_names[] = {
	"channel", "indication", "msturn", "msraw", "host", "plain", "tcp",
	"mstcp", "mix", NULL};

/* One party's addresses in a call. */
typedef struct party {
	net_addr host, relayed;
	uint32_t seq;		/* of its TCP stream to the relay */
	uint32_t back;		/* of the relay's to it */
} party;

typedef struct maker {
	const mkcall *m;
	mk_framer frames;
	party *party;		/* two per call */
} maker;

static uint64_t random_of(uint64_t seed, uint64_t a, uint64_t b)
{
	uint64_t x = seed * 0x9e3779b97f4a7c15u ^ a * 0xbf58476d1ce4e5b9u ^
		     b * 0x94d049bb133111ebu;

	x = (x ^ x >> 31) * 0x9e3779b97f4a7c15u;
	return x ^ x >> 29;
}

static bool bad(GError **err, const char *word)
{
	g_set_error(err, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
		    "not understood: %s", word);
	return false;
}

static bool set_word(mkcall *m, span key, span value, GError **err)
{
	g_autofree char *v = span_dup(value);

	if (span_eq(key, "path")) {
		for (m->path = 0; path_names[m->path]; m->path++)
			if (!strcmp(path_names[m->path], v))
				return true;
	} else if (mk_link_named(v, &m->link)) {
		return true;
	}
	return bad(err, v);
}

static bool set_number(mkcall *m, span key, span value, GError **err)
{
	struct {
		const char *name;
		unsigned *to;
	} known[] = {
		{"calls", &m->calls}, {"packets", &m->packets},
		{"size", &m->size}, {"every", &m->every}, {"rtcp", &m->rtcp},
		{"checks", &m->checks}, {"ip", &m->ip}, {"mtu", &m->mtu},
		{"loss", &m->loss},
	};
	g_autofree char *k = span_dup(key);
	uint64_t v;

	if (!span_number(value, 10000000, &v))
		return bad(err, k);
	if (!strcmp(k, "seed")) {
		m->seed = v;
		return true;
	}
	for (size_t i = 0; i < G_N_ELEMENTS(known); i++) {
		if (!strcmp(known[i].name, k)) {
			*known[i].to = (unsigned)v;
			return true;
		}
	}
	return bad(err, k);
}

bool mkcall_parse(mkcall *m, const char *text, GError **err)
{
	span all = span_str(text), line, key, value;

	*m = (mkcall){.calls = 1, .packets = 250, .size = 172, .every = 20,
		      .rtcp = 50, .checks = 4, .ip = 4, .seed = 1};
	while (span_line(&all, &line)) {
		if (!span_word(&line, &key) || key.p[0] == '#')
			continue;
		if (!span_word(&line, &value))
			return bad(err, "a line without a value");
		if (span_eq(key, "path") || span_eq(key, "link")) {
			if (!set_word(m, key, value, err))
				return false;
		} else if (!set_number(m, key, value, err)) {
			return false;
		}
	}
	return true;
}

mkcall mkcall_of(const char *text)
{
	g_autoptr(GError) err = NULL;
	mkcall m;

	mkcall_parse(&m, text, &err);
	g_assert_no_error(err);
	return m;
}

int mkcall_link(const mkcall *m)
{
	return mk_link_type(m->link);
}

void mkcall_name(unsigned call, char to[static 16])
{
	snprintf(to, 16, "call-%u", call);
}

uint32_t mkcall_ssrc(unsigned call, call_side side)
{
	return (uint32_t)random_of(7, call, side) | 1;
}

static mk_path path_of(const mkcall *m, unsigned call)
{
	return m->path == MK_MIX ? (mk_path)(call % MK_PATHS) :
				   (mk_path)m->path;
}

/* The network's 16 or 112 bits, then the call's and the party's number. */
static net_addr addr(const mkcall *m, uint8_t net, unsigned host, uint16_t port)
{
	uint8_t v4[4] = {10, net, (uint8_t)(host >> 8), (uint8_t)host};
	uint8_t v6[16] = {0x20, 0x01, 0x0d, 0xb8, net};

	memcpy(v6 + 12, v4, 4);
	return m->ip == 6 ? net_addr_from(6, v6, port) :
			    net_addr_from(4, v4, port);
}

static net_addr edge(const mkcall *m, uint16_t port)
{
	return addr(m, 9, 9, port);
}

static party party_of(const mkcall *m, unsigned call, call_side side)
{
	unsigned n = call * 2 + side;

	return (party){
		.host = addr(m, 1 + (uint8_t)side, call + 1,
			     (uint16_t)(20000 + n % 20000)),
		.relayed = edge(m, (uint16_t)(49152 + n % 16000)),
		.seq = 1, .back = 1,
	};
}

static void ufrag_of(unsigned call, call_side side, char to[static 16])
{
	snprintf(to, 16, "u%c%u", side == CALL_CALLER ? 'a' : 'b', call);
}

call_half *mkcall_half(const mkcall *m, unsigned call, call_side side)
{
	party p = party_of(m, call, side);
	call_half *h = call_half_new();
	call_media *media = call_half_add_media(h);
	call_cand c = {.component = 1, .type = CALL_CAND_RELAY,
		       .addr = p.relayed, .raddr = p.host};

	h->side = (uint8_t)side;
	media->record = true;
	g_strlcpy(media->kind, "audio", sizeof(media->kind));
	if (path_of(m, call) == MK_PLAIN) {
		media->rtp = media->rtcp = p.host;
		media->rtcp.port++;
		return h;
	}
	media->rtp = p.relayed;
	if (m->checks)
		ufrag_of(call, side, media->ufrag);
	g_array_append_val(media->cands, c);
	return h;
}

static bool is_lost(const mkcall *m, unsigned call, call_side side, unsigned i)
{
	return random_of(m->seed + 1, call * 2u + side, i) % 100 < m->loss;
}

unsigned mkcall_expected(const mkcall *m, unsigned call, call_side side)
{
	unsigned n = 0;

	for (unsigned i = 0; i < m->packets; i++)
		n += !is_lost(m, call, side, i);
	return n;
}

/* ---- relay protocols ---- */

static void put_addr_attr(put *o, uint16_t type, const net_addr *a,
			  const uint8_t *id)
{
	size_t n = a->family == 6 ? 16 : 4;
	uint16_t port = a->port;

	put_u16(o, type);
	put_u16(o, (uint16_t)(4 + n));
	put_u16(o, a->family == 6 ? 2 : 1);
	if (id)
		port ^= (uint16_t)(id[0] << 8 | id[1]);
	put_u16(o, port);
	for (size_t i = 0; i < n; i++)
		put_u8(o, id ? a->ip[i] ^ id[i] : a->ip[i]);
}

static const uint8_t stun_id[16] = {0x21, 0x12, 0xa4, 0x42, 1, 2, 3, 4,
				    5, 6, 7, 8, 9, 10, 11, 12};

/* A message around attributes. */
static span stun(put *o, uint16_t type, span attrs)
{
	put_u16(o, type);
	put_u16(o, (uint16_t)attrs.left);
	put_bytes(o, stun_id, 16);
	put_span(o, attrs);
	return put_done(o);
}

static span wrap_indication(put *o, uint16_t type, const net_addr *peer,
			    span data)
{
	uint8_t buf[MK_FRAME_MAX];
	put a = put_into(buf, sizeof(buf));

	put_addr_attr(&a, 0x0012, peer, stun_id);
	put_u16(&a, 0x0013);
	put_u16(&a, (uint16_t)data.left);
	put_span(&a, data);
	put_bytes(&a, "\0\0\0", -data.left & 3);
	return stun(o, type, put_done(&a));
}

/* Unpadded; the cookie is the first attribute. */
static span wrap_ms(put *o, uint16_t type, const net_addr *peer, span data)
{
	uint8_t buf[MK_FRAME_MAX];
	put a = put_into(buf, sizeof(buf));

	put_u32(&a, 0x000f0004);
	put_u32(&a, 0x72c64bc6);
	put_addr_attr(&a, type == 0x0004 ? 0x0011 : 0x0012, peer, NULL);
	put_u32(&a, 0x80080004);
	put_u32(&a, 1);
	put_u16(&a, 0x0013);
	put_u16(&a, (uint16_t)data.left);
	put_span(&a, data);
	return stun(o, type, put_done(&a));
}

static span wrap_channel(put *o, span data, bool padded)
{
	put_u16(o, CHANNEL);
	put_u16(o, (uint16_t)data.left);
	put_span(o, data);
	if (padded)
		put_bytes(o, "\0\0\0", -data.left & 3);
	return put_done(o);
}

static span wrap_mstcp(put *o, span data)
{
	put_u16(o, 0x0300);
	put_u16(o, (uint16_t)(data.left + 2));
	put_u16(o, (uint16_t)data.left);
	put_span(o, data);
	return put_done(o);
}

/* The leg between a party and the relay; `other` is the far party. */
static void client_leg(maker *k, mk_path path, party *p, const party *other,
		       bool up, span data)
{
	net_addr server = edge(k->m, EDGE_PORT);
	const net_addr *src = up ? &p->host : &server;
	const net_addr *dst = up ? &server : &p->host;
	uint8_t buf[MK_FRAME_MAX];
	put o = put_into(buf, sizeof(buf));

	switch (path) {
	case MK_CHANNEL:
		data = wrap_channel(&o, data, false);
		break;
	case MK_INDICATION:
		data = wrap_indication(&o, up ? 0x0016 : 0x0017,
				       &other->relayed, data);
		break;
	case MK_MSTURN:
		data = wrap_ms(&o, up ? 0x0004 : 0x0115, &other->relayed,
			       data);
		break;
	case MK_TCP:
		data = wrap_channel(&o, data, true);
		break;
	case MK_MSTCP:
		data = wrap_mstcp(&o, data);
		break;
	case MK_MSRAW:
	case MK_HOST:
	case MK_PLAIN:
	case MK_MIX:
		break;
	}
	if (path == MK_TCP || path == MK_MSTCP)
		mk_tcp(&k->frames, src, dst, up ? &p->seq : &p->back, data);
	else
		mk_udp(&k->frames, src, dst, data);
}

/* All sightings of one packet, sender first. */
static void travel(maker *k, mk_path path, party *from, party *to, span data)
{
	if (path == MK_PLAIN) {
		mk_udp(&k->frames, &from->host, &to->host, data);
		return;
	}
	if (path == MK_HOST) {
		mk_udp(&k->frames, &from->host, &to->relayed, data);
		client_leg(k, MK_INDICATION, to,
			   &(party){.relayed = from->host}, false, data);
		return;
	}
	client_leg(k, path, from, to, true, data);
	mk_udp(&k->frames, &from->relayed, &to->relayed, data);
	client_leg(k, path, to, from, false, data);
}

/* ---- what the parties say ---- */

static span rtp(put *o, const mkcall *m, unsigned call, call_side side,
		unsigned i)
{
	uint64_t r = random_of(m->seed, call * 2u + side, i);

	put_u16(o, 0x8000);
	put_u16(o, (uint16_t)i);
	put_u32(o, i * 160);
	put_u32(o, mkcall_ssrc(call, side));
	for (unsigned n = 0; n < m->size; n++) {
		put_u8(o, (uint8_t)r);
		r = r >> 8 | r << 56;
		r += n;
	}
	return put_done(o);
}

static span rtcp(put *o, const mkcall *m, unsigned call, call_side side,
		 unsigned i)
{
	put_u32(o, 0x80c80006);
	put_u32(o, mkcall_ssrc(call, side));
	for (unsigned n = 0; n < 5; n++)
		put_u64(o, random_of(m->seed + 2, call * 2u + side, i + n));
	return put_done(o);
}

static span check(put *o, unsigned call, call_side side)
{
	char to[16], from[16], name[40];
	uint8_t buf[64];
	put a = put_into(buf, sizeof(buf));
	size_t n;

	ufrag_of(call, side == CALL_CALLER ? CALL_CALLEE : CALL_CALLER, to);
	ufrag_of(call, side, from);
	n = (size_t)snprintf(name, sizeof(name), "%s:%s", to, from);
	put_u16(&a, 0x0006);
	put_u16(&a, (uint16_t)n);
	put_bytes(&a, name, n);
	put_bytes(&a, "\0\0\0", -n & 3);
	return stun(o, 0x0001, put_done(&a));
}

static void say_checks(maker *k, unsigned call)
{
	mk_path path = path_of(k->m, call);
	party *p = &k->party[call * 2];
	uint8_t buf[MK_FRAME_MAX];

	for (unsigned i = 0; i < k->m->checks && path != MK_PLAIN; i++) {
		put o = put_into(buf, sizeof(buf));
		call_side side = i % 2 ? CALL_CALLEE : CALL_CALLER;

		travel(k, path, &p[side], &p[1 - side], check(&o, call, side));
	}
}

static void say(maker *k, unsigned call, call_side side, unsigned i)
{
	mk_path path = path_of(k->m, call);
	party *p = &k->party[call * 2];
	uint8_t buf[MK_FRAME_MAX];
	put o = put_into(buf, sizeof(buf));

	if (!is_lost(k->m, call, side, i))
		travel(k, path, &p[side], &p[1 - side],
		       rtp(&o, k->m, call, side, i));
	if (!k->m->rtcp || i % k->m->rtcp != k->m->rtcp - 1)
		return;
	o = put_into(buf, sizeof(buf));
	travel(k, path, &p[side], &p[1 - side],
	       rtcp(&o, k->m, call, side, i));
}

void mkcall_run(const mkcall *m, mk_frame_fn *fn, void *user)
{
	const int64_t start = 1700000000 * CLK_NS_PER_S;
	maker k = {.m = m,
		   .frames = {.link = m->link, .mtu = m->mtu, .fn = fn,
			      .user = user, .ns = start}};

	k.party = g_new(party, m->calls * 2);
	for (unsigned c = 0; c < m->calls; c++) {
		k.party[c * 2] = party_of(m, c, CALL_CALLER);
		k.party[c * 2 + 1] = party_of(m, c, CALL_CALLEE);
	}
	for (unsigned c = 0; c < m->calls; c++)
		say_checks(&k, c);
	for (unsigned i = 0; i < m->packets; i++) {
		k.frames.ns = MAX(k.frames.ns,
				  start + (i + 1) * m->every * CLK_NS_PER_MS);
		for (unsigned c = 0; c < m->calls; c++) {
			say(&k, c, CALL_CALLER, i);
			say(&k, c, CALL_CALLEE, i);
		}
	}
	g_free(k.party);
}
