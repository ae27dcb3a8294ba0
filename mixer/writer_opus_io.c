/* Ogg Opus (RFC 6716, RFC 7845). Two channels are two uncoupled streams, so
 * that nothing of one speaker leaks into the other's channel however low the
 * bit rate. The serial number is fixed: the same call gives the same bytes. */
#include <ogg/ogg.h>
#include <opus_multistream.h>
#include <string.h>

#include "core/put.h"
#include "mixer/writer.h"

enum {
	SERIAL = 0x65647470,	/* "edtp" */
	FRAMES_PER_S = 50,
	FRAMES_PER_PAGE = 10,	/* 200 ms: how far the file is behind */
	PACKET_MAX = 2 * 1276,
	FRAME_MAX = 960,
	COMPLEXITY = 0,		/* the rest costs more than it is heard */
	OPUS_HZ = 48000,	/* the unit of granule positions */
};

typedef struct opus {
	mix_writer base;
	OpusMSEncoder *enc;
	ogg_stream_state ogg;
	int64_t packets;	/* audio packets given to ogg */
	uint64_t frames;	/* samples taken in */
	uint16_t skip;		/* RFC 7845 4.2, at 48 kHz */
	size_t frame;		/* samples in a packet */
	size_t held;		/* samples waiting for a full packet */
	int16_t in[2 * FRAME_MAX];
	uint8_t out[PACKET_MAX];
} opus;

static bool put_page(opus *w, const ogg_page *page, GError **err)
{
	return mix_outfile_append(w->base.file, page->header,
				  (size_t)page->header_len, err) &&
	       mix_outfile_append(w->base.file, page->body,
				  (size_t)page->body_len, err);
}

static bool end_page(opus *w, GError **err)
{
	ogg_page page;

	while (ogg_stream_flush(&w->ogg, &page)) {
		if (!put_page(w, &page, err))
			return false;
	}
	return true;
}

static void put_le16(put *o, uint16_t v)
{
	put_u16(o, GUINT16_SWAP_LE_BE(v));
}

static void put_le32(put *o, uint32_t v)
{
	put_u32(o, GUINT32_SWAP_LE_BE(v));
}

/* RFC 7845 5.1; mapping family 1 where there are two streams. */
static bool put_head(opus *w, GError **err)
{
	uint8_t channels = w->base.spec.channels;
	put o = put_into(w->out, sizeof(w->out));
	ogg_packet p = {.b_o_s = 1};

	put_bytes(&o, "OpusHead", 8);
	put_u8(&o, 1);
	put_u8(&o, channels);
	put_le16(&o, w->skip);
	put_le32(&o, w->base.spec.rate);
	put_le16(&o, 0);
	put_u8(&o, channels > 1);
	if (channels > 1)
		put_bytes(&o, "\x02\x00\x00\x01", 4);
	p.packet = w->out;
	p.bytes = (long)o.n;
	ogg_stream_packetin(&w->ogg, &p);
	return end_page(w, err);
}

static void put_comment(GByteArray *to, const char *key, const char *value)
{
	g_autofree char *text = g_strconcat(key, value, NULL);
	uint32_t n = GUINT32_TO_LE((uint32_t)strlen(text));

	g_byte_array_append(to, (const uint8_t *)&n, sizeof(n));
	g_byte_array_append(to, (const uint8_t *)text, (guint)strlen(text));
}

/* RFC 7845 5.2. */
static bool put_tags(opus *w, GError **err)
{
	const mix_spec *s = &w->base.spec;
	const struct {
		const char *key, *value;
	} tags[] = {
		{"TITLE=", s->title},
		{"ARTIST=", s->artist},
		{"DATE=", s->date},
		{"COMMENT=", s->comment},
	};
	g_autoptr(GByteArray) all = g_byte_array_new();
	ogg_packet p = {.packetno = 1};
	uint32_t n = 0;

	g_byte_array_append(all, (const uint8_t *)"OpusTags", 8);
	put_comment(all, "", opus_get_version_string());
	for (size_t i = 0; i < G_N_ELEMENTS(tags); i++)
		n += tags[i].value != NULL;
	n = GUINT32_TO_LE(n);
	g_byte_array_append(all, (const uint8_t *)&n, sizeof(n));
	for (size_t i = 0; i < G_N_ELEMENTS(tags); i++) {
		if (tags[i].value)
			put_comment(all, tags[i].key, tags[i].value);
	}
	p.packet = all->data;
	p.bytes = (long)all->len;
	ogg_stream_packetin(&w->ogg, &p);
	return end_page(w, err);
}

static int kbps_of(const mix_spec *s)
{
	return s->out.kbps ? s->out.kbps : (s->rate > 16000 ? 32 : 24) *
						   s->channels;
}

static bool set_up(opus *w)
{
	static const unsigned char mapping[2] = {0, 1};
	const mix_spec *s = &w->base.spec;
	opus_int32 ahead = 0;
	int bad;

	w->enc = opus_multistream_encoder_create(
		(opus_int32)s->rate, s->channels, s->channels, 0, mapping,
		s->out.celt ? OPUS_APPLICATION_RESTRICTED_LOWDELAY
			    : OPUS_APPLICATION_VOIP, &bad);
	if (bad || opus_multistream_encoder_ctl(
			   w->enc, OPUS_SET_BITRATE(1000 * kbps_of(s))))
		return false;
	opus_multistream_encoder_ctl(w->enc, OPUS_SET_COMPLEXITY(
		s->out.quality < 0 ? COMPLEXITY : s->out.quality));
	opus_multistream_encoder_ctl(w->enc, OPUS_GET_LOOKAHEAD(&ahead));
	w->skip = (uint16_t)((uint32_t)ahead * (OPUS_HZ / s->rate));
	w->frame = s->rate / FRAMES_PER_S;
	return true;
}

static void opus_free(mix_writer *base)
{
	opus *w = (opus *)base;

	if (!w)
		return;
	if (w->enc)
		opus_multistream_encoder_destroy(w->enc);
	ogg_stream_clear(&w->ogg);
	g_free(w);
}

static mix_writer *opus_open(const mix_spec *s, mix_outfile *f, GError **err)
{
	opus *w = g_new0(opus, 1);

	w->base = (mix_writer){&mix_opus_ops, f, *s};
	g_assert(!ogg_stream_init(&w->ogg, SERIAL));
	if (!set_up(w))
		g_set_error(err, MIX_ERROR, MIX_ERROR_ENCODER,
			    "%s: libopus refuses %u Hz, %u channels, %d kbit/s",
			    mix_outfile_path(f), s->rate, s->channels,
			    kbps_of(s));
	else if (put_head(w, err) && put_tags(w, err))
		return &w->base;
	opus_free(&w->base);
	return NULL;
}

/* A full packet; the granule position counts what a player has after it. */
static bool encode(opus *w, bool last, GError **err)
{
	uint32_t up = OPUS_HZ / w->base.spec.rate;
	int n = opus_multistream_encode(w->enc, w->in, (int)w->frame, w->out,
					sizeof(w->out));
	ogg_packet p = {.packet = w->out, .bytes = n, .e_o_s = last};

	if (n < 0) {
		g_set_error(err, MIX_ERROR, MIX_ERROR_ENCODER, "%s: %s",
			    mix_outfile_path(w->base.file), opus_strerror(n));
		return false;
	}
	w->held = 0;
	w->packets++;
	p.packetno = w->packets + 1;
	p.granulepos = last ? (int64_t)(w->frames * up) + w->skip
			    : w->packets * (OPUS_HZ / FRAMES_PER_S);
	ogg_stream_packetin(&w->ogg, &p);
	return w->packets % FRAMES_PER_PAGE || end_page(w, err);
}

static bool opus_write(mix_writer *base, const int16_t *pcm, size_t frames,
		       GError **err)
{
	opus *w = (opus *)base;
	size_t ch = base->spec.channels;

	w->frames += frames;
	while (frames) {
		size_t n = MIN(frames, w->frame - w->held);

		/* A full packet waits for a sample after it: the last one of
		 * the file is marked. */
		if (!n && !encode(w, false, err))
			return false;
		memcpy(w->in + w->held * ch, pcm, n * ch * sizeof(*pcm));
		w->held += n;
		pcm += n * ch;
		frames -= n;
	}
	return true;
}

static bool opus_flush(mix_writer *base, GError **err)
{
	return mix_outfile_flush(base->file, err);
}

/* Zeros push the encoder's look-ahead out; the last granule position takes
 * them off again (RFC 7845 4.4). */
static bool opus_finish(mix_writer *base, GError **err)
{
	opus *w = (opus *)base;
	uint64_t up = OPUS_HZ / base->spec.rate;
	int64_t need = (int64_t)(w->frames * up) + w->skip;
	bool last;

	do {
		memset(w->in + w->held * base->spec.channels, 0,
		       (w->frame - w->held) * base->spec.channels *
			       sizeof(*w->in));
		last = (w->packets + 1) * (OPUS_HZ / FRAMES_PER_S) >= need;
		if (!encode(w, last, err))
			return false;
	} while (!last);
	return end_page(w, err);
}

const mix_writer_ops mix_opus_ops = {
	.open = opus_open,
	.write = opus_write,
	.flush = opus_flush,
	.finish = opus_finish,
	.free = opus_free,
};
