#include "decoder/ptmap.h"

#include "decoder/codec.h"

enum { KEPT = 24 };	/* halves of a call that are remembered */

/* One m= line of a half, without what the decoder has no use for. */
typedef struct line {
	uint8_t index;
	bool plain, audio;
	GArray *payloads;	/* of call_payload */
} line;

typedef struct described {
	uint8_t side;
	bool answer;
	GArray *lines;
} described;

static void line_clear(void *p)
{
	g_array_unref(((line *)p)->payloads);
}

static void described_free(void *p)
{
	g_array_unref(((described *)p)->lines);
	g_free(p);
}

void dec_ptmap_init(dec_ptmap *m)
{
	m->halves = g_ptr_array_new_with_free_func(described_free);
	m->version = 0;
}

void dec_ptmap_clear(dec_ptmap *m)
{
	g_ptr_array_unref(m->halves);
	m->halves = NULL;
}

/* RTP over TCP has the same profiles behind a word of its own (RFC 4571 4). */
static bool is_plain(const call_media *m)
{
	span proto = span_str(m->proto);
	bool avp;

	if (span_casestarts(proto, "TCP/") && !span_skip(&proto, 4))
		return false;
	avp = span_caseeq(proto, "RTP/AVP") || span_caseeq(proto, "RTP/AVPF");
	return avp && m->cryptos->len == 0;
}

/* It names a payload type that has no name by itself. */
static bool explains(const call_media *m)
{
	call_payload known;

	for (guint i = 0; i < m->payloads->len; i++) {
		const call_payload *p = CALL_PAYLOAD(m, i);

		if (p->name[0] && !dec_codec_static(p->pt, &known))
			return true;
	}
	return false;
}

/* Candidates that follow their description: the m= line has a port of no use,
 * and explains no payload type (RFC 8840 9.2). */
static bool is_trickled(const call_half *h)
{
	for (guint i = 0; i < h->media->len; i++) {
		const call_media *m = CALL_MEDIA(h, i);

		if (m->rtp.port != 9 || m->cryptos->len || explains(m))
			return false;
	}
	return !h->answer;
}

void dec_ptmap_add(dec_ptmap *m, const call_half *h)
{
	described *d;

	if (is_trickled(h))
		return;
	d = g_new0(described, 1);
	d->side = h->side;
	d->answer = h->answer;
	d->lines = g_array_new(FALSE, TRUE, sizeof(line));
	g_array_set_clear_func(d->lines, line_clear);
	for (size_t i = 0; i < h->media->len; i++) {
		const call_media *c = CALL_MEDIA(h, i);
		line l = {
			.index = c->index,
			.plain = is_plain(c),
			.audio = span_caseeq(span_str(c->kind), "audio"),
			.payloads = g_array_copy(c->payloads),
		};

		g_array_append_val(d->lines, l);
	}
	g_ptr_array_insert(m->halves, 0, d);
	if (m->halves->len > KEPT)
		g_ptr_array_remove_index(m->halves, KEPT);
	m->version++;
}

static const call_payload *in_line(const line *l, uint8_t pt)
{
	for (size_t i = 0; i < l->payloads->len; i++) {
		const call_payload *p =
			&g_array_index(l->payloads, call_payload, i);

		if (p->pt == pt)
			return p;
	}
	return NULL;
}

static const call_payload *by(const dec_ptmap *m, uint8_t side, uint8_t media,
			      uint8_t pt)
{
	for (size_t i = 0; i < m->halves->len; i++) {
		const described *d = g_ptr_array_index(m->halves, i);

		for (size_t j = 0; d->side == side && j < d->lines->len; j++) {
			const line *l = &g_array_index(d->lines, line, j);
			const call_payload *p = in_line(l, pt);

			if (l->index == media && p)
				return p;
		}
	}
	return NULL;
}

bool dec_ptmap_find(const dec_ptmap *m, uint8_t side, uint8_t media, uint8_t pt,
		    call_payload *out)
{
	const uint8_t other = side == CALL_CALLER ? CALL_CALLEE : CALL_CALLER;
	const call_payload *p = by(m, other, media, pt);

	if (!p)
		p = by(m, side, media, pt);
	if (!p)
		return dec_codec_static(pt, out);
	if (!p->name[0] && dec_codec_static(pt, out))
		return true;
	*out = *p;
	return true;
}

bool dec_ptmap_plain(const dec_ptmap *m, uint8_t media)
{
	for (size_t i = 0; i < m->halves->len; i++) {
		const described *d = g_ptr_array_index(m->halves, i);

		for (size_t j = 0; d->answer && j < d->lines->len; j++) {
			const line *l = &g_array_index(d->lines, line, j);

			if (l->index == media)
				return l->plain;
		}
	}
	return false;
}

bool dec_ptmap_audio(const dec_ptmap *m, uint8_t media)
{
	for (size_t i = 0; i < m->halves->len; i++) {
		const described *d = g_ptr_array_index(m->halves, i);

		for (size_t j = 0; j < d->lines->len; j++) {
			const line *l = &g_array_index(d->lines, line, j);

			if (l->index == media)
				return l->audio;
		}
	}
	return true;
}
