#include "core/journal.h"

#include <libdeflate.h>

static const uint8_t magic[4] = {'E', 'T', 'J', '1'};

static inline void put_both(put *o, clk_both at)
{
	put_u64(o, (uint64_t)at.mono.ns);
	put_u64(o, (uint64_t)at.wall.ns);
}

MUST_CHECK static inline bool span_both(span *in, clk_both *at)
{
	uint64_t mono, wall;

	if (!span_u64(in, &mono) || !span_u64(in, &wall))
		return false;
	*at = (clk_both){{(int64_t)mono}, {(int64_t)wall}};
	return true;
}

static uint32_t crc(uint32_t seed, span s)
{
	/* A NULL buffer would ask for the initial value instead. */
	return s.left ? libdeflate_crc32(seed, s.p, s.left) : seed;
}

void jrn_header_put(put *o, const jrn_header *h)
{
	size_t start = o->n;

	put_bytes(o, magic, sizeof(magic));
	put_u16(o, JRN_VERSION);
	put_u16(o, h->kind);
	put_bytes(o, h->id, sizeof(h->id));
	put_bytes(o, h->boot, sizeof(h->boot));
	put_both(o, h->at);
	if (!o->full)
		put_u32(o, crc(0, span_of(o->p + start, o->n - start)));
}

jrn_verdict jrn_header_next(span *in, jrn_header *out)
{
	span s = *in, body, m;
	uint16_t version;
	uint32_t sum;

	if (!span_cut(&s, JRN_HEADER - 4, &body) || !span_u32(&s, &sum))
		return JRN_SHORT;
	if (crc(0, body) != sum)
		return JRN_BAD;
	if (!span_cut(&body, 4, &m) || memcmp(m.p, magic, 4) ||
	    !span_u16(&body, &version) || version != JRN_VERSION ||
	    !span_u16(&body, &out->kind) ||
	    !span_bytes(&body, out->id, sizeof(out->id)) ||
	    !span_bytes(&body, out->boot, sizeof(out->boot)) ||
	    !span_both(&body, &out->at))
		return JRN_BAD;
	*in = s;
	return JRN_OK;
}

/* All but the sum of a record's frame. */
static void put_frame(put *o, const jrn_rec *r, size_t n)
{
	put_u32(o, (uint32_t)n);
	put_u16(o, r->type);
	put_u16(o, r->flags);
	put_both(o, r->at);
}

/* The sum is made of what is in the cache: octets that were just written into
 * the buffer would have to reach it before they can be read again. */
void jrn_rec_put(put *o, const jrn_rec *r, span more)
{
	const size_t n = r->payload.left + more.left;
	uint8_t frame[JRN_FRAME - 4];
	put f = put_into(frame, sizeof(frame));
	uint32_t sum;

	if (o->full || n > o->size - o->n || JRN_FRAME > o->size - o->n - n) {
		o->full = true;
		return;
	}
	put_frame(&f, r, n);
	sum = crc(crc(crc(0, put_done(&f)), r->payload), more);
	put_frame(o, r, n);
	put_u32(o, sum);
	put_span(o, r->payload);
	put_span(o, more);
}

jrn_verdict jrn_rec_next(span *in, jrn_rec *out)
{
	span s = *in, head = *in;
	uint32_t len, sum, want;

	if (!span_u32(&s, &len))
		return JRN_SHORT;
	if (len > JRN_PAYLOAD_MAX)
		return JRN_BAD;
	if (!span_u16(&s, &out->type) || !span_u16(&s, &out->flags) ||
	    !span_both(&s, &out->at) || !span_u32(&s, &want) ||
	    !span_cut(&s, len, &out->payload))
		return JRN_SHORT;
	sum = crc(0, span_of(head.p, JRN_FRAME - 4));
	if (crc(sum, out->payload) != want)
		return JRN_BAD;
	*in = s;
	return JRN_OK;
}
