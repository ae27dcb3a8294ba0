#include "tests/support/codec_fixture.h"

#include <math.h>

uint8_t *fix_load(const char *name, size_t *len)
{
	g_autofree char *path = g_build_filename("tests/golden/codecs", name,
						 NULL);
	g_autoptr(GError) err = NULL;
	char *data = NULL;

	if (!g_file_get_contents(path, &data, len, &err))
		g_error("%s", err->message);
	return (uint8_t *)data;
}

bool fix_next(span *in, span *payload)
{
	uint16_t n;

	return span_u16(in, &n) && span_cut(in, n, payload);
}

static void append(fix_sound *to, const dec_pcm *pcm)
{
	to->channels = pcm->channels;
	g_array_append_vals(to->s, pcm->s,
			    (guint)(pcm->frames * pcm->channels));
}

static size_t frames_of(const dec_codec *c, span payload)
{
	return (size_t)dec_codec_ticks(c, payload, 0) * dec_codec_rate(c) /
	       dec_codec_clock(c);
}

static bool lost(int i, int lose)
{
	return lose && i % lose == lose - 1;
}

fix_sound fix_decode(const call_payload *p, const char *name, int lose)
{
	g_autoptr(GError) err = NULL;
	g_autoptr(dec_codec) c = dec_codec_open(p, NULL, &err);
	g_autofree dec_pcm *pcm = g_new0(dec_pcm, 1);
	fix_sound to = {.s = g_array_new(FALSE, FALSE, sizeof(int16_t))};
	g_autofree uint8_t *data = NULL;
	span in, payload, next;
	size_t len;

	g_assert_no_error(err);
	data = fix_load(name, &len);
	in = span_of(data, len);
	for (int i = 0; fix_next(&in, &payload); i++) {
		dec_codec_verdict v = DEC_CODEC_OK;
		span ahead = in;

		if (!fix_next(&ahead, &next))
			next = span_of(NULL, 0);
		if (lost(i, lose))
			dec_codec_conceal(c, next, 1, frames_of(c, payload),
					  pcm);
		else
			v = dec_codec_decode(c, payload, 0, pcm);
		to.damaged += v == DEC_CODEC_DAMAGED;
		to.bad += v == DEC_CODEC_BAD;
		append(&to, pcm);
	}
	return to;
}

void fix_decimate(fix_sound *s, unsigned n)
{
	guint to = 0;

	for (guint from = 0; from < s->s->len; from += n)
		g_array_index(s->s, int16_t, to++) =
			g_array_index(s->s, int16_t, from);
	g_array_set_size(s->s, to);
}

static void check_alike(const fix_case *f, fix_sound *got, double floor)
{
	const call_payload p = fix_payload(f->name, f->clock, 1, f->fmtp);
	g_autoptr(dec_codec) c = dec_codec_open(&p, NULL, NULL);
	fix_sound want = fix_raw(f->voice);
	unsigned rate = dec_codec_rate(c), skip = dec_codec_delay(c);
	double snr;

	if (rate > 16000) {
		const unsigned times = rate / 16000;

		fix_decimate(got, times);
		rate /= times;
		skip /= times;
	}
	snr = fix_segmental_snr(&want, got, skip, rate);
	g_test_message("%s: %.2f dB, floor %.2f", f->file, snr, floor);
	g_assert_cmpfloat(snr, >=, floor);
	g_assert_cmpint(ABS((int)fix_lag(&want, got, 600) - (int)skip), <=, 2);
	fix_sound_clear(&want);
}

void fix_check(const fix_case *f)
{
	const call_payload p = fix_payload(f->name, f->clock, 1, f->fmtp);
	fix_sound whole = fix_decode(&p, f->file, 0);
	fix_sound lossy = fix_decode(&p, f->file, 20);

	g_assert_cmpuint(whole.bad + whole.damaged, ==, 0);
	g_assert_cmpuint(whole.s->len, ==, f->frames);
	g_assert_cmpuint(lossy.s->len, ==, f->frames);
	check_alike(f, &whole, f->floor);
	check_alike(f, &lossy, f->floor_lossy);
	fix_sound_clear(&whole);
	fix_sound_clear(&lossy);
}

static void check_one(dec_codec *c, span payload, dec_pcm *pcm)
{
	size_t frames = frames_of(c, payload);
	dec_codec_verdict v = dec_codec_decode(c, payload, 0, pcm);

	if (v == DEC_CODEC_BAD)
		frames = 0;
	g_assert_cmpuint(pcm->frames, ==, frames);
	g_assert_cmpuint(pcm->concealed, <=, frames);
	g_assert_cmpuint(frames * pcm->channels, <=, DEC_PCM_SAMPLES);
	g_assert_true((v == DEC_CODEC_DAMAGED) == (pcm->concealed > 0));
}

static void check_damaged(dec_codec *c, span payload, GRand *r, dec_pcm *pcm)
{
	uint8_t copy[2048];

	g_assert_cmpuint(payload.left, <=, sizeof copy);
	memcpy(copy, payload.p, payload.left);
	for (size_t n = 0; n <= payload.left; n++) {
		/* Its own allocation, so that a sanitizer sees an overrun. */
		g_autofree uint8_t *exact = g_memdup2(copy, n);

		check_one(c, span_of(exact, n), pcm);
	}
	for (int i = 0; i < 50 && payload.left; i++) {
		uint32_t bit = g_rand_int_range(r, 0, (int)payload.left * 8);

		copy[bit / 8] ^= (uint8_t)(1u << bit % 8);
		check_one(c, span_of(copy, payload.left), pcm);
	}
}

static void check_noise(dec_codec *c, GRand *r, dec_pcm *pcm)
{
	size_t n = (size_t)g_rand_int_range(r, 0, 1500);
	g_autofree uint8_t *noise = g_malloc(n + 1);

	for (size_t i = 0; i < n; i++)
		noise[i] = (uint8_t)g_rand_int(r);
	check_one(c, span_of(noise, n), pcm);
}

void fix_torture(const call_payload *p, const char *name)
{
	g_autoptr(dec_codec) c = dec_codec_open(p, NULL, NULL);
	g_autofree dec_pcm *pcm = g_new0(dec_pcm, 1);
	g_autofree uint8_t *data = NULL;
	GRand *r = g_rand_new_with_seed(20261121);
	span in, payload;
	size_t len;

	data = fix_load(name, &len);
	in = span_of(data, len);
	for (int i = 0; i < 20 && fix_next(&in, &payload); i++)
		check_damaged(c, payload, r, pcm);
	for (int i = 0; i < 300; i++)
		check_noise(c, r, pcm);
	dec_codec_reset(c);
	dec_codec_conceal(c, span_of(NULL, 0), 1, 333, pcm);
	g_assert_cmpuint(pcm->frames, ==, 333);
	g_assert_cmpuint(pcm->concealed, ==, 333);
	g_rand_free(r);
}

static void test_stream(gconstpointer f)
{
	fix_check(f);
}

static void test_torture(gconstpointer data)
{
	const fix_case *f = data;
	const call_payload p = fix_payload(f->name, f->clock, 1, f->fmtp);

	fix_torture(&p, f->file);
}

void fix_add_cases(const char *prefix, const fix_case *cases, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		g_autofree char *stream = g_strdup_printf(
			"%s/streams/%s", prefix, cases[i].file);
		g_autofree char *torture = g_strdup_printf(
			"%s/torture/%s", prefix, cases[i].file);

		g_test_add_data_func(stream, &cases[i], test_stream);
		g_test_add_data_func(torture, &cases[i], test_torture);
	}
}

fix_sound fix_raw(const char *name)
{
	fix_sound to = {.s = g_array_new(FALSE, FALSE, sizeof(int16_t)),
			.channels = 1};
	size_t len;
	g_autofree uint8_t *data = fix_load(name, &len);

	for (size_t i = 0; i + 1 < len; i += 2) {
		int16_t v = (int16_t)(data[i] | data[i + 1] << 8);

		g_array_append_val(to.s, v);
	}
	return to;
}

void fix_sound_clear(fix_sound *s)
{
	g_clear_pointer(&s->s, g_array_unref);
}

static double at(const fix_sound *s, size_t i)
{
	return g_array_index(s->s, int16_t, i);
}

static size_t common(const fix_sound *want, const fix_sound *got, size_t skip)
{
	g_assert_cmpuint(got->s->len, >, skip);
	return MIN(want->s->len, got->s->len - skip);
}

static double snr_of(const fix_sound *want, const fix_sound *got, size_t skip,
		     size_t from, size_t n)
{
	double signal = 0, noise = 1e-9;

	for (size_t i = from; i < from + n; i++) {
		double d = at(got, i + skip) - at(want, i);

		signal += at(want, i) * at(want, i);
		noise += d * d;
	}
	return 10 * log10((signal + 1e-9) / noise);
}

double fix_snr(const fix_sound *want, const fix_sound *got, size_t skip)
{
	return snr_of(want, got, skip, 0, common(want, got, skip));
}

static bool loud(const fix_sound *s, size_t from, size_t n)
{
	double sum = 0;

	for (size_t i = from; i < from + n; i++)
		sum += at(s, i) * at(s, i);
	return sqrt(sum / (double)n) > 32768 * pow(10, -50 / 20.0);
}

double fix_segmental_snr(const fix_sound *want, const fix_sound *got,
			 size_t skip, unsigned rate)
{
	size_t n = rate / 50, total = common(want, got, skip);
	double sum = 0;
	int segments = 0;

	for (size_t i = 0; i + n <= total; i += n) {
		if (!loud(want, i, n))
			continue;
		sum += CLAMP(snr_of(want, got, skip, i, n), -10, 35);
		segments++;
	}
	g_assert_cmpint(segments, >, 0);
	return sum / segments;
}

double fix_gain(const fix_sound *want, const fix_sound *got, size_t skip)
{
	double cross = 0, own = 0;

	for (size_t i = 0; i < common(want, got, skip); i++) {
		cross += at(want, i) * at(got, i + skip);
		own += at(want, i) * at(want, i);
	}
	return 20 * log10(cross / own);
}

size_t fix_lag(const fix_sound *want, const fix_sound *got, size_t max)
{
	size_t best = 0;
	double best_cross = -INFINITY;

	for (size_t lag = 0; lag <= max; lag++) {
		double cross = 0;

		for (size_t i = 0; i + max < common(want, got, 0); i++)
			cross += at(want, i) * at(got, i + lag);
		if (cross > best_cross) {
			best_cross = cross;
			best = lag;
		}
	}
	return best;
}

char *fix_hash(const fix_sound *s)
{
	return g_compute_checksum_for_data(G_CHECKSUM_SHA256,
					   (const guchar *)s->s->data,
					   s->s->len * sizeof(int16_t));
}
