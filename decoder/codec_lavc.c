#include "decoder/codec_impl.h"
#include "decoder/lavc_io.h"

/* iLBC (RFC 3952) and G.723.1 (RFC 3551 4.5.3) by libavcodec. It may refuse a
 * frame and then gives no samples at all: here a frame always has its length,
 * and what the library did not give is silence and counted as concealed. */
enum { FRAME_OCTETS_MAX = 50 };

typedef struct lavc_decoder {
	AVCodecContext *ctx;
	size_t samples;		/* of a frame */
} lavc_decoder;

typedef struct lavc {
	const dec_lavc *av;
	lavc_decoder dec[2];	/* iLBC: 20 ms, 30 ms; G.723.1: the first */
	bool prefer_30;		/* iLBC, when the length fits both */
	AVPacket *pkt;
	AVFrame *frame;
	uint8_t buf[FRAME_OCTETS_MAX + AV_INPUT_BUFFER_PADDING_SIZE];
} lavc;

static void close_lavc(dec_codec *c)
{
	lavc *s = c->state;

	for (int i = 0; s->av && i < 2; i++)
		s->av->avcodec_free_context(&s->dec[i].ctx);
	if (s->av)
		s->av->av_packet_free(&s->pkt);
	av_frame_free(&s->frame);
	g_free(s);
}

static bool start(const dec_lavc *av, lavc_decoder *d, enum AVCodecID id,
		  int octets, size_t samples)
{
	const AVCodec *codec = av->avcodec_find_decoder(id);

	d->ctx = codec ? av->avcodec_alloc_context3(codec) : NULL;
	if (!d->ctx)
		return false;
	d->samples = samples;
	d->ctx->sample_rate = 8000;
	d->ctx->block_align = octets;
	d->ctx->thread_count = 1;
	d->ctx->log_level_offset = AV_LOG_TRACE;	/* packets are counted,
							 * not talked about */
	av_channel_layout_default(&d->ctx->ch_layout, 1);
	return av->avcodec_open2(d->ctx, codec, NULL) >= 0 &&
	       (d->ctx->sample_fmt == AV_SAMPLE_FMT_S16 ||
		d->ctx->sample_fmt == AV_SAMPLE_FMT_S16P);
}

static bool open_decoders(lavc *s, bool ilbc)
{
	s->pkt = s->av->av_packet_alloc();
	s->frame = av_frame_alloc();
	if (!s->pkt || !s->frame)
		return false;
	if (!ilbc)
		return start(s->av, &s->dec[0], AV_CODEC_ID_G723_1, 24, 240);
	return start(s->av, &s->dec[0], AV_CODEC_ID_ILBC, 38, 160) &&
	       start(s->av, &s->dec[1], AV_CODEC_ID_ILBC, 50, 240);
}

static bool open_lavc(dec_codec *c, const call_payload *p, bool ilbc,
		      GError **err)
{
	lavc *s;

	if (p->clock != 8000 || p->channels > 1)
		return dec_codec_refuse(p, "only 8000 Hz, one channel", err);
	s = c->state = g_new0(lavc, 1);
	c->rate = 8000;
	s->av = dec_lavc_load();
	if (s->av && open_decoders(s, ilbc))
		return true;
	close_lavc(c);
	return dec_codec_no_library(p, "libavcodec", err);
}

/* Copies what the library decoded of one frame, or silence. */
static bool one(lavc *s, lavc_decoder *d, span frame, int16_t *to)
{
	bool ok;

	memset(s->buf, 0, sizeof s->buf);
	memcpy(s->buf, frame.p, frame.left);
	s->pkt->data = s->buf;
	s->pkt->size = (int)frame.left;
	ok = s->av->avcodec_send_packet(d->ctx, s->pkt) >= 0 &&
	     s->av->avcodec_receive_frame(d->ctx, s->frame) >= 0 &&
	     (size_t)s->frame->nb_samples == d->samples;
	if (ok)
		memcpy(to, s->frame->data[0], d->samples * sizeof *to);
	else
		memset(to, 0, d->samples * sizeof *to);
	return ok;
}

static void append(lavc *s, lavc_decoder *d, span frame, dec_pcm *out)
{
	if (!one(s, d, frame, out->s + out->frames))
		out->concealed += d->samples;
	out->frames += d->samples;
}

static dec_codec_verdict verdict(const dec_pcm *out)
{
	return out->concealed ? DEC_CODEC_DAMAGED : DEC_CODEC_OK;
}

static void reset(dec_codec *c)
{
	lavc *s = c->state;

	for (int i = 0; i < 2; i++)
		if (s->dec[i].ctx)
			s->av->avcodec_flush_buffers(s->dec[i].ctx);
}

static bool ilbc_open(dec_codec *c, const call_payload *p, GError **err)
{
	if (!open_lavc(c, p, true, err))
		return false;
	((lavc *)c->state)->prefer_30 =
		dec_codec_fmtp_number(p, "mode", 30) == 30;
	return true;
}

/* By length: 38 octets are 20 ms, 50 are 30 ms. */
static lavc_decoder *ilbc_mode(lavc *s, size_t len)
{
	bool fits_20 = len % 38 == 0, fits_30 = len % 50 == 0;

	if (fits_30 && (s->prefer_30 || !fits_20))
		return &s->dec[1];
	return fits_20 ? &s->dec[0] : NULL;
}

static uint32_t ilbc_ticks(const dec_codec *c, span payload, uint32_t ts_step)
{
	const lavc_decoder *d = ilbc_mode(c->state, payload.left);

	(void)ts_step;
	if (!d)
		return 0;
	return (uint32_t)(payload.left / (size_t)d->ctx->block_align *
			  d->samples);
}

static dec_codec_verdict ilbc_decode(dec_codec *c, span payload,
				     uint32_t ts_step, dec_pcm *out)
{
	lavc_decoder *d = ilbc_mode(c->state, payload.left);
	span frame;

	(void)ts_step;
	while (span_cut(&payload, (size_t)d->ctx->block_align, &frame))
		append(c->state, d, frame, out);
	return verdict(out);
}

static bool g723_open(dec_codec *c, const call_payload *p, GError **err)
{
	c->delay = 60;
	return open_lavc(c, p, false, err);
}

/* The low bits of a frame's first octet give its length: 6.3 kbit/s, 5.3,
 * silence descriptor, nothing sent. */
static bool g723_cut(span *in, span *frame)
{
	static const uint8_t octets[4] = {24, 20, 4, 1};

	return in->left && span_cut(in, octets[in->p[0] & 3], frame);
}

static uint32_t g723_ticks(const dec_codec *c, span payload, uint32_t ts_step)
{
	uint32_t n = 0;
	span frame;

	(void)c;
	(void)ts_step;
	while (g723_cut(&payload, &frame))
		n += 240;
	return payload.left ? 0 : n;
}

static dec_codec_verdict g723_decode(dec_codec *c, span payload,
				     uint32_t ts_step, dec_pcm *out)
{
	lavc *s = c->state;
	span frame;

	(void)ts_step;
	while (g723_cut(&payload, &frame))
		append(s, &s->dec[0], frame, out);
	return verdict(out);
}

const dec_codec_ops dec_ilbc_ops = {
	.open = ilbc_open,
	.ticks = ilbc_ticks,
	.decode = ilbc_decode,
	.reset = reset,
	.close = close_lavc,
};

const dec_codec_ops dec_g723_ops = {
	.open = g723_open,
	.ticks = g723_ticks,
	.decode = g723_decode,
	.reset = reset,
	.close = close_lavc,
};
