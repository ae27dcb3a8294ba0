/* Targets: dec_amr_parse, dec_amr_next */
#include <stdlib.h>

#include "decoder/amr_payload.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t frame[DEC_AMR_OCTETS], how;
	span in = span_of(data, size);
	dec_amr_payload p;
	unsigned n = 0;

	if (!span_u8(&in, &how) ||
	    !dec_amr_parse(in, (dec_amr_format){how & 1, how & 2}, &p))
		return 0;
	while (dec_amr_next(&p, frame))
		n++;
	if (n != p.frames || p.bits.left < 0)
		abort();
	return 0;
}
