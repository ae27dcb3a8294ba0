/* SIP out of datagrams and segments, in whatever order they were captured. */
#include "signaling_tap/wire.h"

#include "core/put.h"
#include "signaling_tap/tap.h"

#define SIP(n) "BYE sip:b@x SIP/2.0\r\nCall-ID: " #n "\r\nContent-Length: 4" \
	"\r\n\r\nbody"

static const char three[] = SIP(1) "\r\n\r\n" SIP(22) SIP(333);

static net_addr address(uint8_t host)
{
	const uint8_t ip[4] = {192, 0, 2, host};

	return net_addr_from(4, ip, (uint16_t)(5000 + host));
}

static tap_segment segment(uint32_t seq, const char *text, size_t n)
{
	return (tap_segment){.src = address(1), .dst = address(2), .seq = seq,
			     .payload = span_of(text, n)};
}

/* Gives a part of `three`; its first octet has the number 0xfffffff0, so that
 * the numbers wrap. */
static void give(tap_wire *w, size_t from, size_t to, int ms)
{
	tap_segment s = segment(0xfffffff0u + (uint32_t)from, three + from,
				to - from);

	tap_wire_segment(w, &s, clk_from_wall(ms * CLK_NS_PER_MS));
}

static void begin(tap_wire *w)
{
	tap_segment s = segment(0xffffffef, "", 0);

	s.syn = true;
	tap_wire_segment(w, &s, clk_from_wall(0));
}

static unsigned take(tap_wire *w, int64_t ms)
{
	unsigned count = 0;
	span message;
	clk_both at;

	while (tap_wire_next(w, &at, &message)) {
		g_assert_cmpint(at.mono.ns, ==, ms * CLK_NS_PER_MS);
		g_assert_true(span_starts(message, "BYE sip:b@x SIP/2.0\r\n"));
		g_assert_true(span_eq(span_of(message.p + message.left - 4, 4),
				      "body"));
		count++;
	}
	return count;
}

static void test_datagram(void)
{
	g_autoptr(tap_wire) w = tap_wire_new(NULL);
	const char *const others[] = {
		"", "\r\n\r\n", "\x12\x34", "HEP3\0\7x",
		"GET / HTTP/1.1\r\nContent-Length: 0\r\n\r\n",
	};

	tap_wire_datagram(w, span_str(SIP(1)), clk_from_wall(CLK_NS_PER_MS));
	g_assert_cmpuint(take(w, 1), ==, 1);
	for (gsize i = 0; i < G_N_ELEMENTS(others); i++) {
		tap_wire_datagram(w, span_str(others[i]), clk_from_wall(0));
		g_assert_cmpuint(take(w, 0), ==, 0);
	}
	g_assert_cmpuint(tap_wire_totals(w)->messages, ==, 1);
}

/* Cut at each octet into two segments. */
static void test_cut(void)
{
	const size_t n = sizeof(three) - 1;

	for (size_t cut = 0; cut <= n; cut++) {
		g_autoptr(tap_wire) w = tap_wire_new(NULL);
		unsigned got;

		begin(w);
		give(w, 0, cut, 1);
		got = take(w, 1);
		give(w, cut, n, 2);
		g_assert_cmpuint(got + take(w, 2), ==, 3);
	}
}

/* In any order, some twice, overlapping: each message once. */
static void test_order(void)
{
	enum { PIECE = 20 };
	const size_t n = sizeof(three) - 1, pieces = n / PIECE + 1;

	for (unsigned seed = 0; seed < 200; seed++) {
		g_autoptr(tap_wire) w = tap_wire_new(NULL);
		g_autoptr(GRand) dice = g_rand_new_with_seed(seed);
		g_autofree size_t *order = g_new(size_t, pieces);
		unsigned got = 0;

		begin(w);
		for (size_t i = 0; i < pieces; i++) {
			const size_t j = g_rand_int(dice) % (i + 1);

			order[i] = order[j];
			order[j] = i;
		}
		for (size_t i = 0; i < 2 * pieces; i++) {
			const size_t at = order[i % pieces] * PIECE;

			give(w, at, MIN(n, at + PIECE + 7), 3);
			got += take(w, 3);
		}
		g_assert_cmpuint(got, ==, 3);
		g_assert_cmpuint(tap_wire_totals(w)->holes, ==, 0);
	}
}

/* What is missing for good is waited for and then passed over. */
static void test_hole(void)
{
	g_autoptr(tap_wire) w = tap_wire_new(NULL);
	const size_t n = sizeof(three) - 1;
	const size_t second = strlen(SIP(1)) + 4, third = second +
							  strlen(SIP(22));

	begin(w);
	give(w, 0, second + 5, 1);
	g_assert_cmpuint(take(w, 1), ==, 1);
	give(w, third, n, 2);
	g_assert_cmpuint(take(w, 2), ==, 0);
	give(w, n, n, 6000);
	g_assert_cmpuint(take(w, 6000), ==, 1);
	g_assert_cmpuint(tap_wire_totals(w)->holes, ==, 1);
}

/* A capture that begins in the middle of a message finds the next one. */
static void test_middle(void)
{
	g_autoptr(tap_wire) w = tap_wire_new(NULL);
	const size_t second = strlen(SIP(1)) + 4;

	give(w, 30, second, 1);
	g_assert_cmpuint(take(w, 1), ==, 0);
	give(w, second, sizeof(three) - 1, 2);
	g_assert_cmpuint(take(w, 2), ==, 2);
}

/* Connections without end cost a bounded amount, and the latest still work. */
static void test_bounded(void)
{
	g_autoptr(tap_wire) w = tap_wire_new(NULL);
	g_autofree char *junk = g_strnfill(60000, 'x');

	for (unsigned i = 0; i < 20000; i++) {
		tap_segment s = segment(1, junk, i % 8 ? 1 : 60000);

		s.src.port = (uint16_t)i;
		s.dst.port = (uint16_t)(i >> 8);
		tap_wire_segment(w, &s, clk_from_wall(0));
		g_assert_cmpuint(take(w, 0), ==, 0);
	}
	g_assert_cmpuint(tap_wire_totals(w)->forgotten, >=, 20000 - 8192);
	begin(w);
	give(w, 0, sizeof(three) - 1, 1);
	g_assert_cmpuint(take(w, 1), ==, 3);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/tap/wire/datagram", test_datagram);
	g_test_add_func("/tap/wire/cut", test_cut);
	g_test_add_func("/tap/wire/order", test_order);
	g_test_add_func("/tap/wire/hole", test_hole);
	g_test_add_func("/tap/wire/middle", test_middle);
	g_test_add_func("/tap/wire/bounded", test_bounded);
	return g_test_run();
}
