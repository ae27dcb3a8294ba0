/* Headers below the payload: every cut is noticed; fragments in any order. */
#include <glib.h>

#include "relay_capture/frag.h"
#include "relay_capture/tunnel.h"
#include "tests/support/mkcall.h"

/* The payload of one frame, or the verdict that stopped it. */
static relay_verdict open_frame(int link, span in, span *payload)
{
	relay_verdict v;
	uint16_t type;
	relay_udp u;
	relay_ip ip;

	v = relay_link_peel(link, &in, &type);
	while (v == RELAY_OK) {
		v = relay_ip_get(type, in, &ip);
		if (v != RELAY_OK)
			break;
		in = ip.payload;
		if (ip.proto == RELAY_IP_GRE) {
			v = relay_gre_peel(&in, &type);
			continue;
		}
		v = relay_udp_get(in, &u);
		if (v != RELAY_OK)
			break;
		in = *payload = u.payload;
		if (relay_udp_tunnel_peel(u.dst, &in, &type) != RELAY_OK)
			return RELAY_OK;
	}
	return v;
}

/* Cut anywhere, a frame must not give the payload of the whole one. */
static void on_frame(void *user, int link, span frame, int64_t ns)
{
	span whole, part;

	(void)user;
	(void)ns;
	g_assert_cmpint(open_frame(link, frame, &whole), ==, RELAY_OK);
	for (size_t n = 0; n < frame.left; n++) {
		g_autofree uint8_t *exact = g_memdup2(frame.p, n);

		if (open_frame(link, span_of(exact, n), &part) == RELAY_OK)
			g_assert_cmpuint(part.left, !=, whole.left);
	}
}

static void test_cut(gconstpointer text)
{
	mkcall m = mkcall_of(text);

	mkcall_run(&m, on_frame, NULL);
}

static relay_ip fragment(const uint8_t *p, size_t from, size_t to, size_t all)
{
	return (relay_ip){
		.src = {4, {1}, 0}, .dst = {4, {2}, 0}, .proto = 17, .id = 7,
		.more = to < all, .offset = (uint16_t)from,
		.payload = span_of(p + from, to - from)};
}

static void test_order(void)
{
	static const int orders[6][3] = {{0, 1, 2}, {0, 2, 1}, {1, 0, 2},
					 {1, 2, 0}, {2, 0, 1}, {2, 1, 0}};
	uint8_t data[50];
	span whole;

	for (size_t i = 0; i < sizeof(data); i++)
		data[i] = (uint8_t)i;
	for (int o = 0; o < 6; o++) {
		relay_frags *f = relay_frags_new(2);

		for (int k = 0; k < 3; k++) {
			size_t from = (size_t)orders[o][k] * 16;
			size_t to = from == 32 ? sizeof(data) : from + 16;
			relay_ip ip = fragment(data, from, to, sizeof(data));

			g_assert_cmpint(relay_frags_add(f, &ip, (clk_mono){0},
							&whole), ==,
					k == 2 ? RELAY_OK : RELAY_SHORT);
		}
		g_assert_cmpmem(whole.p, whole.left, data, sizeof(data));
		g_assert_cmpuint(relay_frags_lost(f, 0), ==, 0);
		relay_frags_free(f);
	}
}

/* RFC 5722: an overlap throws the packet away. */
static void test_overlap(void)
{
	relay_frags *f = relay_frags_new(2);
	uint8_t data[50] = {0};
	relay_ip a = fragment(data, 0, 24, 50), b = fragment(data, 16, 32, 50);
	span whole;

	g_assert_cmpint(relay_frags_add(f, &a, (clk_mono){0}, &whole), ==,
			RELAY_SHORT);
	g_assert_cmpint(relay_frags_add(f, &b, (clk_mono){0}, &whole), ==,
			RELAY_BAD);
	g_assert_cmpuint(relay_frags_lost(f, 0), ==, 1);
	relay_frags_free(f);
}

/* A switch that mirrors both ways copies each piece twice (RFC 8200 4.5). */
static void test_twice(void)
{
	relay_frags *f = relay_frags_new(2);
	uint8_t data[50], other[50] = {0};
	relay_ip ip;
	span whole;

	for (size_t i = 0; i < sizeof(data); i++)
		data[i] = (uint8_t)i;
	for (size_t from = 48;; from -= 16) {
		ip = fragment(data, from, MIN(from + 16, 50), 50);
		g_assert_cmpint(relay_frags_add(f, &ip, (clk_mono){0}, &whole),
				==, from ? RELAY_SHORT : RELAY_OK);
		if (!from)
			break;
		g_assert_cmpint(relay_frags_add(f, &ip, (clk_mono){0}, &whole),
				==, RELAY_SHORT);
	}
	g_assert_cmpmem(whole.p, whole.left, data, sizeof(data));
	g_assert_cmpuint(relay_frags_lost(f, 0), ==, 0);
	/* the same place, but not the same piece */
	ip = fragment(data, 16, 32, 50);
	g_assert_cmpint(relay_frags_add(f, &ip, (clk_mono){0}, &whole), ==,
			RELAY_SHORT);
	ip = fragment(other, 16, 32, 50);
	g_assert_cmpint(relay_frags_add(f, &ip, (clk_mono){0}, &whole), ==,
			RELAY_BAD);
	g_assert_cmpuint(relay_frags_lost(f, 0), ==, 1);
	relay_frags_free(f);
}

/* A tunnel's packet in pieces has a piece of another one inside. */
static void test_inside(void)
{
	relay_frags *f = relay_frags_new(1);
	uint8_t data[64];
	relay_ip ip;
	span whole;

	for (size_t i = 0; i < sizeof(data); i++)
		data[i] = (uint8_t)i;
	for (size_t from = 0; from < 64; from += 32) {
		ip = fragment(data, from, from + 32, 64);
		(void)!relay_frags_add(f, &ip, (clk_mono){0}, &whole);
	}
	g_assert_cmpuint(whole.left, ==, 64);
	ip = fragment(data, 8, 40, 64);
	ip.payload.p = whole.p + 4;
	ip.id = 8;
	g_assert_cmpint(relay_frags_add(f, &ip, (clk_mono){0}, &whole), ==,
			RELAY_SHORT);
	ip = fragment(data, 40, 64, 64);
	ip.id = 8;
	g_assert_cmpint(relay_frags_add(f, &ip, (clk_mono){0}, &whole), ==,
			RELAY_SHORT);
	ip = fragment(data, 0, 8, 64);
	ip.id = 8;
	g_assert_cmpint(relay_frags_add(f, &ip, (clk_mono){0}, &whole), ==,
			RELAY_OK);
	g_assert_cmpmem(whole.p + 8, 32, data + 4, 32);
	relay_frags_free(f);
}

static void test_bounded(void)
{
	relay_frags *f = relay_frags_new(4);
	uint8_t data[50] = {0};
	span whole;

	for (uint32_t id = 0; id < 100; id++) {
		relay_ip a = fragment(data, 0, 24, 50);

		a.id = id;
		g_assert_cmpint(relay_frags_add(f, &a, (clk_mono){id}, &whole),
				==, RELAY_SHORT);
	}
	g_assert_cmpuint(relay_frags_lost(f, 0), ==, 96);
	relay_frags_free(f);
}

/* A piece waits for 5 s, whether others come or not; it is missed where it came
 * from. */
static void test_patience(void)
{
	relay_frags *f = relay_frags_new(4);
	uint8_t data[50] = {0};
	relay_ip a = fragment(data, 0, 24, 50), b = fragment(data, 24, 50, 50);
	span whole;

	relay_frags_from(f, 3);
	g_assert_cmpint(relay_frags_add(f, &a, (clk_mono){0}, &whole), ==,
			RELAY_SHORT);
	relay_frags_from(f, 2);
	relay_frags_expire(f, (clk_mono){5 * CLK_NS_PER_S});
	g_assert_cmpuint(relay_frags_lost(f, 3), ==, 0);
	relay_frags_expire(f, (clk_mono){5 * CLK_NS_PER_S + 1});
	g_assert_cmpuint(relay_frags_lost(f, 3), ==, 1);
	g_assert_cmpint(relay_frags_add(f, &b, (clk_mono){5 * CLK_NS_PER_S + 2},
					&whole), ==, RELAY_SHORT);
	g_assert_cmpuint(relay_frags_lost(f, 2), ==, 0);
	relay_frags_free(f);
}

/* The port tells the tunnel; an authentication header counts by four octets
 * (RFC 4302 2.2) and other extensions by eight. */
static void test_odd_heads(void)
{
	static const uint8_t tzsp[] = {1, 0, 0, 1, 1, 2, 2, 2, 2, 2, 2, 4,
				       4, 4, 4, 4, 4, 8, 0, 0x45};
	static const uint8_t ah[] = {17, 4, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10,
				     11, 12, 13, 14, 15, 16, 17, 18, 19, 20,
				     21, 22, 'u', 'd', 'p'};
	uint8_t v6[40 + sizeof(ah)] = {0x60, [5] = sizeof(ah), 51};
	span in = span_of(tzsp, sizeof(tzsp));
	uint16_t type;
	relay_ip ip;

	g_assert_cmpint(relay_udp_tunnel_peel(1234, &in, &type), ==,
			RELAY_FOREIGN);
	g_assert_cmpuint(in.left, ==, sizeof(tzsp));
	g_assert_cmpint(relay_udp_tunnel_peel(0x9090, &in, &type), ==,
			RELAY_OK);
	g_assert_cmpuint(type, ==, 0x0800);
	g_assert_cmpuint(in.left, ==, 1);
	memcpy(v6 + 40, ah, sizeof(ah));
	g_assert_cmpint(relay_ip_get(0x86dd, span_of(v6, sizeof(v6)), &ip), ==,
			RELAY_OK);
	g_assert_cmpuint(ip.proto, ==, RELAY_IP_UDP);
	g_assert_true(span_eq(ip.payload, "udp"));
}

int main(int argc, char **argv)
{
	static const char *const words[] = {
		"ethernet", "vlan", "qinq", "sll", "sll2", "raw", "null",
		"gre", "erspan1", "erspan2", "erspan3", "vxlan", "geneve",
		"tzsp"};

	g_test_init(&argc, &argv, NULL);
	for (size_t i = 0; i < G_N_ELEMENTS(words); i++) {
		g_autofree char *name =
			g_strdup_printf("/relay/frame/cut/%s", words[i]);

		g_test_add_data_func_full(
			name, g_strdup_printf("link %s\nip %d\npackets 1\n"
					"checks 1\nsize 30\n", words[i],
					i % 2 ? 6 : 4), test_cut, g_free);
	}
	g_test_add_func("/relay/frag/order", test_order);
	g_test_add_func("/relay/frag/overlap", test_overlap);
	g_test_add_func("/relay/frag/twice", test_twice);
	g_test_add_func("/relay/frag/inside", test_inside);
	g_test_add_func("/relay/frag/bounded", test_bounded);
	g_test_add_func("/relay/frag/patience", test_patience);
	g_test_add_func("/relay/frag/odd-heads", test_odd_heads);
	return g_test_run();
}
