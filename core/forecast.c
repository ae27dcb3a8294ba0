#include "core/forecast.h"

static unsigned newest(const forecast *f)
{
	return (f->next + FORECAST_SAMPLES - 1) % FORECAST_SAMPLES;
}

static unsigned oldest(const forecast *f)
{
	return (f->next + FORECAST_SAMPLES - f->n) % FORECAST_SAMPLES;
}

void forecast_add(forecast *f, clk_mono now, uint64_t free, uint64_t total)
{
	if (f->n && clk_since(now, f->at[newest(f)]) <
			    FORECAST_EVERY_S * CLK_NS_PER_S)
		return;
	f->at[f->next] = now;
	f->free[f->next] = free;
	f->total = total;
	f->next = (f->next + 1) % FORECAST_SAMPLES;
	if (f->n < FORECAST_SAMPLES)
		f->n++;
}

int64_t forecast_left_s(const forecast *f)
{
	unsigned a, b;
	int64_t s;
	double lost;

	if (!f->n)
		return INT64_MAX;
	a = oldest(f);
	b = newest(f);
	s = clk_since(f->at[b], f->at[a]) / CLK_NS_PER_S;
	if (s < FORECAST_LEAST_S || f->free[b] >= f->free[a])
		return INT64_MAX;
	lost = (double)(f->free[a] - f->free[b]) / (double)s;
	lost = (double)f->free[b] / lost;
	return lost < 1e12 ? (int64_t)lost : INT64_MAX;
}

unsigned forecast_used(const forecast *f)
{
	double free;

	if (!f->n || !f->total)
		return 0;
	free = (double)f->free[newest(f)] / (double)f->total;
	return free > 1 ? 0 : (unsigned)(100 - 100 * free);
}
