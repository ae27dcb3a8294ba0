#include "mixer/outfile_io.h"

#include <string.h>
#include <unistd.h>

#include "mixer/mix.h"
#include "tests/support/mixkit.h"

static mix_outfile *claim(const char *dir, const char *name)
{
	GError *err = NULL;
	mix_outfile *f;

	g_assert_true(mix_outfile_claim(dir, name, false, &f, &err));
	g_assert_no_error(err);
	return f;
}

static char *content(const char *dir, const char *name)
{
	g_autofree char *path = g_build_filename(dir, name, NULL);
	char *all = NULL;

	g_file_get_contents(path, &all, NULL, NULL);
	return all;
}

static bool exists(const char *dir, const char *name)
{
	g_autofree char *path = g_build_filename(dir, name, NULL);

	return g_file_test(path, G_FILE_TEST_EXISTS);
}

/* The name appears with the whole file behind it, not before. */
static void commits(mixkit *t, gconstpointer data)
{
	mix_outfile *f = claim(t->dir, "a");
	g_autofree char *all = NULL, *want = NULL;
	char sha256[65];

	(void)data;
	g_assert_true(mix_outfile_append(f, "hello world", 11, NULL));
	g_assert_true(mix_outfile_patch(f, 0, "J", 1, NULL));
	g_assert_cmpuint(mix_outfile_size(f), ==, 11);
	g_assert_false(exists(t->dir, "a"));
	g_assert_true(exists(t->dir, "a.part"));
	g_assert_true(mix_outfile_seal(f, sha256, NULL));
	g_assert_true(mix_outfile_publish(f, NULL));
	g_assert_false(exists(t->dir, "a.part"));
	all = content(t->dir, "a");
	g_assert_cmpstr(all, ==, "Jello world");
	want = g_compute_checksum_for_string(G_CHECKSUM_SHA256, all, 11);
	g_assert_cmpstr(sha256, ==, want);
	mix_outfile_free(f, false);
	g_assert_true(exists(t->dir, "a"));
}

static void large_pieces(mixkit *t, gconstpointer data)
{
	g_autofree char *big = g_strnfill(200000, 'b');
	mix_outfile *f = claim(t->dir, "a");
	g_autofree char *all = NULL;
	char sha256[65];

	(void)data;
	for (int i = 0; i < 3; i++) {
		g_assert_true(mix_outfile_append(f, "x", 1, NULL));
		g_assert_true(mix_outfile_append(f, big, 200000, NULL));
		g_assert_true(mix_outfile_append(f, big, 65536, NULL));
	}
	g_assert_true(mix_outfile_append(f, "x", 1, NULL));
	g_assert_true(mix_outfile_append(f, big, 65536, NULL));
	g_assert_true(mix_outfile_seal(f, sha256, NULL));
	g_assert_true(mix_outfile_publish(f, NULL));
	all = content(t->dir, "a");
	g_assert_cmpuint(strlen(all), ==, 3 * 265537 + 65537);
	g_assert_cmpint(all[2 * 265537], ==, 'x');
	mix_outfile_free(f, false);
}

/* A name is taken by a file, or by somebody who is writing one. */
static void names_are_taken(mixkit *t, gconstpointer data)
{
	mix_outfile *f = claim(t->dir, "a");
	char sha256[65];

	(void)data;
	g_assert_null(claim(t->dir, "a"));
	g_assert_true(mix_outfile_seal(f, sha256, NULL));
	g_assert_true(mix_outfile_publish(f, NULL));
	mix_outfile_free(f, false);
	g_assert_null(claim(t->dir, "a"));
}

/* What a dead writer left is taken over: it keeps its head and its length until
 * the new writer is past it, and nothing of it stays in the end. */
static void taken_over(mixkit *t, gconstpointer data)
{
	static const struct {
		const char *append, *meanwhile, *end;
	} steps[] = {
		{"12345", "H8:12345old", "H5:12345"},
		{"123456789", "H9:123456789", "H9:123456789"},
	};
	char sha256[65];

	(void)data;
	for (size_t i = 0; i < G_N_ELEMENTS(steps); i++) {
		g_autofree char *grown = NULL, *all = NULL;
		g_autofree char *name = g_strdup_printf("a%zu", i);
		g_autofree char *part = g_strconcat(name, ".part", NULL);
		g_autofree char *head = g_strdup_printf(
			"H%zu:", strlen(steps[i].append));
		mix_outfile *f = claim(t->dir, name);

		g_assert_true(mix_outfile_append(f, "H8:12345old", 11, NULL));
		g_assert_true(mix_outfile_flush(f, NULL));
		mix_outfile_free(f, true);
		f = claim(t->dir, name);
		mix_outfile_head(f, 3);
		g_assert_true(mix_outfile_append(f, "H0:", 3, NULL));
		g_assert_true(mix_outfile_append(f, steps[i].append,
						 strlen(steps[i].append),
						 NULL));
		g_assert_true(mix_outfile_patch(f, 0, head, 3, NULL));
		g_assert_true(mix_outfile_patch(f, 1, head + 1, 1, NULL));
		grown = content(t->dir, part);
		g_assert_cmpstr(grown, ==, steps[i].meanwhile);
		g_assert_true(mix_outfile_cut(f, NULL));
		g_assert_true(mix_outfile_patch(f, 0, head, 3, NULL));
		g_assert_true(mix_outfile_seal(f, sha256, NULL));
		g_assert_true(mix_outfile_publish(f, NULL));
		all = content(t->dir, name);
		g_assert_cmpstr(all, ==, steps[i].end);
		mix_outfile_free(f, false);
	}
}

/* After a power cut there may be silence where sound was written. */
static void taken_over_silent(mixkit *t, gconstpointer data)
{
	enum { WAS = 3 * 4096, NOW = 2 * 4096 };
	g_autofree char *path = g_build_filename(t->dir, "a.part", NULL);
	g_autofree char *silence = g_malloc0(WAS), *sound = g_malloc0(WAS);
	g_autofree char *all = NULL;
	mix_outfile *f;

	(void)data;
	memset(sound + NOW / 2, 's', NOW / 2);
	g_assert_true(g_file_set_contents(path, silence, WAS, NULL));
	f = claim(t->dir, "a");
	g_assert_true(mix_outfile_append(f, sound, NOW, NULL));
	g_assert_true(mix_outfile_flush(f, NULL));
	g_assert_true(g_file_get_contents(path, &all, NULL, NULL));
	g_assert_cmpmem(all, NOW, sound, NOW);
	mix_outfile_free(f, false);
}

/* Somebody has cut it: its hash would be that of half a recording. */
static void cut_by_another(mixkit *t, gconstpointer data)
{
	g_autofree char *path = g_build_filename(t->dir, "a.part", NULL);
	mix_outfile *f = claim(t->dir, "a");
	g_autoptr(GError) err = NULL;
	char sha256[65];

	(void)data;
	g_assert_true(mix_outfile_append(f, "hello world", 11, NULL));
	g_assert_true(mix_outfile_flush(f, NULL));
	g_assert_cmpint(truncate(path, 5), ==, 0);
	g_assert_false(mix_outfile_seal(f, sha256, &err));
	g_assert_error(err, MIX_ERROR, MIX_ERROR_DISK);
	mix_outfile_free(f, false);
}

/* What a dead writer left is used. */
static void leftovers(mixkit *t, gconstpointer data)
{
	mix_outfile *f = claim(t->dir, "a");

	(void)data;
	g_assert_true(mix_outfile_append(f, "old", 3, NULL));
	g_assert_true(mix_outfile_flush(f, NULL));
	mix_outfile_free(f, true);
	g_assert_true(exists(t->dir, "a.part"));
	f = claim(t->dir, "a");
	g_assert_nonnull(f);
	g_assert_cmpuint(mix_outfile_size(f), ==, 0);
	mix_outfile_free(f, false);
	g_assert_false(exists(t->dir, "a.part"));
}

/* Somebody put a file there in the meantime: it stays. */
static void never_replaces(mixkit *t, gconstpointer data)
{
	mix_outfile *f = claim(t->dir, "a");
	g_autofree char *path = g_build_filename(t->dir, "a", NULL);
	g_autofree char *all = NULL;
	g_autoptr(GError) err = NULL;
	char sha256[65];

	(void)data;
	g_assert_true(g_file_set_contents(path, "theirs", -1, NULL));
	g_assert_true(mix_outfile_seal(f, sha256, NULL));
	g_assert_false(mix_outfile_publish(f, &err));
	g_assert_error(err, MIX_ERROR, MIX_ERROR_DISK);
	all = content(t->dir, "a");
	g_assert_cmpstr(all, ==, "theirs");
	mix_outfile_free(f, false);
}

/* A link planted in the folder is not followed. */
static void no_links(mixkit *t, gconstpointer data)
{
	g_autofree char *link = g_build_filename(t->dir, "a.part", NULL);
	g_autofree char *aim = g_build_filename(t->dir, "aim", NULL);
	g_autoptr(GError) err = NULL;
	mix_outfile *f;

	(void)data;
	g_assert_true(g_file_set_contents(aim, "keep", -1, NULL));
	g_assert_cmpint(symlink(aim, link), ==, 0);
	g_assert_false(mix_outfile_claim(t->dir, "a", false, &f, &err));
	g_assert_error(err, MIX_ERROR, MIX_ERROR_OPEN);
}

#define ADD(test) g_test_add("/mixer/outfile/" #test, mixkit, NULL, \
			     mixkit_open, test, mixkit_close)

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	ADD(commits);
	ADD(large_pieces);
	ADD(names_are_taken);
	ADD(leftovers);
	ADD(taken_over);
	ADD(taken_over_silent);
	ADD(cut_by_another);
	ADD(never_replaces);
	ADD(no_links);
	return g_test_run();
}
