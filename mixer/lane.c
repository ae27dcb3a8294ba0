#include "mixer/lane.h"

/* gcc's -O2 makes vectors of a loop only if it knows how often it runs: hence
 * the inner loops of a constant length, and a plain one for what is left. 10 ms
 * at 8 kHz divide the steps and buckets of every rate, so little is left. */
enum { BLOCK = 80 };

/* Each loop twice, for processors with vectors of 256 bits and for the others:
 * the loader chooses. Both do the same arithmetic. clang 14 gives such a
 * function a name that other files do not find; ThreadSanitizer is not ready
 * yet when the loader asks. */
#if defined(__x86_64__) && !defined(__clang__) && !defined(__SANITIZE_THREAD__)
#define WIDE __attribute__((target_clones("avx2", "default")))
#else
#define WIDE
#endif

WIDE void mix_lane_read(const int16_t *restrict from, float *restrict to,
			size_t n)
{
	size_t at = 0;

	for (; at + BLOCK <= n; at += BLOCK) {
		for (int i = 0; i < BLOCK; i++)
			to[at + (size_t)i] = from[at + (size_t)i];
	}
	for (; at < n; at++)
		to[at] = from[at];
}

WIDE void mix_lane_add(float *restrict to, const float *restrict from,
		       size_t n)
{
	size_t at = 0;

	for (; at + BLOCK <= n; at += BLOCK) {
		for (int i = 0; i < BLOCK; i++)
			to[at + (size_t)i] += from[at + (size_t)i];
	}
	for (; at < n; at++)
		to[at] += from[at];
}

static inline int over(float x)
{
	return (x > 32768.0f) | (x < -32768.0f);
}

WIDE bool mix_lane_over(const float *in, size_t n)
{
	size_t at = 0;
	int any = 0;

	for (; at + BLOCK <= n && !any; at += BLOCK) {
		for (int i = 0; i < BLOCK; i++)
			any |= over(in[at + (size_t)i]);
	}
	for (; at < n && !any; at++)
		any |= over(in[at]);
	return any;
}

/* Adding 1.5 * 2^23 leaves no room for a fraction: the FPU rounds. */
static inline int16_t nearest(float x)
{
	const float shift = 12582912.0f;
	int v = (int)((x + shift) - shift);

	v = v > 32767 ? 32767 : v;
	return (int16_t)(v < -32768 ? -32768 : v);
}

WIDE void mix_lane_round(const float *restrict from, int16_t *restrict to,
			 size_t n)
{
	size_t at = 0;

	for (; at + BLOCK <= n; at += BLOCK) {
		for (int i = 0; i < BLOCK; i++)
			to[at + (size_t)i] = nearest(from[at + (size_t)i]);
	}
	for (; at < n; at++)
		to[at] = nearest(from[at]);
}

WIDE int mix_lane_peak(const int16_t *in, size_t n)
{
	int16_t hi = 0, lo = 0;
	size_t at = 0;

	for (; at + BLOCK <= n; at += BLOCK) {
		for (int i = 0; i < BLOCK; i++) {
			int16_t x = in[at + (size_t)i];

			hi = x > hi ? x : hi;
			lo = x < lo ? x : lo;
		}
	}
	for (; at < n; at++) {
		hi = in[at] > hi ? in[at] : hi;
		lo = in[at] < lo ? in[at] : lo;
	}
	return hi > -lo ? hi : -lo;
}

WIDE uint64_t mix_lane_energy(const int16_t *in, size_t n)
{
	uint64_t sum = 0;
	size_t at = 0;

	for (; at + BLOCK <= n; at += BLOCK) {
		/* 80 squares overflow 32 bits, their halves do not. */
		uint32_t low = 0, high = 0;

		for (int i = 0; i < BLOCK; i++) {
			int32_t x = in[at + (size_t)i];
			uint32_t square = (uint32_t)(x * x);

			low += square & 0xffff;
			high += square >> 16;
		}
		sum += low + ((uint64_t)high << 16);
	}
	for (; at < n; at++)
		sum += (uint64_t)((int32_t)in[at] * in[at]);
	return sum;
}

WIDE void mix_lane_weave(const int16_t *restrict left,
			 const int16_t *restrict right, int16_t *restrict to,
			 size_t n)
{
	size_t at = 0;

	for (; at + BLOCK <= n; at += BLOCK) {
		for (int i = 0; i < BLOCK; i++) {
			to[2 * at + 2 * (size_t)i] = left[at + (size_t)i];
			to[2 * at + 2 * (size_t)i + 1] = right[at + (size_t)i];
		}
	}
	for (; at < n; at++) {
		to[2 * at] = left[at];
		to[2 * at + 1] = right[at];
	}
}

WIDE size_t mix_lane_count(const uint8_t *flags, size_t n)
{
	size_t at = 0, sum = 0;

	for (; at + BLOCK <= n; at += BLOCK) {
		uint8_t part = 0;

		for (int i = 0; i < BLOCK; i++)
			part = (uint8_t)(part + flags[at + (size_t)i]);
		sum += part;
	}
	for (; at < n; at++)
		sum += flags[at];
	return sum;
}
