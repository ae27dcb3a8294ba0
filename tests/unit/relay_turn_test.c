/* What a payload is and wraps: vectors of both dialects, whole and cut. */
#include "relay_capture/turn.h"

#include <glib.h>

/* MS-TURN: an RTP packet of 15 octets as a Send request, a Data indication;
 * the answer to Allocate; Set Active Destination. */
#define RTP 0x80, 0x75, 0, 1, 0, 0, 0, 0xa0, 0x49, 0x96, 0x02, 0xd2, \
	    0xaa, 0xbb, 0xcc
#define ID 0x21, 0x12, 0xa4, 0x42, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12
#define COOKIE 0, 0x0f, 0, 4, 0x72, 0xc6, 0x4b, 0xc6

static const uint8_t rtp[] = {RTP};
static const uint8_t ms_send[] = {
	0, 4, 0, 0x2f, ID, COOKIE, 0x80, 8, 0, 4, 0, 0, 0, 1,
	0, 0x11, 0, 8, 0, 1, 0xc3, 0x5a, 203, 0, 113, 9, 0, 0x13, 0, 15, RTP};
static const uint8_t ms_data[] = {
	1, 0x15, 0, 0x27, ID, COOKIE,
	0, 0x12, 0, 8, 0, 1, 0xc3, 0x5a, 203, 0, 113, 9, 0, 0x13, 0, 15, RTP};
static const uint8_t ms_allocate_ok[] = {
	1, 3, 0, 0x28, ID, COOKIE, 0, 1, 0, 8, 0, 1, 0xcd, 7, 203, 0, 113, 20,
	0x80, 0x20, 0, 8, 0, 1, 0xe2, 0x40, 0xe7, 0x21, 0xc0, 0x45,
	0, 0x0d, 0, 4, 0, 0, 2, 0x58};
static const uint8_t ms_active[] = {
	0, 6, 0, 0x14, ID, COOKIE,
	0, 0x11, 0, 8, 0, 1, 0xc3, 0x5a, 203, 0, 113, 9};
/* RFC 5766: XOR-PEER-ADDRESS 203.0.113.9:50010, padded DATA. */
static const uint8_t rfc_send[] = {
	0, 0x16, 0, 0x20, ID, 0, 0x12, 0, 8, 0, 1, 0xe2, 0x48,
	203 ^ 0x21, 0x12, 113 ^ 0xa4, 9 ^ 0x42, 0, 0x13, 0, 15, RTP, 0};
static const uint8_t channel[] = {0x40, 1, 0, 15, RTP};
static const uint8_t session[] = {0xff, 0x10, 0, 23, 1, 2, 3, 4, 5, 6, 7, 8,
				  RTP};
/* "QwEr:AsDf" padded with zeros inside USERNAME, as libnice writes it. */
static const uint8_t check[] = {
	0, 1, 0, 0x10, ID, 0, 6, 0, 12, 'Q', 'w', 'E', 'r', ':', 'A', 's', 'D',
	'f', 0, 0, 0};

static relay_unit peel(const void *p, size_t n, bool stream)
{
	relay_unit u;

	relay_turn_peel(span_of(p, n), stream, &u);
	return u;
}

static void assert_peer(const relay_unit *u, const char *want)
{
	char text[NET_ADDR_TEXT];

	net_addr_text(&u->peer, text);
	g_assert_cmpstr(text, ==, want);
}

static void assert_rtp(const relay_unit *u, relay_wrap wrap)
{
	g_assert_cmpint(u->what, ==, RELAY_WHAT_MEDIA);
	g_assert_cmpint(u->wrap, ==, wrap);
	g_assert_cmpmem(u->inner.p, u->inner.left, rtp, sizeof(rtp));
}

static void test_media(void)
{
	relay_unit u = peel(rtp, sizeof(rtp), false);

	assert_rtp(&u, RELAY_WRAP_NONE);
	u = peel(ms_send, sizeof(ms_send), false);
	assert_rtp(&u, RELAY_WRAP_SEND);
	assert_peer(&u, "203.0.113.9:50010");
	u = peel(ms_data, sizeof(ms_data), false);
	assert_rtp(&u, RELAY_WRAP_DATA);
	assert_peer(&u, "203.0.113.9:50010");
	u = peel(rfc_send, sizeof(rfc_send), false);
	assert_rtp(&u, RELAY_WRAP_SEND);
	assert_peer(&u, "203.0.113.9:50010");
	u = peel(channel, sizeof(channel), false);
	assert_rtp(&u, RELAY_WRAP_CHANNEL);
	g_assert_cmpuint(u.channel, ==, 0x4001);
	u = peel(session, sizeof(session), false);
	assert_rtp(&u, RELAY_WRAP_NONE);
	g_assert_true(u.session && u.session_id == 0x0102030405060708);
}

/* On TCP an RFC 4571 length stands before the media. */
static void test_stream(void)
{
	uint8_t framed[2 + sizeof(rtp)] = {0, sizeof(rtp)};
	relay_unit u;

	memcpy(framed + 2, rtp, sizeof(rtp));
	u = peel(framed, sizeof(framed), true);
	assert_rtp(&u, RELAY_WRAP_NONE);
	u = peel(framed, sizeof(framed), false);
	g_assert_cmpint(u.what, !=, RELAY_WHAT_MEDIA);
}

static void test_news(void)
{
	relay_unit u = peel(ms_allocate_ok, sizeof(ms_allocate_ok), false);

	g_assert_cmpint(u.what, ==, RELAY_WHAT_CONTROL);
	g_assert_cmpint(u.news, ==, RELAY_NEWS_RELAYED);
	assert_peer(&u, "203.0.113.20:52487");
	u = peel(ms_active, sizeof(ms_active), false);
	g_assert_cmpint(u.news, ==, RELAY_NEWS_PEER);
	assert_peer(&u, "203.0.113.9:50010");
}

static void test_check(void)
{
	relay_unit u = peel(check, sizeof(check), false);
	span to, from;

	g_assert_cmpint(u.what, ==, RELAY_WHAT_CHECK);
	g_assert_cmpint(relay_username_split(u.username, &to, &from), ==,
			RELAY_OK);
	g_assert_true(span_eq(to, "QwEr") && span_eq(from, "AsDf"));
}

/* draft-06 halves are octets and may contain colons. */
static void test_username(void)
{
	span to, from, name;

	name = span_str("ab:cdefgh:1:ijklmno:p:1");
	g_assert_cmpint(relay_username_split(name, &to, &from), ==, RELAY_OK);
	g_assert_true(span_eq(to, "ab:cdefgh") && span_eq(from, "ijklmno:p"));
	g_assert_cmpint(relay_username_split(span_str("abcd"), &to, &from), ==,
			RELAY_BAD);
	g_assert_cmpint(relay_username_split(span_str(":a"), &to, &from), ==,
			RELAY_BAD);
	g_assert_cmpint(relay_username_split(span_str("a:"), &to, &from), ==,
			RELAY_BAD);
}

/* A cut message is never taken for a whole one, nor for media. */
static void test_cut(void)
{
	static const struct {
		const uint8_t *p;
		size_t n;
	} all[] = {{ms_send, sizeof(ms_send)}, {ms_data, sizeof(ms_data)},
		   {rfc_send, sizeof(rfc_send)}, {channel, sizeof(channel)},
		   {session, sizeof(session)}, {check, sizeof(check)},
		   {ms_active, sizeof(ms_active)}};

	for (size_t i = 0; i < G_N_ELEMENTS(all); i++)
		for (size_t n = 0; n < all[i].n; n++) {
			g_autofree uint8_t *exact = g_memdup2(all[i].p, n);
			relay_unit u = peel(exact, n, false);

			g_assert_true(u.what == RELAY_WHAT_BAD ||
				      u.what == RELAY_WHAT_OTHER);
		}
}

static void test_attr(void)
{
	relay_attr a;
	span s = span_of("\0\6\0\3abc\0\0\7\0\0", 12);

	g_assert_cmpint(relay_attr_next(&s, true, &a), ==, RELAY_OK);
	g_assert_true(a.type == 6 && span_eq(a.value, "abc"));
	g_assert_cmpint(relay_attr_next(&s, true, &a), ==, RELAY_OK);
	g_assert_true(a.type == 7 && !a.value.left && !s.left);
	for (size_t n = 0; n < 8; n++) {
		s = span_of("\0\6\0\3abc\0", n);
		g_assert_cmpint(relay_attr_next(&s, true, &a), ==,
				RELAY_SHORT);
		g_assert_cmpuint(s.left, ==, n);
	}
	s = span_of("\0\6\0\3abc", 7);
	g_assert_cmpint(relay_attr_next(&s, false, &a), ==, RELAY_OK);
}

/* Indications in indications end somewhere. */
static void test_depth(void)
{
	uint8_t deep[64];
	relay_unit u;

	for (size_t i = 0; i < sizeof(deep); i += 4) {
		deep[i] = 0x40;
		deep[i + 1] = 0;
		deep[i + 2] = 0;
		deep[i + 3] = (uint8_t)(sizeof(deep) - i - 4);
	}
	u = peel(deep, sizeof(deep), false);
	g_assert_cmpint(u.what, ==, RELAY_WHAT_OTHER);
}

/* Not ours, and ours but broken, are told apart. */
static void test_verdicts(void)
{
	uint8_t m[24] = {0, 1, 0, 4, 0x21, 0x12, 0xa4, 0x42, [21] = 6};

	g_assert_cmpint(peel(m, 24, false).what, ==, RELAY_WHAT_CONTROL);
	g_assert_cmpint(peel(m, 23, false).what, ==, RELAY_WHAT_BAD);
	m[4] = 0;
	g_assert_cmpint(peel(m, 23, false).what, ==, RELAY_WHAT_OTHER);
	m[1] = 7;	/* no check: it needs the cookie */
	g_assert_cmpint(peel(m, 24, false).what, ==, RELAY_WHAT_OTHER);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/relay/turn/media", test_media);
	g_test_add_func("/relay/turn/stream", test_stream);
	g_test_add_func("/relay/turn/news", test_news);
	g_test_add_func("/relay/turn/check", test_check);
	g_test_add_func("/relay/turn/username", test_username);
	g_test_add_func("/relay/turn/cut", test_cut);
	g_test_add_func("/relay/stunmsg/attr", test_attr);
	g_test_add_func("/relay/turn/depth", test_depth);
	g_test_add_func("/relay/turn/verdicts", test_verdicts);
	return g_test_run();
}
