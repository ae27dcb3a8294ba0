#include "decoder/siren.h"

#include <glib.h>
#include <math.h>
#include <string.h>

#include "decoder/bits.h"
#include "decoder/siren_mlt.h"
#include "decoder/siren_tables.h"

/* ITU-T G.722.1 clause 4. The spectrum up to 7 kHz is 14 regions of 20
 * coefficients. A frame gives each region's power; from the powers both sides
 * work out how finely each region is coded (its category, 0 to 7), so that
 * the frame is just filled. */
enum {
	REGIONS = 14,
	REGION = 20,		/* coefficients */
	COARSEST = 7,		/* category of a region that is not sent */
	STEPS = 15,		/* refinements of the categories, at most */
	POWER_MIN = -24,	/* a mean square of 2^-24 */
	POWER_MAX = 39,
	POWER_MIN_G7221 = -15,	/* beyond these the frame is damaged */
	POWER_MAX_G7221 = 24,
};

struct dec_siren {
	dec_siren_kind kind;
	uint16_t seed[4];	/* of the noise, newest first */
	float spectrum[DEC_SIREN_N];	/* of the last good frame */
	bool repeated;		/* that one has stood in for a bad one */
	dec_siren_mlt mlt;
};

/* What is known about a frame while it is read. */
typedef struct frame {
	dec_bits bits;
	int power[REGIONS];	/* log2 of the mean square */
	uint8_t category[REGIONS];
	float scale;		/* of all coefficients */
} frame;

dec_siren *dec_siren_new(dec_siren_kind kind)
{
	g_autofree dec_siren *s = g_new0(dec_siren, 1);

	if (!dec_siren_mlt_init(&s->mlt))
		return NULL;
	s->kind = kind;
	dec_siren_reset(s);
	return g_steal_pointer(&s);
}

void dec_siren_free(dec_siren *s)
{
	if (!s)
		return;
	dec_siren_mlt_clear(&s->mlt);
	g_free(s);
}

void dec_siren_reset(dec_siren *s)
{
	for (int i = 0; i < 4; i++)
		s->seed[i] = 1;
	memset(s->spectrum, 0, sizeof s->spectrum);
	s->repeated = false;
	dec_siren_mlt_reset(&s->mlt);
}

/* Four bits at the end of a Microsoft frame cover the rest: the 16-bit words,
 * word i shifted left by i, are summed without carry in a ring of 15 bits, and
 * each bit is the parity of a part of that sum. */
static bool checksum_ok(span in)
{
	static const uint16_t part[4] = {0x7f80, 0x7878, 0x6666, 0x5555};
	uint32_t sum = 0, want = 0;
	uint16_t word, sent = 0;

	for (unsigned i = 0; span_u16(&in, &word); i++) {
		sent = word & 0xf;
		if (!in.left)
			word &= 0xfff0;
		sum ^= (uint32_t)word << i % 15;
	}
	sum = (sum & 0x7fff) ^ sum >> 15;
	for (int i = 0; i < 4; i++)
		want = want << 1 | (uint32_t)__builtin_parity(sum & part[i]);
	return want == sent;
}

static bool powers_sane(dec_siren_kind kind, const frame *f)
{
	if (kind == DEC_SIREN_MICROSOFT)
		return true;
	for (int r = 0; r < REGIONS; r++)
		if (f->power[r] < POWER_MIN_G7221 ||
		    f->power[r] > POWER_MAX_G7221)
			return false;
	return true;
}

/* 4.1: the first power is sent whole, the others by difference. */
static bool read_powers(dec_siren_kind kind, frame *f)
{
	int bias = kind == DEC_SIREN_MICROSOFT ? -2 : 7;

	f->power[0] = (int)dec_bits_get(&f->bits, 5) - bias;
	for (int r = 1; r < REGIONS; r++) {
		const int8_t(*tree)[2] = dec_siren_envelope[r - 1];
		int i = 0;

		do
			i = tree[i][dec_bits_get(&f->bits, 1)];
		while (i > 0);
		f->power[r] = CLAMP(f->power[r - 1] - i - 12, POWER_MIN,
				    POWER_MAX);
	}
	return powers_sane(kind, f);
}

static uint8_t category_at(int offset, int power)
{
	return (uint8_t)CLAMP((offset - power) / 2, 0, COARSEST);
}

static int expected(const uint8_t category[static REGIONS])
{
	int bits = 0;

	for (int r = 0; r < REGIONS; r++)
		bits += dec_siren_expected_bits[category[r]];
	return bits;
}

/* 4.2.1: the coarsest equal treatment that still spends avail - 32 bits. */
static int find_offset(const frame *f, int avail)
{
	int offset = -32;

	for (int step = 32; step; step /= 2) {
		uint8_t trial[REGIONS];

		for (int r = 0; r < REGIONS; r++)
			trial[r] = category_at(offset + step, f->power[r]);
		if (expected(trial) >= avail - 32)
			offset += step;
	}
	return offset;
}

/* The region that loses least by one category more; ties to the higher. */
static int next_to_coarsen(const frame *f, const uint8_t *category, int offset)
{
	int best = -1, best_v = -99;

	for (int r = REGIONS - 1; r >= 0; r--) {
		int v = offset - f->power[r] - 2 * category[r];

		if (category[r] < COARSEST && v > best_v) {
			best_v = v;
			best = r;
		}
	}
	return best;
}

/* The region that gains most by one category less; ties to the lower. */
static int next_to_refine(const frame *f, const uint8_t *category, int offset)
{
	int best = -1, best_v = 99;

	for (int r = 0; r < REGIONS; r++) {
		int v = offset - f->power[r] - 2 * category[r];

		if (category[r] > 0 && v < best_v) {
			best_v = v;
			best = r;
		}
	}
	return best;
}

/* 4.2.2: around the equal treatment, 16 ways to spend the bits in order of
 * cost; `control` says which one the encoder took. A cheap and a dear set of
 * categories grow apart; `step` holds the regions by which a neighbour
 * differs, from the dearest way (at `top`) down. */
static void categorize(frame *f, int avail, uint32_t control)
{
	int offset = find_offset(f, avail);
	uint8_t cheap[REGIONS], *dear = f->category;
	int step[2 * STEPS], top = STEPS, end = STEPS;
	int bits_cheap, bits_dear;

	for (int r = 0; r < REGIONS; r++)
		cheap[r] = dear[r] = category_at(offset, f->power[r]);
	bits_cheap = bits_dear = expected(dear);
	for (int i = 0; i < STEPS; i++) {
		bool coarsen = bits_cheap + bits_dear > 2 * avail;
		int r = coarsen ? next_to_coarsen(f, cheap, offset) :
				  next_to_refine(f, dear, offset);

		if (r < 0)
			break;
		if (coarsen) {
			cheap[r]++;
			bits_cheap = expected(cheap);
			step[end++] = r;
		} else {
			dear[r]--;
			bits_dear = expected(dear);
			step[--top] = r;
		}
	}
	for (uint32_t i = 0; i < control && top < end; i++)
		f->category[step[top++]]++;
}

/* G.722.1 4.2: a frame of more than 320 bits is budgeted as a smaller one. */
static int budget(dec_siren_kind kind, const dec_bits *bits)
{
	int avail = (int)bits->left;

	if (kind == DEC_SIREN_G7221 && avail > DEC_SIREN_N)
		avail = DEC_SIREN_N + (avail - DEC_SIREN_N) * 5 / 8;
	return avail;
}

/* 4.3: one vector of coefficients; false when the bits have run out. */
static bool read_vector(frame *f, int category, float deviation, float *to)
{
	const uint16_t *tree = dec_siren_vector[category];
	int width = dec_siren_index_bits[category];
	uint32_t i = 0;

	do
		i = tree[i + dec_bits_get(&f->bits, 1)];
	while (!(i & 1));
	i >>= 1;
	for (int k = 0; k < dec_siren_vector_dimension[category]; k++) {
		float v = dec_siren_centroid[category]
					    [i & ((1u << width) - 1)];

		i >>= width;
		if (v > 0)
			to[k] = dec_bits_get(&f->bits, 1) ? deviation * v :
							    -deviation * v;
	}
	return f->bits.left >= 0;
}

static bool read_region(frame *f, int r, float deviation, float *to)
{
	int category = f->category[r];
	int size = dec_siren_vector_dimension[category];

	for (int v = 0; v < dec_siren_vectors[category]; v++)
		if (!read_vector(f, category, deviation, to + v * size))
			return false;
	return true;
}

/* The level of the noise that replaces the zeros of a region (4.4). */
static float noise_level(const dec_siren *s, int category, float deviation,
			 const float *c)
{
	bool weigh = s->kind == DEC_SIREN_MICROSOFT && category == 5;
	int weight = 0;

	if (category == COARSEST)
		return deviation * (float)M_SQRT1_2;
	for (int i = 0; i < REGION; i++) {
		if (c[i] != 0)
			weight++;
		if (weigh && fabsf(c[i]) > 2 * deviation)
			weight += 3;
	}
	return deviation * dec_siren_noise[category - 5][MIN(weight, 19)];
}

static uint16_t draw(dec_siren *s)
{
	uint16_t v = (uint16_t)(s->seed[0] + s->seed[3]);

	if (v & 0x8000)
		v++;
	memmove(s->seed + 1, s->seed, 3 * sizeof *s->seed);
	return s->seed[0] = v;
}

/* Signs come from two draws: G.722.1 uses one for each half of the region and
 * one bit for each zero; Microsoft's for the even and the odd coefficients,
 * and a bit is spent whether or not it is needed. */
static void fill_noise(dec_siren *s, int category, float deviation, float *c)
{
	bool odd_even = s->kind == DEC_SIREN_MICROSOFT;
	float level = noise_level(s, category, deviation, c);
	uint16_t sign[2];

	sign[0] = draw(s);
	sign[1] = draw(s);
	for (int i = 0; i < REGION; i++) {
		uint16_t *bits = &sign[odd_even ? i % 2 : i / (REGION / 2)];
		bool zero = c[i] == 0;

		if (zero)
			c[i] = *bits & 1 ? level : -level;
		if (zero || odd_even)
			*bits = (uint16_t)(*bits >> 1);
	}
}

static void read_coefficients(dec_siren *s, frame *f, float *spectrum)
{
	memset(spectrum, 0, DEC_SIREN_N * sizeof *spectrum);
	for (int r = 0; r < REGIONS; r++) {
		float deviation = f->scale * exp2f((float)f->power[r] / 2);
		float *c = spectrum + r * REGION;

		if (f->category[r] < COARSEST &&
		    !read_region(f, r, deviation, c))
			memset(f->category + r, COARSEST,
			       (size_t)(REGIONS - r));
		if (f->category[r] >= 5)
			fill_noise(s, f->category[r], deviation, c);
	}
}

/* 4.5: what is left over is ones, and only the cheapest way to spend the bits
 * may need more than there are. */
static bool tail_ok(dec_bits *bits, uint32_t control)
{
	if (bits->left < 0)
		return control == STEPS;
	while (bits->left > 0)
		if (!dec_bits_get(bits, 1))
			return false;
	return true;
}

static bool read_frame(dec_siren *s, span in, float *spectrum)
{
	frame f = {.bits = dec_bits_of(in), .scale = 1};
	uint32_t control;

	if (s->kind == DEC_SIREN_MICROSOFT) {
		if (!checksum_ok(in) || dec_bits_get(&f.bits, 2) != 1)
			return false;
		f.bits.left -= 4;
	} else {
		f.scale = exp2f(4.5f);
	}
	if (!read_powers(s->kind, &f))
		return false;
	control = dec_bits_get(&f.bits, 4);
	categorize(&f, budget(s->kind, &f.bits), control);
	read_coefficients(s, &f, spectrum);
	return tail_ok(&f.bits, control);
}

bool dec_siren_decode(dec_siren *s, span in,
		      int16_t out[static DEC_SIREN_FRAME])
{
	float spectrum[DEC_SIREN_N];
	bool good = in.left && read_frame(s, in, spectrum);

	if (good)
		memcpy(s->spectrum, spectrum, sizeof spectrum);
	else if (s->repeated)
		memset(s->spectrum, 0, sizeof s->spectrum);
	s->repeated = !good;
	dec_siren_mlt_run(&s->mlt, s->spectrum, out);
	return good;
}
