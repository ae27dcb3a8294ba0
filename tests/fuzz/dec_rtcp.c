/* Targets: dec_rtcp_next, dec_rtcp_sr, dec_rtcp_bye */
#include <stdlib.h>

#include "decoder/rtcp.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	span in = span_of(data, n);
	uint32_t ssrc;
	dec_rtcp p;
	dec_sr sr;

	for (size_t before = in.left; dec_rtcp_next(&in, &p);
	     before = in.left) {
		unsigned i = 0;

		if (in.left + p.body.left + 4 != before)
			abort();
		if (dec_rtcp_sr(&p, &sr) && p.body.left < 24)
			abort();
		while (dec_rtcp_bye(&p, i, &ssrc))
			i++;
		if (i > 31)
			abort();
	}
	return 0;
}
