#include "core/addr.h"

#include <arpa/inet.h>
#include <glib.h>

/* Every text must be read as inet_pton() reads it. */
static void check(const char *text)
{
	uint8_t ip[16];
	bool v4 = inet_pton(AF_INET, text, ip) == 1;
	bool v6 = !v4 && inet_pton(AF_INET6, text, ip) == 1;
	net_addr got, want;

	g_test_message("\"%s\"", text);
	g_assert_cmpint(net_addr_parse(span_str(text), 7, &got), ==, v4 || v6);
	if (!v4 && !v6)
		return;
	want = net_addr_from(v4 ? 4 : 6, ip, 7);
	g_assert_true(net_addr_same(&got, &want));
}

static void test_spellings(void)
{
	static const char *const texts[] = {
		"0.0.0.0", "255.255.255.255", "192.0.2.1", "1.2.3", "1.2.3.4.5",
		"1.2.3.4.", ".1.2.3.4", "1..2.3", "01.2.3.4", "1.2.3.00",
		"1.2.3.256", "1.2.3.4 ", " 1.2.3.4", "1.2.3.4x", "1.2.3.-4",
		"0x1.2.3.4", "1.2.3.", "", ".", "...", "99999999999.1.1.1",
		"::", "::1", "2001:db8::1", "::ffff:192.0.2.1", "::192.0.2.1",
		"fe80::1%eth0", "1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8:9", ":::",
		"1::2::3", "12345::", "[::1]", "::ffff:192.0.2.256", "host",
		"ABCD:ef01::", "1.2.3.4:5", "00.0.0.0", "0.0.0.000",
	};

	for (size_t i = 0; i < G_N_ELEMENTS(texts); i++)
		check(texts[i]);
}

/* Texts of the letters that addresses are made of. */
static void test_random(void)
{
	static const char letters[] = "0123456789.:af";
	char text[20];

	for (unsigned i = 0; i < 50000; i++) {
		int n = g_test_rand_int_range(0, sizeof(text) - 1);

		for (int k = 0; k < n; k++)
			text[k] = letters[g_test_rand_int_range(
				0, sizeof(letters) - 1)];
		text[n] = '\0';
		check(text);
	}
}

static void test_port(void)
{
	net_addr a;

	g_assert_true(net_addr_parse_port(span_str("192.0.2.1:80"), &a));
	g_assert_cmpuint(a.port, ==, 80);
	g_assert_true(net_addr_parse_port(span_str("[::1]:65535"), &a));
	g_assert_cmpuint(a.family, ==, 6);
	g_assert_false(net_addr_parse_port(span_str("192.0.2.1"), &a));
	g_assert_false(net_addr_parse_port(span_str("192.0.2.1:65536"), &a));
	g_assert_false(net_addr_parse_port(span_str("[::1]80"), &a));
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/core/addr/spellings", test_spellings);
	g_test_add_func("/core/addr/random", test_random);
	g_test_add_func("/core/addr/port", test_port);
	return g_test_run();
}
