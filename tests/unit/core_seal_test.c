#include "core/seal.h"

#include <glib/gstdio.h>

static void test_round_trip(void)
{
	g_autoptr(GError) err = NULL;
	g_autoptr(seal_key) k = seal_key_new(&err);
	g_autoptr(seal_box) b = seal_key_box(k, &err);
	uint8_t sealed[256], plain[256];

	/* Past the life of one sender key. */
	for (unsigned i = 0; i < SEAL_USES + 2; i++) {
		put o = put_into(sealed, sizeof(sealed));
		put p = put_into(plain, sizeof(plain));

		g_assert_true(seal_put(b, &o, span_str("the key"),
				       span_str("call"), &err));
		g_assert_cmpuint(o.n, ==, 7 + SEAL_OVERHEAD);
		g_assert_null(memmem(sealed, o.n, "the key", 7));
		g_assert_true(seal_get(k, &p, put_done(&o), span_str("call"),
				       &err));
		g_assert_true(span_eq(put_done(&p), "the key"));
	}
	g_assert_no_error(err);
}

static bool opens(seal_key *k, span sealed, const char *bound)
{
	uint8_t plain[256];
	put p = put_into(plain, sizeof(plain));

	return seal_get(k, &p, sealed, span_str(bound), NULL);
}

static void test_changed(void)
{
	g_autoptr(seal_key) k = seal_key_new(NULL);
	g_autoptr(seal_key) other = seal_key_new(NULL);
	g_autoptr(seal_box) b = seal_key_box(k, NULL);
	uint8_t sealed[256];
	put o = put_into(sealed, sizeof(sealed));

	g_assert_true(seal_put(b, &o, span_str("key"), span_str("call"), NULL));
	g_assert_true(opens(k, put_done(&o), "call"));
	g_assert_false(opens(k, put_done(&o), "another call"));
	g_assert_false(opens(other, put_done(&o), "call"));
	for (size_t cut = 0; cut < o.n; cut++)
		g_assert_false(opens(k, span_of(sealed, cut), "call"));
	for (size_t i = 0; i < o.n; i++) {
		sealed[i] ^= 1;
		g_assert_false(opens(k, put_done(&o), "call"));
		sealed[i] ^= 1;
	}
}

static void test_files(void)
{
	g_autofree char *dir = g_dir_make_tmp("seal-XXXXXX", NULL);
	g_autofree char *base = g_build_filename(dir, "recorder", NULL);
	g_autofree char *priv = g_strconcat(base, ".key", NULL);
	g_autofree char *pub = g_strconcat(base, ".pub", NULL);
	g_autoptr(GError) err = NULL;
	uint8_t sealed[256];
	put o = put_into(sealed, sizeof(sealed));
	GStatBuf st;

	g_assert_true(seal_generate(base, &err));
	g_assert_false(seal_generate(base, &err));
	g_assert_nonnull(strstr(err->message, priv));
	g_assert_cmpint(g_stat(priv, &st), ==, 0);
	g_assert_cmpint(st.st_mode & 0777, ==, 0600);
	{
		g_autoptr(seal_key) k = seal_key_open(priv, NULL);
		g_autoptr(seal_box) b = seal_box_open(pub, NULL);
		g_autoptr(GError) wrong = NULL;

		g_assert_true(seal_put(b, &o, span_str("k"), span_str("c"),
				       NULL));
		g_assert_true(opens(k, put_done(&o), "c"));
		/* The public key where the private one belongs. */
		g_assert_null(seal_key_open(pub, &wrong));
		g_assert_nonnull(strstr(wrong->message, "X25519"));
	}
	g_unlink(priv);
	g_unlink(pub);
	g_rmdir(dir);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/core/seal/round-trip", test_round_trip);
	g_test_add_func("/core/seal/changed", test_changed);
	g_test_add_func("/core/seal/files", test_files);
	return g_test_run();
}
