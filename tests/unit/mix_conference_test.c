/* A conference's packets through decoder and mixer: several sources under one
 * key, and a mix whose packets name who is in it. */
#include "mixer/mix.h"

#include <math.h>
#include <spandsp.h>
#include <string.h>

#include "decoder/dec.h"
#include "tests/support/mixkit.h"
#include "tests/support/sender.h"

enum { RATE = 8000, FRAMES = 160, PACKETS = 250, SOURCES = 4, LEAD = 2000 };

static const mix_output outputs[] = {
	{.format = MIX_WAV, .layout = MIX_CALLER, .quality = -1},
	{.format = MIX_WAV, .layout = MIX_CALLEE, .quality = -1},
};

typedef struct fix {
	mix_call *mix;
	dec_call *dec;
	mix_totals totals;
} fix;

static void on_block(void *user, const pcm_block *b)
{
	mix_call_block(((fix *)user)->mix, b);
}

static void fix_open(fix *f, const mixkit *t, const sender *s)
{
	const mix_plan plan = {.dir = t->dir, .name = "c", .outputs = outputs,
			       .n_outputs = G_N_ELEMENTS(outputs)};
	const dec_config config = dec_config_default();
	const dec_sink sink = {.block = on_block};
	call_half *h = sender_half(s, true, 1, 1);

	sender_add_payload(h, 0, "PCMU", RATE);
	f->mix = mix_call_new(&plan, NULL);
	mix_call_begin(f->mix, (clk_mono){0});
	f->dec = dec_call_new(&config, &sink, f);
	dec_call_describe(f->dec, h);
	call_half_free(h);
}

static void finish(fix *f)
{
	dec_call_finish(f->dec);
	mixkit_finish(f->mix, LEAD + 6000, &f->totals);
}

static void fix_close(fix *f)
{
	mixkit_close_call(f->mix, &f->totals);
	dec_call_free(f->dec);
}

static mixkit_sound load(const mixkit *t, int speaker)
{
	g_autofree char *path = g_strdup_printf(
		speaker ? "%s/c-callee-%d.wav" : "%s/c-callee.wav", t->dir,
		speaker + 1);

	return mixkit_load(path);
}

/* Noise of its own for each, as mu-law has it. */
static void say(mixkit_party *p, uint8_t ulaw[static FRAMES], float *said)
{
	int16_t pcm[FRAMES];

	mixkit_speak(p, pcm, FRAMES);
	for (int i = 0; i < FRAMES; i++) {
		ulaw[i] = linear_to_ulaw(pcm[i]);
		said[i] = ulaw_to_linear(ulaw[i]) / 32768.0f;
	}
}

static double correlation(const float *a, const float *b, size_t n)
{
	double ab = 0, aa = 0, bb = 0;

	for (size_t i = 0; i < n; i++) {
		ab += (double)a[i] * b[i];
		aa += (double)a[i] * a[i];
		bb += (double)b[i] * b[i];
	}
	return ab / sqrt(aa * bb + 1e-12);
}

static void sources(mixkit *t, gconstpointer data)
{
	static float said[SOURCES][PACKETS * FRAMES];
	sender s[SOURCES];
	mixkit_party p[SOURCES];
	uint8_t ulaw[FRAMES];
	fix f = {0};

	(void)data;
	for (int i = 0; i < SOURCES; i++) {
		sender_init(&s[i], "AES_CM_128_HMAC_SHA1_80", CALL_CALLEE, 1);
		s[i].ssrc = 0x2000 + (uint32_t)i;
		s[i].at = (LEAD + 20) * CLK_NS_PER_MS;
		p[i] = (mixkit_party){.rate = RATE, .level = 6000,
				      .seed = 1 + (uint32_t)i};
	}
	fix_open(&f, t, &s[0]);
	for (int k = 0; k < PACKETS; k++) {
		for (int i = 0; i < SOURCES; i++) {
			pkt packet;

			say(&p[i], ulaw, said[i] + k * FRAMES);
			packet = sender_rtp(&s[i], ulaw, FRAMES);
			g_assert_cmpint(dec_call_packet(f.dec, &packet), ==,
					DEC_MEDIA);
		}
	}
	finish(&f);
	g_assert_cmpuint(f.totals.files->len, ==, 1 + SOURCES);
	for (int i = 0; i < SOURCES; i++) {
		mixkit_sound sound = load(t, i);

		for (int k = 0; k < SOURCES; k++) {
			double r = correlation(sound.pcm + LEAD * RATE / 1000,
					       said[k], PACKETS * FRAMES);

			g_test_message("file %d, source %d: %.5f", i, k, r);
			if (i == k)
				g_assert_cmpfloat(r, >, 0.99999);
			else
				g_assert_cmpfloat(fabs(r), <, 0.02);
		}
		mixkit_sound_clear(&sound);
		sender_clear(&s[i]);
	}
	fix_close(&f);
}

/* RFC 3550 5.1: the contributors stand behind the fixed header. */
static pkt name_two(const pkt *p, uint32_t first, uint8_t room[static 400])
{
	const uint32_t csrc[2] = {GUINT32_TO_BE(first), GUINT32_TO_BE(0x77)};
	pkt with = *p;

	memcpy(room, p->bytes.p, 12);
	room[0] |= 2;
	memcpy(room + 12, csrc, 8);
	memcpy(room + 20, p->bytes.p + 12, p->bytes.left - 12);
	with.bytes = span_of(room, p->bytes.left + 8);
	return with;
}

static void mixed(mixkit *t, gconstpointer data)
{
	static float said[PACKETS * FRAMES];
	static const uint32_t who[] = {0xa1, 0xb2, 0xa1, 0xc3, 0xb2};
	static const int file[] = {0, 1, 0, 2, 1};
	enum { TURN = PACKETS / G_N_ELEMENTS(who) };
	mixkit_party p = {.rate = RATE, .level = 6000, .seed = 9};
	uint8_t ulaw[FRAMES], room[400];
	fix f = {0};
	sender s;

	(void)data;
	sender_init(&s, NULL, CALL_CALLEE, 1);
	s.at = (LEAD + 20) * CLK_NS_PER_MS;
	fix_open(&f, t, &s);
	for (int k = 0; k < PACKETS; k++) {
		pkt plain, named;

		say(&p, ulaw, said + k * FRAMES);
		plain = sender_rtp(&s, ulaw, FRAMES);
		named = name_two(&plain, who[k / TURN], room);
		g_assert_cmpint(dec_call_packet(f.dec, &named), ==, DEC_MEDIA);
	}
	finish(&f);
	g_assert_cmpuint(f.totals.files->len, ==, 1 + 3);
	g_assert_cmpuint(f.totals.speakers->len, ==, 3);
	for (int i = 0; i < 3; i++) {
		mixkit_sound sound = load(t, i);

		for (size_t turn = 0; turn < G_N_ELEMENTS(who); turn++) {
			size_t from = turn * TURN * FRAMES;
			double r = correlation(
				sound.pcm + LEAD * RATE / 1000 + from,
				said + from, TURN * FRAMES);

			g_test_message("file %d, turn %zu: %.5f", i, turn, r);
			if (file[turn] == i)
				g_assert_cmpfloat(r, >, 0.999);
			else
				g_assert_cmpfloat(fabs(r), <, 0.05);
		}
		mixkit_sound_clear(&sound);
	}
	fix_close(&f);
	sender_clear(&s);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add("/mixer/conference/sources", mixkit, NULL, mixkit_open,
		   sources, mixkit_close);
	g_test_add("/mixer/conference/mixed", mixkit, NULL, mixkit_open, mixed,
		   mixkit_close);
	return g_test_run();
}
