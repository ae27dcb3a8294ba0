#include "core/keyfile.h"

#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>

typedef struct dir {
	char *path, *stem, *priv, *pub;
} dir;

static void dir_up(dir *d, gconstpointer data)
{
	(void)data;
	d->path = g_dir_make_tmp("edgetape-keyfile-XXXXXX", NULL);
	g_assert_nonnull(d->path);
	d->stem = g_build_filename(d->path, "pair", NULL);
	d->priv = g_strconcat(d->stem, ".key", NULL);
	d->pub = g_strconcat(d->stem, ".pub", NULL);
}

static void dir_down(dir *d, gconstpointer data)
{
	(void)data;
	g_unlink(d->priv);
	g_unlink(d->pub);
	g_rmdir(d->path);
	g_free(d->path);
	g_free(d->stem);
	g_free(d->priv);
	g_free(d->pub);
}

static mode_t mode_of(const char *path)
{
	struct stat st;

	g_assert_cmpint(stat(path, &st), ==, 0);
	return st.st_mode & 0777;
}

static void test_pair(dir *d, gconstpointer algorithm)
{
	g_autoptr(GError) err = NULL;
	EVP_PKEY *priv, *pub;

	g_assert_true(keyfile_generate(d->stem, algorithm, &err));
	g_assert_no_error(err);
	g_assert_cmpuint(mode_of(d->priv), ==, 0600);
	priv = keyfile_private(d->priv, algorithm, &err);
	pub = keyfile_public(d->pub, algorithm, &err);
	g_assert_no_error(err);
	g_assert_cmpint(EVP_PKEY_eq(priv, pub), ==, 1);
	EVP_PKEY_free(priv);
	EVP_PKEY_free(pub);
}

static void test_other_kind(dir *d, gconstpointer data)
{
	g_autoptr(GError) err = NULL;

	(void)data;
	g_assert_true(keyfile_generate(d->stem, "ED25519", NULL));
	g_assert_null(keyfile_private(d->priv, "X25519", &err));
	g_assert_error(err, KEYFILE_ERROR, KEYFILE_ERROR_KIND);
	g_assert_nonnull(strstr(err->message, "no X25519 private key"));
	g_clear_error(&err);
	g_assert_null(keyfile_private(d->pub, "ED25519", &err));
	g_assert_error(err, KEYFILE_ERROR, KEYFILE_ERROR_KIND);
}

static void test_nothing_lost(dir *d, gconstpointer data)
{
	g_autoptr(GError) err = NULL;
	g_autofree char *text = NULL;

	(void)data;
	g_assert_null(keyfile_public(d->pub, "X25519", &err));
	g_assert_error(err, KEYFILE_ERROR, KEYFILE_ERROR_FILE);
	g_clear_error(&err);
	/* What is there stays, and no half of a pair comes beside it. */
	g_assert_true(g_file_set_contents(d->pub, "mine", -1, NULL));
	g_assert_false(keyfile_generate(d->stem, "X25519", &err));
	g_assert_error(err, KEYFILE_ERROR, KEYFILE_ERROR_FILE);
	g_assert_false(g_file_test(d->priv, G_FILE_TEST_EXISTS));
	g_assert_true(g_file_get_contents(d->pub, &text, NULL, NULL));
	g_assert_cmpstr(text, ==, "mine");
}

static void add(const char *name, const void *data,
		void (*fn)(dir *, gconstpointer))
{
	g_test_add(name, dir, data, dir_up, fn, dir_down);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	add("/core/keyfile/pair/x25519", "X25519", test_pair);
	add("/core/keyfile/pair/ed25519", "ED25519", test_pair);
	add("/core/keyfile/other-kind", NULL, test_other_kind);
	add("/core/keyfile/nothing-lost", NULL, test_nothing_lost);
	return g_test_run();
}
