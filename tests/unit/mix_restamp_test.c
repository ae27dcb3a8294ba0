#include "mixer/restamp.h"

#include <ogg/ogg.h>
#include <string.h>

/* Some pages of packets of many sizes, as libogg makes them. */
static GByteArray *make_pages(int serial)
{
	GByteArray *all = g_byte_array_new();
	ogg_stream_state s;
	ogg_page page;

	ogg_stream_init(&s, serial);
	for (int i = 0; i < 60; i++) {
		unsigned char body[2000];
		ogg_packet p = {.packet = body, .bytes = (i * 37) % 1999,
				.granulepos = i * 100, .packetno = i,
				.b_o_s = i == 0, .e_o_s = i == 59};

		memset(body, i, sizeof(body));
		ogg_stream_packetin(&s, &p);
		while (ogg_stream_pageout(&s, &page) ||
		       (i == 59 && ogg_stream_flush(&s, &page))) {
			g_byte_array_append(all, page.header,
					    (guint)page.header_len);
			g_byte_array_append(all, page.body,
					    (guint)page.body_len);
		}
	}
	ogg_stream_clear(&s);
	return all;
}

/* In pieces of any size, the same as if libogg had been asked for it. */
static void equals_libogg(void)
{
	g_autoptr(GByteArray) from = make_pages(12345);
	g_autoptr(GByteArray) want = make_pages(7);

	for (guint step = 1; step < 6000; step = step * 3 + 1) {
		g_autoptr(GByteArray) held = g_byte_array_new();
		g_autoptr(GByteArray) got = g_byte_array_new();

		for (guint at = 0; at < from->len; at += step)
			mix_restamp(held, from->data + at,
				    MIN(step, from->len - at), 7, got);
		g_assert_cmpuint(held->len, ==, 0);
		g_assert_cmpmem(got->data, got->len, want->data, want->len);
	}
}

/* A page that is cut anywhere waits for its rest. */
static void cut(void)
{
	g_autoptr(GByteArray) from = make_pages(1);

	for (guint n = 0; n < 200; n++) {
		g_autoptr(GByteArray) held = g_byte_array_new();
		g_autoptr(GByteArray) out = g_byte_array_new();

		mix_restamp(held, from->data, n, 7, out);
		g_assert_cmpuint(held->len + out->len, ==, n);
	}
}

static void not_ogg(void)
{
	g_autoptr(GByteArray) held = g_byte_array_new();
	g_autoptr(GByteArray) out = g_byte_array_new();

	mix_restamp(held, (const uint8_t *)"RIFFabcd", 8, 7, out);
	g_assert_cmpmem(out->data, out->len, "RIFFabcd", 8);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/mixer/restamp/equals_libogg", equals_libogg);
	g_test_add_func("/mixer/restamp/cut", cut);
	g_test_add_func("/mixer/restamp/not_ogg", not_ogg);
	return g_test_run();
}
