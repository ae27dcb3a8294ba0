#include "tests/load/media.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <spandsp.h>
#include <srtp2/srtp.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "core/put.h"

enum { TURN_PORT = 3478, CHANNEL = 0x4001, TURNS = 300 };

net_addr load_host(unsigned call, call_side side)
{
	const uint8_t ip[4] = {10, (uint8_t)(1 + side), (uint8_t)(call >> 8),
			       (uint8_t)call};

	return net_addr_from(4, ip, (uint16_t)(20000 + 2 * (call % 10000)));
}

static net_addr edge(uint16_t port)
{
	static const uint8_t ip[4] = {10, 9, 9, 9};

	return net_addr_from(4, ip, port);
}

net_addr load_relayed(unsigned call, call_side side)
{
	return edge((uint16_t)(49152 + 4 * (call % 4000) + 2 * side));
}

void load_key(unsigned call, call_side side, uint8_t to[static 30])
{
	for (unsigned i = 0; i < 30; i++)
		to[i] = (uint8_t)((call * 2 + side) * 101 + i * 37 +
				  (call >> (i % 12)));
}

char *load_key_text(unsigned call, call_side side)
{
	uint8_t key[30];

	load_key(call, side, key);
	return g_base64_encode(key, sizeof(key));
}

/* Harmonics under a syllable-like envelope; the parties take turns. */
void load_voice(call_side side, unsigned i, int16_t pcm[static LOAD_PAYLOAD])
{
	bool on = (i / (TURNS / 2) % 2 == 0) == (side == CALL_CALLER);
	double pitch = side == CALL_CALLER ? 110 : 190;
	uint32_t seed = i * 2u + side + 1;

	for (unsigned k = 0; k < LOAD_PAYLOAD; k++) {
		double t = (i * LOAD_PAYLOAD + k) / 8000.0, x = 0;

		for (int h = 1; on && h < 8; h++)
			x += sin(2 * G_PI * pitch * h * t) / h;
		seed = seed * 1664525u + 1013904223u;
		pcm[k] = (int16_t)(4000 * fabs(sin(2 * G_PI * 2.1 * t)) * x +
				   (seed >> 28));
	}
}

/* Both voices in mu-law, for TURNS packets; they repeat. */
static uint8_t *make_voices(void)
{
	uint8_t *v = g_malloc(2 * TURNS * LOAD_PAYLOAD), *to = v;
	int16_t pcm[LOAD_PAYLOAD];

	for (unsigned n = 0; n < 2 * TURNS; n++) {
		load_voice(n < TURNS ? CALL_CALLER : CALL_CALLEE, n % TURNS,
			   pcm);
		for (unsigned k = 0; k < LOAD_PAYLOAD; k++)
			*to++ = linear_to_ulaw(pcm[k]);
	}
	return v;
}

static srtp_t session(unsigned call, call_side side)
{
	uint8_t key[30];
	srtp_policy_t p = {.ssrc = {ssrc_any_outbound, 0}, .key = key};
	srtp_t s;

	load_key(call, side, key);
	srtp_crypto_policy_set_rtp_default(&p.rtp);
	srtp_crypto_policy_set_rtcp_default(&p.rtcp);
	if (srtp_create(&s, &p) != srtp_err_status_ok)
		load_die("libsrtp2 makes no session");
	return s;
}

static uint32_t ssrc(unsigned call, call_side side)
{
	return 0x10000 + call * 2 + side;
}

static size_t place(const load_media *m, unsigned call, call_side side,
		    unsigned i)
{
	size_t n = ((size_t)i * m->calls + (call - m->first)) * 2 + side;

	return LOAD_PCAP_HEAD + n * LOAD_PCAP_REC;
}

uint8_t *load_media_frame(const load_media *m, unsigned call, call_side side,
			  unsigned i)
{
	return m->pcap + place(m, call, side, i) + 16;
}

span load_media_srtp(const load_media *m, unsigned call, call_side side,
		     unsigned i)
{
	return span_of(load_media_frame(m, call, side, i) + LOAD_FRAME -
		       LOAD_SRTP, LOAD_SRTP);
}

static uint16_t ip_sum(const uint8_t *p)
{
	uint32_t s = 0;

	for (int i = 0; i < 20; i += 2)
		s += (uint32_t)(p[i] << 8 | p[i + 1]);
	s = (s & 0xffff) + (s >> 16);
	return (uint16_t)~(s + (s >> 16));
}

/* Everything in front of an SRTP or SRTCP packet of `n` octets. */
static void put_head(put *o, unsigned call, call_side side, uint16_t n)
{
	static const uint8_t macs[12] = {2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1};
	net_addr from = load_host(call, side), to = edge(TURN_PORT);
	uint16_t sum;

	put_bytes(o, macs, sizeof(macs));
	put_u16(o, 0x0800);
	put_u32(o, 0x45000000 | (LOAD_FRAME - 14 - LOAD_SRTP + n));
	put_u32(o, 0x00004000);
	put_u32(o, 0x40110000);
	put_bytes(o, from.ip, 4);
	put_bytes(o, to.ip, 4);
	sum = ip_sum(o->p + 14);
	o->p[24] = (uint8_t)(sum >> 8);
	o->p[25] = (uint8_t)sum;
	put_u16(o, from.port);
	put_u16(o, to.port);
	put_u16(o, (uint16_t)(8 + 4 + n));
	put_u16(o, 0);
	put_u16(o, CHANNEL);
	put_u16(o, n);
}

/* Numbers of a pcap file are the writing host's. */
static void put_stamp(uint8_t *to, int64_t ns)
{
	const uint32_t h[4] = {(uint32_t)(ns / 1000000000),
			       (uint32_t)(ns % 1000000000), LOAD_FRAME,
			       LOAD_FRAME};

	memcpy(to, h, sizeof(h));
}

static void make_stream(const load_media *m, unsigned call, call_side side,
			const uint8_t *voice, int64_t begin_s)
{
	srtp_t s = session(call, side);
	unsigned order = (call - m->first) * 2 + side;

	for (unsigned i = 0; i < m->packets; i++) {
		uint8_t *f = load_media_frame(m, call, side, i), room[512];
		put head = put_into(f, LOAD_FRAME);
		put o = put_into(room, sizeof(room));
		int n = 12 + LOAD_PAYLOAD;

		put_stamp(f - 16, begin_s * 1000000000 +
				  (int64_t)(i + 1) * 20000000 +
				  (int64_t)order * 20000000 /
					  (2 * (int64_t)m->calls));
		put_head(&head, call, side, LOAD_SRTP);
		put_u16(&o, 0x8000);
		put_u16(&o, (uint16_t)(1000 + i));
		put_u32(&o, i * LOAD_PAYLOAD);
		put_u32(&o, ssrc(call, side));
		put_bytes(&o, voice + i % TURNS * LOAD_PAYLOAD, LOAD_PAYLOAD);
		if (srtp_protect(s, room, &n) != srtp_err_status_ok ||
		    n != LOAD_SRTP)
			load_die("libsrtp2 protects no packet");
		put_bytes(&head, room, LOAD_SRTP);
	}
	srtp_dealloc(s);
}

/* RFC 3550 6.1: a compound packet begins with a report. */
void load_media_goodbye(unsigned call, call_side side,
			uint8_t to[static LOAD_GOODBYE])
{
	srtp_t s = session(call, side);
	put head = put_into(to, LOAD_GOODBYE);
	uint8_t room[128];
	put o = put_into(room, sizeof(room));
	int n = 16;

	put_u32(&o, 0x80c90001);
	put_u32(&o, ssrc(call, side));
	put_u32(&o, 0x81cb0001);
	put_u32(&o, ssrc(call, side));
	if (srtp_protect_rtcp(s, room, &n) != srtp_err_status_ok ||
	    n != LOAD_SRTCP)
		load_die("libsrtp2 protects no report");
	put_head(&head, call, side, LOAD_SRTCP);
	put_bytes(&head, room, LOAD_SRTCP);
	srtp_dealloc(s);
}

static void map(load_media *m, const char *path)
{
	const uint32_t head[6] = {0xa1b23c4d, 2 | 4 << 16, 0, 0, 65535, 1};
	int fd = path ? open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600) : -1;

	m->size = LOAD_PCAP_HEAD +
		  (size_t)m->packets * m->calls * 2 * LOAD_PCAP_REC;
	if (path && (fd < 0 || ftruncate(fd, (off_t)m->size) != 0))
		load_die("%s: %s", path, g_strerror(errno));
	m->pcap = mmap(NULL, m->size, PROT_READ | PROT_WRITE,
		       path ? MAP_SHARED : MAP_PRIVATE | MAP_ANONYMOUS, fd, 0);
	if (m->pcap == MAP_FAILED)
		load_die("%zu octets of media: %s", m->size, g_strerror(errno));
	if (fd >= 0)
		close(fd);
	memcpy(m->pcap, head, sizeof(head));
}

void load_media_make(load_media *m, const char *path, int64_t begin_s)
{
	g_autofree uint8_t *voices = make_voices();
	static gsize ready;

	if (g_once_init_enter(&ready)) {
		if (srtp_init() != srtp_err_status_ok)
			load_die("libsrtp2 does not start");
		g_once_init_leave(&ready, 1);
	}
	map(m, path);
	for (unsigned c = m->first; c < m->first + m->calls; c++)
		for (int s = CALL_CALLER; s <= CALL_CALLEE; s++)
			make_stream(m, c, (call_side)s,
				    voices + s * TURNS * LOAD_PAYLOAD,
				    begin_s);
}

void load_media_free(load_media *m)
{
	munmap(m->pcap, m->size);
}
