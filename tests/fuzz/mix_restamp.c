/* Targets: mix_restamp */
#include "mixer/restamp.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static size_t run(const uint8_t *data, size_t n, size_t step)
{
	g_autoptr(GByteArray) held = g_byte_array_new();
	g_autoptr(GByteArray) out = g_byte_array_new();

	for (size_t at = 0; at < n; at += step)
		mix_restamp(held, data + at, MIN(step, n - at), 7, out);
	return held->len + out->len;
}

/* First octet: how much is handed over at a time. No octet gets lost. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	if (!n)
		return 0;
	g_assert(run(data + 1, n - 1, n) == n - 1);
	g_assert(run(data + 1, n - 1, data[0] + 1u) == n - 1);
	return 0;
}
