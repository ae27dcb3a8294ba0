#include "decoder/red.h"

/* RFC 2198 3: F|PT(7), and unless F is 0, offset(14)|length(10). */
static dec_verdict header(span *in, dec_red_block *b, size_t *length,
			  bool *last)
{
	uint8_t first, mid;
	uint16_t rest;

	if (!span_u8(in, &first))
		return DEC_SHORT;
	*last = !(first & 0x80);
	b->pt = first & 0x7f;
	b->back = 0;
	*length = 0;
	if (*last)
		return DEC_OK;
	if (!span_u8(in, &mid) || !span_u16(in, &rest))
		return DEC_SHORT;
	b->back = (uint16_t)(mid << 6 | rest >> 10);
	*length = rest & 0x3ff;
	return DEC_OK;
}

dec_verdict dec_red_parse(span in, dec_red *out)
{
	size_t length[DEC_RED_MAX];
	bool last = false;

	for (out->n = 0; !last; out->n++) {
		dec_verdict v;

		if (out->n == DEC_RED_MAX)
			return DEC_BAD;
		v = header(&in, &out->block[out->n], &length[out->n], &last);
		if (v != DEC_OK)
			return v;
	}
	for (size_t i = 0; i + 1 < out->n; i++)
		if (!span_cut(&in, length[i], &out->block[i].payload))
			return DEC_SHORT;
	out->block[out->n - 1].payload = in;
	return DEC_OK;
}
