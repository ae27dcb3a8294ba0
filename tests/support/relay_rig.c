#include "tests/support/relay_rig.h"

#include <string.h>

net_addr rig_addr(const char *text)
{
	net_addr a;

	g_assert_true(net_addr_parse_port(span_str(text), &a));
	return a;
}

void rig_arm_all(relay_tap *tap, const mkcall *m, clk_both at)
{
	char name[16];

	for (unsigned c = 0; c < m->calls; c++) {
		mkcall_name(c, name);
		for (int side = 0; side < 2; side++) {
			g_autoptr(call_half) h = mkcall_half(m, c,
							     (call_side)side);

			relay_arm(tap, name, h, at);
		}
	}
}

call_half *rig_half(call_side side, const char *ufrag,
		    const char *const *relays)
{
	call_half *h = call_half_new();
	call_media *m = call_half_add_media(h);

	h->side = (uint8_t)side;
	m->record = true;
	g_strlcpy(m->kind, "audio", sizeof(m->kind));
	g_strlcpy(m->ufrag, ufrag, sizeof(m->ufrag));
	for (uint8_t i = 0; relays && relays[i]; i++) {
		g_auto(GStrv) w = g_strsplit(relays[i], " ", 2);
		call_cand c = {.component = (uint8_t)(1 + i % 2),
			       .type = CALL_CAND_RELAY,
			       .transport = CALL_UDP,
			       .addr = rig_addr(w[0])};

		if (w[1])
			c.raddr = rig_addr(w[1]);
		if (i == 0)
			m->rtp = c.addr;
		g_array_append_val(m->cands, c);
	}
	return h;
}

/* The sink's call. */
typedef struct rig_call {
	char *name;
	rec_tally tally;
} rig_call;

static void *on_open(void *user, const char *call, clk_both at)
{
	rig *g = user;

	rig_call *c = g_new0(rig_call, 1);

	(void)at;
	g->opened++;
	c->name = g_strdup(call);
	return c;
}

static void on_packet(void *user, void *call, const pkt *p)
{
	rig *g = user;
	rig_pkt *r = g_new0(rig_pkt, 1);

	r->p = *p;
	r->p.bytes = span_of(g_memdup2(p->bytes.p, p->bytes.left),
			     p->bytes.left);
	r->call = g_strdup(((rig_call *)call)->name);
	g_ptr_array_add(g->pkts, r);
}

static void on_flow(void *user, void *call, const rec_flow *f, clk_both at)
{
	rig *g = user;

	(void)call;
	(void)at;
	g_array_append_val(g->flows, *f);
}

static void on_loss(void *user, void *call, const rec_loss *l, clk_both at)
{
	rig *g = user;

	(void)call;
	(void)at;
	g->lost += l->packets;
}

static void on_close(void *user, void *call, clk_both at)
{
	rig *g = user;
	rig_call *c = call;

	(void)at;
	g->closed++;
	g->done.stored += c->tally.stored;
	g->done.late += c->tally.late;
	g->done.not_recorded += c->tally.not_recorded;
	for (size_t i = 0; i < REC_LEGS; i++)
		g->done.copies[i] += c->tally.copies[i];
	g->done.frames += c->tally.frames;
	g->done.unclaimed += c->tally.unclaimed;
	g->done.malformed += c->tally.malformed;
	g->done.tcp_gaps += c->tally.tcp_gaps;
	g->done.fragments_lost += c->tally.fragments_lost;
	g_free(c->name);
	g_free(c);
}

static void on_tally(void *user, void *call, const rec_tally *t, clk_both at)
{
	rig_call *c = call;
	rig *g = user;

	g->told = at.mono;
	g->tallies++;
	g_assert_cmpuint(t->stored, >=, c->tally.stored);
	g_assert_cmpuint(t->frames, >=, c->tally.frames);
	c->tally = *t;
}

static void on_orphan(void *user, const relay_orphan *o, clk_both at)
{
	rig *g = user;

	(void)at;
	g_array_append_val(g->orphans, *o);
}

static const relay_sink rig_sink = {on_open, on_packet, on_flow, on_loss,
				    on_close, on_orphan, on_tally, NULL};

static void pkt_free(gpointer p)
{
	rig_pkt *r = p;

	g_free((void *)(uintptr_t)r->p.bytes.p);
	g_free(r->call);
	g_free(r);
}

void rig_init(rig *g, const relay_config *c)
{
	relay_config conf;

	relay_config_init(&conf);
	*g = (rig){.pkts = g_ptr_array_new_with_free_func(pkt_free),
		   .flows = g_array_new(FALSE, FALSE, sizeof(rec_flow)),
		   .orphans = g_array_new(FALSE, FALSE, sizeof(relay_orphan))};
	g->tap = relay_new(c ? c : &conf, &rig_sink, g);
}

/* Of a kind of packets that calls got: of frames, of TCP, held ones. */
static uint64_t counted(const rig *g, relay_counter c)
{
	return relay_count(g->tap, c) +
	       relay_count(g->tap, RELAY_TCP_STORED + c - RELAY_STORED) +
	       relay_count(g->tap, RELAY_LATE_STORED + c - RELAY_STORED);
}

static void check_tallies(const rig *g)
{
	uint64_t copies = 0;

	for (size_t i = 0; i < REC_LEGS; i++)
		copies += g->done.copies[i];
	g_assert_cmpuint(g->done.stored, ==, counted(g, RELAY_STORED));
	g_assert_cmpuint(copies, ==, counted(g, RELAY_DUPLICATE));
	g_assert_cmpuint(g->done.not_recorded, ==,
			 counted(g, RELAY_NOT_RECORDED));
	g_assert_cmpuint(g->done.late, ==,
			 relay_count(g->tap, RELAY_LATE_STORED));
}

void rig_clear(rig *g)
{
	relay_close(g->tap, clk_from_wall(0));
	check_tallies(g);
	relay_free(g->tap, clk_from_wall(0));
	g_assert_cmpuint(g->opened, ==, g->closed);
	g_ptr_array_unref(g->pkts);
	g_array_unref(g->flows);
	g_array_unref(g->orphans);
}

static bool is_of(span s, uint32_t ssrc)
{
	uint32_t v = 0;

	return !pkt_is_rtcp(s) && span_skip(&s, 8) && span_u32(&s, &v) &&
	       v == ssrc;
}

unsigned rig_count(const rig *g, uint32_t ssrc, call_side side)
{
	unsigned n = 0;

	for (guint i = 0; i < g->pkts->len; i++) {
		const rig_pkt *r = g_ptr_array_index(g->pkts, i);

		n += r->p.side == side && r->p.media == 0 &&
		     is_of(r->p.bytes, ssrc);
	}
	return n;
}

unsigned rig_count_any(const rig *g, uint32_t ssrc)
{
	unsigned n = 0;

	for (guint i = 0; i < g->pkts->len; i++) {
		const rig_pkt *r = g_ptr_array_index(g->pkts, i);

		n += is_of(r->p.bytes, ssrc);
	}
	return n;
}

void rig_check_sums(const rig *g)
{
	uint64_t sum = 0, late;

	for (int c = 0; c < RELAY_FRAME_COUNTERS; c++)
		sum += relay_count(g->tap, c);
	g_assert_cmpuint(sum, ==, relay_count(g->tap, RELAY_FRAMES));
	late = relay_count(g->tap, RELAY_LATE_STORED) +
	       relay_count(g->tap, RELAY_LATE_DUPLICATE) +
	       relay_count(g->tap, RELAY_LATE_NOT_RECORDED) +
	       relay_count(g->tap, RELAY_EXPIRED);
	g_assert_cmpuint(late, <=, relay_count(g->tap, RELAY_HELD) +
			 relay_count(g->tap, RELAY_TCP_HELD));
	g_assert_cmpuint(relay_count(g->tap, RELAY_STORED) +
			 relay_count(g->tap, RELAY_TCP_STORED) +
			 relay_count(g->tap, RELAY_LATE_STORED), ==,
			 g->pkts->len);
}

void rig_give(void *user, int link, span frame, int64_t ns)
{
	rig *g = user;

	relay_frame(g->tap, link, frame, clk_from_wall(ns));
}

void rig_let_pass(rig *g, clk_mono last, int from, int to)
{
	for (int i = from; i <= to; i++) {
		const clk_mono now = {last.ns + i * 100 * CLK_NS_PER_MS};

		relay_tick(g->tap, (clk_both){now, {now.ns}});
	}
}
