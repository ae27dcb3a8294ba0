/* WAV and RF64: the header is right after every flush, so the file plays while
 * it grows and after the writer has died. */
#include <string.h>

#include "mixer/wavhead.h"

enum { CHUNK = 2048 };		/* samples turned at a time */

typedef struct wav {
	mix_writer base;
	uint64_t data;		/* octets of samples */
	uint64_t told;		/* of which the header knows */
} wav;

static bool put_header(wav *w, GError **err)
{
	uint8_t head[MIX_WAVHEAD_MAX];
	put o = put_into(head, sizeof(head));

	mix_wavhead_put(&o, &w->base.spec, w->data);
	w->told = w->data;
	if (!mix_outfile_size(w->base.file)) {
		mix_outfile_head(w->base.file, o.n);
		return mix_outfile_append(w->base.file, head, o.n, err);
	}
	return mix_outfile_patch(w->base.file, 0, head, o.n, err);
}

static mix_writer *wav_open(const mix_spec *s, mix_outfile *f, GError **err)
{
	wav *w = g_new0(wav, 1);

	w->base = (mix_writer){&mix_wav_ops, f, *s};
	if (put_header(w, err))
		return &w->base;
	g_free(w);
	return NULL;
}

/* G.711 mu-law: sign, position of the highest bit, four bits after it. */
static uint8_t ulaw(int16_t v)
{
	int sign = v < 0 ? 0x80 : 0;
	int x = (v < 0 ? -(int)v : v) + 132;
	int exponent;

	x = MIN(x, 32767);
	exponent = g_bit_nth_msf((gulong)x, -1) - 7;
	return (uint8_t)~(sign | exponent << 4 | (x >> (exponent + 3) & 15));
}

static void turn(const wav *w, const int16_t *pcm, size_t n, uint8_t *to)
{
	if (mix_wavhead_octets(&w->base.spec) == 1) {
		for (size_t i = 0; i < n; i++)
			to[i] = ulaw(pcm[i]);
		return;
	}
	for (size_t i = 0; i < n; i++) {
		uint16_t v = GUINT16_TO_LE((uint16_t)pcm[i]);

		memcpy(to + 2 * i, &v, 2);
	}
}

static bool wav_write(mix_writer *base, const int16_t *pcm, size_t frames,
		      GError **err)
{
	wav *w = (wav *)base;
	size_t left = frames * base->spec.channels;
	size_t octets = mix_wavhead_octets(&base->spec);
	uint8_t buf[2 * CHUNK];

	w->data += left * octets;
	/* Samples in memory are as they are in the file. */
	if (octets == 2 && G_BYTE_ORDER == G_LITTLE_ENDIAN)
		return mix_outfile_append(base->file, pcm, 2 * left, err);
	while (left) {
		size_t n = MIN(left, CHUNK);

		turn(w, pcm, n, buf);
		if (!mix_outfile_append(base->file, buf, n * octets, err))
			return false;
		pcm += n;
		left -= n;
	}
	return true;
}

static bool wav_flush(mix_writer *base, GError **err)
{
	wav *w = (wav *)base;

	if (w->told == w->data)
		return true;
	return mix_outfile_flush(base->file, err) && put_header(w, err);
}

static bool wav_finish(mix_writer *base, GError **err)
{
	wav *w = (wav *)base;

	/* Chunks are of even length. */
	if (w->data & 1 && !mix_outfile_append(base->file, "", 1, err))
		return false;
	return mix_outfile_cut(base->file, err) && put_header(w, err);
}

static void wav_free(mix_writer *base)
{
	g_free(base);
}

const mix_writer_ops mix_wav_ops = {
	.open = wav_open,
	.write = wav_write,
	.flush = wav_flush,
	.finish = wav_finish,
	.free = wav_free,
};
