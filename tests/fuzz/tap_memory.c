/* Targets: tap_memory_get */
#include "signaling_tap/memory.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

/* What is taken in is a call whose memory can be read. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static uint8_t buf[TAP_MEMORY_MAX];
	const tap_config cfg = {0};
	const tap_sip first = {.from_tag = span_str("a")};
	g_autoptr(tap_calls) all = tap_calls_new(&cfg);
	tap_call *c = tap_call_new(all, &first, first.from_tag);
	put o = put_into(buf, sizeof(buf));

	if (tap_memory_get(span_of(data, n), c)) {
		tap_memory_put(&o, c);
		g_assert(!o.full);
		g_assert(tap_memory_get(put_done(&o), c));
	}
	tap_call_free(c);
	return 0;
}
