#include "signaling_tap/latency.h"

/* A poll() that had to wait for nothing is quicker than this. */
enum { SLEPT_NS = 30000 };

static const unsigned bounds[TAP_LATENCY_BUCKETS - 1] = {
	50, 100, 200, 300, 500, 700, 1000, 1500, 2000, 3000, 4000, 5000, 7000,
	10000, 20000, 50000, 100000, 150000, 1000000,
};

void tap_latency_add(tap_latency *l, int64_t ns, unsigned verdicts)
{
	unsigned i = 0;

	while (i < TAP_LATENCY_BUCKETS - 1 && ns > bounds[i] * 1000LL)
		i++;
	l->n[i] += verdicts;
}

unsigned tap_latency_bound(unsigned i)
{
	return i < TAP_LATENCY_BUCKETS - 1 ? bounds[i] : 0;
}

uint64_t tap_latency_within(const tap_latency *l, unsigned i)
{
	uint64_t n = 0;

	for (unsigned k = 0; k <= i && k < TAP_LATENCY_BUCKETS; k++)
		n += l->n[k];
	return n;
}

void tap_rounds_sleep(tap_rounds *r, clk_mono now)
{
	r->asleep = now;
}

void tap_rounds_wake(tap_rounds *r, clk_mono now)
{
	bool slept = !r->woke.ns || clk_since(now, r->asleep) > SLEPT_NS;

	r->since = slept ? now : r->woke;
	r->woke = now;
}
