#include <speex/speex.h>

#include "decoder/bits.h"
#include "decoder/codec_impl.h"

/* RFC 5574. A packet holds frames of 20 ms one after the other without
 * lengths, so they have to be walked to know how many there are. */
enum {
	MODE_MAX = 8,		/* of a frame */
	MODE_USER = 13,
	MODE_INBAND = 14,
	MODE_END = 15,
};

typedef struct speex {
	void *decoder;
	SpeexBits bits;
	size_t frame;		/* samples */
} speex;

static const SpeexMode *mode_of(uint32_t clock)
{
	switch (clock) {
	case 8000:
		return speex_lib_get_mode(SPEEX_MODEID_NB);
	case 16000:
		return speex_lib_get_mode(SPEEX_MODEID_WB);
	case 32000:
		return speex_lib_get_mode(SPEEX_MODEID_UWB);
	}
	return NULL;
}

/* 10 ms in the narrow band, and 63 samples for each filter bank above it. */
static unsigned delay_of(uint32_t clock)
{
	return clock == 8000 ? 80 : 2 * delay_of(clock / 2) + 63;
}

static bool open_speex(dec_codec *c, const call_payload *p, GError **err)
{
	const SpeexMode *mode = mode_of(p->clock);
	spx_int32_t frame;
	void *decoder;
	speex *s;

	if (!mode || p->channels > 1)
		return dec_codec_refuse(
			p, "only 8000, 16000 or 32000 Hz, one channel", err);
	decoder = speex_decoder_init(mode);
	if (!decoder)
		return dec_codec_no_library(p, "libspeex", err);
	speex_decoder_ctl(decoder, SPEEX_GET_FRAME_SIZE, &frame);
	s = c->state = g_new0(speex, 1);
	s->decoder = decoder;
	s->frame = (size_t)frame;
	c->rate = p->clock;
	c->delay = delay_of(p->clock);
	c->own_plc = true;
	return true;
}

static void skip(dec_bits *b, uint32_t n)
{
	for (; n > 32; n -= 32)
		(void)dec_bits_get(b, 32);
	if (n)
		(void)dec_bits_get(b, (int)n);
}

/* A layer above the narrow band: a one, three bits of mode, the rest. There
 * are at most two, and the upper one knows two modes. */
static bool skip_layer(dec_bits *b, unsigned layer)
{
	static const uint16_t size[5] = {4, 36, 112, 192, 352};
	uint32_t mode = dec_bits_get(b, 4) & 7;

	if (layer >= 2 || mode > (layer ? 1 : 4))
		return false;
	skip(b, size[mode] - 4u);
	return true;
}

/* Signals between the frames; their lengths go by their number. */
static void skip_inband(dec_bits *b, uint32_t mode)
{
	static const uint8_t size[16] = {1, 1, 4, 4, 4, 4, 4, 4,
					 8, 8, 16, 16, 32, 32, 64, 64};
	uint32_t n = dec_bits_get(b, 4);

	if (mode == MODE_USER)
		skip(b, 1 + 8 * n);
	else
		skip(b, size[n]);
}

/* A frame, or what may be between frames; false if it is neither. */
static bool skip_part(dec_bits *b, uint32_t mode, uint32_t *frames)
{
	static const uint16_t size[MODE_MAX + 1] = {5, 43, 119, 160, 220,
						    300, 364, 492, 79};

	if (mode == MODE_INBAND || mode == MODE_USER) {
		skip_inband(b, mode);
		return true;
	}
	if (mode > MODE_MAX)
		return false;
	skip(b, size[mode] - 5u);
	++*frames;
	return true;
}

/* Frames in a packet; 0 when it is not one. What libspeex would complain of
 * on standard error is refused here. */
static uint32_t count(span payload)
{
	dec_bits b = dec_bits_of(payload);
	uint32_t frames = 0;
	unsigned layers = 0;

	while (b.left >= 5) {
		dec_bits ahead = b;
		uint32_t mode = dec_bits_get(&ahead, 5);

		if (mode & 16) {
			if (!skip_layer(&b, layers++))
				return 0;
			continue;
		}
		if (mode == MODE_END)
			break;
		layers = 0;
		b = ahead;
		if (!skip_part(&b, mode, &frames))
			return 0;
	}
	return b.left < 0 ? 0 : frames;
}

static uint32_t ticks(const dec_codec *c, span payload, uint32_t ts_step)
{
	const speex *s = c->state;

	(void)ts_step;
	return count(payload) * (uint32_t)s->frame;
}

static dec_codec_verdict decode(dec_codec *c, span payload, uint32_t ts_step,
				dec_pcm *out)
{
	speex *s = c->state;
	uint32_t frames = count(payload);

	(void)ts_step;
	/* libspeex only reads this memory. */
	speex_bits_set_bit_buffer(&s->bits, (void *)(uintptr_t)payload.p,
				  (int)payload.left);
	for (uint32_t i = 0; i < frames; i++, out->frames += s->frame) {
		int16_t *to = out->s + out->frames;

		if (speex_decode_int(s->decoder, &s->bits, to) == 0)
			continue;
		speex_decode_int(s->decoder, NULL, to);
		out->concealed += s->frame;
	}
	return out->concealed ? DEC_CODEC_DAMAGED : DEC_CODEC_OK;
}

static bool conceal(dec_codec *c, span next, unsigned distance, dec_pcm *out)
{
	speex *s = c->state;
	int16_t frame[640];
	size_t n;

	(void)next;
	(void)distance;
	for (size_t at = 0; at < out->frames; at += n) {
		n = MIN(out->frames - at, s->frame);
		speex_decode_int(s->decoder, NULL, frame);
		memcpy(out->s + at, frame, n * sizeof *frame);
	}
	return true;
}

static void reset(dec_codec *c)
{
	speex *s = c->state;

	speex_decoder_ctl(s->decoder, SPEEX_RESET_STATE, NULL);
}

static void close_speex(dec_codec *c)
{
	speex *s = c->state;

	speex_decoder_destroy(s->decoder);
	g_free(s);
}

const dec_codec_ops dec_speex_ops = {
	.open = open_speex,
	.ticks = ticks,
	.decode = decode,
	.conceal = conceal,
	.reset = reset,
	.close = close_speex,
};
