/* The mixer's files: whose names they take, and what is left of them when the
 * render is killed, the disk is full or the plan is wrong. */
#include "mixer/mix.h"

#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/support/mixkit.h"
#include "tests/support/mixtalk.h"

/* No file is ever replaced, and one call's files share one name. */
static void names_are_kept(mixkit *t, gconstpointer data)
{
	g_autofree char *mine = g_build_filename(t->dir, "c.mp3", NULL);
	mix_call *m[2];
	mix_totals totals[2];
	char *old;

	(void)data;
	g_assert_true(g_file_set_contents(mine, "precious", -1, NULL));
	for (int i = 0; i < 2; i++) {
		m[i] = mixtalk_open(t, "c", MIXTALK_OUTPUTS(
			MIXTALK_WAV, {.format = MIX_MP3, .layout = MIX_STEREO,
				     .quality = -1}));
		mixtalk_converse(m[i], 10);
	}
	for (int i = 0; i < 2; i++) {
		mixkit_finish(m[i], 17000, &totals[i]);
		for (guint f = 0; f < 2; f++) {
			g_autofree char *base = g_path_get_basename(
				mixtalk_file(&totals[i], f)->path);

			g_assert_true(g_str_has_prefix(base, i ? "c-3."
							       : "c-2."));
		}
	}
	g_assert_true(g_file_get_contents(mine, &old, NULL, NULL));
	g_assert_cmpstr(old, ==, "precious");
	g_free(old);
	for (int i = 0; i < 2; i++)
		mixkit_close_call(m[i], &totals[i]);
}

static unsigned files_in(const char *dir)
{
	GDir *d = g_dir_open(dir, 0, NULL);
	unsigned n = 0;

	g_assert_nonnull(d);
	while (g_dir_read_name(d))
		n++;
	g_dir_close(d);
	return n;
}

/* Until it is published its name is its own; then nothing is left, be it
 * written already or not. */
static void dropped(mixkit *t, gconstpointer data)
{
	g_autofree char *base = g_build_filename(t->dir, "d", NULL);

	(void)data;
	for (int heard = 0; heard < 2; heard++) {
		mix_call *m = mixtalk_open(t, "d",
					   MIXTALK_OUTPUTS(MIXTALK_WAV));
		mix_call *other = mixtalk_open(t, "d",
					       MIXTALK_OUTPUTS(MIXTALK_WAV));
		g_autoptr(GError) err = NULL;
		mix_totals totals, theirs;

		if (heard)
			mixtalk_converse(m, 10);
		else
			mix_call_begin(m, mixkit_ms(0));
		mix_call_drop(m, &totals, &err);
		g_assert_no_error(err);
		g_assert_cmpstr(totals.base, ==, base);
		g_assert_null(totals.files);
		mix_call_begin(other, mixkit_ms(0));
		mix_call_drop(other, &theirs, &err);
		g_assert_no_error(err);
		g_assert_true(g_str_has_suffix(theirs.base, "/d-2"));
		mix_call_publish(m, &err);
		mix_call_publish(other, &err);
		g_assert_no_error(err);
		mixkit_close_call(m, &totals);
		mixkit_close_call(other, &theirs);
		g_assert_cmpuint(files_in(t->dir), ==, 0);
	}
}

static void run_child(mix_call *m)
{
	mixtalk_converse(m, 1);
	raise(SIGKILL);
}

/* Killed in mid-call: what was written plays; the next render takes the part
 * file over and leaves the same bytes as one that was never killed. */
static void killed(mixkit *t, gconstpointer data)
{
	g_autofree char *part = g_build_filename(t->dir, "k.wav.part", NULL);
	mix_call *m = mixtalk_open(t, "k", MIXTALK_OUTPUTS(MIXTALK_WAV));
	mix_totals totals, whole;
	mixkit_sound s, again;
	size_t was;
	int status;
	pid_t pid = fork();

	(void)data;
	if (!pid)
		run_child(m);
	g_assert_cmpint(waitpid(pid, &status, 0), ==, pid);
	g_assert_true(WIFSIGNALED(status));
	s = mixkit_load(part);
	/* The last advance() was at 10.98 s, less the look-ahead, the step
	 * that was not full, the limiter's 5 ms and the 80 ms in which a
	 * key's tone is recognised. */
	g_assert_cmpuint(s.frames, >=, (10980 - MIX_LOOKAHEAD_MS - 185) * 8);
	g_assert_false(mixtalk_silent(&s, 0, 1000, 9000));
	was = s.frames;
	mixkit_sound_clear(&s);
	/* It is made again from the start, and gets no shorter meanwhile. */
	mix_call_begin(m, mixkit_ms(5000));
	mixtalk_say(m, 1, 200);
	again = mixkit_load(part);
	g_assert_cmpuint(again.frames, ==, was);
	g_assert_false(mixtalk_silent(&again, 0, 1000, 9000));
	mixkit_sound_clear(&again);
	mix_call_free(m);
	m = mixtalk_open(t, "k", MIXTALK_OUTPUTS(MIXTALK_WAV));
	mixtalk_converse(m, 10);
	mixkit_finish(m, 17000, &totals);
	g_assert_true(g_str_has_suffix(mixtalk_file(&totals, 0)->path,
				       "/k.wav"));
	mix_call_free(m);
	m = mixtalk_open(t, "whole", MIXTALK_OUTPUTS(MIXTALK_WAV));
	mixtalk_converse(m, 0);
	mixkit_finish(m, 17000, &whole);
	g_assert_cmpstr(mixtalk_file(&totals, 0)->sha256, ==,
			mixtalk_file(&whole, 0)->sha256);
	mix_totals_clear(&whole);
	mixkit_close_call(m, &totals);
}

static void disk_full(mixkit *t, gconstpointer data)
{
	struct rlimit was, small = {100000, RLIM_INFINITY};
	mix_call *m = mixtalk_open(t, "full", MIXTALK_OUTPUTS(MIXTALK_WAV));
	g_autoptr(GError) err = NULL;
	mix_totals totals;

	(void)data;
	signal(SIGXFSZ, SIG_IGN);
	g_assert_cmpint(getrlimit(RLIMIT_FSIZE, &was), ==, 0);
	small.rlim_max = was.rlim_max;
	g_assert_cmpint(setrlimit(RLIMIT_FSIZE, &small), ==, 0);
	mixtalk_converse(m, 0);
	g_assert_false(mix_call_finish(m, mixkit_ms(17000), &totals, &err));
	g_assert_cmpint(setrlimit(RLIMIT_FSIZE, &was), ==, 0);
	g_assert_error(err, MIX_ERROR, MIX_ERROR_DISK);
	g_assert_nonnull(strstr(err->message, "full.wav.part"));
	mix_totals_clear(&totals);
	mix_call_free(m);
}

static void bad_plans(mixkit *t, gconstpointer data)
{
	const mix_output twice[] = {MIXTALK_WAV, MIXTALK_WAV};
	const mix_output loud[] = {{.format = MIX_MP3, .quality = 11}};
	const mix_output odd[] = {{.format = MIX_FORMATS}};
	const mix_plan plans[] = {
		{.dir = t->dir, .name = "../x", .outputs = twice},
		{.dir = t->dir, .name = "", .outputs = twice},
		{.dir = t->dir, .name = ".x", .outputs = twice},
		{.dir = t->dir, .name = "x", .outputs = twice, .rate = 44100},
		{.dir = t->dir, .name = "x", .outputs = twice, .n_outputs = 2},
		{.dir = t->dir, .name = "x", .outputs = loud, .n_outputs = 1},
		{.dir = t->dir, .name = "x", .outputs = odd, .n_outputs = 1},
	};

	(void)data;
	for (size_t i = 0; i < G_N_ELEMENTS(plans); i++) {
		g_autoptr(GError) err = NULL;

		g_assert_null(mix_call_new(&plans[i], &err));
		g_assert_error(err, MIX_ERROR, MIX_ERROR_PLAN);
	}
}

static void no_folder(mixkit *t, gconstpointer data)
{
	mixkit nowhere = {(char *)"/nonexistent/folder"};
	mix_call *m = mixtalk_open(&nowhere, "x", MIXTALK_OUTPUTS(MIXTALK_WAV));
	g_autoptr(GError) err = NULL;
	mix_totals totals;

	(void)t;
	(void)data;
	mix_call_begin(m, mixkit_ms(0));
	g_assert_false(mix_call_finish(m, mixkit_ms(10), &totals, &err));
	g_assert_error(err, MIX_ERROR, MIX_ERROR_OPEN);
	mixkit_close_call(m, &totals);
}

#define ADD(test) g_test_add("/mixer/call/files/" #test, mixkit, NULL, \
			     mixkit_open, test, mixkit_close)

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	ADD(names_are_kept);
	ADD(dropped);
	ADD(killed);
	ADD(disk_full);
	ADD(bad_plans);
	ADD(no_folder);
	return g_test_run();
}
