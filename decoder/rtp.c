#include "decoder/rtp.h"

/* RFC 3550 5.3.1: a 16-bit name, the length in 32-bit words, the words. */
static bool skip_extension(span *in)
{
	uint16_t name, words;

	return span_u16(in, &name) && span_u16(in, &words) &&
	       span_skip(in, (size_t)words * 4);
}

dec_verdict dec_rtp_parse(span in, dec_rtp *out)
{
	const size_t whole = in.left;
	uint8_t first, second;

	if (!span_u8(&in, &first) || !span_u8(&in, &second) ||
	    !span_u16(&in, &out->seq) || !span_u32(&in, &out->ts) ||
	    !span_u32(&in, &out->ssrc))
		return DEC_SHORT;
	if (first >> 6 != 2)
		return DEC_BAD;
	out->padded = first & 0x20;
	out->csrcs = first & 0x0f;
	out->marker = second & 0x80;
	out->pt = second & 0x7f;
	out->csrc = 0;
	for (unsigned i = 0; i < out->csrcs; i++) {
		uint32_t csrc;

		if (!span_u32(&in, &csrc))
			return DEC_SHORT;
		if (i == 0)
			out->csrc = csrc;
	}
	if ((first & 0x10) && !skip_extension(&in))
		return DEC_SHORT;
	out->head = whole - in.left;
	return DEC_OK;
}

dec_verdict dec_rtp_payload(const dec_rtp *h, span clear, span *payload)
{
	uint8_t pad;

	if (!span_skip(&clear, h->head))
		return DEC_SHORT;
	*payload = clear;
	if (!h->padded)
		return DEC_OK;
	if (!clear.left)
		return DEC_SHORT;
	pad = clear.p[clear.left - 1];
	if (pad == 0 || pad > clear.left)
		return DEC_BAD;
	payload->left -= pad;
	return DEC_OK;
}
