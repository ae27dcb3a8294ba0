/* Peaks, their picture, and the PNG that holds it. */
#include "mixer/picture.h"


#include "mixer/png.h"
#include "tests/support/mixkit.h"

static void add_level(mix_peaks *p, int level, size_t n)
{
	g_autofree int16_t *a = g_new(int16_t, n);
	g_autofree int16_t *b = g_new0(int16_t, n);
	const int16_t *lane[] = {a, b};

	for (size_t i = 0; i < n; i++)
		a[i] = (int16_t)(i & 1 ? level : -level);
	mix_peaks_add(p, lane, n);
}

static void peaks_in_buckets(void)
{
	mix_peaks *p = mix_peaks_new(80);

	add_level(p, 100, 80);
	add_level(p, 300, 60);
	add_level(p, 200, 60);
	g_assert_cmpuint(mix_peaks_count(p), ==, 3);
	g_assert_cmpint(mix_peaks_at(p, 0, 0), ==, 100);
	g_assert_cmpint(mix_peaks_at(p, 0, 1), ==, 300);
	g_assert_cmpint(mix_peaks_at(p, 0, 2), ==, 200);
	g_assert_cmpint(mix_peaks_at(p, 1, 1), ==, 0);
	mix_peaks_free(p);
}

/* A day of sound takes no more room than a minute; a peak is never lost. */
static void peaks_are_bounded(void)
{
	mix_peaks *p = mix_peaks_new(80);
	int top = 0;

	for (int i = 0; i < 86400 / 4; i++)
		add_level(p, i == 10000 ? 30000 : 50, 4 * 8000);
	g_assert_cmpuint(mix_peaks_count(p), <=, MIX_PEAKS_BUCKETS);
	g_assert_cmpuint(mix_peaks_count(p), >, MIX_PEAKS_BUCKETS / 2);
	g_assert_cmpuint(mix_peaks_bucket(p) * mix_peaks_count(p), >=,
			 86400ull * 8000);
	for (size_t i = 0; i < mix_peaks_count(p); i++)
		top = MAX(top, mix_peaks_at(p, 0, i));
	g_assert_cmpint(top, ==, 30000);
	mix_peaks_free(p);
}

/* The picture as ffmpeg sees it: 3 octets a pixel. */
static guint8 *decode(mixkit *t, const GByteArray *png, gsize *n)
{
	g_autofree char *path = g_build_filename(t->dir, "p.png", NULL);
	g_autofree char *raw = g_build_filename(t->dir, "p.rgb", NULL);
	const char *argv[] = {"ffmpeg", "-v", "error", "-i", path, "-f",
			      "rawvideo", "-pix_fmt", "rgb24", "-y", raw, NULL};
	g_autofree char *said = NULL;
	g_autoptr(GError) err = NULL;
	char *px;

	g_assert_true(g_file_set_contents(path, (const char *)png->data,
					  (gssize)png->len, NULL));
	g_assert_true(g_spawn_sync(NULL, (char **)argv, NULL,
				   G_SPAWN_SEARCH_PATH, NULL, NULL, NULL, &said,
				   NULL, &err));
	g_assert_cmpstr(said, ==, "");
	g_assert_true(g_file_get_contents(raw, &px, n, NULL));
	return (guint8 *)px;
}

static void png_is_read(mixkit *t, gconstpointer data)
{
	static const uint32_t colours[] = {0x000000, 0xff8001, 0xffffff};
	static const uint8_t px[] = {0, 1, 2, 2, 1, 0};
	static const guint8 want[] = {0, 0, 0, 255, 128, 1, 255, 255, 255,
				      255, 255, 255, 255, 128, 1, 0, 0, 0};
	g_autoptr(GByteArray) png = mix_png(px, 3, 2, colours, 3);
	g_autofree guint8 *got = NULL;
	gsize n;

	(void)data;
	got = decode(t, png, &n);
	g_assert_cmpmem(got, n, want, sizeof(want));
}

/* The first half of the call is loud in the upper lane, and only there. */
static void picture_shows(mixkit *t, gconstpointer data)
{
	mix_peaks *p = mix_peaks_new(80);
	g_autoptr(GByteArray) png = NULL;
	g_autofree guint8 *got = NULL;
	gsize n, blue[2][2] = {{0}};

	(void)data;
	add_level(p, 32000, 80000);
	add_level(p, 0, 80000);
	png = mix_picture(p);
	got = decode(t, png, &n);
	g_assert_cmpuint(n, ==, 3 * MIX_PICTURE_WIDTH * MIX_PICTURE_HEIGHT);
	for (gsize i = 0; i < n / 3; i++) {
		gsize x = i % MIX_PICTURE_WIDTH, y = i / MIX_PICTURE_WIDTH;
		bool lower = y >= MIX_PICTURE_HEIGHT / 2;
		bool later = x >= MIX_PICTURE_WIDTH / 2;

		blue[lower][later] += got[3 * i] == 0x1f;
	}
	g_assert_cmpuint(blue[0][0], >,
			 MIX_PICTURE_WIDTH * MIX_PICTURE_HEIGHT / 5);
	g_assert_cmpuint(blue[0][1] + blue[1][0] + blue[1][1], ==, 0);
	mix_peaks_free(p);
}

static void empty_picture(void)
{
	mix_peaks *p = mix_peaks_new(80);
	g_autoptr(GByteArray) png = mix_picture(p);

	g_assert_cmpuint(png->len, >, 60);
	mix_peaks_free(p);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/mixer/picture/peaks_in_buckets", peaks_in_buckets);
	g_test_add_func("/mixer/picture/peaks_are_bounded", peaks_are_bounded);
	g_test_add("/mixer/picture/png_is_read", mixkit, NULL, mixkit_open,
		   png_is_read, mixkit_close);
	g_test_add("/mixer/picture/shows", mixkit, NULL, mixkit_open,
		   picture_shows, mixkit_close);
	g_test_add_func("/mixer/picture/empty", empty_picture);
	return g_test_run();
}
