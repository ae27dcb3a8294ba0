/* Targets: tap_crypto_read, tap_crypto_next */
#include "signaling_tap/sdp.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	for (int scale = 0; scale < 2; scale++) {
		tap_crypto_line l;
		size_t left = n + 1;
		call_crypto k;

		if (!tap_crypto_read(span_of(data, n), scale, &l))
			continue;
		while (tap_crypto_next(&l, &k)) {
			g_assert(l.keys.left < left);
			left = l.keys.left;
			g_assert(k.key.len > 0 && k.key.len <= SECRET_MAX);
			g_assert(k.mki_len <= 4);
			g_assert(k.mki_len == 4 ||
				 k.mki >> (8 * k.mki_len) == 0);
		}
	}
	return 0;
}
