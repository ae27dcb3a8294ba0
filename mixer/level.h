/* level.h - slowly brings all speakers to the same level. */
#pragma once
#include <stddef.h>
#include <stdint.h>

typedef struct mix_level mix_level;

mix_level *mix_level_new(uint32_t rate);
void mix_level_free(mix_level *l);
/* The next n samples, in place, full scale 32768. */
void mix_level_run(mix_level *l, float *bus, size_t n);
