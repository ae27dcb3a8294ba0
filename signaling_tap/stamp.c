#include "signaling_tap/stamp.h"

#include <glib.h>

#define DAY_S 86400

static bool is_digit(span s)
{
	return s.left && g_ascii_isdigit((char)s.p[0]);
}

/* A number of exactly `digits` digits. */
static bool number(span *in, size_t digits, uint64_t max, unsigned *out)
{
	uint64_t v;
	span s;

	if (!span_cut(in, digits, &s) || !span_number(s, max, &v))
		return false;
	*out = (unsigned)v;
	return true;
}

static bool one_of(span *in, const char *set, uint8_t *c)
{
	return span_u8(in, c) && *c && strchr(set, *c);
}

/* Days from 1970-01-01 (Gregorian; the year begins in March). */
static int64_t days_of(unsigned year, unsigned month, unsigned day)
{
	const int64_t y = (int64_t)year - (month <= 2);
	const unsigned m = month + (month > 2 ? 0 : 12) - 3;

	return y * 365 + y / 4 - y / 100 + y / 400 + (153 * m + 2) / 5 + day -
	       1 - 719468;
}

/* "2015-05-14", "2015/05/14", "05/14/2015"; "14/05/2015" where it can be no
 * other. */
static bool date_get(span *in, int64_t *days)
{
	unsigned year, month, day;
	uint8_t a, b;
	span s = *in;

	if (!number(&s, 4, 9999, &year) || !one_of(&s, "-/", &a)) {
		s = *in;
		if (!number(&s, 2, 31, &month) || !one_of(&s, "/", &a) ||
		    !number(&s, 2, 31, &day) || !one_of(&s, "/", &b) ||
		    !number(&s, 4, 9999, &year))
			return false;
	} else if (!number(&s, 2, 12, &month) || !one_of(&s, "-/", &b) ||
		   a != b || !number(&s, 2, 31, &day)) {
		return false;
	}
	if (month > 12) {
		const unsigned swap = month;

		month = day;
		day = swap;
	}
	if (year < 1970 || year > 2200 || !month || month > 12 || !day)
		return false;
	*days = days_of(year, month, day);
	*in = s;
	return true;
}

static int64_t fraction_get(span *in)
{
	int64_t unit = CLK_NS_PER_S, ns = 0;
	uint8_t digit;

	while (is_digit(*in) && span_u8(in, &digit)) {
		unit /= 10;
		ns += (digit - '0') * unit;
	}
	return ns;
}

/* "Z", "+02:00", " -0530": seconds to take off. */
static int64_t zone_get(span *in)
{
	unsigned hours, minutes;
	uint8_t c;
	span s = *in;

	if (s.left && s.p[0] == ' ' && !span_skip(&s, 1))
		return 0;
	if (!one_of(&s, "Z+-", &c))
		return 0;
	if (c == 'Z') {
		*in = s;
		return 0;
	}
	if (!number(&s, 2, 14, &hours))
		return 0;
	if (s.left && s.p[0] == ':' && !span_skip(&s, 1))
		return 0;
	if (!number(&s, 2, 59, &minutes))
		return 0;
	*in = s;
	return (c == '-' ? -1 : 1) * (int64_t)(hours * 3600 + minutes * 60);
}

static bool clock_get(span *in, int64_t *ns)
{
	unsigned h, m, sec;
	uint8_t c;
	span s = *in, dot;

	if (!number(&s, 2, 23, &h) || !one_of(&s, ":", &c) ||
	    !number(&s, 2, 59, &m) || !one_of(&s, ":", &c) ||
	    !number(&s, 2, 60, &sec))
		return false;
	*ns = (int64_t)(h * 3600 + m * 60 + sec) * CLK_NS_PER_S;
	dot = s;
	if (one_of(&dot, ".,", &c) && is_digit(dot)) {
		*ns += fraction_get(&dot);
		s = dot;
	}
	*ns -= zone_get(&s) * CLK_NS_PER_S;
	*in = s;
	return true;
}

static bool epoch_get(span *in, clk_wall *out)
{
	span s = *in;
	uint64_t v;

	if (!span_starts(s, "### ") || !span_skip(&s, 4) ||
	    !span_decimal(&s, INT64_MAX / CLK_NS_PER_S - 1, &v))
		return false;
	out->ns = (int64_t)v * CLK_NS_PER_S;
	if (span_starts(s, ".") && span_skip(&s, 1))
		out->ns += fraction_get(&s);
	if (s.left && s.p[0] != ' ')
		return false;
	*in = s;
	return true;
}

bool tap_stamp_get(span *in, clk_wall *out)
{
	int64_t days, ns;
	uint8_t c;
	span s = *in;

	if (epoch_get(in, out))
		return true;
	if (!date_get(&s, &days) || !one_of(&s, "T -|_", &c) ||
	    !clock_get(&s, &ns))
		return false;
	out->ns = days * DAY_S * CLK_NS_PER_S + ns;
	*in = s;
	return true;
}

bool tap_stamp_find(span line, clk_wall *out, span *before)
{
	span s = line;
	bool inside = false;	/* a number */

	while (s.left) {
		span here = s;

		if (!inside && tap_stamp_get(&s, out)) {
			*before = span_before(line, here);
			return true;
		}
		inside = is_digit(s);
		if (!span_skip(&s, 1))
			break;
	}
	return false;
}
