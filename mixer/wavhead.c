#include "mixer/wavhead.h"

#include <glib.h>

enum {
	FORMAT_PCM = 1,
	FORMAT_ULAW = 7,
	DS64 = 28,		/* octets of the ds64 chunk without table */
	TAG_MAX = 160,
};

static void put_le16(put *o, uint16_t v)
{
	put_u16(o, GUINT16_SWAP_LE_BE(v));
}

static void put_le32(put *o, uint32_t v)
{
	put_u32(o, GUINT32_SWAP_LE_BE(v));
}

static void put_le64(put *o, uint64_t v)
{
	put_u64(o, GUINT64_SWAP_LE_BE(v));
}

static void put_id(put *o, const char *id)
{
	put_bytes(o, id, 4);
}

/* Octets of an INFO entry's text with its NUL, at most TAG_MAX. */
static uint32_t tag_size(const char *text)
{
	size_t n = text ? strlen(text) : 0;

	return n ? (uint32_t)MIN(n, TAG_MAX) + 1 : 0;
}

static void put_tag(put *o, const char *id, const char *text)
{
	uint32_t n = tag_size(text);

	if (!n)
		return;
	put_id(o, id);
	put_le32(o, n);
	put_bytes(o, text, n - 1);
	put_u8(o, 0);
	if (n & 1)
		put_u8(o, 0);
}

static void put_info(put *o, const mix_spec *s)
{
	size_t mark = o->n;
	uint8_t *size;

	if (!s->title && !s->artist && !s->date && !s->comment)
		return;
	put_id(o, "LIST");
	size = o->p + o->n;
	put_le32(o, 0);
	put_id(o, "INFO");
	put_tag(o, "INAM", s->title);
	put_tag(o, "IART", s->artist);
	put_tag(o, "ICRD", s->date);
	put_tag(o, "ICMT", s->comment);
	if (!o->full) {
		put back = put_into(size, 4);

		put_le32(&back, (uint32_t)(o->n - mark - 8));
	}
}

unsigned mix_wavhead_octets(const mix_spec *s)
{
	bool ulaw = s->out.format == MIX_WAV_ULAW ||
		    s->out.format == MIX_RF64_ULAW;

	return ulaw ? 1 : 2;
}

static void put_format(put *o, const mix_spec *s)
{
	unsigned octets = mix_wavhead_octets(s);
	bool ulaw = octets == 1;

	put_id(o, "fmt ");
	put_le32(o, ulaw ? 18 : 16);
	put_le16(o, ulaw ? FORMAT_ULAW : FORMAT_PCM);
	put_le16(o, s->channels);
	put_le32(o, s->rate);
	put_le32(o, s->rate * s->channels * octets);
	put_le16(o, (uint16_t)(s->channels * octets));
	put_le16(o, (uint16_t)(8 * octets));
	if (ulaw)
		put_le16(o, 0);
}

/* Non-PCM formats say their length in frames as well. */
static void put_fact(put *o, const mix_spec *s, uint64_t data)
{
	if (mix_wavhead_octets(s) != 1)
		return;
	put_id(o, "fact");
	put_le32(o, 4);
	put_le32(o, (uint32_t)MIN(data / s->channels, UINT32_MAX));
}

static void put_ds64(put *o, const mix_spec *s, bool big, uint64_t riff,
		     uint64_t data)
{
	unsigned octets = mix_wavhead_octets(s);

	put_id(o, big ? "ds64" : "JUNK");
	put_le32(o, DS64);
	put_le64(o, big ? riff : 0);
	put_le64(o, big ? data : 0);
	put_le64(o, big ? data / (s->channels * octets) : 0);
	put_le32(o, 0);
}

static void put_chunks(put *o, const mix_spec *s, uint64_t data, uint64_t head)
{
	uint64_t riff = head + data + (data & 1) - 8;
	bool big = riff > UINT32_MAX || s->out.format == MIX_RF64 ||
		   s->out.format == MIX_RF64_ULAW;

	put_id(o, big ? "RF64" : "RIFF");
	put_le32(o, big ? UINT32_MAX : (uint32_t)riff);
	put_id(o, "WAVE");
	put_ds64(o, s, big, riff, data);
	put_format(o, s);
	put_fact(o, s, data);
	put_info(o, s);
	put_id(o, "data");
	put_le32(o, big ? UINT32_MAX : (uint32_t)data);
}

void mix_wavhead_put(put *o, const mix_spec *s, uint64_t data)
{
	uint8_t dry[MIX_WAVHEAD_MAX];
	put length = put_into(dry, sizeof(dry));

	put_chunks(&length, s, 0, 8);
	put_chunks(o, s, data, length.n);
	g_assert(!o->full);
}
