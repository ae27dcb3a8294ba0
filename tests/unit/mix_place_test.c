/* The line through the least delayed packets, against clocks and networks of
 * known badness. Errors are at the end of the call, against where a packet
 * without any queueing would have come. */
#include "mixer/place.h"

#include <glib.h>
#include <math.h>

#include "core/clock.h"
#include "tests/support/mixkit.h"

enum { PACKET_MS = 20, BASE_MS = 37 };

typedef struct link_case {
	const char *name;
	double minutes;
	double ppm;		/* of the sender's clock */
	double jitter_ms;	/* mean of exponential jitter */
	double step_ms;		/* the route gets longer in mid-call */
	bool reports;
	double limit_ms;	/* error allowed at the end */
} link_case;

static const link_case cases[] = {
	{"ten_minutes_100ppm", 10, 100, 8, 0, false, 1},
	{"ten_minutes_minus_100ppm", 10, -100, 8, 0, false, 1},
	{"hour_100ppm", 60, 100, 8, 0, false, 1},
	{"hour_20ppm", 60, 20, 10, 0, false, 1},
	{"hour_0ppm_60ms", 60, 0, 60, 0, false, 5},
	{"hour_100ppm_60ms", 60, 100, 60, 0, false, 5},
	{"ten_minutes_200ppm", 10, 200, 20, 0, false, 5},
	{"route_step", 10, 100, 8, 40, false, 5},
	{"route_step_back", 10, 100, 8, -30, false, 5},
	{"route_step_reports", 10, 100, 8, 40, true, 5},
	{"hour_100ppm_reports", 60, 100, 8, 0, true, 1},
	{"one_minute", 1, 100, 8, 0, false, 1.5},
};

static double jitter_ms(mixkit_dice *d, double mean)
{
	double j = -mean * log(1 - mixkit_roll(d));

	/* One packet in 200 hits a queue. */
	return mixkit_roll(d) < 0.005 ? j + 150 * mixkit_roll(d) : j;
}

static int64_t ns_of_ms(double ms)
{
	return llrint(ms * CLK_NS_PER_MS);
}

/* True time, in ms, at which the sender's clock shows `ms`. */
static double true_ms(const link_case *c, double ms)
{
	return ms / (1 + c->ppm * 1e-6);
}

static double end_error_ms(const link_case *c, mix_place *p)
{
	int64_t packets = (int64_t)(c->minutes * 60000 / PACKET_MS);
	mixkit_dice d = {42};
	double base = BASE_MS, end = 0;

	for (int64_t i = 1; i <= packets; i++) {
		end = (double)i * PACKET_MS;
		if (i == packets / 2)
			base += c->step_ms;
		mix_place_packet(p, ns_of_ms(end),
				 ns_of_ms(true_ms(c, end) + base +
					  jitter_ms(&d, c->jitter_ms)));
		/* A sender whose wall clock is right but for 5 ms. */
		if (c->reports && i % 250 == 0)
			mix_place_report(p, ns_of_ms(end), (uint64_t)(
				(true_ms(c, end) / 1000 + 1e6 +
				 0.005 * mixkit_roll(&d)) * 4294967296.0));
	}
	return (double)mix_place_at(p, ns_of_ms(end)) / CLK_NS_PER_MS -
	       true_ms(c, end) - BASE_MS;
}

static void at_the_end(gconstpointer data)
{
	const link_case *c = data;
	mix_place p = {0};
	double error = end_error_ms(c, &p);

	g_test_message("%s: %+.3f ms, slope %+.2f ppm", c->name, error,
		       p.slope * 1e6);
	g_assert_cmpfloat(fabs(error), <=, c->limit_ms);
}

/* The first packet is 80 ms late: it must not be the one that counts. */
static void first_is_late(void)
{
	mix_place p = {0};

	mix_place_packet(&p, ns_of_ms(20), ns_of_ms(20 + BASE_MS + 80));
	for (int i = 2; i < 50; i++)
		mix_place_packet(&p, ns_of_ms(20 * i),
				 ns_of_ms(20 * i + BASE_MS + i % 7));
	g_assert_cmpint(mix_place_at(&p, 0), ==, ns_of_ms(BASE_MS));
}

static void step_is_news(void)
{
	mix_place p = {0};
	int steps = 0;

	for (int i = 1; i < 2000; i++) {
		int base = BASE_MS + (i > 1000 ? 40 : 0);
		mix_place_news news = mix_place_packet(
			&p, ns_of_ms(20 * i), ns_of_ms(20 * i + base));

		if (news == MIX_PLACE_STEPPED) {
			steps++;
			g_assert_cmpint(llrint(p.news_ns), ==, ns_of_ms(40));
		}
	}
	g_assert_cmpint(steps, ==, 1);
	g_assert_cmpint(mix_place_at(&p, 0), ==, ns_of_ms(BASE_MS));
}

/* A delay that stays 200 ms longer is not held off for ever. */
static void far_step_moves(void)
{
	mix_place p = {0};
	bool moved = false;

	for (int i = 1; i < 4000; i++) {
		int base = BASE_MS + (i > 1000 ? 200 : 0);

		moved |= mix_place_packet(&p, ns_of_ms(20 * i),
					  ns_of_ms(20 * i + base)) ==
			 MIX_PLACE_MOVED;
	}
	g_assert_true(moved);
	g_assert_cmpint(mix_place_at(&p, 0), ==, ns_of_ms(BASE_MS + 200));
}

/* Sooner than ever cannot be the network's doing. */
static void sooner_moves_at_once(void)
{
	mix_place p = {0};

	for (int i = 1; i < 1300; i++) {
		int base = BASE_MS + (i < 300 ? 200 : 0);

		mix_place_packet(&p, ns_of_ms(20 * i),
				 ns_of_ms(20 * i + base));
	}
	g_assert_cmpint(mix_place_at(&p, 0), ==, ns_of_ms(BASE_MS));
}

static void wild_slope_is_refused(void)
{
	link_case c = {"wild", 5, 2000, 1, 0, false, 0};
	mix_place p = {0};

	end_error_ms(&c, &p);
	g_assert_true(p.refused);
	g_assert_cmpfloat(p.slope, ==, 0);
}

/* Reports of a clock that jumps about are not believed. */
static void bad_reports(void)
{
	link_case c = {"plain", 10, 100, 8, 0, false, 1};
	mix_place with = {0}, without = {0};
	mixkit_dice d = {7};

	for (int i = 1; i < 30000; i++) {
		int64_t end = ns_of_ms(20 * i);
		int64_t arrival = ns_of_ms(true_ms(&c, 20 * i) + BASE_MS);

		mix_place_packet(&with, end, arrival);
		mix_place_packet(&without, end, arrival);
		if (i % 250 == 0)
			mix_place_report(&with, end,
				(uint64_t)((20e-3 * i + mixkit_roll(&d)) *
					   4294967296.0));
	}
	g_assert_cmpfloat(with.slope, ==, without.slope);
	g_assert_cmpfloat(fabs(with.slope + 100e-6), <, 1e-6);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *path = g_strdup_printf(
			"/mixer/place/end/%s", cases[i].name);

		g_test_add_data_func(path, &cases[i], at_the_end);
	}
	g_test_add_func("/mixer/place/first_is_late", first_is_late);
	g_test_add_func("/mixer/place/step_is_news", step_is_news);
	g_test_add_func("/mixer/place/far_step_moves", far_step_moves);
	g_test_add_func("/mixer/place/sooner_moves_at_once",
			sooner_moves_at_once);
	g_test_add_func("/mixer/place/wild_slope_is_refused",
			wild_slope_is_refused);
	g_test_add_func("/mixer/place/bad_reports", bad_reports);
	return g_test_run();
}
