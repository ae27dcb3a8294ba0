/* What the tap tells of its calls, kept beside it and compared. */
#include "tests/support/tap_model.h"

#include <string.h>

#include "ice_rewriter/ice.h"
#include "signaling_tap/dialog.h"

/* What one call is by all that was told of it: the sink's own. */
typedef struct model {
	uint64_t number;
	bool decided, record, ending, ended;
	bool held[2];
	uint32_t serial, cseq;
	clk_both ending_at;
	GHashTable *facts;	/* name -> value */
	GHashTable *forks;	/* tag -> rec_state */
} model;

struct tap_model {
	tap_calls *calls;
	ice_plan plan;
	GPtrArray *open;	/* of model: not let go of yet */
	uint64_t number;	/* of the latest call */
	uint64_t events, timeouts;
	unsigned seen;		/* by live_same() */
};

static void model_free(model *m)
{
	g_hash_table_unref(m->facts);
	g_hash_table_unref(m->forks);
	g_free(m);
}

static model *model_new(tap_model *t, uint64_t number)
{
	model *m = g_new0(model, 1);

	g_assert_cmpuint(number, >, t->number);
	t->number = m->number = number;
	m->facts = g_hash_table_new_full(g_str_hash, g_str_equal, g_free,
					 g_free);
	m->forks = g_hash_table_new_full(g_str_hash, g_str_equal, g_free,
					 NULL);
	g_ptr_array_add(t->open, m);
	return m;
}

static void model_fact(model *m, const rec_fact *f)
{
	char *name = span_dup(f->name), *value = span_dup(f->value);

	g_assert_cmpuint(f->value.left, >, 0);
	g_assert_cmpuint(f->value.left, <, TAP_FACT_MAX);
	g_assert_cmpstr(g_hash_table_lookup(m->facts, name), !=, value);
	g_hash_table_replace(m->facts, name, value);
}

static void model_decision(model *m, const rec_decision *d)
{
	g_assert_true(!m->decided || m->record != d->record);
	m->decided = true;
	m->record = d->record;
}

static gboolean is_lost(void *tag, void *state, void *user)
{
	(void)tag;
	(void)user;
	return GPOINTER_TO_UINT(state) == REC_FORK_LOST;
}

/* A branch never goes back, and only what rang can lose; an answer counts
 * whenever it comes. */
static void model_fork(model *m, uint8_t state, span branch)
{
	g_autofree char *tag = span_dup(branch);
	unsigned was = GPOINTER_TO_UINT(g_hash_table_lookup(m->forks, tag));

	if (!*tag || g_hash_table_size(m->forks) >= TAP_FORKS_MAX)
		return;
	if (state == REC_FORK_LOST)
		g_assert_cmpuint(was, !=, 0);
	g_assert_true(was < state ||
		      (was == REC_FORK_LOST && state == REC_ANSWERED));
	g_hash_table_replace(m->forks, g_steal_pointer(&tag),
			     GUINT_TO_POINTER(state));
}

static void model_state(model *m, clk_both at, const rec_progress *p)
{
	switch ((rec_state)p->state) {
	case REC_ENDING:
		m->ending = true;
		m->ending_at = at;
		return;
	case REC_RETRIED:
		g_assert_true(m->ending);
		m->ending = false;
		return;
	case REC_RINGING:
	case REC_EARLY:
	case REC_ANSWERED:
	case REC_CONFIRMED:
	case REC_FORK_LOST:
		model_fork(m, p->state, p->branch);
		return;
	}
	g_assert_not_reached();
}

static void model_mark(model *m, const rec_control *c)
{
	bool hold = c->mark == REC_HOLD;

	if (!hold && c->mark != REC_RETRIEVE)
		return;
	g_assert_cmpuint(c->side, <, 2);
	g_assert_true(m->held[c->side] != hold);
	m->held[c->side] = hold;
}

static void model_half(model *m, const call_half *h)
{
	g_assert_true(m->record);
	g_assert_cmpuint(h->media->len, <=, 32);
	g_assert_cmpuint(h->side, <, 2);
	g_assert_cmpuint(h->serial, >, m->serial);
	m->serial = h->serial;
}

static unsigned forks_between(const model *m, unsigned low, unsigned high)
{
	GHashTableIter i;
	unsigned n = 0;
	void *state;

	g_hash_table_iter_init(&i, m->forks);
	while (g_hash_table_iter_next(&i, NULL, &state))
		n += GPOINTER_TO_UINT(state) >= low &&
		     GPOINTER_TO_UINT(state) <= high;
	return n;
}

/* A failure or a CANCEL is the end only when nothing followed, and then the
 * end is when it came. */
static void model_end(tap_model *t, model *m, clk_both at, const rec_end *e)
{
	bool waited = e->cause == REC_FAILED || e->cause == REC_CANCELLED;

	if (waited) {
		g_assert_true(m->ending);
		g_assert_cmpint(at.mono.ns, ==, m->ending_at.mono.ns);
	}
	if (e->cause == REC_TIMEOUT) {
		g_assert_false(m->ending);
		t->timeouts++;
	}
	if (e->cause == REC_FAILED)
		g_assert_cmpuint(forks_between(m, REC_RINGING, REC_CONFIRMED),
				 ==, 0);
	if (e->cause == REC_BYE)
		g_assert_cmpuint(forks_between(m, REC_ANSWERED, REC_CONFIRMED),
				 <=, 1);
	m->ended = true;
}

static void model_take(tap_model *t, model *m, const rec_event *e)
{
	g_assert_true(!m->ended || e->type == JRN_HALF);
	if (e->cseq > m->cseq)
		g_hash_table_foreach_remove(m->forks, is_lost, NULL);
	m->cseq = e->cseq;
	switch (e->type) {
	case JRN_FACT:
		model_fact(m, &e->fact);
		return;
	case JRN_DECISION:
		model_decision(m, &e->decision);
		return;
	case JRN_STATE:
		model_state(m, e->at, &e->progress);
		return;
	case JRN_MARK:
		model_mark(m, &e->control);
		return;
	case JRN_HALF:
		model_half(m, e->half);
		return;
	case JRN_END:
		model_end(t, m, e->at, &e->end);
		return;
	}
	g_assert_not_reached();
}

/* Every other call is let go of at its end, as one without a journal is. */
static void sink(void *user, uint64_t call, void **own, const rec_event *e)
{
	tap_model *t = user;
	model *m = *own;

	t->events++;
	g_assert_true((e->type == JRN_BEGIN) == (m == NULL));
	if (!m) {
		*own = model_new(t, call);
		return;
	}
	g_assert_cmpuint(m->number, ==, call);
	if (e->type == JRN_CLOSE)
		g_assert_true(m->ended);
	else
		model_take(t, m, e);
	if (e->type == JRN_CLOSE || (e->type == JRN_END && call % 2)) {
		*own = NULL;
		g_ptr_array_remove_fast(t->open, m);
	}
}

static bool decide(void *user, const tap_facts *f, rec_decision *out)
{
	(void)user;
	*out = (rec_decision){.record = f->caller.uri.left != 5,
			      .audio = true, .rule = span_str("*")};
	return true;
}

static bool says(const model *m, const char *fact, span value)
{
	const char *have = g_hash_table_lookup(m->facts, fact);

	return span_eq(value, have ? have : "");
}

static void live_same(void *user, const tap_live *l)
{
	tap_model *t = user;
	const model *m = l->own;

	g_assert_cmpuint(m->number, ==, l->call);
	g_assert_false(m->ended);
	g_assert_true(m->record == l->recorded);
	g_assert_true(says(m, "caller.uri", l->caller));
	g_assert_true(says(m, "callee.uri", l->callee));
	t->seen++;
}

static uint64_t counter(const tap_calls *c, tap_counter i)
{
	return tap_calls_counter(c, i);
}

/* The table of calls is what was told of them. One that nothing followed is in
 * progress for some time more. */
static void compare(tap_model *t)
{
	const tap_calls *c = t->calls;
	unsigned sure = 0, open = 0;

	for (guint i = 0; i < t->open->len; i++) {
		const model *m = t->open->pdata[i];

		open += !m->ended;
		sure += !m->ended && !m->ending;
	}
	t->seen = 0;
	tap_calls_live(c, live_same, t);
	g_assert_cmpuint(t->seen, >=, sure);
	g_assert_cmpuint(t->seen, <=, open);
	g_assert_cmpuint(tap_calls_count(c), ==, t->seen);
	g_assert_cmpuint(counter(c, TAP_N_CALLS_TIMED_OUT), ==, t->timeouts);
}

/* The same from another Front End is the same event. */
static void repeat(tap_model *t, clk_both now, const tap_source *src,
		   span message)
{
	const tap_source other = {span_str("other"), src->rewrites};
	uint64_t events = t->events;
	tap_answer a;

	tap_calls_message(t->calls, now, &other, message, &a);
	g_assert_cmpuint(t->events, ==, events);
}

/* What was rewritten is a message still, stays as it is, and is what it was
 * before. */
static void again(tap_model *t, clk_both now, const tap_source *src,
		  const tap_answer *a)
{
	g_autofree uint8_t *copy = g_memdup2(a->message.p, a->message.left);
	span m = span_of(copy, a->message.left);
	uint64_t events = t->events;
	tap_answer next;
	tap_sip s;

	g_assert_true(tap_sip_parse(m, &s) == TAP_SIP_OK);
	g_assert_true(s.body.left + a->body_at + s.tail.left == m.left);
	tap_calls_message(t->calls, now, src, m, &next);
	g_assert_true(next.verdict != TAP_REPLACED);
	g_assert_cmpuint(t->events, ==, events);
}

tap_model *tap_model_new(void)
{
	tap_model *t = g_new0(tap_model, 1);
	const tap_config cfg = {.decide = decide, .sink = sink,
				.sink_user = t, .plan = &t->plan,
				.max_calls = 8};

	t->plan = ice_plan_default();
	t->open = g_ptr_array_new_with_free_func((GDestroyNotify)model_free);
	t->calls = tap_calls_new(&cfg);
	return t;
}

void tap_model_message(tap_model *t, clk_both now, const tap_source *src,
		       span message)
{
	tap_answer a;

	tap_calls_message(t->calls, now, src, message, &a);
	compare(t);
	/* What is not recorded goes on as it came. */
	g_assert_true(a.verdict != TAP_REFUSE);
	g_assert_true(a.verdict == TAP_PASS ||
		      (src->rewrites && tap_calls_records(t->calls)));
	if (a.verdict == TAP_REPLACED)
		again(t, now, src, &a);
	repeat(t, now, src, message);
}

uint64_t tap_model_calls(const tap_model *t)
{
	return t->number;
}

void tap_model_over(tap_model *t, clk_both now)
{
	tap_calls_end_all(t->calls, now);
	compare(t);
	g_assert_cmpuint(tap_calls_count(t->calls), ==, 0);
	tap_calls_free(t->calls);
	g_assert_cmpuint(t->open->len, ==, 0);
	g_ptr_array_unref(t->open);
	g_free(t);
}
