#include "signaling_tap/fork.h"
#include "signaling_tap/half.h"
#include "signaling_tap/memory.h"

static void resume_fork(tap_call *c, const char *tag, uint8_t state)
{
	tap_fork *f = tap_fork_get(c, span_str(tag));

	if (f && !f->state)
		f->state = state;
}

/* What it said is not known any more, but that it spoke. */
static void resume_body(tap_call *c, const call_half *h)
{
	const tap_digest some = {{1}};
	tap_fork *f = tap_fork_get(c, span_str(h->branch));

	if (h->side == CALL_CALLER)
		c->last = some;
	else if (f)
		f->last = some;
}

static void resume_half(tap_call *c, const call_half *h, bool answered)
{
	c->serial = MAX(c->serial, h->serial);
	if (h->side == CALL_UNKNOWN)
		return;
	c->offer_sdp[h->side] |= !h->answer;
	tap_half_remember(c, h);
	resume_fork(c, h->branch, answered ? REC_ANSWERED : REC_RINGING);
	resume_body(c, h);
}

/* Its time of grace starts again: a retry may have been on its way. */
static void resume_ending(tap_call *c, clk_both now, const tap_resume *r)
{
	c->cancelled = r->cancelled;
	c->end = (rec_end){
		.cause = r->cancelled ? REC_CANCELLED : REC_FAILED,
		.side = r->ending_status ? CALL_CALLEE : CALL_CALLER,
		.status = r->ending_status,
	};
	c->end_at = r->ending_at;
	c->due.ns = now.mono.ns +
		    tap_call_grace(r->ending_status) * CLK_NS_PER_S;
}

static void resume_facts(tap_call *c, GHashTable *facts)
{
	for (unsigned f = 0; facts && f < TAP_FACT_COUNT; f++) {
		const char *value = g_hash_table_lookup(
			facts, tap_fact_name((tap_fact)f));

		if (value)
			tap_facts_put(&c->facts, (tap_fact)f, value);
	}
	c->replaced = c->facts.text[TAP_F_REPLACED_BY];
	c->kind_audio |= !g_strcmp0(c->facts.text[TAP_F_TYPE], "audio");
	c->kind_video |= !g_strcmp0(c->facts.text[TAP_F_TYPE], "video");
}

/* What was told, and is in no journal, is told again when it comes again: it
 * may have had keys. */
static void forget_halves(tap_call *c)
{
	const tap_digest none = {{0}}, some = {{1}};

	c->seen_at = 0;
	if (!tap_digest_same(&c->last, &none))
		c->last = some;
	for (guint i = 0; i < c->forks->len; i++)
		if (!tap_digest_same(&TAP_FORK(c, i)->last, &none))
			TAP_FORK(c, i)->last = some;
}

/* Without it, or of another version, repeats may be told again. Halves that
 * came after the end are in the journal alone. */
static void resume_memory(tap_call *c, const tap_resume *r)
{
	const uint32_t in_journal = c->serial;

	if (!r->memory.left || !tap_memory_get(r->memory, c))
		return;
	if (r->record && !r->ended && c->serial > in_journal)
		forget_halves(c);
	c->serial = MAX(c->serial, in_journal);
}

void tap_calls_resume(tap_calls *all, clk_both now, const tap_resume *r)
{
	tap_sip first = {.from_tag = span_str(r->from_tag)};
	tap_call *c;

	first.first[TAP_H_CALL_ID] = span_str(r->call_id);
	c = tap_call_new(all, &first, first.from_tag);
	c->id = tap_call_key(first.first[TAP_H_CALL_ID], first.from_tag);
	c->source = g_strdup(r->source);
	c->inline_source = true;
	c->begun = r->own || !r->ended;	/* nothing is told otherwise */
	c->began = r->begun;
	c->decided = true;
	c->record = r->record;
	c->audio = c->kind_audio = r->audio;
	c->video = c->kind_video = r->video;
	c->heard = now;
	c->cseq = r->cseq;
	/* Before the answer every response is one to the first INVITE, and in
	 * a dialog none is. */
	c->cseq_unknown = !r->answered;
	c->own = r->own;
	c->paused = r->paused;
	c->resume_at = r->resume_at;
	c->ask = r->ask;
	c->asked = r->asked;
	memcpy(c->held, r->held, sizeof(c->held));
	for (guint i = 0; r->forks && i < r->forks->len; i++)
		resume_fork(c, g_array_index(r->forks, rec_fork, i).tag,
			    g_array_index(r->forks, rec_fork, i).state);
	resume_facts(c, r->facts);
	for (guint i = 0; i < r->halves->len; i++)
		resume_half(c, g_ptr_array_index(r->halves, i), r->answered);
	resume_memory(c, r);
	if (r->ending)
		resume_ending(c, now, r);
	c->ended = r->told;
	if (r->ended)
		tap_call_finish(c, r->ended_at, r->ended);
	g_hash_table_replace(all->table, &c->id, c);
}
