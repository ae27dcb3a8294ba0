/* siren_tables.h - the numbers of G.722.1 and Siren 7. */
#pragma once
#include <stdint.h>

/* By category 0 (finest) to 7 (nothing is sent). */
extern const uint8_t dec_siren_index_bits[8];	/* of one coefficient */
extern const uint8_t dec_siren_vector_dimension[8];	/* coefficients */
extern const uint8_t dec_siren_vectors[8];	/* in a region */
extern const uint8_t dec_siren_expected_bits[8];	/* of a region */

/* Differences of power between neighbouring regions, for regions 1 to 13:
 * from i = 0 read i = tree[i][bit] while i > 0; the difference is -i - 12. */
extern const int8_t dec_siren_envelope[13][24][2];

/* Coefficient vectors of categories 0 to 6: from i = 0 read i = tree[i + bit]
 * until i is odd; i >> 1 packs the magnitudes, the first one lowest. */
extern const uint16_t *const dec_siren_vector[7];

/* Magnitudes of categories 0 to 6 in units of the region's deviation. */
extern const float dec_siren_centroid[7][16];

/* What fills the zeros of categories 5 and 6, in the same unit, by the weight
 * of the coefficients that are not zero. */
extern const float dec_siren_noise[2][20];
