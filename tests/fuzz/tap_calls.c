/* Targets: tap_textlog_next, tap_calls_message, tap_calls_tick,
 * tap_call_message, tap_facts_gather, tap_calls_live */
#include "signaling_tap/textlog.h"
#include "tests/support/tap_model.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

/* A text log; a note that begins with "c" is a copy. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	tap_model *t = tap_model_new();
	span in = span_of(data, n);
	clk_both now = {{0}, {0}};
	tap_logged m;

	while (tap_textlog_next(&in, &m)) {
		const tap_source src = {m.note, !span_starts(m.note, "c")};

		now = clk_from_wall(m.at.ns & INT64_MAX >> 2);
		tap_model_message(t, now, &src, m.message);
	}
	tap_model_over(t, now);
	return 0;
}
