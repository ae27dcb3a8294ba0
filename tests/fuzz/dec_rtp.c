/* Targets: dec_rtp_parse, dec_rtp_payload */
#include <stdlib.h>

#include "decoder/rtp.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	const span in = span_of(data, n);
	span payload;
	dec_rtp h;

	if (dec_rtp_parse(in, &h) != DEC_OK)
		return 0;
	if (h.head < 12 || h.head > n)
		abort();
	if (dec_rtp_payload(&h, in, &payload) == DEC_OK &&
	    payload.left > n - h.head)
		abort();
	return 0;
}
