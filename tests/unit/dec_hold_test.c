#include <glib.h>

#include "decoder/hold.h"

/* Numbers of the packets that expired or were seen, in order. */
typedef struct seen {
	GArray *gone, *tried;
	uint32_t opens;		/* packets divisible by it open; 0: none */
} seen;

static uint32_t number(const pkt *p)
{
	uint32_t n;

	g_assert_cmpuint(p->bytes.left, >=, sizeof(n));
	memcpy(&n, p->bytes.p, sizeof(n));
	return n;
}

static void expired(void *user, const pkt *p)
{
	const uint32_t n = number(p);

	g_array_append_val(((seen *)user)->gone, n);
}

static bool tried(void *user, const pkt *p)
{
	seen *s = user;
	const uint32_t n = number(p);

	g_assert_cmpuint(p->flow, ==, n);
	g_assert_cmpuint(p->media, ==, 3);
	g_array_append_val(s->tried, n);
	return s->opens && n % s->opens == 0;
}

static void seen_init(seen *s)
{
	*s = (seen){g_array_new(FALSE, FALSE, 4),
		    g_array_new(FALSE, FALSE, 4), 0};
}

static void seen_clear(seen *s)
{
	g_array_unref(s->gone);
	g_array_unref(s->tried);
}

static bool add(dec_hold *h, uint32_t n, size_t size, seen *s)
{
	uint8_t b[2000] = {0};
	const pkt p = {.at = {{n}, {n}},
		       .media = 3,
		       .flow = n,
		       .bytes = span_of(b, size)};

	memcpy(b, &n, sizeof(n));
	return dec_hold_add(h, &p, expired, s);
}

static void test_time(void)
{
	dec_hold h;
	seen s;

	seen_init(&s);
	dec_hold_init(&h, 1 << 20, 60);
	for (uint32_t i = 0; i < 100; i++)
		g_assert_true(add(&h, i, 100, &s));
	dec_hold_expire(&h, (clk_mono){100}, expired, &s);
	g_assert_cmpuint(s.gone->len, ==, 40);
	g_assert_cmpuint(g_array_index(s.gone, uint32_t, 39), ==, 39);
	dec_hold_each(&h, tried, &s);
	g_assert_cmpuint(s.tried->len, ==, 60);
	g_assert_cmpuint(g_array_index(s.tried, uint32_t, 0), ==, 40);
	dec_hold_clear(&h);
	seen_clear(&s);
}

/* Those that open leave without expiring. */
static void test_opened(void)
{
	dec_hold h;
	seen s;

	seen_init(&s);
	dec_hold_init(&h, 1 << 20, 60);
	for (uint32_t i = 0; i < 10; i++)
		g_assert_true(add(&h, i, 50, &s));
	s.opens = 2;
	dec_hold_each(&h, tried, &s);
	dec_hold_each(&h, tried, &s);
	g_assert_cmpuint(s.tried->len, ==, 15);
	dec_hold_expire(&h, (clk_mono){1000}, expired, &s);
	g_assert_cmpuint(s.gone->len, ==, 5);
	dec_hold_clear(&h);
	seen_clear(&s);
}

/* The oldest give way; none is lost or told twice; memory stays bounded. */
static void test_space(void)
{
	dec_hold h;
	seen s;

	seen_init(&s);
	dec_hold_init(&h, 200000, INT64_MAX);
	for (uint32_t i = 0; i < 5000; i++)
		g_assert_true(add(&h, i, 4 + i % 1500, &s));
	g_assert_cmpuint(h.size, <=, 400000);
	dec_hold_each(&h, tried, &s);
	g_assert_cmpuint(s.tried->len + s.gone->len, ==, 5000);
	for (uint32_t i = 0; i < s.gone->len; i++)
		g_assert_cmpuint(g_array_index(s.gone, uint32_t, i), ==, i);
	dec_hold_clear(&h);
	seen_clear(&s);
}

static void test_too_big(void)
{
	dec_hold h;
	seen s;

	seen_init(&s);
	dec_hold_init(&h, 1000, 60);
	g_assert_false(add(&h, 1, 1500, &s));
	g_assert_true(add(&h, 2, 500, &s));
	dec_hold_clear(&h);
	seen_clear(&s);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/decoder/hold/time", test_time);
	g_test_add_func("/decoder/hold/opened", test_opened);
	g_test_add_func("/decoder/hold/space", test_space);
	g_test_add_func("/decoder/hold/too-big", test_too_big);
	return g_test_run();
}
