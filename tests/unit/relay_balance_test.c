/* Each counter of an interface has its place in the sum. */
#include <glib.h>

#include "relay_capture/balance.h"

static void test_terms(void)
{
	relay_iface_stats s = {.seen = 100, .dropped = 3, .given_up = 5,
			       .queue_dropped = 7, .disk_lost = 2,
			       .stored = 30, .copies = 11, .held_died = 1,
			       .card_dropped = 1000};
	unsigned n[RELAY_KINDS] = {0};
	relay_kind kind;
	relay_term t;

	s.count[RELAY_DUPLICATE] = 13;
	s.count[RELAY_TCP_MESSAGES] = 4;
	s.count[RELAY_TCP_CONTROL] = 4;
	s.count[RELAY_STORED] = 1000;
	for (unsigned i = 0; relay_balance_term(&s, i, &t); i++)
		n[t.kind]++;
	g_assert_cmpuint(n[RELAY_KIND_WRITTEN], ==, 1);
	g_assert_cmpuint(n[RELAY_KIND_IN], ==, 2);
	g_assert_cmpuint(n[RELAY_KIND_DROPPED], ==, 5);
	g_assert_cmpint(relay_balance_waiting(&s), ==,
			104 - 30 - 11 - 13 - 4 - 3 - 5 - 7 - 2 - 1);
	g_assert_true(relay_balance_kind(span_str("expired"), &kind));
	g_assert_cmpint(kind, ==, RELAY_KIND_FILTERED);
	g_assert_false(relay_balance_kind(span_str("no-such"), &kind));
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/relay/balance/terms", test_terms);
	return g_test_run();
}
