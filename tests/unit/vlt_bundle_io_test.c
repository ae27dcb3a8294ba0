/* Bundles: whole and right, or not there; signatures; removal. */
#include "vault/vault.h"

#include <string.h>

#include "core/keyfile.h"

typedef struct place {
	char *dir, *file, *out;
} place;

static place place_new(void)
{
	place p = {.dir = g_dir_make_tmp("vlt-XXXXXX", NULL)};

	p.file = g_build_filename(p.dir, "a.wav", NULL);
	p.out = g_build_filename(p.dir, "out", NULL);
	g_assert_true(g_file_set_contents(p.file, "abc", 3, NULL));
	return p;
}

static void run(const char *dir, const char *command, int want)
{
	g_autofree char *all = g_strdup_printf("cd '%s' && %s", dir, command);
	const char *argv[] = {"/bin/sh", "-c", all, NULL};
	int status = -1;

	g_assert_true(g_spawn_sync(NULL, (char **)argv, NULL,
				   G_SPAWN_STDOUT_TO_DEV_NULL |
					   G_SPAWN_STDERR_TO_DEV_NULL,
				   NULL, NULL, NULL, NULL, &status, NULL));
	g_assert_cmpint(g_spawn_check_wait_status(status, NULL), ==, want == 0);
}

static void place_clear(place *p)
{
	run(p->dir, "rm -rf \"$PWD\"", 0);
	g_free(p->dir);
	g_free(p->file);
	g_free(p->out);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(place, place_clear)

/* FIPS 180-4's "abc". */
static const char sum_abc[] =
	"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

static void test_whole(void)
{
	g_auto(place) p = place_new();
	g_autoptr(GError) err = NULL;
	g_autoptr(vlt_bundle) b = vlt_bundle_new(p.out, &err), again = NULL;
	char hash[VLT_HASH];

	g_assert_true(vlt_hash(p.file, hash, &err));
	g_assert_cmpstr(hash, ==, sum_abc);
	g_assert_true(vlt_bundle_add(b, p.file, "call 1/a.wav", sum_abc, &err));
	g_assert_true(vlt_bundle_text(b, "manifest.json", "{}\n", &err));
	g_assert_false(g_file_test(p.out, G_FILE_TEST_EXISTS));
	g_assert_true(vlt_bundle_seal(b, NULL, &err));
	g_assert_no_error(err);
	run(p.out, "sha256sum --check --strict SHA256SUMS", 0);
	run(p.out, "test $(wc -l <SHA256SUMS) = 2", 0);
	run(p.out, "echo x >>'call 1/a.wav'; "
		   "sha256sum --check --strict SHA256SUMS", 1);
	again = vlt_bundle_new(p.out, &err);
	g_assert_null(again);
	g_assert_error(err, VLT_ERROR, VLT_ERROR_EXISTS);
}

static void test_changed(void)
{
	g_auto(place) p = place_new();
	g_autoptr(GError) err = NULL;
	g_autofree char *part = g_strconcat(p.out, ".part", NULL);

	g_assert_true(g_file_set_contents(p.file, "abd", 3, NULL));
	{
		g_autoptr(vlt_bundle) b = vlt_bundle_new(p.out, NULL);

		g_assert_false(vlt_bundle_add(b, p.file, "c/a.wav", sum_abc,
					      &err));
		g_assert_error(err, VLT_ERROR, VLT_ERROR_CHANGED);
	}
	g_assert_false(g_file_test(p.out, G_FILE_TEST_EXISTS));
	g_assert_false(g_file_test(part, G_FILE_TEST_EXISTS));
}

static void test_names(void)
{
	static const char *const bad[] = {"", "/etc/x", "../x", "a/../../x",
					  "a\nb", "a\\b"};
	g_auto(place) p = place_new();
	g_autoptr(vlt_bundle) b = vlt_bundle_new(p.out, NULL);

	for (size_t i = 0; i < G_N_ELEMENTS(bad); i++)
		g_assert_false(vlt_bundle_text(b, bad[i], "x", NULL));
	g_assert_true(vlt_bundle_text(b, "a", "x", NULL));
	g_assert_false(vlt_bundle_text(b, "a", "x", NULL));
}

static void test_signed(void)
{
	g_auto(place) p = place_new();
	g_autoptr(GError) err = NULL;
	g_autofree char *keys = g_build_filename(p.dir, "officer", NULL);
	g_autofree char *key = g_strconcat(keys, ".key", NULL);
	g_autoptr(vlt_bundle) b = NULL;
	static const char verify[] =
		"openssl pkeyutl -verify -rawin -pubin -inkey ../officer.pub"
		" -in SHA256SUMS -sigfile SHA256SUMS.sig";

	g_assert_true(vlt_signing_keys(keys, &err));
	g_assert_false(vlt_signing_keys(keys, NULL));
	b = vlt_bundle_new(p.out, &err);
	g_assert_true(vlt_bundle_add(b, p.file, "a.wav", NULL, &err));
	g_assert_true(vlt_bundle_seal(b, key, &err));
	g_assert_no_error(err);
	run(p.out, verify, 0);
	run(p.out, "echo >>SHA256SUMS", 0);
	run(p.out, verify, 1);
	g_assert_false(vlt_sign(p.file, "x", 1, (uint8_t[VLT_SIGNATURE]){0},
				&err));
	g_assert_error(err, KEYFILE_ERROR, KEYFILE_ERROR_KIND);
}

static void test_remove(void)
{
	g_auto(place) p = place_new();
	g_autoptr(GError) err = NULL;
	g_autofree char *journal = g_build_filename(p.dir, "j", NULL);

	g_assert_true(vlt_remove_file(p.file, &err));
	g_assert_true(vlt_remove_file(p.file, &err));
	run(p.dir, "mkdir j .j && touch j/a j/b .j/left && ln -s / j/root", 0);
	g_assert_true(vlt_remove_dir(journal, &err));
	g_assert_true(vlt_remove_dir(journal, &err));
	g_assert_no_error(err);
	run(p.dir, "test -z \"$(ls -A)\" && test -d /etc", 0);
	/* What is no plain file stays, and is named. */
	run(p.dir, "mkdir -p j/sub", 0);
	g_assert_false(vlt_remove_dir(journal, &err));
	g_assert_nonnull(strstr(err->message, "sub"));
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/vlt/bundle/whole", test_whole);
	g_test_add_func("/vlt/bundle/changed", test_changed);
	g_test_add_func("/vlt/bundle/names", test_names);
	g_test_add_func("/vlt/sign/bundle", test_signed);
	g_test_add_func("/vlt/remove", test_remove);
	return g_test_run();
}
