#include "signaling_tap/digest.h"

#include <glib.h>

static tap_digest of(const char *const *texts)
{
	tap_hash h;

	h.n = 0;
	for (; *texts; texts++)
		tap_hash_add(&h, span_str(*texts));
	return tap_hash_done(&h);
}

#define OF(...) of((const char *const[]){__VA_ARGS__, NULL})

/* The borders count: no text can be moved from one to the next. */
static void test_borders(void)
{
	tap_digest a = OF("ab", "c"), b = OF("a", "bc"), c = OF("abc");
	tap_digest d = OF("ab", "c", ""), again = OF("ab", "c");

	g_assert_true(tap_digest_same(&a, &again));
	g_assert_false(tap_digest_same(&a, &b));
	g_assert_false(tap_digest_same(&a, &c));
	g_assert_false(tap_digest_same(&a, &d));
}

/* Any number of texts of any length, and every one of them counts. */
static void test_lengths(void)
{
	g_autoptr(GHashTable) seen = g_hash_table_new_full(
		g_bytes_hash, g_bytes_equal, (GDestroyNotify)g_bytes_unref,
		NULL);

	for (unsigned n = 0; n < 1200; n++) {
		g_autofree char *text = g_strnfill(n, 'x');
		tap_digest d = OF("first", text, "last");

		g_assert_true(g_hash_table_add(seen, g_bytes_new(&d,
								 sizeof(d))));
	}
	for (unsigned n = 3; n < 300; n++) {
		tap_hash h;
		tap_digest d;

		h.n = 0;
		for (unsigned i = 0; i < n; i++)
			tap_hash_add(&h, span_str("some text"));
		d = tap_hash_done(&h);
		g_assert_true(g_hash_table_add(seen, g_bytes_new(&d,
								 sizeof(d))));
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/tap/digest/borders", test_borders);
	g_test_add_func("/tap/digest/lengths", test_lengths);
	return g_test_run();
}
