#include "mixer/spectrum.h"

#include "tests/support/mixkit.h"

enum { RATE = 8000, WIDTH = 1200, HEIGHT = 260 };

/* The picture as pixels of 24 bits, by ffmpeg. */
static uint8_t *pixels(const mixkit *t, const GByteArray *png)
{
	g_autofree char *path = g_build_filename(t->dir, "s.png", NULL);
	g_autofree char *raw = g_build_filename(t->dir, "s.raw", NULL);
	const char *argv[] = {"ffmpeg", "-v", "error", "-y", "-i", path, "-f",
			      "rawvideo", "-pix_fmt", "rgb24", raw, NULL};
	char *px;
	gsize n;
	int status;

	g_assert_true(g_file_set_contents(path, (char *)png->data, png->len,
					  NULL));
	g_assert_true(g_spawn_sync(NULL, (char **)argv, NULL,
				   G_SPAWN_SEARCH_PATH, NULL, NULL, NULL, NULL,
				   &status, NULL));
	g_assert_true(g_file_get_contents(raw, &px, &n, NULL));
	g_assert_cmpuint(n, ==, 3 * WIDTH * HEIGHT);
	return (uint8_t *)px;
}

/* The brightest line of a column between two lines. */
static int brightest(const uint8_t *px, int x, int from, int to)
{
	int best = from, top = -1;

	for (int y = from; y < to; y++) {
		const uint8_t *p = px + 3 * (y * WIDTH + x);
		int v = p[0] + p[1] + p[2];

		if (v > top) {
			top = v;
			best = y;
		}
	}
	return best;
}

/* The caller's 1,000 Hz and the callee's 3,000 Hz are lines where they belong,
 * whether the call is short or so long that columns are joined. */
static void two_tones(mixkit *t, gconstpointer data)
{
	static const int seconds[] = {3, 200};

	(void)data;
	for (size_t k = 0; k < G_N_ELEMENTS(seconds); k++) {
		mixkit_party a = {.rate = RATE, .hz = 1000, .level = 8000};
		mixkit_party b = {.rate = RATE, .hz = 3000, .level = 8000};
		mix_spectrum *s = mix_spectrum_new();
		g_autoptr(GByteArray) png = NULL;
		g_autofree uint8_t *px = NULL;
		int16_t x[800], y[800];
		const int16_t *const lane[] = {x, y};

		for (int i = 0; i < seconds[k] * 10; i++) {
			mixkit_speak(&a, x, 800);
			mixkit_speak(&b, y, 800);
			mix_spectrum_add(s, lane, 800);
		}
		png = mix_spectrum_picture(s);
		px = pixels(t, png);
		for (int col = 5; col < WIDTH; col += 97) {
			g_assert_cmpint(brightest(px, col, 0, 128), ==,
					127 - 32);
			g_assert_cmpint(brightest(px, col, 132, 260), ==,
					259 - 96);
		}
		mix_spectrum_free(s);
	}
}

static void empty(mixkit *t, gconstpointer data)
{
	mix_spectrum *s = mix_spectrum_new();
	g_autoptr(GByteArray) png = mix_spectrum_picture(s);
	g_autofree uint8_t *px = pixels(t, png);

	(void)data;
	g_assert_cmpint(px[0], ==, 0);
	mix_spectrum_free(s);
}

#define ADD(test) g_test_add("/mixer/spectrum/" #test, mixkit, NULL, \
			     mixkit_open, test, mixkit_close)

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	ADD(two_tones);
	ADD(empty);
	return g_test_run();
}
