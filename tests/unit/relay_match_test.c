/* Claims and the order in which they decide; what is learnt on the way. */
#include "relay_capture/claim.h"
#include "tests/support/relay_rig.h"

/* Frames of raw IPv4 and UDP, by hand. */
static void udp(rig *g, const char *from, const char *to, const void *p,
		size_t n, int64_t ms)
{
	net_addr src = rig_addr(from), dst = rig_addr(to);
	uint8_t buf[512];
	put o = put_into(buf, sizeof(buf));

	put_u16(&o, 0x4500);
	put_u16(&o, (uint16_t)(28 + n));
	put_u32(&o, 0);
	put_u32(&o, 0x40110000);
	put_bytes(&o, src.ip, 4);
	put_bytes(&o, dst.ip, 4);
	put_u16(&o, src.port);
	put_u16(&o, dst.port);
	put_u16(&o, (uint16_t)(8 + n));
	put_u16(&o, 0);
	put_bytes(&o, p, n);
	relay_frame(g->tap, 101, put_done(&o),
		    clk_from_wall(ms * CLK_NS_PER_MS));
}

static void rtp(rig *g, const char *from, const char *to, uint32_t ssrc,
		uint16_t seq, int64_t ms)
{
	uint8_t buf[64] = {0};
	put o = put_into(buf, sizeof(buf));

	put_u16(&o, 0x8000);
	put_u16(&o, seq);
	put_u32(&o, seq * 160u);
	put_u32(&o, ssrc);
	udp(g, from, to, buf, sizeof(buf), ms);
}

static void check(rig *g, const char *from, const char *to, const char *name,
		  int64_t ms)
{
	uint8_t buf[128];
	put o = put_into(buf, sizeof(buf));
	size_t n = strlen(name), pad = -n & 3;

	put_u16(&o, 1);
	put_u16(&o, (uint16_t)(4 + n + pad));
	put_u32(&o, 0x2112a442);
	put_bytes(&o, "twelve bytes", 12);
	put_u16(&o, 6);
	put_u16(&o, (uint16_t)n);
	put_bytes(&o, name, n);
	put_bytes(&o, "\0\0\0", pad);
	udp(g, from, to, buf, o.n, ms);
}

static void arm(rig *g, const char *call, call_side side, const char *ufrag,
		const char *relay)
{
	const char *relays[] = {relay, NULL};
	g_autoptr(call_half) h = rig_half(side, ufrag, relays);

	relay_arm(g->tap, call, h, clk_from_wall(0));
}

static const rig_pkt *last(const rig *g)
{
	g_assert_cmpuint(g->pkts->len, >, 0);
	return g_ptr_array_index(g->pkts, g->pkts->len - 1);
}

static void assert_last(const rig *g, const char *call, call_side side,
			pkt_why why, pkt_leg leg)
{
	const rig_pkt *r = last(g);

	g_assert_cmpstr(r->call, ==, call);
	g_assert_cmpint(r->p.side, ==, side);
	g_assert_cmpint(r->p.why, ==, why);
	g_assert_cmpint(r->p.leg, ==, leg);
}

static void test_reasons(void)
{
	rig g;

	rig_init(&g, NULL);
	arm(&g, "one", CALL_CALLER, "aa", "10.9.0.9:50000 10.1.0.1:4000");
	arm(&g, "one", CALL_CALLEE, "bb", "10.9.0.9:50002 10.2.0.1:4000");
	rtp(&g, "10.1.0.1:4000", "10.9.0.9:3478", 1, 1, 1);
	assert_last(&g, "one", CALL_CALLER, PKT_WHY_RADDR, PKT_LEG_FROM_CLIENT);
	rtp(&g, "10.9.0.9:3478", "10.1.0.1:4000", 2, 1, 2);
	assert_last(&g, "one", CALL_CALLEE, PKT_WHY_RADDR, PKT_LEG_TO_CLIENT);
	rtp(&g, "10.9.0.9:50002", "10.9.0.9:50000", 2, 2, 3);
	assert_last(&g, "one", CALL_CALLEE, PKT_WHY_RELAYED, PKT_LEG_RELAYED);
	rtp(&g, "10.7.7.7:7", "10.9.0.9:50000", 2, 3, 4);
	assert_last(&g, "one", CALL_CALLEE, PKT_WHY_RELAYED,
		    PKT_LEG_TO_RELAYED);
	check(&g, "10.8.8.8:8", "10.9.0.9:50000", "aa:bb", 5);
	rtp(&g, "10.8.8.8:8", "10.9.0.9:50000", 2, 4, 6);
	assert_last(&g, "one", CALL_CALLEE, PKT_WHY_UFRAG, PKT_LEG_TO_RELAYED);
	/* Its address is known from now on, in the other direction too. */
	rtp(&g, "10.6.6.6:6", "10.8.8.8:8", 1, 5, 7);
	assert_last(&g, "one", CALL_CALLER, PKT_WHY_LEARNT, PKT_LEG_PLAIN);
	rig_check_sums(&g);
	rig_clear(&g);
}

/* The address of one call, but the ufrags of another. */
static void test_ufrag_wins(void)
{
	rig g;

	rig_init(&g, NULL);
	arm(&g, "old", CALL_CALLER, "aa", "10.9.0.9:50000 10.1.0.1:4000");
	arm(&g, "old", CALL_CALLEE, "bb", "10.9.0.9:50002 10.2.0.1:4000");
	rtp(&g, "10.1.0.1:4000", "10.9.0.9:3478", 1, 1, 1);
	assert_last(&g, "old", CALL_CALLER, PKT_WHY_RADDR, PKT_LEG_FROM_CLIENT);
	arm(&g, "new", CALL_CALLER, "cc", "10.9.0.9:50010 10.3.0.1:4000");
	arm(&g, "new", CALL_CALLEE, "dd", "10.9.0.9:50012 10.4.0.1:4000");
	check(&g, "10.1.0.1:4000", "10.9.0.9:3478", "cc:dd", 2);
	rtp(&g, "10.1.0.1:4000", "10.9.0.9:3478", 1, 2, 3);
	assert_last(&g, "new", CALL_CALLEE, PKT_WHY_UFRAG, PKT_LEG_FROM_CLIENT);
	rig_check_sums(&g);
	rig_clear(&g);
}

static void assert_flow(const rig *g, guint i, uint32_t number, uint64_t stored)
{
	const rec_flow *f = &g_array_index(g->flows, rec_flow, i);

	g_assert_cmpuint(f->flow, ==, number);
	g_assert_cmpuint(f->packets, ==, stored);
	g_assert_cmpuint(f->stored, ==, stored);
}

/* A path goes to another call: what is told of it to each call is what that
 * call got, whatever else was described meanwhile. Who waits for a description
 * is not forgotten over it. */
static void test_moved_path(void)
{
	const clk_both over = clk_from_wall(9 * CLK_NS_PER_MS);
	rig g;

	rig_init(&g, NULL);
	arm(&g, "old", CALL_CALLER, "", "10.9.0.9:50000 10.1.0.1:4000");
	rtp(&g, "10.1.0.1:4000", "10.9.0.9:3478", 1, 1, 1);
	rtp(&g, "10.5.0.1:4000", "10.9.0.9:3478", 5, 1, 1);
	arm(&g, "third", CALL_CALLER, "", "10.9.0.9:50020 10.2.0.1:4000");
	rtp(&g, "10.1.0.1:4000", "10.9.0.9:3478", 1, 2, 2);
	rtp(&g, "10.1.0.1:4000", "10.9.0.9:3478", 1, 3, 3);
	arm(&g, "new", CALL_CALLER, "", "10.9.0.9:50010 10.1.0.1:4000");
	rtp(&g, "10.1.0.1:4000", "10.9.0.9:3478", 1, 4, 4);
	rtp(&g, "10.1.0.1:4000", "10.9.0.9:3478", 1, 5, 5);
	assert_last(&g, "new", CALL_CALLER, PKT_WHY_RADDR, PKT_LEG_FROM_CLIENT);
	relay_disarm(g.tap, "new", over);
	relay_disarm(g.tap, "old", over);
	relay_tick(g.tap, over);
	g_assert_cmpuint(g.flows->len, ==, 2);
	assert_flow(&g, 0, 1, 3);
	assert_flow(&g, 1, 1, 2);
	arm(&g, "late", CALL_CALLER, "", "10.9.0.9:50030 10.5.0.1:4000");
	assert_last(&g, "late", CALL_CALLER, PKT_WHY_RADDR,
		    PKT_LEG_FROM_CLIENT);
	rig_check_sums(&g);
	rig_clear(&g);
}

/* What was held of several paths comes in the order of its capture. */
static void test_held_order(void)
{
	rig g;

	rig_init(&g, NULL);
	rtp(&g, "10.9.0.9:3478", "10.1.0.1:4000", 2, 1, 1);
	rtp(&g, "10.1.0.1:4000", "10.9.0.9:3478", 1, 2, 2);
	rtp(&g, "10.9.0.9:3478", "10.1.0.1:4000", 2, 3, 3);
	arm(&g, "one", CALL_CALLER, "", "10.9.0.9:50000 10.1.0.1:4000");
	g_assert_cmpuint(g.pkts->len, ==, 3);
	for (guint i = 0; i < g.pkts->len; i++) {
		const rig_pkt *r = g_ptr_array_index(g.pkts, i);

		g_assert_cmpint(r->p.at.wall.ns, ==,
				(i + 1) * CLK_NS_PER_MS);
	}
	rig_clear(&g);
}

/* A path that fell silent before a check on another one named its address. */
static void test_learnt_later(void)
{
	rig g;

	rig_init(&g, NULL);
	arm(&g, "one", CALL_CALLER, "aa", "10.9.0.9:50000 10.1.0.1:4000");
	arm(&g, "one", CALL_CALLEE, "bb", "10.9.0.9:50002 10.2.0.1:4000");
	rtp(&g, "10.5.0.1:5", "10.5.0.2:5", 1, 1, 1);
	check(&g, "10.5.0.1:5", "10.9.0.9:50000", "aa:bb", 2);
	g_assert_cmpuint(g.pkts->len, ==, 0);
	relay_tick(g.tap, clk_from_wall(200 * CLK_NS_PER_MS));
	g_assert_cmpuint(g.pkts->len, ==, 1);
	assert_last(&g, "one", CALL_CALLEE, PKT_WHY_LEARNT, PKT_LEG_PLAIN);
	rig_check_sums(&g);
	rig_clear(&g);
}

/* Checks from everywhere teach no more than a call may have. */
static void test_learnt_most(void)
{
	enum { MOST = 64 };
	char from[32];
	rig g;

	rig_init(&g, NULL);
	arm(&g, "one", CALL_CALLER, "aa", "10.9.0.9:50000 10.1.0.1:4000");
	arm(&g, "one", CALL_CALLEE, "bb", "10.9.0.9:50002 10.2.0.1:4000");
	for (uint16_t i = 1; i <= MOST + 10; i++) {
		g_snprintf(from, sizeof(from), "10.8.0.1:%u", i);
		check(&g, from, "10.9.0.9:50000", "aa:bb", i);
		rtp(&g, "10.6.6.6:6", from, 1, i, i);
		g_assert_cmpuint(g.pkts->len, ==, MIN(i, MOST));
	}
	rig_check_sums(&g);
	rig_clear(&g);
}

/* A path whose call was proved by a check, and is over: the next call that
 * names its address has it at once, and proved is nothing of that one. */
static void test_reused_checked(void)
{
	rig g;

	rig_init(&g, NULL);
	arm(&g, "old", CALL_CALLER, "aa", "10.9.0.9:50000 10.1.0.1:4000");
	arm(&g, "old", CALL_CALLEE, "bb", "10.9.0.9:50002 10.2.0.1:4000");
	check(&g, "10.1.0.1:4000", "10.9.0.9:3478", "bb:aa", 1);
	rtp(&g, "10.1.0.1:4000", "10.9.0.9:3478", 1, 1, 1);
	assert_last(&g, "old", CALL_CALLER, PKT_WHY_UFRAG, PKT_LEG_FROM_CLIENT);
	relay_disarm(g.tap, "old", clk_from_wall(2 * CLK_NS_PER_MS));
	arm(&g, "new", CALL_CALLEE, "", "10.9.0.9:50000 10.1.0.1:4000");
	rtp(&g, "10.1.0.1:4000", "10.9.0.9:3478", 1, 2, 3);
	assert_last(&g, "new", CALL_CALLEE, PKT_WHY_RADDR, PKT_LEG_FROM_CLIENT);
	arm(&g, "third", CALL_CALLEE, "", "10.9.0.9:50000 10.1.0.1:4000");
	rtp(&g, "10.1.0.1:4000", "10.9.0.9:3478", 1, 3, 4);
	assert_last(&g, "third", CALL_CALLEE, PKT_WHY_RADDR,
		    PKT_LEG_FROM_CLIENT);
	rig_clear(&g);
}

/* A port is used again while the first call is in its grace time. */
static void test_reused_port(void)
{
	rig g;

	rig_init(&g, NULL);
	arm(&g, "old", CALL_CALLER, "", "10.9.0.9:50000 10.1.0.1:4000");
	rtp(&g, "10.1.0.1:4000", "10.9.0.9:3478", 1, 1, 1);
	relay_disarm(g.tap, "old", clk_from_wall(2 * CLK_NS_PER_MS));
	rtp(&g, "10.1.0.1:4000", "10.9.0.9:3478", 1, 2, 3);
	assert_last(&g, "old", CALL_CALLER, PKT_WHY_RADDR, PKT_LEG_FROM_CLIENT);
	arm(&g, "new", CALL_CALLEE, "", "10.9.0.9:50000 10.1.0.1:4000");
	rtp(&g, "10.1.0.1:4000", "10.9.0.9:3478", 1, 3, 4);
	assert_last(&g, "new", CALL_CALLEE, PKT_WHY_RADDR, PKT_LEG_FROM_CLIENT);
	rig_check_sums(&g);
	rig_clear(&g);
}

/* ChannelBind: a client says to whom it will talk (RFC 5766 11.1). */
static void binds(rig *g, const char *client, const char *peer)
{
	const net_addr to = rig_addr(peer);
	uint8_t buf[64];
	put o = put_into(buf, sizeof(buf));

	put_u16(&o, 9);
	put_u16(&o, 20);
	put_u32(&o, 0x2112a442);
	put_bytes(&o, "twelve bytes", 12);
	put_u16(&o, 0x0c);
	put_u16(&o, 4);
	put_u32(&o, 0x40000000);
	put_u16(&o, 0x12);
	put_u16(&o, 8);
	put_u16(&o, 1);
	put_u16(&o, to.port ^ 0x2112);
	for (size_t i = 0; i < 4; i++)
		put_u8(&o, to.ip[i] ^ "\x21\x12\xa4\x42"[i]);
	udp(g, client, "10.9.0.9:3478", buf, o.n, 1);
}

/* Who talks to a party's relayed address is the other party; who talks to that
 * one in turn is not known by it. */
static void test_peers(void)
{
	rig g;

	rig_init(&g, NULL);
	arm(&g, "one", CALL_CALLER, "", "10.9.0.9:50000 10.1.0.1:4000");
	binds(&g, "10.3.0.1:4000", "10.9.0.9:50000");
	binds(&g, "10.4.0.1:4000", "10.3.0.1:4000");
	rtp(&g, "10.3.0.1:4000", "10.9.0.9:3478", 1, 1, 2);
	assert_last(&g, "one", CALL_CALLEE, PKT_WHY_PEER, PKT_LEG_FROM_CLIENT);
	rtp(&g, "10.4.0.1:4000", "10.9.0.9:3478", 2, 1, 3);
	g_assert_cmpuint(g.pkts->len, ==, 1);
	rig_clear(&g);
}

/* Both ends are the same party's: who sends is left to the keys. */
static void test_one_party(void)
{
	rig g;

	rig_init(&g, NULL);
	arm(&g, "one", CALL_CALLER, "", "10.9.0.9:50000 10.1.0.1:4000");
	rtp(&g, "10.1.0.1:4000", "10.9.0.9:50000", 1, 1, 1);
	g_assert_cmpuint(g.pkts->len, ==, 1);
	g_assert_cmpint(last(&g)->p.side, ==, CALL_UNKNOWN);
	rig_clear(&g);
}

/* Without ICE the SDP names where sound and reports go, often private addresses
 * that others use as well: an SSRC that is another call's says more. */
static void test_no_ice(void)
{
	g_autoptr(call_half) named = rig_half(CALL_CALLER, "", NULL);
	g_autoptr(call_half) numbered = rig_half(CALL_CALLEE, "", NULL);
	const call_ssrcs range = {1000, 1099};
	rig g;

	rig_init(&g, NULL);
	CALL_MEDIA(named, 0)->rtp = rig_addr("192.168.0.2:4000");
	CALL_MEDIA(named, 0)->rtcp = rig_addr("192.168.0.2:4005");
	g_array_append_val(CALL_MEDIA(numbered, 0)->ssrcs, range);
	relay_arm(g.tap, "one", named, clk_from_wall(0));
	relay_arm(g.tap, "two", numbered, clk_from_wall(0));
	rtp(&g, "192.168.0.2:4000", "10.5.0.2:5", 7, 1, 1);
	assert_last(&g, "one", CALL_CALLER, PKT_WHY_SDP, PKT_LEG_PLAIN);
	rtp(&g, "192.168.0.2:4005", "10.5.0.2:6", 7, 2, 2);
	g_assert_cmpuint(g.pkts->len, ==, 2);
	assert_last(&g, "one", CALL_CALLER, PKT_WHY_SDP, PKT_LEG_PLAIN);
	rtp(&g, "192.168.0.2:4000", "10.5.0.9:5", 1000, 1, 3);
	assert_last(&g, "two", CALL_CALLEE, PKT_WHY_SSRC, PKT_LEG_PLAIN);
	rig_clear(&g);
}

/* A check has proved whose a path between two relays is: no SSRC moves it. */
static void test_checked_stays(void)
{
	g_autoptr(call_half) other = rig_half(CALL_CALLEE, "", NULL);
	const call_ssrcs range = {1000, 1099};
	rig g;

	rig_init(&g, NULL);
	arm(&g, "one", CALL_CALLER, "aa", "10.9.0.9:50000 10.1.0.1:4000");
	arm(&g, "one", CALL_CALLEE, "bb", "10.9.0.9:50002 10.2.0.1:4000");
	rtp(&g, "10.9.0.9:3478", "10.9.0.8:443", 1000, 0, 1);
	check(&g, "10.9.0.9:3478", "10.9.0.8:443", "aa:bb", 1);
	g_array_append_val(CALL_MEDIA(other, 0)->ssrcs, range);
	relay_arm(g.tap, "two", other, clk_from_wall(0));
	for (uint16_t i = 1; i <= 3; i++)
		rtp(&g, "10.9.0.9:3478", "10.9.0.8:443", 1000, i, i);
	g_assert_cmpuint(g.pkts->len, ==, 4);
	assert_last(&g, "one", CALL_CALLEE, PKT_WHY_UFRAG, PKT_LEG_UNKNOWN);
	rig_clear(&g);
}

/* The Allocate response came before the call was described, and the client
 * is behind a NAT that the SDP does not know. That the other party names it
 * changes nothing. Its next call is another one. */
static void test_allocation(void)
{
	uint8_t answer[] = {
		1, 3, 0, 0x14, 0x21, 0x12, 0xa4, 0x42, 1, 2, 3, 4, 5, 6, 7, 8,
		9, 10, 11, 12, 0, 0x0f, 0, 4, 0x72, 0xc6, 0x4b, 0xc6,
		0, 1, 0, 8, 0, 1, 0xc3, 0x50, 10, 9, 0, 9};	/* :50000 */
	rig g;

	rig_init(&g, NULL);
	udp(&g, "10.9.0.9:3478", "198.51.100.7:6000", answer, sizeof(answer),
	    1);
	binds(&g, "10.3.0.1:4000", "10.9.0.9:50000");
	arm(&g, "one", CALL_CALLER, "", "10.9.0.9:50000 192.168.0.2:4000");
	rtp(&g, "198.51.100.7:6000", "10.9.0.9:3478", 1, 1, 2);
	assert_last(&g, "one", CALL_CALLER, PKT_WHY_RELAYED,
		    PKT_LEG_FROM_CLIENT);
	relay_disarm(g.tap, "one", clk_from_wall(3 * CLK_NS_PER_MS));
	answer[35] += 2;
	udp(&g, "10.9.0.9:3478", "198.51.100.7:6000", answer, sizeof(answer),
	    4);
	arm(&g, "two", CALL_CALLER, "", "10.9.0.9:50002 192.168.0.2:4000");
	rtp(&g, "198.51.100.7:6000", "10.9.0.9:3478", 2, 1, 5);
	assert_last(&g, "two", CALL_CALLER, PKT_WHY_RELAYED,
		    PKT_LEG_FROM_CLIENT);
	rig_clear(&g);
}

static void test_nat(void)
{
	relay_config conf;
	rig g;

	relay_config_init(&conf);
	conf.nats[0] = (relay_nat){rig_addr("203.0.113.9:0"),
				   rig_addr("10.9.0.9:0")};
	rig_init(&g, &conf);
	arm(&g, "one", CALL_CALLER, "", "203.0.113.9:50000 198.51.100.7:4000");
	rtp(&g, "10.9.0.9:50000", "192.0.2.1:9000", 1, 1, 2);
	assert_last(&g, "one", CALL_CALLER, PKT_WHY_RELAYED, PKT_LEG_RELAYED);
	rig_clear(&g);
}

static void test_ssrc(void)
{
	g_autoptr(call_half) h = rig_half(CALL_CALLEE, "", NULL);
	call_ssrcs range = {1000, 1099}, wide = {2000, 900000};
	rig g;

	rig_init(&g, NULL);
	g_array_append_val(CALL_MEDIA(h, 0)->ssrcs, range);
	g_array_append_val(CALL_MEDIA(h, 0)->ssrcs, wide);
	relay_arm(g.tap, "one", h, clk_from_wall(0));
	rtp(&g, "10.5.0.1:5", "10.5.0.2:5", 1099, 1, 1);
	assert_last(&g, "one", CALL_CALLEE, PKT_WHY_SSRC, PKT_LEG_PLAIN);
	rtp(&g, "10.5.0.1:6", "10.5.0.2:6", 1100, 1, 1);
	rtp(&g, "10.5.0.1:7", "10.5.0.2:7", 3000, 1, 1);
	g_assert_cmpuint(g.pkts->len, ==, 1);
	rig_clear(&g);
}

/* One ufrag alone must be of one call only. */
static void test_half_known(void)
{
	rig g;

	rig_init(&g, NULL);
	arm(&g, "one", CALL_CALLER, "aa", "10.9.0.9:50000 10.1.0.1:4000");
	check(&g, "10.5.0.1:5", "10.5.0.2:5", "aa:??", 1);
	rtp(&g, "10.5.0.1:5", "10.5.0.2:5", 1, 1, 2);
	assert_last(&g, "one", CALL_CALLEE, PKT_WHY_UFRAG, PKT_LEG_PLAIN);
	arm(&g, "two", CALL_CALLER, "aa", "10.9.0.9:50004 10.1.0.5:4000");
	check(&g, "10.5.0.1:6", "10.5.0.2:6", "aa:??", 3);
	rtp(&g, "10.5.0.1:6", "10.5.0.2:6", 1, 2, 4);
	g_assert_cmpuint(g.pkts->len, ==, 1);
	rig_clear(&g);
}

/* A call's paths are bounded; its media is not dropped for that. */
static void test_many_paths(void)
{
	char from[32];
	rig g;

	rig_init(&g, NULL);
	arm(&g, "one", CALL_CALLER, "", "10.9.0.9:50000 10.1.0.1:4000");
	for (uint16_t i = 1; i <= 1000; i++) {
		g_snprintf(from, sizeof(from), "10.6.0.1:%u", i);
		rtp(&g, from, "10.9.0.9:50000", 5, i, i);
	}
	g_assert_cmpuint(rig_count(&g, 5, CALL_CALLEE), ==, 1000);
	g_assert_cmpuint(relay_count(g.tap, RELAY_FLOWS_FULL), ==, 1000 - 256);
	rig_check_sums(&g);
	rig_clear(&g);
}

static bool never_ended(const relay_call *call)
{
	(void)call;
	return false;
}

/* The SSRCs of a range are claimed once by each side of each call; the latest
 * claim counts until its call is gone. */
static void test_ssrc_claims(void)
{
	relay_claims *c = relay_claims_new(never_ended);
	relay_call *const a = GUINT_TO_POINTER(1), *const b =
		GUINT_TO_POINTER(2);
	const call_ssrcs range = {100, 110}, wide = {100, 111};
	relay_claim of = {.call = a, .side = CALL_CALLER,
			  .rank = RELAY_RANK_SSRC};

	g_assert_true(relay_claims_add_ssrcs(c, &range, &of));
	g_assert_false(relay_claims_add_ssrcs(c, &range, &of));
	g_assert_true(relay_claims_add_ssrcs(c, &wide, &of));
	of.side = CALL_CALLEE;
	g_assert_true(relay_claims_add_ssrcs(c, &range, &of));
	of.call = b;
	g_assert_true(relay_claims_add_ssrcs(c, &range, &of));
	g_assert_false(relay_claims_add_ssrcs(c, &range, &of));
	g_assert_true(relay_claims_ssrc(c, 110)->call == b);
	g_assert_true(relay_claims_ssrc(c, 111)->call == a);
	g_assert_null(relay_claims_ssrc(c, 112));
	g_assert_null(relay_claims_ssrc(c, 99));
	relay_claims_drop(c, b);
	g_assert_true(relay_claims_ssrc(c, 100)->call == a);
	relay_claims_drop(c, a);
	g_assert_null(relay_claims_ssrc(c, 100));
	relay_claims_free(c);
}

static void typed(rig *g, const char *from, const char *to, uint8_t type,
		  uint16_t seq)
{
	uint8_t buf[64] = {0x80, type, (uint8_t)(seq >> 8), (uint8_t)seq,
			   [11] = type};

	udp(g, from, to, buf, sizeof(buf), 100);
}

/* A line of a group, the first with the transport (RFC 8843 7.3). */
static void add_line(call_half *h, uint8_t index, const char *rtp, uint8_t pt,
		     bool record)
{
	call_media *m = index ? call_half_add_media(h) : CALL_MEDIA(h, 0);
	const call_payload p = {.pt = pt};

	m->rtp = rig_addr(rtp);
	m->record = record;
	g_array_append_val(m->payloads, p);
}

/* Video, which is not recorded, comes first, and audio takes its transport:
 * the answer says so, the offer had one for each. */
static void test_shared(void)
{
	const char *one[] = {"203.0.113.9:50000 10.0.0.1:4000", NULL};
	const char *two[] = {"203.0.113.9:50010 10.0.0.2:5000", NULL};
	g_autoptr(call_half) offer = rig_half(CALL_CALLER, "uA", one);
	g_autoptr(call_half) answer = rig_half(CALL_CALLEE, "uB", two);
	rig g;

	rig_init(&g, NULL);
	add_line(offer, 0, "203.0.113.9:50000", 96, false);
	add_line(offer, 1, "203.0.113.9:50002", 0, true);
	add_line(answer, 0, "203.0.113.9:50010", 96, false);
	add_line(answer, 1, "203.0.113.9:50010", 0, true);
	add_line(answer, 2, "203.0.113.9:50020", 8, false);
	relay_arm(g.tap, "a", offer, clk_from_wall(0));
	relay_arm(g.tap, "a", answer, clk_from_wall(0));
	typed(&g, "10.0.0.1:4000", "203.0.113.9:50010", 0, 1);
	g_assert_cmpuint(g.pkts->len, ==, 1);
	g_assert_cmpuint(last(&g)->p.media, ==, 1);
	typed(&g, "10.0.0.2:5000", "203.0.113.9:50000", 128 | 0, 2);
	g_assert_cmpuint(g.pkts->len, ==, 2);
	g_assert_cmpuint(last(&g)->p.media, ==, 1);
	g_assert_cmpuint(last(&g)->p.side, ==, CALL_CALLEE);
	typed(&g, "10.0.0.1:4000", "203.0.113.9:50010", 96, 3);
	g_assert_cmpuint(g.pkts->len, ==, 2);
	g_assert_cmpuint(relay_count(g.tap, RELAY_NOT_RECORDED), ==, 1);
	/* A type that nobody named, and a report, may be the audio's. */
	typed(&g, "10.0.0.1:4000", "203.0.113.9:50010", 97, 4);
	typed(&g, "10.0.0.1:4000", "203.0.113.9:50010", 200, 5);
	g_assert_cmpuint(g.pkts->len, ==, 4);
	g_assert_cmpuint(last(&g)->p.media, ==, 255);
	/* The third line has a transport of its own. */
	typed(&g, "10.0.0.9:6000", "203.0.113.9:50020", 0, 6);
	g_assert_cmpuint(g.pkts->len, ==, 4);
	rig_clear(&g);
}

/* Of a call of which nothing is recorded any more no line is, also not an
 * unknown. */
static void test_shared_unrecorded(void)
{
	const char *one[] = {"203.0.113.9:50000 10.0.0.1:4000", NULL};
	g_autoptr(call_half) h = rig_half(CALL_CALLER, "uA", one);
	rig g;

	rig_init(&g, NULL);
	add_line(h, 0, "203.0.113.9:50000", 96, false);
	add_line(h, 1, "203.0.113.9:50000", 0, true);
	relay_arm(g.tap, "a", h, clk_from_wall(0));
	CALL_MEDIA(h, 1)->record = false;
	relay_arm(g.tap, "a", h, clk_from_wall(0));
	typed(&g, "10.0.0.1:4000", "203.0.113.9:50010", 97, 4);
	typed(&g, "10.0.0.1:4000", "203.0.113.9:50010", 200, 5);
	g_assert_cmpuint(g.pkts->len, ==, 0);
	g_assert_cmpuint(relay_count(g.tap, RELAY_NOT_RECORDED), ==, 2);
	rig_clear(&g);
}

/* What a call claims again is no news, unless it claims it more strongly. */
static void test_claimed_again(void)
{
	relay_claims *c = relay_claims_new(never_ended);
	const net_addr a = rig_addr("192.0.2.1:5000");
	relay_claim what = {.call = (relay_call *)(void *)&a, .side = 0,
			    .media = 1, .rank = RELAY_RANK_PEER};
	const relay_claim *top;

	g_assert_true(relay_claims_add_addr(c, &a, &what));
	g_assert_false(relay_claims_add_addr(c, &a, &what));
	what.rank = RELAY_RANK_SDP;
	g_assert_false(relay_claims_add_addr(c, &a, &what));
	what.side = 1;
	g_assert_true(relay_claims_add_addr(c, &a, &what));
	g_assert_false(relay_claims_add_addr(c, &a, &what));
	what.media = 2;
	g_assert_true(relay_claims_add_addr(c, &a, &what));
	what.rank = RELAY_RANK_RADDR;
	g_assert_true(relay_claims_add_addr(c, &a, &what));
	top = relay_claims_addr(c, &a);
	g_assert_cmpuint(top->side, ==, 1);
	g_assert_cmpuint(top->media, ==, 2);
	relay_claims_drop(c, what.call);
	g_assert_null(relay_claims_addr(c, &a));
	relay_claims_free(c);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/relay/match/reasons", test_reasons);
	g_test_add_func("/relay/match/ufrag_wins", test_ufrag_wins);
	g_test_add_func("/relay/match/reused_port", test_reused_port);
	g_test_add_func("/relay/match/reused-checked", test_reused_checked);
	g_test_add_func("/relay/match/moved-path", test_moved_path);
	g_test_add_func("/relay/match/held-order", test_held_order);
	g_test_add_func("/relay/match/learnt-later", test_learnt_later);
	g_test_add_func("/relay/match/learnt-most", test_learnt_most);
	g_test_add_func("/relay/match/allocation", test_allocation);
	g_test_add_func("/relay/match/nat", test_nat);
	g_test_add_func("/relay/match/peers", test_peers);
	g_test_add_func("/relay/match/one-party", test_one_party);
	g_test_add_func("/relay/match/no-ice", test_no_ice);
	g_test_add_func("/relay/match/checked-stays", test_checked_stays);
	g_test_add_func("/relay/match/ssrc", test_ssrc);
	g_test_add_func("/relay/match/half_known", test_half_known);
	g_test_add_func("/relay/match/many_paths", test_many_paths);
	g_test_add_func("/relay/match/ssrc-claims", test_ssrc_claims);
	g_test_add_func("/relay/match/shared", test_shared);
	g_test_add_func("/relay/match/claimed-again", test_claimed_again);
	g_test_add_func("/relay/match/shared-unrecorded",
			test_shared_unrecorded);
	return g_test_run();
}
