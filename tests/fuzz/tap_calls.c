/* Targets: tap_textlog_next, tap_calls_message, tap_calls_tick,
 * tap_call_message, tap_facts_gather */
#include "ice_rewriter/ice.h"
#include "signaling_tap/sip.h"
#include "signaling_tap/tap.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

/* Each call is told in order: BEGIN first, END last, once. */
static void sink(void *user, uint64_t call, void **own, const rec_event *e)
{
	static char mark;

	(void)user;
	g_assert(call > 0);
	g_assert((e->type == JRN_BEGIN) == (*own == NULL));
	*own = &mark;
	if (e->type == JRN_HALF)
		g_assert(e->half->media->len <= 32);
}

static bool decide(void *user, const tap_facts *f, rec_decision *out)
{
	(void)user;
	*out = (rec_decision){.record = f->caller.uri.left != 5,
			      .audio = true, .rule = span_str("*")};
	return true;
}

/* What was rewritten is a message still, and stays as it is. */
static void again(tap_calls *c, clk_both now, const tap_source *src,
		  const tap_answer *a)
{
	g_autofree uint8_t *copy = g_memdup2(a->message.p, a->message.left);
	span m = span_of(copy, a->message.left);
	tap_answer next;
	tap_sip s;

	g_assert(tap_sip_parse(m, &s) == TAP_SIP_OK);
	g_assert(s.body.left + a->body_at + s.tail.left == m.left);
	tap_calls_message(c, now, src, m, &next);
	g_assert(next.verdict != TAP_REPLACED);
}

/* A text log; a note that begins with "c" is a copy. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	const ice_plan plan = ice_plan_default();
	const tap_config cfg = {.decide = decide, .sink = sink, .plan = &plan,
				.max_calls = 8};
	g_autoptr(tap_calls) c = tap_calls_new(&cfg);
	span in = span_of(data, n);
	clk_both now = {{0}, {0}};
	tap_logged m;

	while (tap_textlog_next(&in, &m)) {
		const tap_source src = {m.note, !span_starts(m.note, "c")};
		tap_answer a;

		now = clk_from_wall(m.at.ns & INT64_MAX >> 2);
		tap_calls_message(c, now, &src, m.message, &a);
		if (a.verdict == TAP_REPLACED)
			again(c, now, &src, &a);
	}
	tap_calls_end_all(c, now);
	g_assert(tap_calls_count(c) == 0);
	return 0;
}
