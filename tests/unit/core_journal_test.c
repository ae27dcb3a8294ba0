#include "core/journal.h"

#include <glib.h>

static const clk_both when = {{1234567890123}, {1700000000000000001}};

static void test_header(void)
{
	jrn_header h = {.kind = JRN_MEDIA, .id = {1, 2}, .boot = {3},
			.at = when};
	uint8_t buf[JRN_HEADER];
	put o = put_into(buf, sizeof(buf));
	span s;

	jrn_header_put(&o, &h);
	g_assert_false(o.full);
	g_assert_cmpuint(o.n, ==, JRN_HEADER);
	for (size_t cut = 0; cut < JRN_HEADER; cut++) {
		jrn_header got;

		s = span_of(buf, cut);
		g_assert_cmpint(jrn_header_next(&s, &got), ==, JRN_SHORT);
		g_assert_cmpuint(s.left, ==, cut);
	}
	s = put_done(&o);
	{
		jrn_header got;

		g_assert_cmpint(jrn_header_next(&s, &got), ==, JRN_OK);
		g_assert_cmpint(got.kind, ==, JRN_MEDIA);
		g_assert_cmpmem(got.id, 16, h.id, 16);
		g_assert_cmpint(got.at.mono.ns, ==, when.mono.ns);
		g_assert_cmpint(got.at.wall.ns, ==, when.wall.ns);
	}
}

static size_t make_record(uint8_t *buf, size_t size)
{
	put o = put_into(buf, size);

	jrn_rec_put(&o, &(jrn_rec){JRN_FACT, 0, when, span_str("pay")},
		    span_str("load"));
	g_assert_false(o.full);
	return o.n;
}

static void test_record(void)
{
	uint8_t buf[256];
	size_t n = make_record(buf, sizeof(buf));
	span s = span_of(buf, n);
	jrn_rec r;

	g_assert_cmpuint(n, ==, JRN_FRAME + 7);
	g_assert_cmpint(jrn_rec_next(&s, &r), ==, JRN_OK);
	g_assert_cmpuint(s.left, ==, 0);
	g_assert_cmpint(r.type, ==, JRN_FACT);
	g_assert_true(span_eq(r.payload, "payload"));
	g_assert_cmpint(r.at.mono.ns, ==, when.mono.ns);
	for (size_t cut = 0; cut < n; cut++) {
		s = span_of(buf, cut);
		g_assert_cmpint(jrn_rec_next(&s, &r), ==, JRN_SHORT);
		g_assert_cmpuint(s.left, ==, cut);
	}
}

/* No single bit may change unseen. */
static void test_flips(void)
{
	uint8_t buf[256];
	size_t n = make_record(buf, sizeof(buf));

	for (size_t bit = 0; bit < n * 8; bit++) {
		span s = span_of(buf, n);
		jrn_rec r;

		buf[bit / 8] ^= (uint8_t)(1 << bit % 8);
		g_assert_cmpint(jrn_rec_next(&s, &r), !=, JRN_OK);
		buf[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
}

static void test_full(void)
{
	uint8_t buf[JRN_FRAME + 6];
	put o = put_into(buf, sizeof(buf));

	jrn_rec_put(&o, &(jrn_rec){JRN_FACT, 0, when, span_str("pay")},
		    span_str("load"));
	g_assert_true(o.full);
	g_assert_cmpuint(o.n, ==, 0);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/core/journal/header", test_header);
	g_test_add_func("/core/journal/record", test_record);
	g_test_add_func("/core/journal/flips", test_flips);
	g_test_add_func("/core/journal/full", test_full);
	return g_test_run();
}
