/* Targets: dec_cn_parse
 *
 * Each octet of the rest of the input is one more description; the filter goes
 * on through all of them and must stay within its arithmetic. */
#include "decoder/cn.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	dec_noise noise = {.seed = 1};
	span in = span_of(data, n), one;

	while (span_cut(&in, in.left < 11 ? in.left : 11, &one) && one.left) {
		int16_t s[160];
		dec_cn cn;

		if (dec_cn_parse(one, &cn) != DEC_OK)
			continue;
		dec_noise_shape(&noise, &cn);
		dec_noise_make(&noise, s, sizeof(s) / sizeof(*s));
	}
	return 0;
}
