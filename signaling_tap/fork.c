#include "signaling_tap/fork.h"

tap_fork *tap_fork_find(tap_call *c, span tag)
{
	for (guint i = 0; i < c->forks->len; i++)
		if (span_eq(tag, TAP_FORK(c, i)->tag))
			return TAP_FORK(c, i);
	return NULL;
}

tap_fork *tap_fork_get(tap_call *c, span tag)
{
	tap_fork *f = tap_fork_find(c, tag), born = {0};

	if (f || !tag.left)
		return f;
	if (c->forks->len == TAP_FORKS_MAX) {
		c->all->count.n[TAP_N_FORKS_OVER_LIMIT]++;
		return NULL;
	}
	born.tag = span_dup(tag);
	g_array_append_val(c->forks, born);
	return TAP_FORK(c, c->forks->len - 1);
}

bool tap_call_has_fork(const tap_call *c, span tag)
{
	for (guint i = 0; i < c->forks->len; i++)
		if (span_eq(tag, TAP_FORK(c, i)->tag))
			return true;
	return false;
}

bool tap_fork_lives(const tap_fork *f)
{
	return f->state != 0 && f->state != REC_FORK_LOST;
}

bool tap_fork_answered(const tap_fork *f)
{
	return f->state == REC_ANSWERED || f->state == REC_CONFIRMED;
}

bool tap_fork_any(const tap_call *c, bool (*is)(const tap_fork *),
		  const tap_fork *but)
{
	for (guint i = 0; i < c->forks->len; i++)
		if (TAP_FORK(c, i) != but && is(TAP_FORK(c, i)))
			return true;
	return false;
}

void tap_fork_to(tap_call *c, const tap_msg *m, rec_state state)
{
	tap_fork *f = tap_fork_get(c, m->branch);

	if (f && (f->state >= state && f->state != REC_FORK_LOST))
		return;
	if (f)
		f->state = (uint8_t)state;
	tap_call_tell_state(c, m->at, state, m->sip->status, m->branch);
}

void tap_fork_lose(tap_call *c, const tap_msg *m, tap_fork *f)
{
	bool was_live = tap_fork_lives(f);

	f->state = REC_FORK_LOST;
	if (was_live)
		tap_call_tell_state(c, m->at, REC_FORK_LOST, m->sip->status,
			   span_str(f->tag));
}

void tap_fork_forgive(tap_call *c)
{
	for (guint i = c->forks->len; i-- > 0;)
		if (TAP_FORK(c, i)->state == REC_FORK_LOST)
			g_array_remove_index_fast(c->forks, i);
}
