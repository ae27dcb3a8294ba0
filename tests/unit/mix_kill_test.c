/* A render that is killed again and again, at any instant: its files always
 * play, never get shorter, and end with the bytes of one that was not. */
#include "mixer/mix.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/support/mixkit.h"

enum {
	RATE = 8000,
	SECONDS = 30,
	KILLS = 20,
	LOOKS = 4,		/* of the kills after which a player looks */
};

static const mix_output outputs[] = {
	{.format = MIX_WAV, .layout = MIX_STEREO, .quality = -1},
	{.format = MIX_FLAC, .layout = MIX_STEREO, .quality = -1},
	{.format = MIX_MP3, .layout = MIX_STEREO, .quality = -1},
	{.format = MIX_OPUS, .layout = MIX_STEREO, .quality = -1},
};

static const struct {
	const char *extension;
	uint32_t rate;		/* at which a player gives it */
} kinds[G_N_ELEMENTS(outputs)] = {
	{"wav", RATE}, {"flac", RATE}, {"mp3", RATE}, {"opus", 48000},
};

static mix_call *open_call(const mixkit *t, const char *name)
{
	const mix_plan plan = {
		.dir = t->dir,
		.name = name,
		.outputs = outputs,
		.n_outputs = G_N_ELEMENTS(outputs),
		.title = "killed",
	};
	mix_call *m = mix_call_new(&plan, NULL);

	mix_call_begin(m, (clk_mono){0});
	return m;
}

static void talk(mix_call *m, int seconds)
{
	mixkit_party a = {1, CALL_CALLER, RATE, 0, 9000, .seed = 1};
	mixkit_party b = {2, CALL_CALLEE, RATE, 0, 9000, .seed = 2};

	for (int i = 0; i < seconds * 50; i++) {
		mixkit_say(m, &a, mixkit_ms(20 + 20 * i));
		mixkit_say(m, &b, mixkit_ms(20 + 20 * i));
		if (i % 5 == 0)
			g_assert_true(mix_call_advance(
				m, mixkit_ms(20 + 20 * i), NULL));
	}
}

/* Killed after so long, be it in the middle or when all is said. */
static void render_and_die(const mixkit *t, useconds_t after)
{
	pid_t pid = fork();
	int status;

	g_assert_cmpint(pid, >=, 0);
	if (!pid) {
		talk(open_call(t, "k"), SECONDS - 1);
		for (;;)
			pause();
	}
	g_usleep(after);
	g_assert_cmpint(kill(pid, SIGKILL), ==, 0);
	g_assert_cmpint(waitpid(pid, &status, 0), ==, pid);
	g_assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
}

static char *part_of(const mixkit *t, size_t i)
{
	return g_strdup_printf("%s/k.%s.part", t->dir, kinds[i].extension);
}

static void check_wav(const mixkit *t, const mixkit_sound *whole, size_t *was)
{
	g_autofree char *part = part_of(t, 0);
	mixkit_sound s;
	GStatBuf st;

	if (g_stat(part, &st) || !st.st_size) {
		g_assert_cmpuint(*was, ==, 0);
		return;
	}
	s = mixkit_load(part);
	g_assert_cmpuint(s.frames, >=, *was);
	g_assert_cmpuint(s.frames, <=, whole->frames);
	*was = s.frames;
	g_assert_cmpmem(s.pcm, s.frames * 2 * sizeof(float), whole->pcm,
			s.frames * 2 * sizeof(float));
	mixkit_sound_clear(&s);
}

static void check_size(const mixkit *t, size_t i, goffset *was)
{
	g_autofree char *part = part_of(t, i);
	GStatBuf st;

	if (g_stat(part, &st)) {
		g_assert_cmpint(*was, ==, 0);
		return;
	}
	g_assert_cmpint(st.st_size, >=, *was);
	*was = st.st_size;
}

static void play(const mixkit *t, const size_t *frames)
{
	for (size_t i = 1; i < G_N_ELEMENTS(kinds); i++) {
		g_autofree char *part = part_of(t, i);
		/* A kill may cut the last packet in two. */
		mixkit_sound s = mixkit_play(part);

		g_assert_cmpuint(s.channels, ==, 2);
		g_assert_cmpuint(s.rate, ==, kinds[i].rate);
		/* An encoder holds back less than a second. */
		g_assert_cmpuint(s.frames * RATE / s.rate + RATE, >=, *frames);
		mixkit_sound_clear(&s);
	}
}

static void kill_loop(mixkit *t, gconstpointer data)
{
	mix_call *m = open_call(t, "whole");
	int64_t begun = g_get_monotonic_time(), takes;
	goffset sizes[G_N_ELEMENTS(kinds)] = {0};
	uint32_t dice = 4711;
	mix_totals whole, last;
	mixkit_sound sound;
	size_t frames = 0;

	(void)data;
	talk(m, SECONDS - 1);
	takes = g_get_monotonic_time() - begun;
	mixkit_finish(m, SECONDS * 1000, &whole);
	mix_call_free(m);
	sound = mixkit_load(g_array_index(whole.files, mix_file, 0).path);
	for (int k = 0; k < KILLS; k++) {
		dice = dice * 1664525u + 1013904223u;
		render_and_die(t, (useconds_t)(takes * (dice >> 16) / 65536));
		check_wav(t, &sound, &frames);
		for (size_t i = 0; i < G_N_ELEMENTS(kinds); i++)
			check_size(t, i, &sizes[i]);
		/* Of less than a second an encoder may have told nothing. */
		if (k % (KILLS / LOOKS) == 0 && frames > RATE)
			play(t, &frames);
	}
	if (frames > RATE)
		play(t, &frames);
	g_test_message("%zu of %zu frames were there after %d kills", frames,
		       sound.frames, KILLS);
	g_assert_cmpuint(frames, >, 0);
	m = open_call(t, "k");
	talk(m, SECONDS - 1);
	check_wav(t, &sound, &frames);
	mixkit_finish(m, SECONDS * 1000, &last);
	for (guint i = 0; i < whole.files->len; i++)
		g_assert_cmpstr(g_array_index(whole.files, mix_file, i).sha256,
				==,
				g_array_index(last.files, mix_file, i).sha256);
	mixkit_sound_clear(&sound);
	mix_totals_clear(&whole);
	mix_totals_clear(&last);
	mix_call_free(m);
}

/* Octets that are there already are read, not written: a file that is made
 * again costs no disk until it is as long as it was. */
static void not_written_twice(mixkit *t, gconstpointer data)
{
	const struct timespec old[2] = {{1000, 0}, {1000, 0}};
	g_autofree char *part = part_of(t, 0);
	mix_call *m = open_call(t, "k");
	mixkit_party a = {1, CALL_CALLER, RATE, 0, 9000, .seed = 1};
	mix_totals totals;
	GStatBuf st;

	(void)data;
	talk(m, SECONDS - 1);
	mix_call_free(m);
	g_assert_cmpint(utimensat(AT_FDCWD, part, old, 0), ==, 0);
	m = open_call(t, "k");
	talk(m, SECONDS / 2);
	mix_call_free(m);
	g_assert_cmpint(g_stat(part, &st), ==, 0);
	g_assert_cmpint(st.st_mtime, ==, 1000);
	/* Another sound is another matter. */
	m = open_call(t, "k");
	mixkit_say(m, &a, mixkit_ms(500));
	mixkit_finish(m, SECONDS * 1000, &totals);
	g_assert_cmpint(g_stat(g_array_index(totals.files, mix_file, 0).path,
			       &st), ==, 0);
	g_assert_cmpint(st.st_mtime, !=, 1000);
	mix_totals_clear(&totals);
	mix_call_free(m);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add("/mixer/kill/loop", mixkit, NULL, mixkit_open, kill_loop,
		   mixkit_close);
	g_test_add("/mixer/kill/not_written_twice", mixkit, NULL, mixkit_open,
		   not_written_twice, mixkit_close);
	return g_test_run();
}
