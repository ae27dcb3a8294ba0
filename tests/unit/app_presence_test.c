/* When no tap listened. */
#include "app/presence.h"

#include <glib/gstdio.h>

#include "core/span.h"

typedef struct place {
	char *dir, *path;
} place;

static void place_open(place *p, gconstpointer data)
{
	(void)data;
	p->dir = g_dir_make_tmp("edgetape-presence-XXXXXX", NULL);
	p->path = g_build_filename(p->dir, "tap.seen", NULL);
}

static void place_close(place *p, gconstpointer data)
{
	(void)data;
	g_unlink(p->path);
	g_assert_cmpint(g_rmdir(p->dir), ==, 0);
	g_free(p->path);
	g_free(p->dir);
}

static clk_both at_s(double s)
{
	const int64_t ns = (int64_t)(s * CLK_NS_PER_S);

	return (clk_both){{ns}, {1700000000 * CLK_NS_PER_S + ns}};
}

/* Another boot has another monotonic clock. */
static clk_both after_boot(double s)
{
	clk_both at = at_s(s);

	at.mono.ns = 7;
	return at;
}

static bool opens(const place *p, clk_both now, presence_gap *gap,
		  unsigned beats)
{
	bool away;
	g_autoptr(presence) s = presence_open(p->path, now, &away, gap);

	for (unsigned i = 1; i <= beats; i++) {
		presence_gap hung;

		now.mono.ns += CLK_NS_PER_S;
		now.wall.ns += CLK_NS_PER_S;
		g_assert_false(presence_beat(s, now, &hung));
	}
	return away;
}

static void first(place *p, gconstpointer data)
{
	presence_gap gap;

	(void)data;
	g_assert_false(opens(p, at_s(100), &gap, 0));
}

/* From the last sign of life of the one before, however it ended. */
static void next(place *p, gconstpointer data)
{
	presence_gap gap;

	(void)data;
	g_assert_false(opens(p, at_s(100), &gap, 20));
	g_assert_true(opens(p, after_boot(4000), &gap, 5));
	g_assert_cmpint(gap.from.ns, ==, at_s(120).wall.ns);
	g_assert_cmpint(gap.to.ns, ==, at_s(4000).wall.ns);
	g_assert_false(gap.hung);
	g_assert_true(opens(p, at_s(4005.5), &gap, 0));
	g_assert_cmpint(gap.from.ns, ==, at_s(4005).wall.ns);
}

static void hung(place *p, gconstpointer data)
{
	presence_gap gap;
	bool away;
	g_autoptr(presence) s = presence_open(p->path, at_s(100), &away, &gap);

	(void)data;
	g_assert_false(presence_beat(s, at_s(101), &gap));
	g_assert_false(presence_beat(s, at_s(104), &gap));
	g_assert_true(presence_beat(s, at_s(111), &gap));
	g_assert_cmpint(gap.from.ns, ==, at_s(104).wall.ns);
	g_assert_cmpint(gap.to.ns, ==, at_s(111).wall.ns);
	g_assert_true(gap.hung);
	g_assert_false(presence_beat(s, at_s(112), &gap));
}

/* A file of something else, and a clock that was set back. */
static void unknown(place *p, gconstpointer data)
{
	static const char *const bad[] = {"", "17\n", "not a number of ns--\n"};
	presence_gap gap;

	(void)data;
	for (gsize i = 0; i < G_N_ELEMENTS(bad); i++) {
		g_assert_true(g_file_set_contents(p->path, bad[i], -1, NULL));
		g_assert_false(opens(p, at_s(100), &gap, 0));
	}
	g_assert_false(opens(p, at_s(99), &gap, 0));
	g_assert_true(opens(p, at_s(101), &gap, 0));
	g_assert_cmpint(gap.from.ns, ==, at_s(99).wall.ns);
}

#define ADD(test) g_test_add("/app/presence/" #test, place, NULL, place_open, \
			     test, place_close)

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	ADD(first);
	ADD(next);
	ADD(hung);
	ADD(unknown);
	return g_test_run();
}
