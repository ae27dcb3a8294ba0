#include <glib.h>

#include "decoder/queue.h"

static void put(dec_queue *q, uint64_t index, int64_t at, const char *text)
{
	const dec_item i = {.index = index,
			    .at = {at},
			    .payload = span_str(text)};

	dec_queue_put(q, &i);
}

static void test_order(void)
{
	dec_queue q = {0};

	put(&q, 7, 10, "seven");
	put(&q, 3, 20, "three");
	put(&q, 5, 5, "");
	put(&q, 9, 30, "a longer one");
	g_assert_cmpuint(q.n, ==, 4);
	g_assert_cmpint(dec_queue_since(&q).ns, ==, 5);
	g_assert_true(span_eq(dec_queue_take(&q)->payload, "three"));
	g_assert_cmpuint(dec_queue_take(&q)->index, ==, 5);
	g_assert_cmpint(dec_queue_since(&q).ns, ==, 10);
	put(&q, 8, 40, "room of one used before");
	g_assert_true(span_eq(dec_queue_take(&q)->payload, "seven"));
	g_assert_true(span_eq(dec_queue_take(&q)->payload,
			      "room of one used before"));
	g_assert_cmpuint(dec_queue_take(&q)->index, ==, 9);
	g_assert_null(q.first);
	dec_queue_clear(&q);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/decoder/queue/order", test_order);
	return g_test_run();
}
