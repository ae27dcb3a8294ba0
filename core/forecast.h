/* forecast.h - when a disk will be full, from how its free space shrank. Pure;
 * a value. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "core/clock.h"

enum {
	FORECAST_SAMPLES = 60,
	FORECAST_EVERY_S = 10,	/* so the last ten minutes are looked at */
	FORECAST_LEAST_S = 120,	/* no forecast from less */
};

typedef struct forecast {
	clk_mono at[FORECAST_SAMPLES];
	uint64_t free[FORECAST_SAMPLES], total;
	unsigned n, next;
} forecast;

/* Samples that come too early are ignored. */
void forecast_add(forecast *f, clk_mono now, uint64_t free, uint64_t total);
/* Seconds until nothing is free if the disk keeps filling at the pace of the
 * samples; INT64_MAX if it does not fill, or there are too few samples. */
int64_t forecast_left_s(const forecast *f);
/* 0 to 100; 0 without a sample. */
unsigned forecast_used(const forecast *f);
