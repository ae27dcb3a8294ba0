#include "signaling_tap/hep3.h"

enum generic {
	GEN_PROTOCOL = 0x0b,
	GEN_SECONDS = 9,
	GEN_MICROS = 0x0a,
	GEN_KEY = 0x0e,
	GEN_PAYLOAD = 0x0f,
	GEN_COMPRESSED = 0x10,
};

enum ours {
	OUR_VERSION = 1,
	OUR_KIND,
	OUR_ID,
	OUR_DEADLINE,
	OUR_VERDICT,
	OUR_STATUS,
	OUR_REASON,
	OUR_BODY_AT,
	OUR_NAME,
	OUR_FLAGS,
};

tap_hep_verdict tap_hep_cut(span *in, span *frame)
{
	static const uint8_t hep[] = "HEP3", eep[] = "EEP3";
	span s = *in, magic;
	uint16_t length;

	for (size_t i = 0; i < 4 && i < in->left; i++)
		if (in->p[i] != hep[i] && in->p[i] != eep[i])
			return TAP_HEP_BAD;
	if (!span_cut(&s, 4, &magic) || !span_u16(&s, &length))
		return TAP_HEP_SHORT;
	if (length < TAP_HEP_HEAD)
		return TAP_HEP_BAD;
	return span_cut(in, length, frame) ? TAP_HEP_OK : TAP_HEP_SHORT;
}

tap_hep_verdict tap_chunk_next(span *in, tap_chunk *out)
{
	uint16_t length;

	if (in->left == 0)
		return TAP_HEP_SHORT;
	if (!span_u16(in, &out->vendor) || !span_u16(in, &out->type) ||
	    !span_u16(in, &length) || length < TAP_HEP_HEAD ||
	    !span_cut(in, length - (size_t)TAP_HEP_HEAD, &out->value))
		return TAP_HEP_BAD;
	return TAP_HEP_OK;
}

static bool whole_u8(span v, uint8_t *out)
{
	return v.left == 1 && span_u8(&v, out);
}

static bool whole_u16(span v, uint16_t *out)
{
	return v.left == 2 && span_u16(&v, out);
}

static bool whole_u32(span v, uint32_t *out)
{
	return v.left == 4 && span_u32(&v, out);
}

static bool whole_u64(span v, uint64_t *out)
{
	return v.left == 8 && span_u64(&v, out);
}

/* Those generic chunks that we look at (hep3.md 1). */
static bool generic_read(const tap_chunk *c, tap_frame *f)
{
	switch (c->type) {
	case GEN_PROTOCOL:
		return whole_u8(c->value, &f->protocol);
	case GEN_SECONDS:
		return whole_u32(c->value, &f->seconds);
	case GEN_MICROS:
		return whole_u32(c->value, &f->micros);
	case GEN_KEY:
		f->key = c->value;
		return true;
	case GEN_PAYLOAD:
		f->payload = c->value;
		return true;
	case GEN_COMPRESSED:
		f->compressed = true;
		return true;
	}
	return true;
}

static bool ours_read(const tap_chunk *c, tap_frame *f)
{
	switch (c->type) {
	case OUR_VERSION:
		return whole_u16(c->value, &f->version);
	case OUR_KIND:
		return whole_u8(c->value, &f->kind) &&
		       f->kind >= TAP_HEP_REQUEST &&
		       f->kind <= TAP_HEP_HEARTBEAT_ANSWER;
	case OUR_ID:
		return whole_u64(c->value, &f->id);
	case OUR_DEADLINE:
		return whole_u16(c->value, &f->deadline_ms);
	case OUR_VERDICT:
		return whole_u8(c->value, &f->verdict) && f->verdict <= 2;
	case OUR_STATUS:
		return whole_u16(c->value, &f->status);
	case OUR_REASON:
		f->reason = c->value;
		return true;
	case OUR_BODY_AT:
		return whole_u32(c->value, &f->body_at);
	case OUR_NAME:
		f->name = c->value;
		return true;
	case OUR_FLAGS:
		return whole_u32(c->value, &f->flags);
	}
	return true;
}

tap_hep_verdict tap_frame_read(span frame, tap_frame *out)
{
	tap_hep_verdict v;
	tap_chunk c;
	bool ok = true;

	*out = (tap_frame){0};
	if (!span_skip(&frame, TAP_HEP_HEAD))
		return TAP_HEP_BAD;
	while ((v = tap_chunk_next(&frame, &c)) == TAP_HEP_OK) {
		if (c.vendor == 0)
			ok = generic_read(&c, out);
		else if (c.vendor == TAP_HEP_VENDOR)
			ok = ours_read(&c, out);
		if (!ok)
			return TAP_HEP_BAD;
	}
	if (v == TAP_HEP_BAD || out->body_at > out->payload.left)
		return TAP_HEP_BAD;
	return TAP_HEP_OK;
}

static void chunk_head(put *o, uint16_t vendor, uint16_t type, size_t n)
{
	if (n > TAP_HEP_MAX - TAP_HEP_HEAD)
		o->full = true;
	put_u16(o, vendor);
	put_u16(o, type);
	put_u16(o, (uint16_t)(n + TAP_HEP_HEAD));
}

static void chunk_text(put *o, uint16_t vendor, uint16_t type, span text)
{
	if (!text.left)
		return;
	chunk_head(o, vendor, type, text.left);
	put_span(o, text);
}

static void chunk_u8(put *o, uint16_t vendor, uint16_t type, uint8_t v)
{
	chunk_head(o, vendor, type, 1);
	put_u8(o, v);
}

static void chunk_u16(put *o, uint16_t type, uint16_t v)
{
	if (!v)
		return;
	chunk_head(o, TAP_HEP_VENDOR, type, 2);
	put_u16(o, v);
}

static void chunk_u32(put *o, uint16_t vendor, uint16_t type, uint32_t v)
{
	if (!v)
		return;
	chunk_head(o, vendor, type, 4);
	put_u32(o, v);
}

static void ours_put(put *o, const tap_frame *f)
{
	chunk_u16(o, OUR_VERSION, f->version);
	chunk_u8(o, TAP_HEP_VENDOR, OUR_KIND, f->kind);
	chunk_head(o, TAP_HEP_VENDOR, OUR_ID, 8);
	put_u64(o, f->id);
	chunk_u16(o, OUR_DEADLINE, f->deadline_ms);
	if (f->kind == TAP_HEP_VERDICT)
		chunk_u8(o, TAP_HEP_VENDOR, OUR_VERDICT, f->verdict);
	chunk_u16(o, OUR_STATUS, f->status);
	chunk_text(o, TAP_HEP_VENDOR, OUR_REASON, f->reason);
	chunk_u32(o, TAP_HEP_VENDOR, OUR_BODY_AT, f->body_at);
	chunk_text(o, TAP_HEP_VENDOR, OUR_NAME, f->name);
	chunk_u32(o, TAP_HEP_VENDOR, OUR_FLAGS, f->flags);
}

void tap_frame_put(put *o, const tap_frame *f)
{
	size_t start = o->n, length;

	put_bytes(o, "HEP3", 4);
	put_u16(o, 0);
	if (f->protocol)
		chunk_u8(o, 0, GEN_PROTOCOL, f->protocol);
	chunk_u32(o, 0, GEN_SECONDS, f->seconds);
	chunk_u32(o, 0, GEN_MICROS, f->micros);
	chunk_text(o, 0, GEN_KEY, f->key);
	if (f->kind != TAP_HEP_COPY)
		ours_put(o, f);
	chunk_text(o, 0, GEN_PAYLOAD, f->payload);
	length = o->n - start;
	if (length > TAP_HEP_MAX)
		o->full = true;
	if (o->full)
		return;
	o->p[start + 4] = (uint8_t)(length >> 8);
	o->p[start + 5] = (uint8_t)length;
}
