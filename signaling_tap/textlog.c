#include "signaling_tap/textlog.h"

#include "signaling_tap/sip.h"

/* "### 1795295144.195663 note"; digits behind the ninth decimal are dropped. */
static bool mark_read(span line, tap_logged *out)
{
	uint64_t s, unit = CLK_NS_PER_S;
	int64_t ns;

	if (!span_starts(line, "### ") || !span_skip(&line, 4) ||
	    !span_decimal(&line, INT64_MAX / CLK_NS_PER_S - 1, &s))
		return false;
	ns = (int64_t)s * CLK_NS_PER_S;
	if (span_starts(line, ".") && span_skip(&line, 1))
		while (line.left && g_ascii_isdigit((char)line.p[0])) {
			uint8_t digit;

			if (!span_u8(&line, &digit))
				return false;
			unit /= 10;
			ns += (digit - '0') * (int64_t)unit;
		}
	if (line.left && line.p[0] != ' ')
		return false;
	out->at = (clk_wall){ns};
	out->note = span_trim(line);
	return true;
}

static bool mark_next(span *in, span *before, tap_logged *out)
{
	span all = *in, here, line;

	for (;;) {
		here = *in;
		if (!span_line(in, &line))
			return false;
		if (mark_read(line, out)) {
			*before = span_before(all, here);
			return true;
		}
	}
}

/* Only blank lines come before the next mark or the end. */
static bool ends_well(span rest)
{
	tap_logged gone;
	span line;

	while (span_line(&rest, &line))
		if (line.left)
			return mark_read(line, &gone);
	return true;
}

bool tap_textlog_next(span *in, tap_logged *out)
{
	tap_logged next;
	span skipped, rest, message;

	while (mark_next(in, &skipped, out)) {
		rest = *in;
		if (tap_sip_cut(&rest, &out->message) == TAP_CUT_OK &&
		    ends_well(rest)) {
			*in = rest;
			return true;
		}
		/* Content-Length does not fit: up to the next mark, then. */
		rest = *in;
		if (mark_next(&rest, &message, &next))
			*in = span_behind(*in, message);
		else {
			message = *in;
			*in = span_behind(*in, message);
		}
		out->message = message;
		if (span_trim(message).left)
			return true;
	}
	return false;
}
