#include "decoder/plugin.h"

#include <glib/gstdio.h>

#include "tests/support/codec_fixture.h"

/* Where make has put a shared object: beside this program's own folder. */
static char *built(const char *name)
{
	g_autofree char *self = g_file_read_link("/proc/self/exe", NULL);
	g_autofree char *unit = g_path_get_dirname(self);
	g_autofree char *tests = g_path_get_dirname(unit);

	return g_build_filename(tests, "..", name, NULL);
}

static dec_plugins *with(const char *name)
{
	g_autofree char *path = built(name);
	g_autoptr(GError) err = NULL;
	dec_plugins *set = dec_plugins_new();

	g_assert_true(dec_plugins_load(set, path, &err));
	g_assert_no_error(err);
	return set;
}

static void test_decodes(void)
{
	g_autoptr(dec_plugins) set = with("examples/codec-plugin.so");
	const call_payload p = fix_payload("L8", 11025, 2, "");
	g_autoptr(dec_codec) c = NULL;
	g_autofree dec_pcm *pcm = g_new0(dec_pcm, 1);
	const uint8_t b[4] = {0, 255, 128, 129};

	g_assert_false(fix_known(&p, NULL));
	g_assert_true(fix_known(&p, set));
	c = dec_codec_open(&p, set, NULL);
	g_assert_cmpuint(dec_codec_rate(c), ==, 11025);
	g_assert_cmpuint(dec_codec_ticks(c, span_of(b, 4), 0), ==, 2);
	g_assert_cmpint(dec_codec_decode(c, span_of(b, 3), 0, pcm), ==,
			DEC_CODEC_BAD);
	g_assert_cmpint(dec_codec_decode(c, span_of(b, 4), 0, pcm), ==,
			DEC_CODEC_OK);
	g_assert_cmpuint(pcm->frames, ==, 2);
	g_assert_cmpint(pcm->s[0], ==, -32768);
	g_assert_cmpint(pcm->s[3], ==, 256);
}

/* The plug-in's own concealment, and a new beginning. */
static void test_conceals(void)
{
	g_autoptr(dec_plugins) set = with("examples/codec-plugin.so");
	const call_payload p = fix_payload("L8", 8000, 1, "");
	g_autoptr(dec_codec) c = dec_codec_open(&p, set, NULL);
	g_autofree dec_pcm *pcm = g_new0(dec_pcm, 1);
	const uint8_t b[1] = {255};

	dec_codec_decode(c, span_of(b, 1), 0, pcm);
	dec_codec_conceal(c, span_of(b, 1), 1, 100, pcm);
	g_assert_cmpuint(pcm->frames, ==, 100);
	g_assert_cmpint(pcm->s[0], ==, 32512 * 31 / 32);
	g_assert_cmpint(pcm->s[99], <, 3000);
	dec_codec_reset(c);
	dec_codec_conceal(c, span_of(b, 1), 1, 1, pcm);
	g_assert_cmpint(pcm->s[0], ==, 0);
}

/* Asked first, a plug-in still takes only what it knows. */
static void test_others_stay(void)
{
	g_autoptr(dec_plugins) set = with("examples/codec-plugin.so");
	const call_payload p = fix_payload("PCMU", 8000, 1, "");
	uint32_t rate;

	g_assert_null(dec_plugins_find(set, &p, &rate));
	g_assert_true(fix_known(&p, set));
}

static void test_liar(void)
{
	g_autoptr(dec_plugins) set = with("tests/plugins/liar.so");
	call_payload p = fix_payload("liar", 8000, 1, "");
	g_autoptr(dec_codec) c = dec_codec_open(&p, set, NULL);
	g_autoptr(GError) err = NULL;
	g_autofree dec_pcm *pcm = g_new0(dec_pcm, 1);
	const uint8_t b[2] = {0};

	g_assert_cmpint(dec_codec_decode(c, span_of(b, 2), 0, pcm), ==,
			DEC_CODEC_BAD);
	g_assert_cmpuint(pcm->frames, ==, 0);
	g_assert_cmpint(dec_codec_decode(c, span_of(b, 1), 0, pcm), ==,
			DEC_CODEC_BAD);
	dec_codec_conceal(c, span_of(NULL, 0), 1, 80, pcm);
	g_assert_cmpuint(pcm->frames, ==, 80);
	p.clock = 16000;
	g_assert_null(dec_codec_open(&p, set, &err));
	g_assert_error(err, DEC_CODEC_ERROR, DEC_CODEC_ERROR_LIBRARY);
	p.clock = 96000;
	g_assert_false(fix_known(&p, set));
}

static void check_refused(const char *path, dec_plugin_error code,
			  const char *why)
{
	g_autoptr(dec_plugins) set = dec_plugins_new();
	g_autoptr(GError) err = NULL;

	g_assert_false(dec_plugins_load(set, path, &err));
	g_assert_error(err, DEC_PLUGIN_ERROR, (int)code);
	g_assert_nonnull(strstr(err->message, path));
	if (!strstr(err->message, why))
		g_error("\"%s\" does not say \"%s\"", err->message, why);
}

static void check_built_refused(const char *name, const char *why)
{
	g_autofree char *path = built(name);

	check_refused(path, DEC_PLUGIN_ERROR_ABI, why);
}

static void test_refused(void)
{
	check_built_refused("tests/plugins/wrong-abi.so",
			    "made for interface 2, this is 1");
	check_built_refused("tests/plugins/incomplete.so", "leaves out");
	check_built_refused("tests/plugins/no-plugin.so", "offers no codec");
	check_refused("codec.so", DEC_PLUGIN_ERROR_FILE, "not absolute");
	check_refused("/nonexistent/codec.so", DEC_PLUGIN_ERROR_FILE,
		      "No such file");
	check_refused("/", DEC_PLUGIN_ERROR_FILE, "not a file");
	check_refused("/proc/self/status", DEC_PLUGIN_ERROR_FILE, "");
}

static void test_writable(void)
{
	g_autofree char *from = built("examples/codec-plugin.so");
	g_autofree char *dir = g_dir_make_tmp("plugin-XXXXXX", NULL);
	g_autofree char *path = g_build_filename(dir, "p.so", NULL);
	g_autofree char *data = NULL;
	g_autoptr(dec_plugins) set = dec_plugins_new();
	gsize len;

	g_assert_true(g_file_get_contents(from, &data, &len, NULL));
	g_assert_true(g_file_set_contents(path, data, (gssize)len, NULL));
	g_assert_cmpint(g_chmod(path, 0664), ==, 0);
	check_refused(path, DEC_PLUGIN_ERROR_FILE, "writable by group");
	g_assert_cmpint(g_chmod(path, 0644), ==, 0);
	g_assert_true(dec_plugins_load(set, path, NULL));
	g_unlink(path);
	g_rmdir(dir);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/decoder/plugin/decodes", test_decodes);
	g_test_add_func("/decoder/plugin/conceals", test_conceals);
	g_test_add_func("/decoder/plugin/others-stay", test_others_stay);
	g_test_add_func("/decoder/plugin/liar", test_liar);
	g_test_add_func("/decoder/plugin/refused", test_refused);
	g_test_add_func("/decoder/plugin/writable", test_writable);
	return g_test_run();
}
