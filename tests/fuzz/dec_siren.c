/* Targets: dec_siren_decode */
#include <stdlib.h>

#include "decoder/siren.h"

/* First octet: which kind, and how many octets a frame has. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint8_t octets[4] = {
		DEC_SIREN_BYTES_MS, DEC_SIREN_BYTES_24, DEC_SIREN_BYTES_32, 2,
	};
	int16_t out[DEC_SIREN_FRAME];
	span in = span_of(data, size), frame;
	dec_siren *s;
	uint8_t how;

	if (!span_u8(&in, &how))
		return 0;
	s = dec_siren_new(how & 1 ? DEC_SIREN_G7221 : DEC_SIREN_MICROSOFT);
	if (!s)
		abort();
	while (span_cut(&in, octets[how >> 1 & 3], &frame))
		(void)dec_siren_decode(s, frame, out);
	dec_siren_free(s);
	return 0;
}
