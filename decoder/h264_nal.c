#include "decoder/h264_nal.h"

#include "decoder/bits.h"

bool dec_nal_open(span payload, dec_nal_reader *out)
{
	uint8_t type;

	if (!payload.left)
		return false;
	type = dec_nal_type(payload.p[0]);
	*out = (dec_nal_reader){payload, type == DEC_NAL_STAP_A};
	if (out->packed)
		return span_skip(&out->in, 1);
	return type < DEC_NAL_STAP_A || type == DEC_NAL_FU_A ||
	       type >= DEC_NAL_PACSI;
}

/* RFC 6184 5.8: the indicator has F and NRI, the header the type. */
static bool next_fragment(span *in, dec_nal *out)
{
	uint8_t indicator, header;

	if (!span_u8(in, &indicator) || !span_u8(in, &header) || !in->left)
		return false;
	out->head = (uint8_t)((indicator & 0xe0) | (header & 0x1f));
	out->begins = header & 0x80;
	out->ends = header & 0x40;
	return span_cut(in, in->left, &out->body) &&
	       !(out->begins && out->ends);
}

bool dec_nal_next(dec_nal_reader *r, dec_nal *out)
{
	uint16_t size = 0;
	span unit;

	if (!r->in.left)
		return false;
	if (!r->packed && dec_nal_type(r->in.p[0]) == DEC_NAL_FU_A)
		return next_fragment(&r->in, out);
	if (r->packed && !span_u16(&r->in, &size))
		return false;
	if (!span_cut(&r->in, r->packed ? size : r->in.left, &unit) ||
	    !span_u8(&unit, &out->head))
		return false;
	out->body = unit;
	out->begins = out->ends = true;
	return true;
}

bool dec_nal_pacsi_don(span body, uint16_t *don)
{
	enum { Y = 0x80, T = 0x20 };
	uint8_t flags;

	if (!span_skip(&body, 3) || !span_u8(&body, &flags) || !(flags & T))
		return false;
	/* TL0PICIDX and IDRPICID come first. */
	if ((flags & Y) && !span_skip(&body, 3))
		return false;
	return span_u16(&body, don);
}

bool dec_nal_pacsi_prid(span body, uint8_t *prid)
{
	uint8_t first;

	if (!span_u8(&body, &first))
		return false;
	*prid = first & 0x3f;
	return true;
}

/* H.264 9.1: ue(v), of at most 16 leading zeros here. */
static bool read_ue(dec_bits *b, unsigned *v)
{
	int zeros = 0;

	while (!dec_bits_get(b, 1))
		if (++zeros > 16)
			return false;
	*v = (1u << zeros) - 1;
	if (zeros)
		*v += dec_bits_get(b, zeros);
	return b->left >= 0;
}

bool dec_nal_sps_id(uint8_t type, span body, unsigned *id)
{
	dec_bits b = dec_bits_of(body);
	unsigned pps_id;

	if (type == DEC_NAL_SPS)
		(void)dec_bits_get(&b, 24);	/* profile and level */
	else if (!read_ue(&b, &pps_id))
		return false;
	return read_ue(&b, id) && *id < 32;
}
