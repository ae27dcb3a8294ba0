#include "relay_capture/dedup.h"

#include <glib.h>

enum {
	RUN = RELAY_WAYS / 2,	/* two streams in step fill it, no more */
};

void relay_dedup_init(relay_dedup *d, unsigned packets)
{
	d->sets = (packets + RELAY_WAYS - 1) / RELAY_WAYS;
	d->print = g_aligned_alloc0(d->sets, sizeof(d->print[0]),
				    sizeof(d->print[0]));
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

/* Over all octets, so that a forged packet that resembles a real one cannot
 * take its place; authentication will distinguish them. Two lanes, because one
 * multiplication would wait for the other. */
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
 * a set of its own would cost each of them a miss. The lower half counts on
 * from the place that the upper half gives. */
static uint64_t rtp_where(span rtp)
{
	uint32_t ssrc;

	memcpy(&ssrc, rtp.p + 8, sizeof(ssrc));
	return mix(0, ssrc) >> 32 << 32 |
	       (uint32_t)(rtp.p[2] << 8 | rtp.p[3]) / RUN;
}

relay_print relay_print_of(span packet)
{
	relay_print p = {.print = fingerprint(packet)};

	p.where = is_rtp(packet) ? rtp_where(packet) : p.print >> 32 << 32;
	return p;
}

static uint64_t *set_of(const relay_dedup *d, uint64_t where)
{
	/* The upper half as a fraction of the sets. */
	size_t i = (size_t)((where >> 32) * d->sets >> 32) + (uint32_t)where;

	return d->print[i % d->sets];
}

bool relay_dedup_seen(relay_dedup *d, const relay_print *p)
{
	uint64_t *set = set_of(d, p->where);

	for (int i = 0; i < RELAY_WAYS; i++)
		if (set[i] == p->print)
			return true;
	memmove(set + 1, set, sizeof(*set) * (RELAY_WAYS - 1));
	set[0] = p->print;
	return false;
}

void relay_dedup_hint(const relay_dedup *d, span packet)
{
	if (d->print && is_rtp(packet))
		__builtin_prefetch(set_of(d, rtp_where(packet)), 1);
}

void relay_dedup_clear(relay_dedup *d)
{
	g_aligned_free(d->print);
	*d = (relay_dedup){0};
}
