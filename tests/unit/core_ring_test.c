#include "core/ring.h"

#include <glib.h>
#include <pthread.h>
#include <sched.h>

enum { ITEMS = 1000000 };

typedef struct item {
	unsigned v;
} item;

static ring r;
static item items[RING_SLOTS * 2];

/* The producer writes the item before it pushes; the consumer must see it. */
static void *produce(void *unused)
{
	(void)unused;
	for (unsigned i = 0; i < ITEMS; i++) {
		item *it = &items[i % G_N_ELEMENTS(items)];

		it->v = i;
		while (!ring_push(&r, it))
			sched_yield();
	}
	return NULL;
}

static void test_million(void)
{
	pthread_t t;

	g_assert_cmpint(pthread_create(&t, NULL, produce, NULL), ==, 0);
	for (unsigned i = 0; i < ITEMS;) {
		item *it = ring_pop(&r);

		if (!it) {
			sched_yield();
			continue;
		}
		g_assert_cmpuint(it->v, ==, i);
		i++;
	}
	pthread_join(t, NULL);
}

static void test_full(void)
{
	for (unsigned i = 0; i < RING_SLOTS; i++)
		g_assert_true(ring_push(&r, &items[i]));
	g_assert_false(ring_push(&r, &items[0]));
	g_assert_cmpuint(ring_held(&r), ==, RING_SLOTS);
	for (unsigned i = 0; i < RING_SLOTS; i++) {
		g_assert_true(ring_pop(&r) == &items[i]);
		g_assert_cmpuint(ring_held(&r), ==, RING_SLOTS - 1 - i);
	}
	g_assert_null(ring_pop(&r));
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/core/ring/million", test_million);
	g_test_add_func("/core/ring/full", test_full);
	return g_test_run();
}
