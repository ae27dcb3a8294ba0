#include "catalog/window.h"

#include <stdio.h>

enum { DAYS = 7, ALL_DAYS = 0x7f, DAY_MINUTES = 24 * 60 };

static const char *const day_names[DAYS] = {"mon", "tue", "wed", "thu",
					    "fri", "sat", "sun"};

static bool day_parse(span s, unsigned *out)
{
	for (unsigned i = 0; i < DAYS; i++)
		if (span_caseeq(s, day_names[i])) {
			*out = i;
			return true;
		}
	return false;
}

/* "mon" or "fri-mon", which goes over the end of the week. */
static bool days_add(span s, uint8_t *days)
{
	unsigned from, to;
	span first;

	if (!span_until(&s, '-', &first))
		first = s;
	if (!day_parse(first, &from))
		return false;
	to = from;
	if (first.p != s.p && !day_parse(s, &to))
		return false;
	for (unsigned i = from;; i = (i + 1) % DAYS) {
		*days |= (uint8_t)(1u << i);
		if (i == to)
			return true;
	}
}

static bool days_parse(span s, uint8_t *days)
{
	span one;

	*days = 0;
	while (span_until(&s, ',', &one))
		if (!days_add(one, days))
			return false;
	return days_add(s, days);
}

/* "08:00"; "24:00" only where `last` allows it. */
static bool clock_parse(span *in, bool last, uint16_t *out)
{
	uint64_t h, m;
	span hours;

	if (!span_cut(in, 2, &hours) || !span_number(hours, 24, &h) ||
	    !span_cut(in, 1, &hours) || hours.p[0] != ':' ||
	    !span_cut(in, 2, &hours) || !span_number(hours, 59, &m))
		return false;
	*out = (uint16_t)(h * 60 + m);
	return *out < DAY_MINUTES || (last && *out == DAY_MINUTES);
}

static bool hours_parse(span s, cat_window *out)
{
	span dash;

	return clock_parse(&s, false, &out->from) && span_cut(&s, 1, &dash) &&
	       dash.p[0] == '-' && clock_parse(&s, true, &out->to) &&
	       s.left == 0;
}

bool cat_window_parse(span text, cat_window *out)
{
	span first, second, rest;

	*out = (cat_window){ALL_DAYS, 0, DAY_MINUTES};
	if (!span_word(&text, &first))
		return false;
	if (first.p[0] >= '0' && first.p[0] <= '9')
		return hours_parse(first, out) && !span_word(&text, &rest);
	if (!days_parse(first, &out->days))
		return false;
	if (!span_word(&text, &second))
		return true;
	return hours_parse(second, out) && !span_word(&text, &rest);
}

/* Days that follow each other are joined: "mon-wed,sat". */
static int days_print(uint8_t days, char *to, size_t size)
{
	int n = 0;

	for (unsigned i = 0; i < DAYS; i++) {
		unsigned last = i;

		if (!(days >> i & 1))
			continue;
		while (last + 1 < DAYS && days >> (last + 1) & 1)
			last++;
		n += snprintf(to + n, size - (size_t)n, "%s%s", n ? "," : "",
			      day_names[i]);
		if (last > i)
			n += snprintf(to + n, size - (size_t)n, "-%s",
				      day_names[last]);
		i = last;
	}
	return n;
}

void cat_window_print(const cat_window *w, char to[static CAT_WINDOW_TEXT])
{
	int n = 0;

	if (w->days != ALL_DAYS)
		n = days_print(w->days, to, CAT_WINDOW_TEXT);
	if (n && w->from == 0 && w->to == DAY_MINUTES)
		return;
	snprintf(to + n, CAT_WINDOW_TEXT - (size_t)n,
		 "%s%02u:%02u-%02u:%02u", n ? " " : "", w->from / 60u,
		 w->from % 60u, w->to / 60u, w->to % 60u);
}

/* Civil date of a day count from 1970-01-01 (proleptic Gregorian); months are
 * counted from March so that the leap day is the year's last. */
static void date_of(int64_t days, cat_local *out)
{
	int64_t z = days + 719468;	/* since 0000-03-01 */
	int64_t era = (z >= 0 ? z : z - 146096) / 146097;
	int64_t doe = z - era * 146097;
	int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
	int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
	int64_t mp = (5 * doy + 2) / 153;

	out->day = (uint8_t)(doy - (153 * mp + 2) / 5 + 1);
	out->month = (uint8_t)(mp < 10 ? mp + 3 : mp - 9);
	out->year = (uint16_t)(yoe + era * 400 + (out->month <= 2));
}

void cat_local_at(GTimeZone *zone, int64_t at, cat_local *out)
{
	const int64_t day_s = 86400;
	int i = g_time_zone_find_interval(zone, G_TIME_TYPE_UNIVERSAL, at);
	int64_t local = at + g_time_zone_get_offset(zone, i);
	int64_t days = local / day_s, rest = local % day_s;

	if (rest < 0) {
		rest += day_s;
		days--;
	}
	date_of(days, out);
	out->minute = (uint16_t)(rest / 60);
	/* 1970-01-01 was a Thursday */
	out->weekday = (uint8_t)(((days + 3) % DAYS + DAYS) % DAYS);
}

uint32_t cat_day_parse(span text)
{
	static const uint8_t last[] = {31, 29, 31, 30, 31, 30,
				       31, 31, 30, 31, 30, 31};
	uint64_t y, m, d;

	if (text.left != 10 || text.p[4] != '-' || text.p[7] != '-' ||
	    !span_number(span_of(text.p, 4), 9999, &y) ||
	    !span_number(span_of(text.p + 5, 2), 12, &m) || m == 0 ||
	    !span_number(span_of(text.p + 8, 2), last[m - 1], &d) || d == 0)
		return 0;
	if (m == 2 && d == 29 && (y % 4 || (y % 100 == 0 && y % 400)))
		return 0;
	return (uint32_t)(y * 10000 + m * 100 + d);
}

uint32_t cat_day_of(const cat_local *t)
{
	return t->year * 10000u + t->month * 100u + t->day;
}
