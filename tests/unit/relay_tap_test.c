/* Whole calls through the tap: every packet once, sides right, nothing lost
 * from the account. */
#include "tests/support/relay_rig.h"

static void check_all(const rig *g, const mkcall *m)
{
	rig_check_sums(g);
	for (unsigned c = 0; c < m->calls; c++)
		for (int side = 0; side < 2; side++)
			g_assert_cmpuint(
				rig_count(g, mkcall_ssrc(c, (call_side)side),
					  (call_side)side), ==,
				mkcall_expected(m, c, (call_side)side));
}

static void test_text(gconstpointer text)
{
	mkcall m = mkcall_of(text);
	rig g;

	rig_init(&g, NULL);
	rig_arm_all(g.tap, &m, clk_from_wall(0));
	mkcall_run(&m, rig_give, &g);
	check_all(&g, &m);
	g_assert_cmpuint(relay_count(g.tap, RELAY_BAD_FRAME), ==, 0);
	g_assert_cmpuint(relay_count(g.tap, RELAY_BAD_TURN), ==, 0);
	g_assert_cmpuint(relay_count(g.tap, RELAY_HELD), ==, 0);
	rig_clear(&g);
}

/* The description comes two seconds after the media. */
static void test_late(void)
{
	mkcall m = mkcall_of("path mix\ncalls 8\npackets 100\nchecks 0\n");
	clk_both late = clk_from_wall(1700000002 * CLK_NS_PER_S);
	rig g;

	rig_init(&g, NULL);
	mkcall_run(&m, rig_give, &g);
	g_assert_cmpuint(g.pkts->len, ==, 0);
	rig_arm_all(g.tap, &m, late);
	check_all(&g, &m);
	for (guint i = 1; i < g.pkts->len; i++) {
		const rig_pkt *a = g_ptr_array_index(g.pkts, i - 1);
		const rig_pkt *b = g_ptr_array_index(g.pkts, i);

		/* In order of capture within each call. */
		if (!strcmp(a->call, b->call))
			g_assert_cmpint(a->p.at.mono.ns, <, b->p.at.mono.ns);
	}
	rig_clear(&g);
}

/* A disarmed call takes its media for the grace time, then no more. */
static void test_grace(void)
{
	mkcall m = mkcall_of("packets 500\nchecks 0\nrtcp 0\n");
	relay_config conf;
	rig g;

	relay_config_init(&conf);
	conf.grace_ns = CLK_NS_PER_S;
	rig_init(&g, &conf);
	rig_arm_all(g.tap, &m, clk_from_wall(0));
	relay_disarm(g.tap, "call-0",
		     clk_from_wall(1700000000 * CLK_NS_PER_S));
	mkcall_run(&m, rig_give, &g);
	check_all(&g, &m);
	g_assert_cmpuint(g.closed, ==, 0);
	relay_tick(g.tap, clk_from_wall(1700000012 * CLK_NS_PER_S));
	g_assert_cmpuint(g.closed, ==, 1);
	/* One record per path, with all counts. */
	g_assert_cmpuint(g.flows->len, >=, 6);
	mkcall_run(&m, rig_give, &g);
	g_assert_cmpuint(g.pkts->len, ==, 1000);
	rig_clear(&g);
}

/* What came along each path is told as soon as the call has ended, long before
 * it is closed. */
static void test_told(void)
{
	mkcall m = mkcall_of("packets 30\nchecks 0\n");
	clk_both end = clk_from_wall(1700000001 * CLK_NS_PER_S);
	uint64_t stored[16] = {0}, sum = 0;
	guint n;
	rig g;

	rig_init(&g, NULL);
	rig_arm_all(g.tap, &m, clk_from_wall(0));
	mkcall_run(&m, rig_give, &g);
	relay_disarm(g.tap, "call-0", end);
	relay_tick(g.tap, end);
	g_assert_cmpuint(g.closed, ==, 0);
	for (guint i = 0; i < g.flows->len; i++) {
		const rec_flow *f = &g_array_index(g.flows, rec_flow, i);

		g_assert_cmpuint(f->flow, <, G_N_ELEMENTS(stored));
		stored[f->flow] = f->stored;
	}
	for (size_t i = 0; i < G_N_ELEMENTS(stored); i++)
		sum += stored[i];
	g_assert_cmpuint(sum, >=, 60);
	g_assert_cmpuint(sum, ==, g.pkts->len);
	/* Once: nothing more has come. */
	n = g.flows->len;
	relay_tick(g.tap, clk_from_wall(1700000002 * CLK_NS_PER_S));
	g_assert_cmpuint(g.flows->len, ==, n);
	rig_clear(&g);
}

typedef struct torn {
	rig *g;
	unsigned n;
} torn;

/* Every eleventh frame is missing; they come by two interfaces in turn. */
static void give_torn(void *user, int link, span frame, int64_t ns)
{
	torn *t = user;

	if (++t->n % 11 == 5)
		return;
	relay_from(t->g->tap, t->n % 11 < 5 ? 2 : 7);
	rig_give(t->g, link, frame, ns);
}

/* Half an IP header. */
static void give_broken(rig *g)
{
	relay_frame(g->tap, 101, span_of("\x45\0\0\x30", 4),
		    clk_from_wall(0));
}

/* Path and loss of a call: which copies of its packets came where, and what
 * else was on the relay meanwhile. */
static void test_tally(void)
{
	mkcall m = mkcall_of("path channel\npackets 600\nchecks 0\nrtcp 0\n");
	mkcall other = mkcall_of("path channel\ncalls 2\npackets 600\n"
				 "checks 0\nrtcp 0\n");
	mkcall gaps = mkcall_of("path tcp\nip 6\npackets 50\nchecks 0\n"
				"rtcp 0\n");
	mkcall pieces = mkcall_of("path msraw\nip 6\nmtu 64\npackets 50\n"
				  "checks 0\nrtcp 0\n");
	const rec_tally *t;
	rig g;
	torn t1 = {.g = &g}, t2 = {.g = &g};

	rig_init(&g, NULL);
	give_broken(&g);	/* before the call: none of its business */
	rig_arm_all(g.tap, &m, clk_from_wall(0));
	give_broken(&g);
	mkcall_run(&other, rig_give, &g);
	mkcall_run(&gaps, give_torn, &t1);
	mkcall_run(&pieces, give_torn, &t2);
	give_broken(&g);
	relay_tick(g.tap, clk_from_wall(1700000100 * CLK_NS_PER_S));
	relay_disarm(g.tap, "call-0", clk_from_wall(1700000100 * CLK_NS_PER_S));
	relay_tick(g.tap, clk_from_wall(1700000200 * CLK_NS_PER_S));
	g_assert_cmpuint(g.closed, ==, 1);
	t = &g.done;
	g_assert_cmpuint(t->stored, ==, 1200);
	g_assert_cmpuint(t->frames, ==,
			 relay_count(g.tap, RELAY_FRAMES) - 1);
	g_assert_cmpuint(t->malformed, ==, 2);
	g_assert_cmpuint(t->tcp_gaps, >, 0);
	g_assert_cmpuint(t->tcp_gaps, ==, relay_count(g.tap, RELAY_TCP_GAPS));
	g_assert_cmpuint(t->fragments_lost, >, 0);
	g_assert_cmpuint(t->fragments_lost, ==,
			 relay_count(g.tap, RELAY_FRAGMENTS_LOST));
	/* Nobody wanted the second call: all its legs. */
	g_assert_cmpuint(t->unclaimed, ==, relay_count(g.tap, RELAY_EXPIRED));
	g_assert_cmpuint(t->unclaimed, >=, 1200);
	g_assert_cmpuint(t->copies[PKT_LEG_TO_CLIENT], ==, 1200);
	g_assert_cmpuint(t->copies[PKT_LEG_FROM_CLIENT], ==, 0);
	g_assert_cmpuint(t->late, ==, 0);
	rig_clear(&g);
}

/* A call that ended, but nobody told: the journal shows that capture was there
 * for a while, each second, but is not written to for ever. */
static void test_quiet(void)
{
	mkcall m = mkcall_of("path channel\npackets 50\nchecks 0\nrtcp 0\n");
	const rig_pkt *newest;
	unsigned before;
	clk_mono last;
	rig g;

	rig_init(&g, NULL);
	rig_arm_all(g.tap, &m, clk_from_wall(0));
	mkcall_run(&m, rig_give, &g);
	g_assert_cmpuint(g.pkts->len, ==, 100);
	newest = g_ptr_array_index(g.pkts, 99);
	last = newest->p.at.mono;
	rig_let_pass(&g, last, 1, 1);
	before = g.tallies;
	rig_let_pass(&g, last, 2, 9);
	g_assert_cmpuint(g.tallies, ==, before);
	rig_let_pass(&g, last, 10, 14);
	g_assert_cmpuint(g.tallies, ==, before + 1);
	g_assert_cmpint(clk_since(g.told, last), >=, CLK_NS_PER_S);
	rig_let_pass(&g, last, 15, 300);
	/* A copy of the newest one came a little later. */
	g_assert_cmpuint(g.tallies, >=, before + 9);
	g_assert_cmpuint(g.tallies, <=, before + 10);
	g_assert_cmpint(clk_since(g.told, last), >=, 9 * CLK_NS_PER_S);
	g_assert_cmpint(clk_since(g.told, last), <=, 10 * CLK_NS_PER_S);
	rig_clear(&g);
}

/* A call of which nothing was heard has nothing to prove. */
static void test_unheard(void)
{
	mkcall m = mkcall_of("packets 1\n");
	rig g;

	rig_init(&g, NULL);
	rig_arm_all(g.tap, &m, clk_from_wall(0));
	rig_let_pass(&g, clk_from_wall(0).mono, 0, 300);
	g_assert_cmpuint(g.tallies, ==, 0);
	rig_clear(&g);
}

/* Claimed but not to be recorded: thrown away, and no orphan. */
static void test_not_recorded(void)
{
	mkcall m = mkcall_of("packets 600\n");
	rig g;

	rig_init(&g, NULL);
	for (int side = 0; side < 2; side++) {
		g_autoptr(call_half) h = mkcall_half(&m, 0, (call_side)side);

		CALL_MEDIA(h, 0)->record = false;
		relay_arm(g.tap, "call-0", h, clk_from_wall(0));
	}
	mkcall_run(&m, rig_give, &g);
	relay_tick(g.tap, clk_from_wall(1700000100 * CLK_NS_PER_S));
	rig_check_sums(&g);
	g_assert_cmpuint(g.pkts->len, ==, 0);
	g_assert_cmpuint(g.orphans->len, ==, 0);
	g_assert_cmpuint(relay_count(g.tap, RELAY_NOT_RECORDED), ==,
			 3 * 2 * (600 + 12));
	rig_clear(&g);
}

typedef struct stalled {
	rig *g;
	unsigned n, lost;
} stalled;

/* One frame is missing, close to the end. */
static void give_stalled(void *user, int link, span frame, int64_t ns)
{
	stalled *s = user;

	if (++s->n != s->lost)
		rig_give(s->g, link, frame, ns);
}

/* Nothing comes any more behind a segment that is missing: what was captured
 * behind it goes on all the same, after a while or when capture ends. */
static void test_stalled(void)
{
	mkcall m = mkcall_of("path tcp\npackets 50\nchecks 0\nrtcp 0\n");
	const clk_both end = clk_from_wall(1700000001 * CLK_NS_PER_S +
					   700 * CLK_NS_PER_MS);

	for (int close = 0; close < 2; close++) {
		stalled s = {.lost = 280};
		rig g;

		rig_init(&g, NULL);
		rig_arm_all(g.tap, &m, clk_from_wall(0));
		s.g = &g;
		mkcall_run(&m, give_stalled, &s);
		/* Two of the three legs of 100 packets are TCP. */
		g_assert_cmpuint(s.n, ==, 300);
		g_assert_cmpuint(relay_count(g.tap, RELAY_TCP_MESSAGES), <,
				 199);
		if (close)
			relay_close(g.tap, end);
		else
			relay_tick(g.tap, end);
		g_assert_cmpuint(relay_count(g.tap, RELAY_TCP_MESSAGES), ==,
				 199);
		g_assert_cmpuint(relay_count(g.tap, RELAY_TCP_GAPS), ==, 1);
		rig_clear(&g);
	}
}

/* Of each interface: what its frames became, and where a gap was noticed. */
static void test_interfaces(void)
{
	mkcall m = mkcall_of("path tcp\npackets 600\nchecks 0\nrtcp 0\n");
	rig g;
	torn t = {.g = &g};
	uint64_t stored = 0, gaps = 0;

	rig_init(&g, NULL);
	rig_arm_all(g.tap, &m, clk_from_wall(0));
	mkcall_run(&m, give_torn, &t);
	rig_check_sums(&g);
	for (unsigned i = 0; i < RELAY_IFACES_MAX; i++) {
		const bool used = i == 2 || i == 7;

		g_assert_true((relay_count_from(g.tap, i, RELAY_FRAMES) > 0) ==
			      used);
		g_assert_true((relay_count_from(g.tap, i, RELAY_TCP_GAPS) > 0)
			      == used);
		stored += relay_count_from(g.tap, i, RELAY_TCP_STORED) +
			  relay_count_from(g.tap, i, RELAY_STORED);
		gaps += relay_count_from(g.tap, i, RELAY_TCP_GAPS);
	}
	g_assert_cmpuint(stored, ==, g.pkts->len);
	g_assert_cmpuint(gaps, ==, relay_count(g.tap, RELAY_TCP_GAPS));
	for (guint i = 0; i < g.pkts->len; i++) {
		const rig_pkt *p = g_ptr_array_index(g.pkts, i);

		g_assert_true(p->p.iface == 2 || p->p.iface == 7);
	}
	rig_clear(&g);
}

/* A flood from other addresses to a relayed one: the call's paths are bounded
 * and its own packets are all there. */
static void test_flood(void)
{
	mkcall m = mkcall_of("packets 50\nchecks 0\nrtcp 0\n"), f;
	relay_config conf;
	rig g;

	relay_config_init(&conf);
	conf.flows = 400;
	rig_init(&g, &conf);
	rig_arm_all(g.tap, &m, clk_from_wall(0));
	/* Strangers, each with paths of its own. */
	f = mkcall_of("calls 2000\npackets 2\nchecks 0\nrtcp 0\nseed 9\n"
		      "path host\nip 6\n");
	mkcall_run(&f, rig_give, &g);
	mkcall_run(&m, rig_give, &g);
	check_all(&g, &m);
	g_assert_cmpuint(relay_count(g.tap, RELAY_FLOWS_EVICTED), >, 0);
	rig_clear(&g);
}

/* A stream's first and last segments carry nothing. */
static void test_bare_segments(void)
{
	static const uint8_t flags[] = {0x02, 0x10, 0x11, 0x04};
	rig g;

	rig_init(&g, NULL);
	for (size_t i = 0; i < sizeof(flags); i++) {
		uint8_t f[40] = {0x45, 0, 0, 40, [9] = 6, [12] = 10, 0, 0, 1,
				 10, 0, 0, 2, 0x90, 0, 1, 0xbb, [32] = 0x50,
				 flags[i]};

		relay_frame(g.tap, 101, span_of(f, sizeof(f)),
			    clk_from_wall((int64_t)i));
	}
	g_assert_cmpuint(relay_count(g.tap, RELAY_SEGMENT), ==, 4);
	g_assert_cmpuint(relay_count(g.tap, RELAY_TCP_MESSAGES), ==, 0);
	rig_check_sums(&g);
	rig_clear(&g);
}

/* UDP and TCP headers that are cut. */
static void test_cut_heads(void)
{
	rig g;

	rig_init(&g, NULL);
	for (uint8_t proto = 6; proto <= 17; proto += 11) {
		uint8_t f[24] = {0x45, 0, 0, 24, [9] = proto, [12] = 10, 0, 0,
				 1, 10, 0, 0, 2, 1, 0, 1, 0xbb};

		relay_frame(g.tap, 101, span_of(f, sizeof(f)),
			    clk_from_wall(0));
	}
	g_assert_cmpuint(relay_count(g.tap, RELAY_BAD_FRAME), ==, 2);
	rig_check_sums(&g);
	rig_clear(&g);
}

int main(int argc, char **argv)
{
	static const char *const paths[] = {
		"channel", "indication", "msturn", "msraw", "host", "plain",
		"tcp", "mstcp", "mix"};
	static const char *const links[] = {
		"ethernet", "vlan", "qinq", "sll", "sll2", "raw", "null",
		"gre", "erspan1", "erspan2", "erspan3", "vxlan", "geneve",
		"tzsp"};

	g_test_init(&argc, &argv, NULL);
	for (size_t i = 0; i < G_N_ELEMENTS(paths); i++)
		for (int ip = 4; ip <= 6; ip += 2) {
			g_autofree char *name = g_strdup_printf(
				"/relay/tap/path/%s/%d", paths[i], ip);

			g_test_add_data_func_full(
				name,
				g_strdup_printf("path %s\nip %d\ncalls 9\n"
						"loss 3\nchecks %d\n",
						paths[i], ip, ip),
				test_text, g_free);
		}
	for (size_t i = 0; i < G_N_ELEMENTS(links); i++) {
		g_autofree char *name =
			g_strdup_printf("/relay/tap/link/%s", links[i]);

		g_test_add_data_func_full(
			name,
			g_strdup_printf("link %s\npath mix\ncalls 8\n"
					"packets 20\n", links[i]),
			test_text, g_free);
	}
	g_test_add_data_func("/relay/tap/fragments/4",
			     "mtu 64\npath mix\ncalls 8\n", test_text);
	g_test_add_data_func("/relay/tap/fragments/6",
			     "mtu 64\nip 6\npath mix\ncalls 8\n", test_text);
	g_test_add_func("/relay/tap/late", test_late);
	g_test_add_func("/relay/tap/grace", test_grace);
	g_test_add_func("/relay/tap/told", test_told);
	g_test_add_func("/relay/tap/tally", test_tally);
	g_test_add_func("/relay/tap/quiet", test_quiet);
	g_test_add_func("/relay/tap/unheard", test_unheard);
	g_test_add_func("/relay/tap/not_recorded", test_not_recorded);
	g_test_add_func("/relay/tap/interfaces", test_interfaces);
	g_test_add_func("/relay/tap/stalled", test_stalled);
	g_test_add_func("/relay/tap/flood", test_flood);
	g_test_add_func("/relay/tap/bare-segments", test_bare_segments);
	g_test_add_func("/relay/tap/cut-heads", test_cut_heads);
	return g_test_run();
}
