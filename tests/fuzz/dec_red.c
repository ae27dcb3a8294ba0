/* Targets: dec_red_parse */
#include <stdlib.h>

#include "decoder/red.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	size_t sum = 0;
	dec_red r;

	if (dec_red_parse(span_of(data, n), &r) != DEC_OK)
		return 0;
	if (r.n < 1 || r.n > DEC_RED_MAX)
		abort();
	for (size_t i = 0; i < r.n; i++)
		sum += r.block[i].payload.left;
	if (sum + 4 * (r.n - 1) + 1 != n)
		abort();
	return 0;
}
