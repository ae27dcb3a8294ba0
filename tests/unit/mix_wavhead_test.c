#include "mixer/wavhead.h"

#include <glib.h>
#include <sndfile.h>
#include <spandsp.h>
#include <string.h>

#include "tests/support/mixkit.h"

static uint64_t le(const uint8_t *p, int n)
{
	uint64_t v = 0;

	while (n--)
		v = v << 8 | p[n];
	return v;
}

static size_t make(uint8_t *head, uint8_t format, uint64_t data)
{
	mix_spec s = {.out = {.format = format}, .channels = 2, .rate = 16000,
		      .title = "odd", .comment = "even"};
	put o = put_into(head, MIX_WAVHEAD_MAX);

	mix_wavhead_put(&o, &s, data);
	return o.n;
}

/* EBU Tech 3306: up to 4 GiB a WAV with a JUNK chunk, beyond an RF64 in the
 * same number of octets. */
static void grows_into_rf64(void)
{
	const uint64_t big = 5000000000;
	uint8_t small[MIX_WAVHEAD_MAX], large[MIX_WAVHEAD_MAX];
	size_t n = make(small, MIX_WAV, 1000);

	g_assert_cmpuint(make(large, MIX_WAV, big), ==, n);
	g_assert_cmpmem(small, 4, "RIFF", 4);
	g_assert_cmpuint(le(small + 4, 4), ==, n + 1000 - 8);
	g_assert_cmpmem(small + 12, 4, "JUNK", 4);
	g_assert_cmpmem(small + n - 8, 4, "data", 4);
	g_assert_cmpuint(le(small + n - 4, 4), ==, 1000);
	g_assert_cmpmem(large, 4, "RF64", 4);
	g_assert_cmpuint(le(large + 4, 4), ==, UINT32_MAX);
	g_assert_cmpmem(large + 12, 4, "ds64", 4);
	g_assert_cmpuint(le(large + 20, 8), ==, n + big - 8);
	g_assert_cmpuint(le(large + 28, 8), ==, big);
	g_assert_cmpuint(le(large + 36, 8), ==, big / 4);
	g_assert_cmpuint(le(large + n - 4, 4), ==, UINT32_MAX);
}

/* By choice from the first octet on, in both codings. */
static void rf64_by_choice(void)
{
	static const struct {
		uint8_t format, coding, octets;
	} kinds[] = {{MIX_RF64, 1, 4}, {MIX_RF64_ULAW, 7, 2}};

	for (size_t i = 0; i < G_N_ELEMENTS(kinds); i++) {
		uint8_t head[MIX_WAVHEAD_MAX];
		size_t n = make(head, kinds[i].format, 1000);

		g_assert_cmpmem(head, 4, "RF64", 4);
		g_assert_cmpuint(le(head + 4, 4), ==, UINT32_MAX);
		g_assert_cmpmem(head + 8, 8, "WAVEds64", 8);
		g_assert_cmpuint(le(head + 20, 8), ==, n + 1000 - 8);
		g_assert_cmpuint(le(head + 28, 8), ==, 1000);
		g_assert_cmpuint(le(head + 36, 8), ==, 1000 / kinds[i].octets);
		g_assert_cmpmem(head + 48, 4, "fmt ", 4);
		g_assert_cmpuint(le(head + 56, 2), ==, kinds[i].coding);
		g_assert_cmpmem(head + n - 8, 4, "data", 4);
		g_assert_cmpuint(le(head + n - 4, 4), ==, UINT32_MAX);
	}
}

/* A LIST of INFO: texts end in a nought, and chunks begin at even octets. */
static void tags(void)
{
	static const char list[] = "LIST\36\0\0\0INFO"
				   "INAM\4\0\0\0odd\0"
				   "ICMT\5\0\0\0even\0";
	uint8_t head[MIX_WAVHEAD_MAX];
	size_t n = make(head, MIX_WAV, 1000), at = 12;

	while (at + 8 < n && memcmp(head + at, "LIST", 4))
		at += 8 + le(head + at + 4, 4);
	g_assert_cmpuint(at + sizeof(list), <=, n);
	g_assert_cmpmem(head + at, sizeof(list), list, sizeof(list));
	g_assert_cmpmem(head + at + sizeof(list), 4, "data", 4);
}

/* The largest WAV and the smallest RF64 are four octets apart. */
static void the_border(void)
{
	uint8_t head[MIX_WAVHEAD_MAX];
	size_t n = make(head, MIX_WAV, 0);
	uint64_t most = UINT32_MAX - n + 8;

	make(head, MIX_WAV, most & ~UINT64_C(3));
	g_assert_cmpmem(head, 4, "RIFF", 4);
	make(head, MIX_WAV, (most & ~UINT64_C(3)) + 4);
	g_assert_cmpmem(head, 4, "RF64", 4);
}

/* An RF64 of holes, as another library sees it. */
static void rf64_is_read(mixkit *t, gconstpointer data)
{
	const uint64_t samples = 4400000000;
	g_autofree char *path = g_build_filename(t->dir, "big.wav", NULL);
	FILE *f = fopen(path, "wb");
	uint8_t head[MIX_WAVHEAD_MAX];
	size_t n = make(head, MIX_WAV, samples);
	SF_INFO info = {0};
	SNDFILE *s;

	(void)data;
	g_assert_nonnull(f);
	g_assert_cmpuint(fwrite(head, 1, n, f), ==, n);
	if (fseeko(f, (off_t)(n + samples - 1), SEEK_SET) || fputc(0, f) < 0 ||
	    fclose(f)) {
		g_test_skip("no sparse file of 4 GiB here");
		return;
	}
	s = sf_open(path, SFM_READ, &info);
	g_assert_nonnull(s);
	g_assert_cmpint(info.format & SF_FORMAT_TYPEMASK, ==, SF_FORMAT_RF64);
	g_assert_cmpint(info.frames, ==, (sf_count_t)(samples / 4));
	g_assert_cmpstr(sf_get_string(s, SF_STR_TITLE), ==, "odd");
	sf_close(s);
}

/* G.711 as another implementation has it, for every sample there is. */
static void ulaw_agrees(mixkit *t, gconstpointer data)
{
	mix_spec spec = {.out = {.format = MIX_WAV_ULAW}, .channels = 1,
			 .rate = 8000};
	g_autofree int16_t *pcm = g_new(int16_t, 65536);
	g_autofree char *all = NULL;
	char sha256[65];
	mix_outfile *f;
	mix_writer *w;
	gsize n;

	(void)data;
	for (int i = 0; i < 65536; i++)
		pcm[i] = (int16_t)(i - 32768);
	g_assert_true(mix_outfile_claim(t->dir, "u.wav", false, &f, NULL));
	w = mix_wav_ops.open(&spec, f, NULL);
	g_assert_true(w->ops->write(w, pcm, 65536, NULL));
	g_assert_true(w->ops->finish(w, NULL));
	g_assert_true(mix_outfile_seal(f, sha256, NULL));
	g_assert_true(mix_outfile_publish(f, NULL));
	g_assert_true(g_file_get_contents(mix_outfile_path(f), &all, &n, NULL));
	for (int i = 0; i < 65536; i++)
		g_assert_cmpuint((uint8_t)all[n - 65536 + (gsize)i], ==,
				 linear_to_ulaw(pcm[i]));
	w->ops->free(w);
	mix_outfile_free(f, false);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/mixer/wavhead/grows_into_rf64", grows_into_rf64);
	g_test_add_func("/mixer/wavhead/tags", tags);
	g_test_add_func("/mixer/wavhead/rf64_by_choice", rf64_by_choice);
	g_test_add_func("/mixer/wavhead/the_border", the_border);
	g_test_add("/mixer/wavhead/rf64_is_read", mixkit, NULL, mixkit_open,
		   rf64_is_read, mixkit_close);
	g_test_add("/mixer/wavhead/ulaw_agrees", mixkit, NULL, mixkit_open,
		   ulaw_agrees, mixkit_close);
	return g_test_run();
}
