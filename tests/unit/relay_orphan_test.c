/* Media that no call claims: reported, kept if configured, and given to a call
 * that is described later. */
#include "tests/support/cost.h"
#include "tests/support/relay_rig.h"

/* Nobody ever describes it. */
static void test_orphan(void)
{
	mkcall m = mkcall_of("path channel\npackets 700\nchecks 0\nrtcp 0\n");
	const relay_orphan *o;
	rig g;

	rig_init(&g, NULL);
	mkcall_run(&m, rig_give, &g);
	relay_tick(g.tap, clk_from_wall(1700000030 * CLK_NS_PER_S));
	rig_check_sums(&g);
	g_assert_cmpuint(g.pkts->len, ==, 0);
	g_assert_cmpuint(g.orphans->len, ==, 6);
	o = &g_array_index(g.orphans, relay_orphan, 0);
	g_assert_true(o->ssrc == mkcall_ssrc(0, CALL_CALLER) ||
		      o->ssrc == mkcall_ssrc(0, CALL_CALLEE));
	g_assert_cmpuint(relay_count(g.tap, RELAY_EXPIRED), ==,
			 relay_count(g.tap, RELAY_HELD));
	rig_clear(&g);
}

static unsigned packets_of(const rig *g, const char *prefix)
{
	unsigned n = 0;

	for (guint i = 0; i < g->pkts->len; i++) {
		const rig_pkt *p = g_ptr_array_index(g->pkts, i);

		n += g_str_has_prefix(p->call, prefix);
	}
	return n;
}

/* Kept from the first packet on, each once, in a journal without a session. */
static void test_orphan_kept(void)
{
	mkcall m = mkcall_of("path channel\npackets 700\nchecks 0\nrtcp 0\n");
	relay_config conf;
	rig g;

	relay_config_init(&conf);
	conf.keep_orphans = true;
	rig_init(&g, &conf);
	mkcall_run(&m, rig_give, &g);
	rig_check_sums(&g);
	g_assert_cmpuint(g.orphans->len, ==, 6);
	for (int side = 0; side < 2; side++)
		g_assert_cmpuint(rig_count_any(&g, mkcall_ssrc(0,
					(call_side)side)), ==, 700);
	g_assert_cmpuint(packets_of(&g, "orphans-20231114T2213"), ==,
			 g.pkts->len);
	g_assert_cmpuint(relay_count(g.tap, RELAY_EXPIRED), ==, 0);
	g_assert_cmpuint(g.closed, ==, 0);
	/* All paths fall silent: the journal ends. */
	for (int s = 20; s < 80; s++)
		relay_tick(g.tap, clk_from_wall((1700000000 + s) *
						CLK_NS_PER_S));
	g_assert_cmpuint(g.opened, ==, 1);
	g_assert_cmpuint(g.closed, ==, 1);
	rig_clear(&g);
}

/* Capture is stopped while nobody has claimed them yet: they are kept, too. */
static void test_orphan_at_end(void)
{
	mkcall m = mkcall_of("path channel\npackets 100\nchecks 0\nrtcp 0\n");
	clk_both end = clk_from_wall(1700000002 * CLK_NS_PER_S);
	relay_config conf;

	for (int keep = 0; keep < 2; keep++) {
		rig g;

		relay_config_init(&conf);
		conf.keep_orphans = keep;
		rig_init(&g, &conf);
		mkcall_run(&m, rig_give, &g);
		g_assert_cmpuint(g.pkts->len, ==, 0);
		relay_close(g.tap, end);
		rig_check_sums(&g);
		g_assert_cmpuint(packets_of(&g, "orphans-20231114T2213"), ==,
				 keep ? 200 : 0);
		g_assert_cmpuint(g.pkts->len, ==, keep ? 200 : 0);
		/* Nothing waits: each was written, a copy, or has expired. */
		g_assert_cmpuint(relay_count(g.tap, RELAY_HELD), ==,
				 relay_count(g.tap, RELAY_LATE_STORED) +
				 relay_count(g.tap, RELAY_LATE_DUPLICATE) +
				 relay_count(g.tap, RELAY_EXPIRED));
		g_assert_true((relay_count(g.tap, RELAY_EXPIRED) == 0) ==
			      (keep != 0));
		g_assert_cmpuint(g.orphans->len, ==, 0);
		rig_clear(&g);
	}
}

static double cost_of_keeping(unsigned calls)
{
	g_autofree char *text = g_strdup_printf(
		"path channel\ncalls %u\npackets 25\nchecks 0\nrtcp 0\n",
		calls);
	const clk_both end = clk_from_wall(1700000002 * CLK_NS_PER_S);
	mkcall m = mkcall_of(text);
	relay_config conf;
	double before;
	rig g;

	relay_config_init(&conf);
	conf.keep_orphans = true;
	conf.preroll_bytes = 256 << 20;
	rig_init(&g, &conf);
	mkcall_run(&m, rig_give, &g);
	before = cost_cpu_ns();
	relay_close(g.tap, end);
	before = cost_cpu_ns() - before;
	g_assert_cmpuint(packets_of(&g, "orphans-"), ==, calls * 50);
	rig_clear(&g);
	return before;
}

/* Of many paths that are kept at once each packet costs what it costs of few.
 */
static void test_orphans_many(void)
{
	const double few = cost_of_keeping(50) / 50;

	g_assert_cmpfloat(cost_of_keeping(1000) / 1000, <, 6 * few);
}

typedef struct late_arm {
	rig *g;
	const mkcall *m;
	int64_t when;
} late_arm;

static void give_until_armed(void *user, int link, span frame, int64_t ns)
{
	late_arm *l = user;

	if (l->when && ns >= l->when) {
		rig_arm_all(l->g->tap, l->m, clk_from_wall(ns));
		l->when = 0;
	}
	rig_give(l->g, link, frame, ns);
}

/* A call that is described after that takes its paths with it: every packet is
 * kept, in one place or the other. */
static void test_orphan_claimed(void)
{
	mkcall m = mkcall_of("path channel\npackets 1000\nchecks 0\nrtcp 0\n");
	relay_config conf;
	late_arm l;
	rig g;

	relay_config_init(&conf);
	conf.keep_orphans = true;
	rig_init(&g, &conf);
	l = (late_arm){&g, &m, 1700000015 * CLK_NS_PER_S};
	mkcall_run(&m, give_until_armed, &l);
	rig_check_sums(&g);
	g_assert_cmpuint(packets_of(&g, "orphans-"), >, 1400);
	g_assert_cmpuint(packets_of(&g, "call-0"), >, 450);
	g_assert_cmpuint(packets_of(&g, "orphans-") + packets_of(&g, "call-0"),
			 >=, 2000);
	g_assert_cmpuint(g.pkts->len, <=, 2000 + 3);
	rig_clear(&g);
}

/* The round that looks after the orphans' journal leaves calls alone, however
 * long they have been described and silent. */
static void test_orphans_only(void)
{
	mkcall m = mkcall_of("packets 1\n");
	relay_config conf;
	rig g;

	relay_config_init(&conf);
	conf.keep_orphans = true;
	rig_init(&g, &conf);
	rig_arm_all(g.tap, &m, clk_from_wall(0));
	rig_let_pass(&g, (clk_mono){4000 * CLK_NS_PER_S}, 0, 100);
	g_assert_cmpuint(g.closed, ==, 0);
	rig_clear(&g);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/relay/orphan/told", test_orphan);
	g_test_add_func("/relay/orphan/kept", test_orphan_kept);
	g_test_add_func("/relay/orphan/claimed", test_orphan_claimed);
	g_test_add_func("/relay/orphan/at_end", test_orphan_at_end);
	g_test_add_func("/relay/orphan/many", test_orphans_many);
	g_test_add_func("/relay/orphan/only", test_orphans_only);
	return g_test_run();
}
