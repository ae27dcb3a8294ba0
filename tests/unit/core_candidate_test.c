#include "core/candidate.h"

#include <glib.h>

static call_cand parse(const char *line, cand_verdict expect)
{
	call_cand c = {0};

	g_assert_cmpint(cand_parse(span_str(line), &c), ==, expect);
	return c;
}

static void check_addr(net_addr a, const char *text)
{
	char s[NET_ADDR_TEXT];

	net_addr_text(&a, s);
	g_assert_cmpstr(s, ==, text);
}

/* A relay line as a Skype for Business client writes it, trailing space. */
static const char rfc5245[] = "3 2 UDP 184547838 198.51.100.158 53988 "
			      "typ relay raddr 192.0.2.239 rport 50003 ";
static const char draft06[] =
	"OlYwdCsT4DJpvGeOJD7YUO9dt9vX7Klod4T5DylMc6d 1 "
	"fbu7XBciY5jZCp2HrrM3n3 UDP 0.410 198.51.100.166 55441 ";

static void test_rfc5245(void)
{
	call_cand c = parse(rfc5245, CAND_OK);

	g_assert_false(c.draft06);
	g_assert_cmpstr(c.id, ==, "3");
	g_assert_cmpint(c.component, ==, 2);
	g_assert_cmpint(c.transport, ==, CALL_UDP);
	g_assert_cmpint(c.type, ==, CALL_CAND_RELAY);
	g_assert_cmpuint(c.priority, ==, 184547838);
	check_addr(c.addr, "198.51.100.158:53988");
	check_addr(c.raddr, "192.0.2.239:50003");
}

static void test_draft06(void)
{
	call_cand c = parse(draft06, CAND_OK);

	g_assert_true(c.draft06);
	g_assert_cmpint(c.type, ==, CALL_CAND_UNTYPED);
	g_assert_cmpuint(c.priority, ==, 410);
	g_assert_cmpstr(c.id, ==,
			"OlYwdCsT4DJpvGeOJD7YUO9dt9vX7Klod4T5DylMc6d");
	check_addr(c.addr, "198.51.100.166:55441");
	g_assert_cmpint(c.raddr.family, ==, 0);
	c = parse("OlYwdCsT4DJpvGeOJD7YUO9dt9vX7Klod4T5DylMc6d= 1 p TCP 1 "
		  "10.0.0.1 9", CAND_OK);
	g_assert_cmpuint(c.priority, ==, 1000);
	g_assert_cmpint(c.transport, ==, CALL_TCP);
	g_assert_cmpuint(strlen(c.id), ==, 43);
}

static void test_transports(void)
{
	static const struct {
		const char *line;
		call_transport is;
	} row[] = {
		{"1 1 tcp-act 1 10.0.0.1 9 typ host", CALL_TCP_ACT},
		{"1 1 TCP-PASS 1 10.0.0.1 9 typ host", CALL_TCP_PASS},
		{"1 1 Tcp-So 1 10.0.0.1 9 typ host", CALL_TCP_SO},
		{"1 1 TCP 1 10.0.0.1 9 typ host tcptype active",
		 CALL_TCP_ACT},
		{"1 1 tcp 1 10.0.0.1 9 typ host tcptype passive",
		 CALL_TCP_PASS},
		{"1 1 TCP 1 10.0.0.1 9 typ host x y tcptype so", CALL_TCP_SO},
		{"1 1 TCP 1 10.0.0.1 9 typ host", CALL_TCP},
		{"1 1 udp 1 10.0.0.1 9 typ host tcptype so", CALL_UDP},
		{"1 1 DCCP 1 10.0.0.1 9 typ host", CALL_TRANSPORT_OTHER},
	};

	for (size_t i = 0; i < G_N_ELEMENTS(row); i++)
		g_assert_cmpint(parse(row[i].line, CAND_OK).transport, ==,
				row[i].is);
}

static void test_types(void)
{
	static const char *const word[] = {"host", "SRFLX", "prflx", "Relay",
					   "bridge"};
	static const call_cand_type is[] = {
		CALL_CAND_HOST, CALL_CAND_SRFLX, CALL_CAND_PRFLX,
		CALL_CAND_RELAY, CALL_CAND_UNTYPED};

	for (size_t i = 0; i < G_N_ELEMENTS(word); i++) {
		g_autofree char *s = g_strdup_printf(
			"1 1 UDP 1 2001:db8::1 9 typ %s", word[i]);
		call_cand c = parse(s, CAND_OK);

		g_assert_cmpint(c.type, ==, is[i]);
		check_addr(c.addr, "[2001:db8::1]:9");
	}
}

static void test_refused(void)
{
	static const char *const bad[] = {
		"1 0 UDP 1 10.0.0.1 9 typ host",
		"1 256 UDP 1 10.0.0.1 9 typ host",
		"1 1 UDP 4294967296 10.0.0.1 9 typ host",
		"1 1 UDP 1 10.0.0.1 65536 typ host",
		"1 1 UDP 1 10.0.0.1 9 type host",
		"id 1 pass UDP 1.5 10.0.0.1 9",
		"id 1 pass UDP 0.x 10.0.0.1 9",
		("0123456789012345678901234567890123456789abcd 1 UDP 1 "
		 "10.0.0.1 9 typ host"),
	};

	for (size_t i = 0; i < G_N_ELEMENTS(bad); i++)
		parse(bad[i], CAND_BAD);
}

static void test_named(void)
{
	call_cand c = parse("1 1 UDP 1 a.local 4000 typ host", CAND_NAMED);

	g_assert_cmpint(c.addr.family, ==, 0);
	g_assert_cmpuint(c.addr.port, ==, 4000);
	g_assert_cmpint(c.type, ==, CALL_CAND_HOST);
}

/* Where a cut line still has all its fields it is whole; before, it is not. */
static void cut_each(const char *line, size_t whole_from)
{
	for (size_t n = 0; n < strlen(line); n++) {
		g_autofree char *exact = g_memdup2(line, n + !n);
		call_cand c;
		cand_verdict v = cand_parse(span_of(exact, n), &c);

		if (n < whole_from)
			g_assert_cmpint(v, !=, CAND_OK);
		if (v == CAND_OK)
			g_assert_cmpuint(n, >=, whole_from);
	}
}

static void test_cut(void)
{
	const char *port = strstr(draft06, " 55441");
	const char *typ = strstr(rfc5245, " relay");

	cut_each(rfc5245, (size_t)(typ - rfc5245) + 2);
	cut_each(draft06, (size_t)(port - draft06) + 2);
}

static void test_remote(void)
{
	span in = span_str(" 1 203.0.113.67 51022 2 203.0.113.67 58840 3 x");
	net_addr a;
	uint8_t component;

	g_assert_cmpint(cand_remote_next(&in, &component, &a), ==, CAND_OK);
	g_assert_cmpint(component, ==, 1);
	check_addr(a, "203.0.113.67:51022");
	g_assert_cmpint(cand_remote_next(&in, &component, &a), ==, CAND_OK);
	g_assert_cmpint(component, ==, 2);
	check_addr(a, "203.0.113.67:58840");
	g_assert_cmpint(cand_remote_next(&in, &component, &a), ==, CAND_SHORT);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/core/candidate/rfc5245", test_rfc5245);
	g_test_add_func("/core/candidate/draft06", test_draft06);
	g_test_add_func("/core/candidate/transports", test_transports);
	g_test_add_func("/core/candidate/types", test_types);
	g_test_add_func("/core/candidate/refused", test_refused);
	g_test_add_func("/core/candidate/named", test_named);
	g_test_add_func("/core/candidate/cut", test_cut);
	g_test_add_func("/core/candidate/remote", test_remote);
	return g_test_run();
}
