/* Targets: tap_tracelog_next, tap_traced_put, tap_stamp_get, tap_stamp_find */
#include <glib.h>

#include "signaling_tap/sip.h"
#include "signaling_tap/tracelog.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

/* What is given lies in the input, lines only rise; what can be read once it
 * is written is written with the body's own length. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static uint8_t text[4 * TAP_SIP_MESSAGE_MAX];
	const span all = span_of(data, n);
	tap_tracelog t = {.rest = all};
	unsigned line = 0;
	tap_traced m;
	tap_sip s;

	while (tap_tracelog_next(&t, &m)) {
		put o = put_into(text, sizeof(text));

		g_assert(m.line > line && t.line >= m.line);
		g_assert(span_holds(all, m.start));
		g_assert(!m.head.left || span_holds(all, m.head));
		g_assert(!m.body.left || span_holds(all, m.body));
		line = m.line;
		tap_traced_put(&o, &m);
		if (!o.full && tap_sip_parse(put_done(&o), &s) == TAP_SIP_OK)
			g_assert(!s.tail.left);
	}
	return 0;
}
