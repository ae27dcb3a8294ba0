/* Times of the week: texts, midnight, hours that zones skip or repeat. */
#include "catalog/window.h"

static bool holds(const char *text, const char *zone, const char *utc)
{
	g_autoptr(GTimeZone) z = g_time_zone_new_identifier(zone);
	g_autoptr(GDateTime) t = g_date_time_new_from_iso8601(utc, NULL);
	cat_window w;
	cat_local l;

	g_assert_nonnull(z);
	g_assert_nonnull(t);
	g_assert_true(cat_window_parse(span_str(text), &w));
	cat_local_at(z, g_date_time_to_unix(t), &l);
	return cat_window_holds(&w, &l);
}

static void test_texts(void)
{
	static const char *const same[] = {
		"mon-fri 08:00-18:00", "sat-sun", "22:00-06:00", "00:00-24:00",
		"mon,wed,fri 09:30-10:00", "tue",
	};
	static const char *const bad[] = {
		"", "mo", "mon-", "-mon", "mon 8:00-9:00", "mon 08:00",
		"25:00-26:00", "08:60-09:00", "24:00-24:00", "mon tue",
		"08:00-18:00 mon", "mon 08:00-18:00 x", "08:00+18:00",
	};
	char text[CAT_WINDOW_TEXT];
	cat_window w;

	for (gsize i = 0; i < G_N_ELEMENTS(same); i++) {
		g_assert_true(cat_window_parse(span_str(same[i]), &w));
		cat_window_print(&w, text);
		g_assert_cmpstr(text, ==, same[i]);
	}
	for (gsize i = 0; i < G_N_ELEMENTS(bad); i++) {
		g_test_message("%s", bad[i]);
		g_assert_false(cat_window_parse(span_str(bad[i]), &w));
	}
	/* Over the end of the week. */
	g_assert_true(cat_window_parse(span_str("sat-mon"), &w));
	g_assert_cmpuint(w.days, ==, 1 << 5 | 1 << 6 | 1 << 0);
}

static void test_hours(void)
{
	/* 2026-11-23 is a Monday; Berlin is at +1 */
	g_assert_true(holds("mon-fri 08:00-18:00", "Europe/Berlin",
			    "2026-11-23T07:00:00Z"));
	g_assert_false(holds("mon-fri 08:00-18:00", "Europe/Berlin",
			     "2026-11-23T06:59:59Z"));
	g_assert_false(holds("mon-fri 08:00-18:00", "Europe/Berlin",
			     "2026-11-23T17:00:00Z"));
	g_assert_false(holds("mon-fri 08:00-18:00", "Europe/Berlin",
			     "2026-11-22T10:00:00Z"));
	/* the day is that of the zone: Sunday evening there */
	g_assert_true(holds("sun", "America/New_York",
			    "2026-11-23T03:00:00Z"));
}

static void test_midnight(void)
{
	/* Friday 22:00 to Saturday 06:00, and no other night */
	g_assert_true(holds("fri 22:00-06:00", "UTC", "2026-11-27T22:00:00Z"));
	g_assert_true(holds("fri 22:00-06:00", "UTC", "2026-11-28T05:59:00Z"));
	g_assert_false(holds("fri 22:00-06:00", "UTC", "2026-11-28T06:00:00Z"));
	g_assert_false(holds("fri 22:00-06:00", "UTC", "2026-11-27T05:00:00Z"));
	g_assert_false(holds("fri 22:00-06:00", "UTC", "2026-11-28T22:30:00Z"));
}

/* Berlin 2026: forward on 29 March at 01:00 UTC, back on 25 October at 01:00
 * UTC. A window of local hours moves with the clocks. */
static void test_summer_time(void)
{
	g_assert_true(holds("08:00-18:00", "Europe/Berlin",
			    "2026-03-28T07:00:00Z"));
	g_assert_false(holds("08:00-18:00", "Europe/Berlin",
			     "2026-03-28T06:30:00Z"));
	g_assert_true(holds("08:00-18:00", "Europe/Berlin",
			    "2026-03-29T06:30:00Z"));
	/* 02:00-03:00 does not exist that night */
	for (int s = 0; s < 3 * 3600; s += 60) {
		g_autoptr(GDateTime) t = g_date_time_new_from_unix_utc(
			1774738800 + s); /* 2026-03-28T23:00Z */
		g_autofree char *iso = g_date_time_format_iso8601(t);

		g_assert_false(holds("02:00-03:00", "Europe/Berlin", iso));
	}
	/* and comes twice in autumn */
	g_assert_true(holds("02:00-03:00", "Europe/Berlin",
			    "2026-10-25T00:30:00Z"));
	g_assert_true(holds("02:00-03:00", "Europe/Berlin",
			    "2026-10-25T01:30:00Z"));
	g_assert_false(holds("02:00-03:00", "Europe/Berlin",
			     "2026-10-25T02:00:00Z"));
}

/* Against GLib's own calendar, day by day through leap years and centuries. */
static void test_dates(void)
{
	g_autoptr(GTimeZone) utc = g_time_zone_new_utc();

	for (int64_t day = -40000; day < 80000; day += 13) {
		g_autoptr(GDateTime) t = g_date_time_new_from_unix_utc(
			day * 86400 + 3723);
		cat_local l;

		cat_local_at(utc, day * 86400 + 3723, &l);
		g_assert_cmpint(l.year, ==, g_date_time_get_year(t));
		g_assert_cmpint(l.month, ==, g_date_time_get_month(t));
		g_assert_cmpint(l.day, ==, g_date_time_get_day_of_month(t));
		g_assert_cmpint(l.weekday + 1, ==,
				g_date_time_get_day_of_week(t));
		g_assert_cmpint(l.minute, ==, 62);
	}
	g_assert_cmpuint(cat_day_parse(span_str("2024-02-29")), ==, 20240229);
	g_assert_cmpuint(cat_day_parse(span_str("2023-02-29")), ==, 0);
	g_assert_cmpuint(cat_day_parse(span_str("1900-02-29")), ==, 0);
	g_assert_cmpuint(cat_day_parse(span_str("2026-13-01")), ==, 0);
	g_assert_cmpuint(cat_day_parse(span_str("2026-04-31")), ==, 0);
	g_assert_cmpuint(cat_day_parse(span_str("2026-1-1")), ==, 0);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/cat/window/texts", test_texts);
	g_test_add_func("/cat/window/hours", test_hours);
	g_test_add_func("/cat/window/midnight", test_midnight);
	g_test_add_func("/cat/window/summer-time", test_summer_time);
	g_test_add_func("/cat/window/dates", test_dates);
	return g_test_run();
}
