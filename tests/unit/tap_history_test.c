/* Random histories of calls, well-formed, in any order: what is told of them is
 * what the table of calls says, and nothing is told twice. */
#include "tests/support/tap_history.h"

#include <glib.h>

enum { HISTORIES = 4000, STEPS = 40 };

static void test_random(void)
{
	uint64_t calls = 0;

	for (unsigned i = 0; i < HISTORIES; i++) {
		GRand *r = g_rand_new_with_seed(i);
		uint8_t octets[4 * STEPS];

		for (size_t k = 0; k < sizeof(octets); k++)
			octets[k] = (uint8_t)g_rand_int(r);
		g_test_message("history %u", i);
		calls += tap_history_play(span_of(octets, sizeof(octets)));
		g_rand_free(r);
	}
	g_assert_cmpuint(calls, >, 2 * HISTORIES);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/tap/history/random", test_random);
	return g_test_run();
}
