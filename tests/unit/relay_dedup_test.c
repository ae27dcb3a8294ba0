/* Copies of packets are told from packets, whatever comes between them. */
#include "relay_capture/dedup.h"

#include <glib.h>
#include <string.h>

enum { ROOM = 4096, LONG = 172 };

typedef struct packet {
	uint8_t bytes[LONG];
} packet;

/* An RTP packet of stream `ssrc`; nothing in it but its head and `body`. */
static span rtp(packet *p, uint8_t type, uint16_t seq, uint8_t ssrc,
		uint32_t body)
{
	*p = (packet){.bytes = {0x80, type, (uint8_t)(seq >> 8), (uint8_t)seq,
				0, 0, 0, 0, 0x12, 0x34, 0x56, ssrc}};
	memcpy(p->bytes + 12, &body, sizeof(body));
	return span_of(p->bytes, sizeof(p->bytes));
}

static bool seen(relay_dedup *d, span bytes)
{
	const relay_print p = relay_print_of(bytes);

	return relay_dedup_seen(d, &p);
}

/* Two streams from `first` on, the second by `apart` ahead; the copies come
 * `lag` packets of each later. */
static void try_lag(unsigned room, uint32_t first, uint16_t apart, uint32_t lag,
		    uint32_t n)
{
	relay_dedup d;
	packet p;

	relay_dedup_init(&d, room);
	for (uint32_t i = 0; i < n; i++) {
		for (uint8_t k = 0; k < 2; k++) {
			uint32_t seq = first + i + k * apart;

			g_assert_false(seen(&d, rtp(&p, 0, (uint16_t)seq, k,
						    i)));
			if (i >= lag)
				g_assert_true(seen(
					&d, rtp(&p, 0, (uint16_t)(seq - lag), k,
					       i - lag)));
		}
	}
	relay_dedup_clear(&d);
}

static void test_lag(void)
{
	/* The memory holds 96 packets of each, however they stand. */
	for (uint16_t apart = 0; apart < 192; apart++)
		try_lag(192, 1000, apart, 90, 400);
	/* Past the end of the numbers. */
	try_lag(ROOM, 0, 0, 2000, 70000);
	try_lag(ROOM, 0, 5, 2000, 70000);
}

/* What only looks like a packet takes no place of it. */
static void test_forged(void)
{
	relay_dedup d;
	packet p;

	relay_dedup_init(&d, ROOM);
	g_assert_false(seen(&d, rtp(&p, 0, 7, 1, 1)));
	g_assert_false(seen(&d, rtp(&p, 0, 7, 1, 2)));
	g_assert_true(seen(&d, rtp(&p, 0, 7, 1, 1)));
	g_assert_true(seen(&d, rtp(&p, 0, 7, 1, 2)));
	relay_dedup_clear(&d);
}

/* Be it in one octet, the last one too. */
static void test_every_octet(void)
{
	packet p;

	for (size_t n = 12; n < 64; n++) {
		const uint64_t was =
			relay_print_of(span_of(rtp(&p, 0, 7, 1, 1).p, n)).print;

		for (size_t i = 0; i < n; i++) {
			p.bytes[i] ^= 1;
			g_assert_cmpuint(relay_print_of(span_of(p.bytes, n))
						 .print, !=, was);
			p.bytes[i] ^= 1;
		}
	}
}

/* Streams that begin with the same number: many senders' orphans, or video. */
static void test_in_step(void)
{
	enum { STREAMS = 16, LAG = 8 };
	relay_dedup d;
	packet p;

	relay_dedup_init(&d, ROOM);
	for (uint16_t seq = 0; seq < 1000; seq++)
		for (uint8_t k = 0; k < STREAMS; k++) {
			g_assert_false(seen(&d, rtp(&p, 0, seq, k, seq)));
			if (seq >= LAG)
				g_assert_true(seen(&d, rtp(&p, 0, seq - LAG, k,
							   seq - LAG)));
		}
	relay_dedup_clear(&d);
}

/* RTCP of one length has the same octets where RTP has its number: hundreds
 * of reports must not push each other out. */
static void test_rtcp(void)
{
	relay_dedup d;
	packet p;

	relay_dedup_init(&d, ROOM);
	for (uint32_t i = 0; i < 300; i++)
		g_assert_false(seen(&d, rtp(&p, 205, 42, 1, i)));
	for (uint32_t i = 0; i < 300; i++)
		g_assert_true(seen(&d, rtp(&p, 205, 42, 1, i)));
	relay_dedup_clear(&d);
}

static void test_short(void)
{
	relay_dedup d;
	packet p;
	span s = rtp(&p, 0, 1, 1, 1);

	relay_dedup_init(&d, 1);
	for (size_t n = 0; n < sizeof(p.bytes); n++) {
		g_assert_false(seen(&d, span_of(s.p, n)));
		g_assert_true(seen(&d, span_of(s.p, n)));
	}
	relay_dedup_clear(&d);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/relay/dedup/lag", test_lag);
	g_test_add_func("/relay/dedup/forged", test_forged);
	g_test_add_func("/relay/dedup/every-octet", test_every_octet);
	g_test_add_func("/relay/dedup/in-step", test_in_step);
	g_test_add_func("/relay/dedup/rtcp", test_rtcp);
	g_test_add_func("/relay/dedup/short", test_short);
	return g_test_run();
}
