#include "decoder/rtcp.h"

bool dec_rtcp_next(span *in, dec_rtcp *out)
{
	uint8_t first;
	uint16_t words;

	if (!span_u8(in, &first) || !span_u8(in, &out->type) ||
	    !span_u16(in, &words) || first >> 6 != 2)
		return false;
	out->count = first & 0x1f;
	return span_cut(in, (size_t)words * 4, &out->body);
}

bool dec_rtcp_sr(const dec_rtcp *p, dec_sr *out)
{
	span in = p->body;

	return p->type == DEC_RTCP_SR && span_u32(&in, &out->ssrc) &&
	       span_u64(&in, &out->ntp) && span_u32(&in, &out->ts) &&
	       span_u32(&in, &out->packets) && span_u32(&in, &out->octets);
}

bool dec_rtcp_bye(const dec_rtcp *p, unsigned i, uint32_t *ssrc)
{
	span in = p->body;

	return p->type == DEC_RTCP_BYE && i < p->count &&
	       span_skip(&in, (size_t)i * 4) && span_u32(&in, ssrc);
}
