#include "decoder/h264.h"

#include <glib.h>

#include "decoder/h264_layers.h"
#include "decoder/h264_nal.h"

enum {
	UNITS = 64,		/* access units that wait at once */
	PACKETS = 2048,		/* of one access unit */
	BYTES = 1 << 20,
	LATE_RUN = 100,		/* so many late ones in a row: a new clock */
};

/* A packet that waits; its payload is in the unit's bytes. */
typedef struct parcel {
	uint32_t ssrc;
	uint16_t seq;
	uint32_t at, len;
} parcel;

typedef struct unit {
	int64_t ts;
	GArray *parcels;	/* of parcel; empty when the slot is free */
	GByteArray *bytes;
} unit;

/* A NAL unit of the base layer, in h->nals. */
typedef struct piece {
	uint32_t rank;		/* its place, if there is no order number */
	uint16_t don;
	unsigned layer;		/* in h->layers */
	uint32_t at, len;
} piece;

struct dec_h264 {
	dec_h264_sink *sink;
	void *user;
	uint32_t window;
	bool begun;
	int64_t newest;		/* timestamp */
	int64_t given;		/* timestamp of the last unit given out */
	unsigned late;		/* packets in a row */
	uint32_t sps;		/* bit n: an SPS of this id was seen */
	unit units[UNITS];
	dec_layers layers;
	/* Of the unit that is being put together. */
	GByteArray *nals, *out;
	GArray *pieces;		/* of piece */
	unsigned layer;		/* of the packet at hand */
	bool open;		/* the last piece is not whole yet */
	bool whole;		/* nothing is missing */
	bool numbered;		/* every piece has an order number */
	bool has_don;
	uint16_t don;		/* of the next NAL unit */
};

dec_h264 *dec_h264_new(uint32_t window, dec_h264_sink *sink, void *user)
{
	dec_h264 *h = g_new0(dec_h264, 1);

	h->sink = sink;
	h->user = user;
	h->window = window;
	h->nals = g_byte_array_new();
	h->out = g_byte_array_new();
	h->pieces = g_array_new(FALSE, FALSE, sizeof(piece));
	for (int i = 0; i < UNITS; i++) {
		h->units[i].parcels = g_array_new(FALSE, FALSE,
						  sizeof(parcel));
		h->units[i].bytes = g_byte_array_new();
	}
	return h;
}

void dec_h264_free(dec_h264 *h)
{
	if (!h)
		return;
	for (int i = 0; i < UNITS; i++) {
		g_array_unref(h->units[i].parcels);
		g_byte_array_unref(h->units[i].bytes);
	}
	g_array_unref(h->pieces);
	g_byte_array_unref(h->nals);
	g_byte_array_unref(h->out);
	g_free(h);
}

/* By source, and in a source by sequence number. */
static gint parcel_order(gconstpointer x, gconstpointer y)
{
	const parcel *a = x, *b = y;

	if (a->ssrc != b->ssrc)
		return a->ssrc < b->ssrc ? -1 : 1;
	return (int16_t)(uint16_t)(a->seq - b->seq);
}

/* RFC 6190 4.11: the numbers count across the layers. */
static gint piece_order(gconstpointer x, gconstpointer y)
{
	const piece *a = x, *b = y;

	if (a->don != b->don)
		return (int16_t)(uint16_t)(a->don - b->don);
	return a->rank < b->rank ? -1 : 1;
}

/* Whether a decoder of the base layer wants the NAL unit. A PPS of another
 * layer refers to a subset SPS, which it would not find. */
static bool wanted(dec_h264 *h, uint8_t type, span body)
{
	unsigned id;

	if (type == DEC_NAL_SPS || type == DEC_NAL_PPS) {
		if (!dec_nal_sps_id(type, body, &id))
			return false;
		if (type == DEC_NAL_SPS)
			h->sps |= 1u << id;
		return h->sps >> id & 1;
	}
	return type > 0 && type < DEC_NAL_PREFIX;
}

static void append(GByteArray *to, const void *p, size_t n)
{
	g_byte_array_append(to, p, (guint)n);
}

static void begin_piece(dec_h264 *h, const dec_nal *n)
{
	static const uint8_t start_code[4] = {0, 0, 0, 1};
	piece p = {.rank = h->pieces->len, .don = h->don, .layer = h->layer,
		   .at = h->nals->len};

	append(h->nals, start_code, sizeof start_code);
	append(h->nals, &n->head, 1);
	g_array_append_val(h->pieces, p);
	h->don++;
}

static void drop_open(dec_h264 *h)
{
	piece *p;

	if (!h->open)
		return;
	p = &g_array_index(h->pieces, piece, h->pieces->len - 1);
	g_byte_array_set_size(h->nals, p->at);
	g_array_set_size(h->pieces, h->pieces->len - 1);
	h->open = false;
	h->whole = false;
}

static bool is_picture(uint8_t type)
{
	return type >= DEC_NAL_SLICE && type <= DEC_NAL_IDR;
}

/* The last piece is whole: it stays if the base layer needs it. */
static void end_piece(dec_h264 *h, const dec_nal *n)
{
	piece *p = &g_array_index(h->pieces, piece, h->pieces->len - 1);
	const uint8_t type = dec_nal_type(n->head);
	span nal;

	p->len = h->nals->len - p->at;
	nal = span_of(h->nals->data + p->at + 5, p->len - 5);
	h->open = false;
	if (wanted(h, type, nal)) {
		h->numbered = h->numbered && h->has_don;
		if (is_picture(type))
			dec_layers_slice(&h->layers, p->layer,
					 type == DEC_NAL_IDR, p->len);
		return;
	}
	g_byte_array_set_size(h->nals, p->at);
	g_array_set_size(h->pieces, h->pieces->len - 1);
}

static void add_nal(dec_h264 *h, const dec_nal *n)
{
	if (dec_nal_type(n->head) == DEC_NAL_PACSI) {
		(void)dec_nal_pacsi_prid(n->body,
					 &h->layers.list[h->layer].prid);
		h->has_don = dec_nal_pacsi_don(n->body, &h->don);
		return;
	}
	if (n->begins) {
		drop_open(h);
		begin_piece(h, n);
		h->open = true;
	}
	if (!h->open) {
		h->whole = false;
		return;
	}
	append(h->nals, n->body.p, n->body.left);
	if (n->ends)
		end_piece(h, n);
}

static void add_parcel(dec_h264 *h, const unit *u, const parcel *p)
{
	dec_nal_reader r;
	dec_nal n;

	if (!dec_nal_open(span_of(u->bytes->data + p->at, p->len), &r))
		return;
	while (dec_nal_next(&r, &n))
		add_nal(h, &n);
}

static void collect(dec_h264 *h, unit *u)
{
	const parcel *before = NULL;

	g_byte_array_set_size(h->nals, 0);
	g_array_set_size(h->pieces, 0);
	h->whole = h->numbered = true;
	dec_layers_begin(&h->layers);
	g_array_sort(u->parcels, parcel_order);
	for (guint i = 0; i < u->parcels->len; i++) {
		const parcel *p = &g_array_index(u->parcels, parcel, i);
		bool same = before && before->ssrc == p->ssrc;

		if (!same || (uint16_t)(before->seq + 1) != p->seq)
			drop_open(h);
		if (same && (uint16_t)(before->seq + 1) != p->seq)
			h->whole = false;
		if (!same) {
			h->has_don = false;
			h->layer = dec_layers_find(&h->layers, p->ssrc);
		}
		add_parcel(h, u, p);
		before = p;
	}
	drop_open(h);
}

/* Of streams beside the one that is shown nothing is given out. Parameter sets
 * that came without a picture may be anybody's until one is shown. */
static void drop_others(dec_h264 *h, int64_t ts)
{
	unsigned base;
	guint kept = 0;
	const bool some = dec_layers_choose(&h->layers, ts, &base);

	if (!some) {
		if (!h->layers.shown)
			return;
		base = h->layers.chosen;
	}
	for (guint i = 0; i < h->pieces->len; i++) {
		const piece p = g_array_index(h->pieces, piece, i);

		if (dec_layers_base(&h->layers, p.layer) == base)
			g_array_index(h->pieces, piece, kept++) = p;
	}
	g_array_set_size(h->pieces, kept);
}

/* Parameter sets without a picture wait for the picture after them. */
static void give_out(dec_h264 *h, int64_t ts)
{
	dec_h264_unit out = {.ts = ts, .whole = h->whole};
	bool picture = false;

	drop_others(h, ts);
	if (h->numbered)
		g_array_sort(h->pieces, piece_order);
	for (guint i = 0; i < h->pieces->len; i++) {
		const piece *p = &g_array_index(h->pieces, piece, i);
		uint8_t type = dec_nal_type(h->nals->data[p->at + 4]);

		append(h->out, h->nals->data + p->at, p->len);
		picture = picture || is_picture(type);
		out.key = out.key || type == DEC_NAL_IDR;
	}
	if (!picture)
		return;
	out.data = span_of(h->out->data, h->out->len);
	h->sink(h->user, &out);
	g_byte_array_set_size(h->out, 0);
}

static void finish(dec_h264 *h, unit *u)
{
	h->given = u->ts;
	collect(h, u);
	give_out(h, u->ts);
	g_array_set_size(u->parcels, 0);
	g_byte_array_set_size(u->bytes, 0);
}

static unit *oldest(dec_h264 *h)
{
	unit *best = NULL;

	for (int i = 0; i < UNITS; i++) {
		unit *u = &h->units[i];

		if (u->parcels->len && (!best || u->ts < best->ts))
			best = u;
	}
	return best;
}

unsigned dec_h264_others(const dec_h264 *h)
{
	return h->layers.others;
}

void dec_h264_flush(dec_h264 *h)
{
	for (unit *u; (u = oldest(h));)
		finish(h, u);
}

/* The waiting unit of that time, or a free slot; the oldest makes room. NULL
 * when all that wait are newer. */
static unit *unit_at(dec_h264 *h, int64_t ts)
{
	unit *spare = NULL;

	for (int i = 0; i < UNITS; i++) {
		unit *u = &h->units[i];

		if (u->parcels->len && u->ts == ts)
			return u;
		if (!u->parcels->len)
			spare = u;
	}
	if (!spare) {
		spare = oldest(h);
		if (spare->ts > ts)
			return NULL;
		finish(h, spare);
	}
	spare->ts = ts;
	return spare;
}

static bool seen(const unit *u, uint32_t ssrc, uint16_t seq)
{
	for (guint i = 0; i < u->parcels->len; i++) {
		const parcel *p = &g_array_index(u->parcels, parcel, i);

		if (p->ssrc == ssrc && p->seq == seq)
			return true;
	}
	return false;
}

/* The timestamp on a line that does not wrap; false if it is too late. A sender
 * whose clock restarts counts as late until enough packets confirm it. */
static bool extend(dec_h264 *h, uint32_t ts, int64_t *out)
{
	int64_t v = h->newest + (int32_t)(ts - (uint32_t)h->newest);

	if (h->begun && v <= h->given && ++h->late < LATE_RUN)
		return false;
	if (!h->begun || h->late == LATE_RUN) {
		dec_h264_flush(h);
		h->newest = h->begun ? v : ts;
		h->given = h->newest - h->window - 1;
		h->begun = true;
		v = h->newest;
	}
	h->late = 0;
	h->newest = MAX(h->newest, v);
	*out = v;
	return true;
}

dec_h264_verdict dec_h264_packet(dec_h264 *h, uint32_t ssrc, uint16_t seq,
				 uint32_t ts, span payload)
{
	parcel p = {ssrc, seq, 0, (uint32_t)payload.left};
	dec_nal_reader r;
	int64_t at;
	unit *u;

	if (payload.left > UINT16_MAX || !dec_nal_open(payload, &r))
		return DEC_H264_BAD;
	if (!extend(h, ts, &at))
		return DEC_H264_LATE;
	u = unit_at(h, at);
	if (!u)
		return DEC_H264_LATE;
	if (u->parcels->len == PACKETS || u->bytes->len + payload.left > BYTES)
		return DEC_H264_BAD;
	if (seen(u, ssrc, seq))
		return DEC_H264_DUPLICATE;
	p.at = u->bytes->len;
	append(u->bytes, payload.p, payload.left);
	g_array_append_val(u->parcels, p);
	while ((u = oldest(h)) && u->ts + h->window <= h->newest)
		finish(h, u);
	return DEC_H264_OK;
}
