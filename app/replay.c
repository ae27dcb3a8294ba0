#include "app/replay.h"

#include <stdio.h>
#include <unistd.h>

#include "app/replay_in.h"
#include "app/session.h"
#include "app/setup.h"

enum {
	LATE_KEYS_S = 60,	/* media this much before its description */
	PREROLL_MIB = 96,
	TICK_NS = 100000000,
	PROGRESS_MS = 250,
};

typedef struct replay {
	const replay_plan *plan;
	replay_totals *totals;
	session_writer *sessions;
	tap_calls *calls;
	relay_writer *writer;
	relay_tap *tap;
	replay_in *in;

	clk_both now;		/* of what was given last */
	clk_mono last_tick;
	clk_mono begun, shown;	/* real time */
} replay;

static bool chosen(const replay_plan *p, const tap_facts *f)
{
	g_autofree char *id = span_dup(f->call_id);
	int64_t at = f->at.wall.ns;

	if (p->call && !g_pattern_match_simple(p->call, id))
		return false;
	if (p->from.ns && at < p->from.ns)
		return false;
	return !p->to.ns || at < p->to.ns;
}

/* A replay makes everything that is in its files. */
static bool decide(void *user, const tap_facts *f, rec_decision *out)
{
	replay *r = user;

	if (!chosen(r->plan, f))
		return false;
	r->totals->calls++;
	*out = (rec_decision){true, true, true, span_str("replay"),
			      span_str("every call of a replay is rendered"),
			      0, REC_ASK_NONE};
	return true;
}

static void arm(void *user, const char *call, span message, bool ended)
{
	replay *r = user;
	call_half *h;
	jrn_rec rec;
	span name;

	if (!rec_arm_get(message, &name, &rec))
		return;
	if (ended) {
		relay_disarm(r->tap, call, rec.at);
		return;
	}
	h = rec_half_get(rec.payload);
	if (h)
		relay_arm(r->tap, call, h, rec.at);
	call_half_free(h);
}

static void give_message(replay *r, span message)
{
	static const tap_source source = {{(const uint8_t *)"replay", 6},
					  false};
	tap_answer answer;

	r->totals->messages++;
	tap_calls_message(r->calls, r->now, &source, message, &answer);
}

static void give_frame(replay *r, const replay_item *k)
{
	r->totals->frames++;
	relay_frame(r->tap, k->link, k->bytes, r->now);
}

static void show_progress(replay *r)
{
	const clk_mono now = clk_mono_now();
	double done, s;

	if (!r->plan->progress ||
	    clk_since(now, r->shown) < PROGRESS_MS * CLK_NS_PER_MS)
		return;
	r->shown = now;
	done = replay_in_done(r->in);
	s = (double)clk_since(now, r->begun) / 1e9;
	fprintf(stderr, "\r%3.0f %%  %u calls  %.0f packets/s  %.0f s left   ",
		100 * done, r->totals->calls, (double)r->totals->frames / s,
		done > 0.001 ? s * (1 - done) / done : 0);
}

static bool tick(replay *r, GError **err)
{
	if (clk_since(r->now.mono, r->last_tick) < TICK_NS)
		return true;
	r->last_tick = r->now.mono;
	relay_tick(r->tap, r->now);
	tap_calls_tick(r->calls, r->now);
	show_progress(r);
	return relay_writer_tick(r->writer, r->now, err);
}

static bool read_all(replay *r, GError **err)
{
	replay_what what;
	replay_item k;

	while ((what = replay_in_next(r->in, &k)) != REPLAY_END) {
		r->now = k.at;
		if (what == REPLAY_MESSAGE)
			give_message(r, k.bytes);
		else
			give_frame(r, &k);
		if (!tick(r, err))
			return false;
	}
	if (r->plan->progress)
		fprintf(stderr, "\r%79s\r", "");
	replay_in_tell(r->in, r->totals->troubles, r->totals->notes);
	return true;
}

static bool start(replay *r, seal_box *box, GError **err)
{
	relay_writer_config writer = {.spool = r->plan->work};
	session_config session = {.spool = r->plan->work, .box = box,
				  .arm = arm, .arm_user = r};
	tap_config calls = {.decide = decide, .decide_user = r,
			    .sink = session_writer_sink};
	relay_config relay;

	r->in = replay_in_open(r->plan, err);
	r->writer = r->in ? relay_writer_new(&writer, err) : NULL;
	if (!r->writer)
		return false;
	relay_config_init(&relay);
	relay.preroll_ns = LATE_KEYS_S * CLK_NS_PER_S;
	relay.preroll_bytes = (size_t)PREROLL_MIB << 20;
	r->tap = relay_new(&relay, &relay_writer_sink, r->writer);
	r->sessions = session_writer_new(&session);
	calls.sink_user = r->sessions;
	r->calls = tap_calls_new(&calls);
	r->begun = clk_mono_now();
	return true;
}

/* In the order of the pipeline: no new call, no new packet, then the files. */
static bool stop(replay *r, GError **err)
{
	bool ok = true;

	if (r->calls) {
		tap_calls_end_all(r->calls, r->now);
		tap_calls_free(r->calls);
		session_writer_free(r->sessions);
		relay_free(r->tap, r->now);
		ok = relay_writer_flush(r->writer, err);
	}
	relay_writer_free(r->writer);
	replay_in_free(r->in);
	return ok;
}

bool replay_run(const replay_plan *plan, replay_totals *out, GError **err)
{
	replay r = {.plan = plan, .totals = out};
	g_autoptr(seal_box) box = seal_key_box(plan->key, err);
	bool ok;

	*out = (replay_totals){
		.troubles = g_ptr_array_new_with_free_func(g_free),
		.notes = g_ptr_array_new_with_free_func(g_free),
	};
	if (!box)
		return false;
	ok = start(&r, box, err) && read_all(&r, err);
	return stop(&r, ok ? err : NULL) && ok;
}
