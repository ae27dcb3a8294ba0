/* The power fails at any instant. Whichever of the last writes the disk has,
 * the files play up to the last sync, a file with its final name is complete,
 * and a render that starts again ends with the bytes of one that was not
 * disturbed. tests/hooks/powercut_hooks.c logs the calls that change a disk. */
#include "mixer/mix.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/whole_io.h"
#include "tests/hooks/powercut_hooks.h"
#include "tests/support/mixkit.h"
#include "tests/support/powercut.h"

enum {
	RATE = 8000,
	SECONDS = 9,
	SYNC_S = 2,
	CUTS = 15,
	CUTS_SLOW = 300,	/* with -m slow */
	PLAYED = 4,		/* every so many are given to a player */
	PLANTED = 60,		/* states in which a fault must be seen */
};

static const mix_output outputs[] = {
	{.format = MIX_WAV, .layout = MIX_STEREO, .quality = -1},
	{.format = MIX_FLAC, .layout = MIX_STEREO, .quality = -1},
	{.format = MIX_MP3, .layout = MIX_STEREO, .quality = -1},
	{.format = MIX_OPUS, .layout = MIX_STEREO, .quality = -1},
};
enum { KINDS = G_N_ELEMENTS(outputs) };

static const char *const endings[KINDS] = {"wav", "flac", "mp3", "opus"};

/* What is promised when the power fails. */
typedef struct promise {
	guint from;		/* the event of a sync */
	mixkit_sound sound[KINDS];
} promise;

typedef struct fixture {
	mixkit kit;
	powercut *log;
	GArray *promises;
	mix_totals whole;
	mixkit_sound whole_sound[KINDS];
} fixture;

/* ---- a render, as the program does it ---- */

static char *path_in(const char *dir, const char *ending)
{
	return g_strdup_printf("%s/k.%s", dir, ending);
}

static bool exists(const char *dir, const char *ending)
{
	g_autofree char *path = path_in(dir, ending);

	return g_file_test(path, G_FILE_TEST_EXISTS);
}

static mix_call *open_call(const char *dir)
{
	const mix_plan plan = {
		.dir = dir,
		.name = "k",
		.outputs = outputs,
		.n_outputs = KINDS,
		.title = "cut",
		.own = exists(dir, "json"),
	};
	mix_call *m = mix_call_new(&plan, NULL);

	g_assert_nonnull(m);
	mix_call_begin(m, (clk_mono){0});
	return m;
}

static void finish(mix_call *m, const char *dir, mix_totals *totals)
{
	g_autofree char *json = path_in(dir, "json");
	g_autoptr(GError) err = NULL;

	mix_call_seal(m, mixkit_ms(SECONDS * 1000), totals, &err);
	g_assert_no_error(err);
	g_assert_true(whole_write(json, "whose", 5, &err));
	mix_call_publish(m, &err);
	g_assert_no_error(err);
}

/* With `f` each sync becomes a promise. */
static void render(const char *dir, mix_totals *totals, fixture *f)
{
	mixkit_party a = {1, CALL_CALLER, RATE, 0, 9000, .seed = 1};
	mixkit_party b = {2, CALL_CALLEE, RATE, 0, 9000, .seed = 2};
	mix_call *m = open_call(dir);

	for (int i = 0; i < (SECONDS - 1) * 50; i++) {
		promise p = {0};

		mixkit_say(m, &a, mixkit_ms(20 + 20 * i));
		mixkit_say(m, &b, mixkit_ms(20 + 20 * i));
		if (i % 10 == 9)
			g_assert_true(mix_call_advance(
				m, mixkit_ms(20 + 20 * i), NULL));
		if (i % (SYNC_S * 50) != SYNC_S * 50 - 1)
			continue;
		g_assert_true(mix_files_sync(dir, NULL));
		p.from = f ? powercut_events(f->log) : 0;
		if (f)
			g_array_append_val(f->promises, p);
	}
	finish(m, dir, totals);
	mix_call_free(m);
}

/* ---- what is on the disk ---- */

static char *make_dir(const mixkit *t, const char *name)
{
	char *dir = g_build_filename(t->dir, name, NULL);

	g_assert_cmpint(mkdir(dir, 0700), ==, 0);
	return dir;
}

static void remove_dir(const char *dir)
{
	mixkit k = {g_strdup(dir)};

	mixkit_close(&k, NULL);
}

/* The file under its name, or as it was while it grew. NULL without one. */
static char *file_in(const char *dir, size_t kind)
{
	char *path = path_in(dir, endings[kind]);
	char *part;

	if (g_file_test(path, G_FILE_TEST_EXISTS))
		return path;
	part = g_strconcat(path, ".part", NULL);
	g_free(path);
	return part;
}

static mixkit_sound play(const char *dir, size_t kind)
{
	g_autofree char *path = file_in(dir, kind);

	return outputs[kind].format == MIX_WAV ? mixkit_try(path)
					       : mixkit_play(path);
}

/* All of `part` is at the start of `s`. */
static bool begins_with(const mixkit_sound *s, const mixkit_sound *part,
			size_t frames)
{
	return s->frames >= frames && part->frames >= frames &&
	       !memcmp(s->pcm, part->pcm, frames * 2 * sizeof(float));
}

/* An MP3 that is whole tells players to leave out its first samples. */
static bool keeps(const fixture *f, const promise *p, size_t kind,
		  const char *dir)
{
	const size_t frames = p->sound[kind].frames;
	mixkit_sound s = play(dir, kind);
	bool ok = begins_with(&s, &p->sound[kind], frames) ||
		  begins_with(&s, &f->whole_sound[kind],
			      MIN(frames, f->whole_sound[kind].frames));

	mixkit_sound_clear(&s);
	return ok;
}

/* What was synced before the event; NULL: nothing yet. */
static const promise *promised(const fixture *f, guint event)
{
	const promise *last = NULL;

	for (guint i = 0; i < f->promises->len; i++) {
		const promise *p = &g_array_index(f->promises, promise, i);

		if (p->from <= event)
			last = p;
	}
	return last;
}

static char *hash_of(const char *path)
{
	g_autofree char *all = NULL;
	gsize n;

	if (!g_file_get_contents(path, &all, &n, NULL))
		return NULL;
	return g_compute_checksum_for_data(G_CHECKSUM_SHA256, (guchar *)all, n);
}

/* A file that has its name is whole. */
static bool names_true(const fixture *f, const char *dir)
{
	for (guint i = 0; i < KINDS; i++) {
		g_autofree char *path = path_in(dir, endings[i]);
		g_autofree char *hash = hash_of(path);

		if (hash && strcmp(hash, g_array_index(f->whole.files, mix_file,
						       i).sha256))
			return false;
	}
	return true;
}

static bool sound_kept(const fixture *f, const promise *p, size_t kinds,
		       const char *dir)
{
	for (size_t i = 0; p && i < kinds; i++) {
		if (!keeps(f, p, i, dir)) {
			g_test_message("%s: less than was synced",
				       endings[i]);
			return false;
		}
	}
	return true;
}

static guint entries(const char *dir)
{
	g_autoptr(GDir) d = g_dir_open(dir, 0, NULL);
	guint n = 0;

	while (g_dir_read_name(d))
		n++;
	return n;
}

/* ---- the tests ---- */

/* The render that is not disturbed, and what each sync made sure of. */
static void set_up(fixture *f, gconstpointer data)
{
	g_autofree char *dir = NULL;

	mixkit_open(&f->kit, data);
	dir = make_dir(&f->kit, "whole");
	f->promises = g_array_new(FALSE, TRUE, sizeof(promise));
	f->log = powercut_new(dir);
	powercut_hook(f->log);
	render(dir, &f->whole, f);
	powercut_hook(NULL);
	g_assert_cmpuint(f->promises->len, ==, (SECONDS - 1) / SYNC_S);
	for (size_t k = 0; k < KINDS; k++)
		f->whole_sound[k] = play(dir, k);
	remove_dir(dir);
}

/* What it was that was synced: the render looks a second ahead, and an encoder
 * holds back less than one. A sync may cut a packet in two, of which players
 * make what they like. */
static void hear_promises(fixture *f)
{
	for (guint i = 0; i < f->promises->len; i++) {
		promise *p = &g_array_index(f->promises, promise, i);
		g_autofree char *dir = make_dir(&f->kit, "synced");

		powercut_state(f->log, p->from, 1, dir);
		for (size_t k = 0; k < KINDS; k++) {
			p->sound[k] = play(dir, k);
			if (k)
				p->sound[k].frames -= p->sound[k].rate / 5;
			g_assert_cmpuint(p->sound[k].frames, >=,
					 p->sound[k].rate *
						 ((i + 1) * SYNC_S - 2));
		}
		remove_dir(dir);
	}
}

static void tear_down(fixture *f, gconstpointer data)
{
	for (guint i = 0; i < f->promises->len; i++)
		for (size_t k = 0; k < KINDS; k++)
			mixkit_sound_clear(&g_array_index(f->promises, promise,
							  i).sound[k]);
	for (size_t k = 0; k < KINDS; k++)
		mixkit_sound_clear(&f->whole_sound[k]);
	g_array_unref(f->promises);
	mix_totals_clear(&f->whole);
	powercut_free(f->log);
	mixkit_close(&f->kit, data);
}

static void check_end(const fixture *f, const char *dir)
{
	mix_totals totals;

	render(dir, &totals, NULL);
	for (guint i = 0; i < KINDS; i++)
		g_assert_cmpstr(
			g_array_index(totals.files, mix_file, i).sha256, ==,
			g_array_index(f->whole.files, mix_file, i).sha256);
	g_assert_true(names_true(f, dir));
	g_assert_cmpuint(entries(dir), ==, KINDS + 1);
	mix_totals_clear(&totals);
}

/* The power fails again while that is made up for. */
static void cut_again(const fixture *f, const promise *p, const char *dir,
		      uint32_t dice, size_t kinds)
{
	g_autofree char *second = make_dir(&f->kit, "second");
	powercut *log = powercut_new(dir);
	mix_totals totals;

	powercut_hook(log);
	render(dir, &totals, NULL);
	powercut_hook(NULL);
	mix_totals_clear(&totals);
	powercut_state(log, dice % (powercut_events(log) + 1), dice, second);
	g_assert_true(names_true(f, second));
	g_assert_true(sound_kept(f, p, kinds, second));
	check_end(f, second);
	powercut_free(log);
	remove_dir(second);
}

/* A third of the cuts falls into the end, another where the names are given. */
static guint instant(const fixture *f, uint32_t dice, unsigned n)
{
	const guint all = powercut_events(f->log);
	const guint among[] = {all, MIN(all, 40), MIN(all, 2 * KINDS)};

	return all - (dice >> 8) % (among[n % 3] + 1);
}

static void any_instant(fixture *f, gconstpointer data)
{
	uint32_t dice = 1811;

	(void)data;
	hear_promises(f);
	for (unsigned i = 0; i < (g_test_slow() ? CUTS_SLOW : CUTS); i++) {
		g_autofree char *dir = make_dir(&f->kit, "state");
		const size_t kinds = i % PLAYED ? 1 : KINDS;
		const promise *p;
		guint at;

		dice = dice * 1664525u + 1013904223u;
		at = instant(f, dice, i);
		p = promised(f, at);
		powercut_state(f->log, at, dice, dir);
		g_assert_true(names_true(f, dir));
		g_assert_true(sound_kept(f, p, kinds, dir));
		if (i % 4 < 2)
			cut_again(f, p, dir, dice, kinds);
		else
			check_end(f, dir);
		remove_dir(dir);
	}
}

/* In how many states a fault shows. */
static guint seen(fixture *f, powercut_deaf fault,
		  bool (*good)(const fixture *f, guint at, const char *dir))
{
	uint32_t dice = 5;
	guint n = 0;

	powercut_plant(f->log, fault);
	for (unsigned i = 0; i < PLANTED; i++) {
		g_autofree char *dir = make_dir(&f->kit, "state");
		guint at;

		dice = dice * 1664525u + 1013904223u;
		at = instant(f, dice, i);
		powercut_state(f->log, at, dice, dir);
		n += !good(f, at, dir);
		remove_dir(dir);
	}
	powercut_plant(f->log, POWERCUT_HEARS);
	return n;
}

static bool good_names(const fixture *f, guint at, const char *dir)
{
	(void)at;
	return names_true(f, dir);
}

static bool good_sound(const fixture *f, guint at, const char *dir)
{
	return sound_kept(f, promised(f, at), 1, dir);
}

/* Were one of the two syncs left out, the above would see it. */
static void faults_are_seen(fixture *f, gconstpointer data)
{
	(void)data;
	hear_promises(f);
	g_assert_cmpuint(seen(f, POWERCUT_HEARS, good_names), ==, 0);
	g_assert_cmpuint(seen(f, POWERCUT_NO_FILE, good_names), >, 0);
	g_assert_cmpuint(seen(f, POWERCUT_HEARS, good_sound), ==, 0);
	g_assert_cmpuint(seen(f, POWERCUT_NO_ALL, good_sound), >, 0);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add("/mixer/powercut/any_instant", fixture, NULL, set_up,
		   any_instant, tear_down);
	g_test_add("/mixer/powercut/faults_are_seen", fixture, NULL, set_up,
		   faults_are_seen, tear_down);
	return g_test_run();
}
