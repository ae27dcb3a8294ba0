/* Targets: relay_frame relay_arm relay_disarm relay_tick relay_frags_add */
/* Targets: relay_streams_add relay_stream_next relay_hint */
#include <glib.h>
#include <stdlib.h>

#include "relay_capture/balance.h"

/* A history of one tap: each step is an octet that says what happens, then a
 * time step, then for a frame its 16-bit length and octets. Whatever comes,
 * every frame has one counter, every call that opens closes, what is stored was
 * counted, and each interface's account adds up. */
typedef struct state {
	unsigned open, closed;
	uint64_t stored;
	uint8_t last;
} state;

static void *on_open(void *user, const char *call, clk_both at)
{
	(void)call;
	(void)at;
	((state *)user)->open++;
	return user;
}

static void on_packet(void *user, void *call, const pkt *p)
{
	state *s = user;

	if (call != user || p->side > CALL_UNKNOWN || p->bytes.left < 8)
		abort();
	/* RTP and RTCP are version 2. */
	if (p->bytes.p[0] >> 6 != 2)
		abort();
	/* For a sanitizer, which sees an octet too far. */
	s->last = p->bytes.p[p->bytes.left - 1];
	s->stored++;
}

static void on_flow(void *user, void *call, const rec_flow *f, clk_both at)
{
	(void)at;
	if (call != user || f->stored > f->packets)
		abort();
}

static void on_loss(void *user, void *call, const rec_loss *l, clk_both at)
{
	(void)user;
	(void)call;
	(void)l;
	(void)at;
}

static void on_close(void *user, void *call, clk_both at)
{
	(void)call;
	(void)at;
	((state *)user)->closed++;
}

static void on_orphan(void *user, const relay_orphan *o, clk_both at)
{
	(void)user;
	(void)at;
	if (!o->packets)
		abort();
}

static void on_tally(void *user, void *call, const rec_tally *t, clk_both at)
{
	(void)at;
	if (call != user || t->late > t->stored)
		abort();
}

static const relay_sink sink = {on_open, on_packet, on_flow, on_loss,
				on_close, on_orphan, on_tally, NULL};

static void arm(relay_tap *r, uint8_t what, clk_both now)
{
	g_autoptr(call_half) h = call_half_new();
	call_media *m = call_half_add_media(h);
	/* The parties of mkcall's first call, when what % 4 is 0 or 1. */
	call_cand c = {
		.component = 1,
		.type = CALL_CAND_RELAY,
		.addr = {4, {10, 9, 0, 9}, (uint16_t)(49152 + what % 4)},
		.raddr = {4, {10, (uint8_t)(1 + (what & 1)), 0, 1},
			  (uint16_t)(20000 + what % 4)},
	};
	call_ssrcs range = {what, what + 20u};

	h->side = what & 1;
	m->index = what >> 2 & 1;
	m->record = what % 8 != 7;
	g_snprintf(m->ufrag, sizeof(m->ufrag), "u%c%d", what & 1 ? 'b' : 'a',
		   what >> 1 & 1);
	if (what & 16)
		g_array_append_val(m->ssrcs, range);
	m->rtp = c.addr;
	if (what & 32)
		g_array_append_val(m->cands, c);
	relay_arm(r, what & 64 ? "one" : "two", h, now);
}

static void check_sums(const relay_tap *r, const state *s)
{
	uint64_t sum = 0;

	for (int c = 0; c < RELAY_FRAME_COUNTERS; c++)
		sum += relay_count(r, c);
	if (sum != relay_count(r, RELAY_FRAMES))
		abort();
	if (s->stored != relay_count(r, RELAY_STORED) +
	    relay_count(r, RELAY_TCP_STORED) +
	    relay_count(r, RELAY_LATE_STORED))
		abort();
}

/* Of a tap that is closed: nothing waits at any interface. */
static void check_balance(const relay_tap *r)
{
	for (unsigned i = 0; i < RELAY_IFACES_MAX; i++) {
		relay_iface_stats s = {
			.seen = relay_count_from(r, i, RELAY_FRAMES),
			.stored = relay_count_from(r, i, RELAY_STORED) +
				  relay_count_from(r, i, RELAY_TCP_STORED) +
				  relay_count_from(r, i, RELAY_LATE_STORED),
		};

		for (int c = 0; c < RELAY_COUNTERS; c++)
			s.count[c] = relay_count_from(r, i, (relay_counter)c);
		if (relay_balance_waiting(&s))
			abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	span in = span_of(data, size), frame;
	relay_config conf;
	clk_both now = clk_from_wall(CLK_NS_PER_S);
	state s = {0};
	uint8_t what, step;
	uint16_t len;
	relay_tap *r;

	relay_config_init(&conf);
	conf.flows = 8;
	/* What is cleared for each run would be most of its time. */
	conf.allocs = 16;
	conf.fragmented = 2;
	conf.streams = 8;
	conf.preroll_bytes = 4096;
	conf.keep_orphans = size % 2;
	r = relay_new(&conf, &sink, &s);
	while (span_u8(&in, &what) && span_u8(&in, &step)) {
		now = clk_from_wall(now.wall.ns + step * 20 * CLK_NS_PER_MS);
		if (what < 128) {
			arm(r, what, now);
		} else if (what < 132) {
			relay_disarm(r, what & 1 ? "one" : "two", now);
		} else if (span_u16(&in, &len)) {
			if (!span_cut(&in, MIN(len, in.left), &frame))
				break;
			relay_from(r, what >> 1 & 3);
			relay_hint(r, what & 1 ? 101 : 1, &frame, 1);
			relay_frame(r, what & 1 ? 101 : 1, frame, now);
		}
	}
	relay_tick(r, now);
	check_sums(r, &s);
	relay_close(r, now);
	check_sums(r, &s);
	check_balance(r);
	relay_free(r, now);
	if (s.open != s.closed)
		abort();
	return 0;
}
