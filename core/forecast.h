/* forecast.h - when a disk will be full, from how its free space shrank. Pure;
 * a value. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "core/clock.h"

enum {
	FORECAST_SAMPLES = 60,
	FORECAST_EVERY_S = 10,	/* so the last ten minutes are looked at */
	FORECAST_LEAST_S = 120,	/* from less nothing is foretold */
};

typedef struct forecast {
	clk_mono at[FORECAST_SAMPLES];
	uint64_t free[FORECAST_SAMPLES], total;
	unsigned n, next;
} forecast;

/* Samples that come before their time are passed over. */
void forecast_add(forecast *f, clk_mono now, uint64_t free, uint64_t total);
/* Seconds until nothing is free at the pace of the samples; INT64_MAX when it
 * does not shrink, or nothing can be said yet. */
int64_t forecast_left_s(const forecast *f);
/* 0 to 100; 0 without a sample. */
unsigned forecast_used(const forecast *f);
