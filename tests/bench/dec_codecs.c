/* How many seconds of sound each decoder gives in a second of one core, and
 * how that compares with its library doing nothing but the decode calls on the
 * same payloads. Fails when a decoder keeps less than 0.8 of its library's
 * speed, when our own Siren is slower than 1,000 times real time, or when a
 * packet allocates, which libavcodec's do. */
#include <bcg729/decoder.h>
#include <gsm.h>
#include <libavcodec/avcodec.h>
#include <opencore-amrnb/interf_dec.h>
#include <opencore-amrwb/dec_if.h>
#include <opus.h>
#include <spandsp.h>
#include <speex/speex.h>
#include <stdio.h>
#include <time.h>

#include "tests/support/codec_fixture.h"

enum {
	ROUNDS = 7,		/* the fastest of which counts */
	SHORTEST = 40,		/* ms of one round */
};

static const double RATIO = 0.8, SIREN = 1000;

static int16_t sink[8192];

void *__libc_malloc(size_t n);
static size_t allocations;

/* Counts what the libraries and we allocate. */
void *malloc(size_t n)
{
	allocations++;
	return __libc_malloc(n);
}

/* Decodes every payload of a stream once, with the library alone. */
typedef void bare(void *state, span in);

static void bare_g722(void *state, span in)
{
	span p;

	while (fix_next(&in, &p))
		g722_decode(state, sink, p.p, (int)p.left);
}

static void bare_g726(void *state, span in)
{
	span p;

	while (fix_next(&in, &p))
		g726_decode(state, sink, p.p, (int)p.left);
}

static void bare_g729(void *state, span in)
{
	span p, frame;

	while (fix_next(&in, &p))
		while (span_cut(&p, 10, &frame))
			bcg729Decoder(state, frame.p, 10, 0, 0, 0, sink);
}

static void bare_gsm(void *state, span in)
{
	gsm_frame frame;
	span p;

	while (fix_next(&in, &p))
		while (span_bytes(&p, frame, sizeof frame))
			gsm_decode(state, frame, sink);
}

static void bare_opus(void *state, span in)
{
	span p;

	while (fix_next(&in, &p))
		if (opus_decode(state, p.p, (opus_int32)p.left, sink, 5760,
				0) < 0)
			abort();
}

static void bare_speex(void *state, span in)
{
	SpeexBits bits = {0};
	span p;

	while (fix_next(&in, &p)) {
		speex_bits_set_bit_buffer(&bits, (void *)(uintptr_t)p.p,
					  (int)p.left);
		speex_decode_int(state, &bits, sink);
	}
}

/* The octet-aligned packing of one frame is the library's own format behind
 * one octet. */
static void bare_amr(void *state, span in)
{
	span p;

	while (fix_next(&in, &p))
		Decoder_Interface_Decode(state, p.p + 1, sink, 0);
}

static void bare_amrwb(void *state, span in)
{
	span p;

	while (fix_next(&in, &p))
		D_IF_decode(state, p.p + 1, sink, 0);
}

typedef struct lavc {
	AVCodecContext *ctx;
	AVPacket *pkt;
	AVFrame *frame;
} lavc;

static void bare_lavc(void *state, span in)
{
	lavc *s = state;
	span p;

	while (fix_next(&in, &p)) {
		s->pkt->data = (uint8_t *)(uintptr_t)p.p;
		s->pkt->size = (int)p.left;
		avcodec_send_packet(s->ctx, s->pkt);
		avcodec_receive_frame(s->ctx, s->frame);
	}
}

static void *lavc_new(enum AVCodecID id, int octets)
{
	lavc *s = g_new0(lavc, 1);
	const AVCodec *codec = avcodec_find_decoder(id);

	s->ctx = avcodec_alloc_context3(codec);
	s->ctx->sample_rate = 8000;
	s->ctx->block_align = octets;
	av_channel_layout_default(&s->ctx->ch_layout, 1);
	g_assert(avcodec_open2(s->ctx, codec, NULL) >= 0);
	s->pkt = av_packet_alloc();
	s->frame = av_frame_alloc();
	return s;
}

typedef struct bench {
	const char *name;
	uint32_t clock;
	const char *fmtp, *file, *library;
	bare *run;
	void *state;
} bench;

/* Processor time of one pass over the stream, in seconds. */
static double timed(void (*pass)(void *, span), void *state, span in)
{
	struct timespec a, b;
	double spent;
	int n = 0;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &a);
	do {
		pass(state, in);
		n++;
		clock_gettime(CLOCK_THREAD_CPUTIME_ID, &b);
		spent = (double)(b.tv_sec - a.tv_sec) +
			(double)(b.tv_nsec - a.tv_nsec) / 1e9;
	} while (spent < SHORTEST / 1e3);
	return spent / n;
}

typedef struct ours {
	dec_codec *c;
	dec_pcm *pcm;
	size_t frames;	/* decoded in the last pass */
	size_t allocated;	/* in it */
} ours;

static void pass_ours(void *state, span in)
{
	ours *o = state;
	span p;

	o->frames = 0;
	o->allocated = allocations;
	while (fix_next(&in, &p)) {
		dec_codec_decode(o->c, p, 0, o->pcm);
		o->frames += o->pcm->frames;
	}
	o->allocated = allocations - o->allocated;
}

static bool too_slow(const bench *b, double speed, double ratio)
{
	if (b->run)
		return ratio < RATIO;
	return g_str_has_prefix(b->file, "siren") ||
	       g_str_has_prefix(b->file, "g7221") ? speed < SIREN : false;
}

static bool measure(const bench *b)
{
	const call_payload p = fix_payload(b->name, b->clock, 1, b->fmtp);
	ours o = {dec_codec_open(&p, NULL, NULL), g_new0(dec_pcm, 1), 0, 0};
	double best = 1e9, best_bare = 1e9, seconds, ratio;
	g_autofree uint8_t *data = NULL;
	bool allocates;
	size_t len;
	span in;

	data = fix_load(b->file, &len);
	in = span_of(data, len);
	for (int i = 0; i < ROUNDS; i++) {
		best = MIN(best, timed(pass_ours, &o, in));
		if (b->run)
			best_bare = MIN(best_bare, timed(b->run, b->state, in));
	}
	seconds = (double)o.frames / dec_codec_rate(o.c);
	ratio = best_bare / best;
	printf("%-14s %-13s %9.0f", b->name, b->fmtp, seconds / best);
	if (b->run)
		printf(" %9.0f  %.2f  %s", seconds / best_bare, ratio,
		       b->library);
	allocates = o.allocated && b->run != bare_lavc;
	printf("%s%s\n", too_slow(b, seconds / best, ratio) ? "  TOO SLOW" : "",
	       allocates ? "  ALLOCATES" : "");
	dec_codec_close(o.c);
	g_free(o.pcm);
	return !allocates && !too_slow(b, seconds / best, ratio);
}

static void *speex_new(int mode)
{
	return speex_decoder_init(speex_lib_get_mode(mode));
}

int main(void)
{
	const bench all[] = {
		{"PCMU", 8000, "", "pcmu.pkts", NULL, NULL, NULL},
		{"PCMA", 8000, "", "pcma.pkts", NULL, NULL, NULL},
		{"G722", 8000, "", "g722.pkts", "spandsp", bare_g722,
		 g722_decode_init(NULL, 64000, 0)},
		{"SIREN", 16000, "", "siren.pkts", NULL, NULL, NULL},
		{"G7221", 16000, "", "g7221_24.pkts", NULL, NULL, NULL},
		{"G7221", 16000, "bitrate=32000", "g7221_32.pkts", NULL, NULL,
		 NULL},
		{"AAL2-G726-32", 8000, "", "g726_32_aal2.pkts", "spandsp",
		 bare_g726, g726_init(NULL, 32000, G726_ENCODING_LINEAR,
				      G726_PACKING_LEFT)},
		{"G729", 8000, "", "g729a.pkts", "bcg729", bare_g729,
		 initBcg729DecoderChannel()},
		{"GSM", 8000, "", "gsm.pkts", "libgsm", bare_gsm, gsm_create()},
		{"iLBC", 8000, "mode=20", "ilbc20.pkts", "libavcodec",
		 bare_lavc, lavc_new(AV_CODEC_ID_ILBC, 38)},
		{"iLBC", 8000, "mode=30", "ilbc30.pkts", "libavcodec",
		 bare_lavc, lavc_new(AV_CODEC_ID_ILBC, 50)},
		{"G723", 8000, "", "g723.pkts", "libavcodec", bare_lavc,
		 lavc_new(AV_CODEC_ID_G723_1, 24)},
		{"AMR", 8000, "octet-align=1", "amr_aligned.pkts",
		 "opencore-amrnb", bare_amr, Decoder_Interface_init()},
		{"AMR-WB", 16000, "octet-align=1", "amrwb_aligned.pkts",
		 "opencore-amrwb", bare_amrwb, D_IF_init()},
		{"opus", 48000, "", "opus.pkts", "libopus", bare_opus,
		 opus_decoder_create(48000, 1, NULL)},
		{"speex", 8000, "", "speex8.pkts", "libspeex", bare_speex,
		 speex_new(SPEEX_MODEID_NB)},
		{"speex", 16000, "", "speex16.pkts", "libspeex", bare_speex,
		 speex_new(SPEEX_MODEID_WB)},
	};
	bool ok = true;

	printf("%-28s %9s %9s  %s\n", "codec", "x real", "library", "ratio");
	for (size_t i = 0; i < G_N_ELEMENTS(all); i++)
		ok = measure(&all[i]) && ok;
	return !ok;
}
