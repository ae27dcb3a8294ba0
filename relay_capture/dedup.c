#include "relay_capture/dedup.h"

#include <glib.h>

enum {
	WAYS = 8,		/* a set is one cache line */
	RUN = WAYS / 2,		/* two streams in step fill it, no more */
};

struct relay_dedup {
	size_t sets;
	_Alignas(64) uint64_t print[][WAYS];	/* newest first; 0 is empty */
};

relay_dedup *relay_dedup_new(unsigned packets)
{
	size_t sets = (packets + WAYS - 1) / WAYS;
	relay_dedup *d;

	d = g_aligned_alloc0(1, sizeof(*d) + sets * sizeof(d->print[0]),
			     _Alignof(relay_dedup));
	d->sets = sets;
	return d;
}

static uint64_t mix(uint64_t h, uint64_t word)
{
	h = (h ^ word) * 0x9fb21c651e98df25u;
	return h ^ h >> 32;
}

static uint64_t word_at(const uint8_t *p)
{
	uint64_t w;

	memcpy(&w, p, sizeof(w));
	return w;
}

/* Over all of it, so that a forged packet that only looks like a real one
 * cannot take its place: authentication will tell the two apart. Two lanes,
 * because one multiplication would wait for the other. */
static uint64_t fingerprint(span s)
{
	uint64_t a = s.left, b = 0x2545f4914f6cdd1d;
	uint8_t tail[16] = {0};

	for (; s.left >= 16; s.p += 16, s.left -= 16) {
		a = mix(a, word_at(s.p));
		b = mix(b, word_at(s.p + 8));
	}
	if (s.left)
		memcpy(tail, s.p, s.left);
	a = mix(a, word_at(tail));
	b = mix(b, word_at(tail + 8));
	return mix(a, b) | 1;
}

/* RTP of RFC 3550: not RTCP, which has no numbers to go by. */
static bool is_rtp(span s)
{
	return s.left >= 12 && s.p[0] >> 6 == 2 &&
	       ((s.p[1] & 0x7f) < 64 || (s.p[1] & 0x7f) > 95);
}

/* Packets of a stream in a row share a set, and those that follow have the set
 * after it: a call's memory is in no cache between two of its packets, so that
 * a set of its own would cost each of them a miss. */
static size_t set_of(const relay_dedup *d, span packet, uint64_t print)
{
	uint64_t where = print;
	uint32_t ssrc, run = 0;

	if (is_rtp(packet)) {
		memcpy(&ssrc, packet.p + 8, sizeof(ssrc));
		where = mix(0, ssrc);
		run = (uint32_t)(packet.p[2] << 8 | packet.p[3]) / RUN;
	}
	/* The upper half as a fraction of the sets. */
	return (size_t)(((where >> 32) * d->sets >> 32) + run) % d->sets;
}

bool relay_dedup_seen(relay_dedup *d, span packet)
{
	uint64_t print = fingerprint(packet);
	uint64_t *set = d->print[set_of(d, packet, print)];

	for (int i = 0; i < WAYS; i++)
		if (set[i] == print)
			return true;
	memmove(set + 1, set, sizeof(*set) * (WAYS - 1));
	set[0] = print;
	return false;
}

size_t relay_dedup_bytes(const relay_dedup *d)
{
	return sizeof(*d) + d->sets * sizeof(d->print[0]);
}

void relay_dedup_free(relay_dedup *d)
{
	g_aligned_free(d);
}
