#include "decoder/amr_payload.h"

/* Speech and silence bits by frame type (3GPP TS 26.101 and 26.201); a type
 * that is not used has none. */
static const uint16_t bits_narrow[16] = {95, 103, 118, 134, 148,
					 159, 204, 244, 39};
static const uint16_t bits_wide[16] = {132, 177, 253, 285, 317,
				       365, 397, 461, 477, 40};

static unsigned bits_of(dec_amr_format f, uint8_t type)
{
	return f.wide ? bits_wide[type] : bits_narrow[type];
}

static bool type_used(dec_amr_format f, uint8_t type)
{
	return type == DEC_AMR_NO_DATA || (f.wide && type == DEC_AMR_LOST) ||
	       bits_of(f, type) > 0;
}

static unsigned stored_bits(dec_amr_format f, uint8_t type)
{
	unsigned n = bits_of(f, type);

	return f.aligned ? (n + 7) / 8 * 8 : n;
}

/* 4.3.2 and 4.4.2: F says that another entry follows. */
static bool read_toc(dec_amr_payload *p)
{
	bool more;

	do {
		if (p->frames == DEC_AMR_FRAMES || p->bits.left < 6)
			return false;
		more = dec_bits_get(&p->bits, 1);
		p->toc[p->frames].type = (uint8_t)dec_bits_get(&p->bits, 4);
		p->toc[p->frames].good = dec_bits_get(&p->bits, 1);
		if (p->format.aligned)
			(void)dec_bits_get(&p->bits, 2);
		if (!type_used(p->format, p->toc[p->frames].type))
			return false;
		p->frames++;
	} while (more);
	return true;
}

bool dec_amr_parse(span in, dec_amr_format format, dec_amr_payload *out)
{
	long need = 0;

	*out = (dec_amr_payload){.format = format, .bits = dec_bits_of(in)};
	(void)dec_bits_get(&out->bits, format.aligned ? 8 : 4);	/* CMR */
	if (!read_toc(out))
		return false;
	for (unsigned i = 0; i < out->frames; i++)
		need += stored_bits(format, out->toc[i].type);
	return need <= out->bits.left && out->bits.left < need + 8;
}

bool dec_amr_next(dec_amr_payload *p, uint8_t to[static DEC_AMR_OCTETS])
{
	unsigned left;
	uint8_t type;

	if (p->next == p->frames)
		return false;
	type = p->toc[p->next].type;
	memset(to, 0, DEC_AMR_OCTETS);
	*to++ = (uint8_t)(type << 3 | p->toc[p->next].good << 2);
	left = stored_bits(p->format, type);
	for (; left >= 8; left -= 8)
		*to++ = (uint8_t)dec_bits_get(&p->bits, 8);
	if (left)
		*to = (uint8_t)(dec_bits_get(&p->bits, (int)left)
				<< (8 - left));
	p->next++;
	return true;
}
