#include "signaling_tap/dialog.h"

void tap_calls_live(const tap_calls *all, tap_live_each *each, void *user)
{
	GHashTableIter it;
	void *value;

	g_hash_table_iter_init(&it, all->table);
	while (g_hash_table_iter_next(&it, NULL, &value)) {
		const tap_call *c = value;
		const tap_live l = {
			.call = c->number,
			.call_id = c->call_id,
			.caller = tap_facts_peek(&c->facts, TAP_F_CALLER_URI),
			.callee = tap_facts_peek(&c->facts, TAP_F_CALLEE_URI),
			.recorded = c->record,
			.paused = c->paused,
			.unasked = c->ask != REC_ASK_NONE && !c->asked,
			.own = c->own,
		};

		if (tap_call_in_progress(c) && !c->silent)
			each(user, &l);
	}
}

static tap_call *recorded_call(tap_calls *all, uint64_t number)
{
	GHashTableIter it;
	void *value;

	g_hash_table_iter_init(&it, all->table);
	while (g_hash_table_iter_next(&it, NULL, &value)) {
		tap_call *c = value;

		if (c->number == number && tap_call_in_progress(c) && c->record)
			return c;
	}
	return NULL;
}

bool tap_calls_control(tap_calls *all, clk_both now, uint64_t call,
		       const rec_control *what, unsigned longest_s,
		       bool *changed)
{
	tap_call *c = recorded_call(all, call);
	bool pause = what->mark == REC_PAUSE || what->mark == REC_STOP;
	bool wanted = what->mark == REC_START || what->mark == REC_TAG;

	if (!c)
		return false;
	*changed = what->mark == REC_TAG || pause != c->paused ||
		   (wanted && c->ask == REC_ASK_KEEP && !c->asked);
	if (!*changed)
		return true;
	c->asked |= wanted;
	if (what->mark != REC_TAG) {
		c->paused = pause;
		c->resume_at.ns =
			what->mark == REC_PAUSE && longest_s
				? now.mono.ns + longest_s * CLK_NS_PER_S
				: 0;
	}
	tap_call_mark(c, now, what);
	return true;
}

void tap_call_unpause_due(tap_call *c, clk_both now)
{
	const rec_control resume = {
		.mark = REC_RESUME,
		.side = CALL_UNKNOWN,
		.actor = span_str("edgetape"),
		.text = span_str("the longest pause is over"),
	};

	if (!c->paused || !c->resume_at.ns ||
	    clk_since(now.mono, c->resume_at) < 0)
		return;
	c->paused = false;
	c->resume_at.ns = 0;
	tap_call_mark(c, now, &resume);
}
