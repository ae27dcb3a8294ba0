#include "tests/load/parts.h"

#include <glib/gstdio.h>
#include <lame/lame.h>
#include <opus_multistream.h>
#include <sndfile.h>
#include <spandsp.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "decoder/rtp.h"
#include "decoder/srtp.h"

enum { RATE = 8000, CHUNK = 50 };

static void to_sndfile(const char *path, int kind, const int16_t *pcm,
		       unsigned frames)
{
	SF_INFO info = {.samplerate = RATE, .channels = 2,
			.format = kind | SF_FORMAT_PCM_16};
	double level = 2 / 8.0;
	SNDFILE *s = sf_open(path, SFM_WRITE, &info);

	if (!s)
		load_die("%s: %s", path, sf_strerror(NULL));
	sf_command(s, SFC_SET_COMPRESSION_LEVEL, &level, sizeof(level));
	for (unsigned i = 0; i < frames; i++)
		sf_writef_short(s, pcm + (size_t)i * 2 * LOAD_PAYLOAD,
				LOAD_PAYLOAD);
	sf_close(s);
}

static void to_wav(const load_format *f, const char *path, const int16_t *pcm,
		   unsigned frames)
{
	(void)f;
	to_sndfile(path, SF_FORMAT_WAV, pcm, frames);
}

static void to_flac(const load_format *f, const char *path, const int16_t *pcm,
		    unsigned frames)
{
	(void)f;
	to_sndfile(path, SF_FORMAT_FLAC, pcm, frames);
}

/* CHUNK frames as lame takes them; gives the octets in `out`. */
static int mp3_chunk(lame_t l, const load_format *f, const int16_t *pcm,
		     unsigned frames, unsigned char *out, int room)
{
	short *in = (short *)(uintptr_t)pcm;
	int n = (int)MIN(CHUNK, frames) * LOAD_PAYLOAD;

	if (f->channels == 1)
		return lame_encode_buffer(l, in, NULL, n, out, room);
	return lame_encode_buffer_interleaved(l, in, n, out, room);
}

static void to_mp3(const load_format *f, const char *path, const int16_t *pcm,
		   unsigned frames)
{
	static unsigned char out[1 << 16];
	size_t frame = (size_t)f->channels * LOAD_PAYLOAD;
	lame_t l = lame_init();
	FILE *to = fopen(path, "wb");
	int n;

	lame_set_num_channels(l, f->channels);
	lame_set_in_samplerate(l, RATE);
	lame_set_out_samplerate(l, RATE);
	lame_set_mode(l, f->channels == 1 ? MONO : STEREO);
	lame_set_quality(l, 7);
	lame_set_brate(l, f->kbps);
	if (!to || lame_init_params(l) < 0)
		load_die("%s: lame does not start", path);
	for (unsigned i = 0; i < frames; i += CHUNK) {
		n = mp3_chunk(l, f, pcm + i * frame, frames - i, out,
			      sizeof(out));
		fwrite(out, 1, (size_t)MAX(n, 0), to);
	}
	n = lame_encode_flush(l, out, sizeof(out));
	fwrite(out, 1, (size_t)MAX(n, 0), to);
	fclose(to);
	lame_close(l);
}

static void to_opus(const load_format *f, const char *path, const int16_t *pcm,
		    unsigned frames)
{
	static const unsigned char mapping[2] = {0, 1};
	unsigned char out[4000];
	FILE *to = fopen(path, "wb");
	int bad;
	OpusMSEncoder *e = opus_multistream_encoder_create(
		RATE, 2, 2, 0, mapping, OPUS_APPLICATION_VOIP, &bad);

	if (!e || !to)
		load_die("%s: opus does not start", path);
	opus_multistream_encoder_ctl(e, OPUS_SET_BITRATE(1000 * f->kbps));
	opus_multistream_encoder_ctl(e, OPUS_SET_COMPLEXITY(0));
	for (unsigned i = 0; i < frames; i++) {
		int n = opus_multistream_encode(
			e, pcm + (size_t)i * 2 * LOAD_PAYLOAD, LOAD_PAYLOAD,
			out, sizeof(out));

		fwrite(out, 1, (size_t)MAX(n, 0), to);
	}
	fclose(to);
	opus_multistream_encoder_destroy(e);
}

/* A frame is LOAD_PAYLOAD samples of each channel. */
static const load_format formats[LOAD_FORMATS] = {
	[LOAD_WAV] = {"wav", 5000, 1, 2, 0, to_wav},
	{"flac", 2500, 1, 2, 0, to_flac},
	{"mp3", 850, 5, 2, 48, to_mp3},
	{"mp3/32k", 0, 5, 2, 32, to_mp3},
	{"mp3/32k/mono", 0, 5, 1, 32, to_mp3},
	{"opus", 350, 5, 2, 48, to_opus},
	{"opus/24k", 0, 5, 2, 24, to_opus},
};

const load_format *load_format_at(unsigned i)
{
	g_assert(i < LOAD_FORMATS);
	return &formats[i];
}

/* Both parties in one channel, in place. */
static void mix_down(int16_t *pcm, size_t n)
{
	for (size_t i = 0; i < n; i++)
		pcm[i] = (int16_t)CLAMP(pcm[2 * i] + pcm[2 * i + 1], -32768,
					32767);
}

static double cpu_s(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static dec_srtp *receiver(unsigned call, call_side side)
{
	uint8_t key[30];
	secret master = {0};
	dec_srtp *s;

	load_key(call, side, key);
	if (!secret_set(&master, span_of(key, sizeof(key))))
		load_die("a key is too long");
	s = dec_srtp_new(dec_suite_find("AES_CM_128_HMAC_SHA1_80"), &master,
			 0, false);
	secret_clear(&master);
	return s;
}

/* One party's samples into every other place. */
static void decode(const load_media *m, unsigned call, call_side side,
		   int16_t *pcm)
{
	dec_srtp *s = receiver(call, side);
	uint8_t clear[LOAD_SRTP];
	int16_t *to = pcm + side;
	dec_rtp h;
	size_t n;

	for (unsigned i = 0; i < m->packets; i++) {
		span p = load_media_srtp(m, call, side, i);

		if (dec_rtp_parse(p, &h) != DEC_OK ||
		    !dec_srtp_open_rtp(s, p, &h, 0, 0, clear, &n))
			load_die("a packet does not open");
		for (size_t k = h.head; k < n; k++, to += 2)
			*to = ulaw_to_linear(clear[k]);
	}
	dec_srtp_free(s);
}

double load_parts(const load_media *m, const load_format *f, unsigned calls,
		  const char *path)
{
	g_autofree int16_t *pcm = g_new(int16_t, (size_t)m->packets * 2 *
					LOAD_PAYLOAD);
	double begun = cpu_s();

	for (unsigned c = m->first; c < m->first + calls; c++) {
		decode(m, c, CALL_CALLER, pcm);
		decode(m, c, CALL_CALLEE, pcm);
		if (f->channels == 1)
			mix_down(pcm, (size_t)m->packets * LOAD_PAYLOAD);
		f->encode(f, path, pcm, m->packets);
		g_remove(path);
	}
	return calls * (m->packets / 50.0) / (cpu_s() - begun);
}
