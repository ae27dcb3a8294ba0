#include "signaling_tap/keylog.h"

#define A32 "000102030405060708090a0b0c0d0e0f101112131415161718191A1B1C1D1E1F"
#define B32 "ff0102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
#define M48 A32 "20212223242526272829303132333435"

static const char log_text[] =
	"# a comment\n\n"
	"CLIENT_RANDOM " A32 " " B32 "20212223242526272829303132333435\r\n"
	"CLIENT_RANDOM " A32 " " M48 "\r\n"
	"SOMETHING_ELSE of unknown form\n"
	"SERVER_TRAFFIC_SECRET_0 " B32 " " A32 "\n";

static void test_find(void)
{
	uint8_t random[TAP_KEYLOG_RANDOM];
	g_autoptr(tap_keylog) k = NULL;
	const secret *s;
	unsigned bad;

	for (unsigned i = 0; i < sizeof(random); i++)
		random[i] = (uint8_t)i;
	k = tap_keylog_new(span_str(log_text), &bad);
	g_assert_nonnull(k);
	g_assert_cmpuint(bad, ==, 0);
	g_assert_cmpuint(tap_keylog_count(k), ==, 2);
	s = tap_keylog_find(k, TAP_KEYLOG_MASTER, random);
	g_assert_nonnull(s);
	g_assert_cmpuint(s->len, ==, 48);
	g_assert_cmpmem(s->b, 32, random, 32);
	g_assert_cmphex(s->b[47], ==, 0x35);
	g_assert_null(tap_keylog_find(k, TAP_KEYLOG_SERVER_TRAFFIC, random));
	random[0] = 0xff;
	s = tap_keylog_find(k, TAP_KEYLOG_SERVER_TRAFFIC, random);
	g_assert_nonnull(s);
	g_assert_cmpuint(s->len, ==, 32);
}

static void test_bad(void)
{
	static const char *const lines[] = {
		"CLIENT_RANDOM " A32 "\n",
		"CLIENT_RANDOM " A32 " " M48 " more\n",
		"CLIENT_RANDOM " A32 "00 " M48 "\n",
		"CLIENT_RANDOM 00 " M48 "\n",
		"CLIENT_RANDOM " A32 " 0001\n",
		"CLIENT_RANDOM " A32 " " M48 "0\n",
		"CLIENT_RANDOM " A32 " " M48 "0x\n",
		"CLIENT_RANDOM " A32 " " M48 M48 "\n",
		"\x16\x03\x01\n",
	};

	for (gsize i = 0; i < G_N_ELEMENTS(lines); i++) {
		g_autofree char *text = g_strconcat("# one\n", lines[i], NULL);
		unsigned bad = 0;

		g_assert_null(tap_keylog_new(span_str(text), &bad));
		g_assert_cmpuint(bad, ==, 2);
	}
}

/* A cut line is a bad one, or was whole before. */
static void test_cut(void)
{
	for (gsize n = 0; n < sizeof(log_text); n++) {
		g_autofree char *copy = g_memdup2(log_text, n ? n : 1);
		g_autoptr(tap_keylog) k = NULL;
		unsigned bad;

		k = tap_keylog_new(span_of(copy, n), &bad);
		g_assert_true(k || bad);
		if (k)
			g_assert_cmpuint(tap_keylog_count(k), <=, 2);
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/tap/keylog/find", test_find);
	g_test_add_func("/tap/keylog/bad", test_bad);
	g_test_add_func("/tap/keylog/cut", test_cut);
	return g_test_run();
}
