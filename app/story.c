#include "app/story.h"

#include <string.h>

enum { FORKS_MAX = 64 };

/* Many calls have the same texts, so that one of each kind is kept. */
static char *text_take(span text)
{
	g_autofree char *copy = span_dup(text);

	return g_ref_string_new_intern(copy);
}

static void text_free(void *p)
{
	g_ref_string_release(p);
}

story *story_new(const char *name)
{
	story *s = g_new0(story, 1);

	s->name = g_strdup(name);
	s->facts = g_hash_table_new_full(g_str_hash, g_str_equal, text_free,
					 text_free);
	s->halves = g_ptr_array_new_with_free_func(
			(GDestroyNotify)call_half_free);
	return s;
}

void story_free(story *s)
{
	if (!s)
		return;
	g_free(s->name);
	g_free(s->call_id);
	g_free(s->from_tag);
	g_free(s->source);
	g_free(s->rule);
	g_free(s->reason);
	g_free(s->end_text);
	g_free(s->key_trouble);
	g_free(s->paused_why);
	g_hash_table_unref(s->facts);
	g_clear_pointer(&s->forks, g_array_unref);
	g_free(s->memory);
	g_ptr_array_unref(s->halves);
	g_free(s);
}

void story_control_clear(story_control *c)
{
	g_free(c->actor);
	g_free(c->text);
	*c = (story_control){0};
}

static void replace(char **to, span s)
{
	g_free(*to);
	*to = span_dup(s);
}

static bool take_begin(story *s, const jrn_rec *r)
{
	rec_begin b;

	if (!rec_begin_get(r->payload, &b))
		return false;
	replace(&s->call_id, b.call_id);
	replace(&s->from_tag, b.from_tag);
	replace(&s->source, b.source);
	if (!s->begun.wall.ns)
		s->begun = r->at;
	return true;
}

void story_put_fact(story *s, span name, span value)
{
	g_hash_table_replace(s->facts, text_take(name), text_take(value));
}

static bool take_fact(story *s, const jrn_rec *r)
{
	rec_fact f;

	if (!rec_fact_get(r->payload, &f))
		return false;
	story_put_fact(s, f.name, f.value);
	return true;
}

void story_decide(story *s, const rec_decision *d)
{
	s->decided = true;
	s->record = d->record;
	s->audio = d->audio;
	s->video = d->video;
	replace(&s->rule, d->rule);
	replace(&s->reason, d->reason);
}

static bool take_decision(story *s, const jrn_rec *r)
{
	rec_decision d;

	if (!rec_decision_get(r->payload, &d))
		return false;
	story_decide(s, &d);
	return true;
}

/* The cause that the tap would have told had it lived. */
static void ending(story *s, clk_both at, const rec_progress *p)
{
	s->ending = true;
	s->ending_at = at;
	s->ending_status = p->status;
	s->cancelled |= p->status == 0 || p->status == 487;
}

static rec_fork *fork_find(const story *s, span branch)
{
	for (guint i = 0; s->forks && i < s->forks->len; i++) {
		rec_fork *f = &g_array_index(s->forks, rec_fork, i);

		if (span_eq(branch, f->tag))
			return f;
	}
	return NULL;
}

uint8_t story_fork_state(const story *s, const char *branch)
{
	const rec_fork *f = fork_find(s, span_str(branch));

	return f ? f->state : 0;
}

static void fork_clear(void *p)
{
	g_free(((rec_fork *)p)->tag);
}

static void fork_add(story *s, span branch, uint8_t state)
{
	const rec_fork f = {span_dup(branch), state};

	if (!s->forks) {
		s->forks = g_array_sized_new(FALSE, FALSE, sizeof(f), 1);
		g_array_set_clear_func(s->forks, fork_clear);
	}
	g_array_append_val(s->forks, f);
}

static void note_fork(story *s, const rec_progress *p)
{
	rec_fork *f = fork_find(s, p->branch);
	uint8_t state = p->state;

	if (!p->branch.left || state == REC_RETRIED)
		return;
	if (state == REC_ENDING && f)
		return;		/* that it was lost has been told */
	if (state == REC_ENDING)
		state = REC_FORK_LOST;
	if (f)
		f->state = state;
	else if (!s->forks || s->forks->len < FORKS_MAX)
		fork_add(s, p->branch, state);
}

void story_progress(story *s, clk_both at, const rec_progress *p)
{
	note_fork(s, p);
	switch ((rec_state)p->state) {
	case REC_ANSWERED:
	case REC_CONFIRMED:
		if (!s->has_answer)
			s->answered = at;
		s->has_answer = true;
		return;
	case REC_ENDING:
		ending(s, at, p);
		return;
	case REC_RETRIED:
		s->ending = s->cancelled = false;
		return;
	case REC_RINGING:
	case REC_EARLY:
	case REC_FORK_LOST:
		return;
	}
}

static bool take_progress(story *s, const jrn_rec *r)
{
	rec_progress p;

	if (!rec_progress_get(r->payload, &p))
		return false;
	story_progress(s, r->at, &p);
	return true;
}

void story_end(story *s, clk_both at, const rec_end *e)
{
	s->has_end = true;
	s->ended = at;
	s->end_cause = e->cause;
	s->end_side = e->side;
	s->end_status = e->status;
	replace(&s->end_text, e->text);
}

void story_remember(story *s, span memory)
{
	enum { GRAIN = 256 };
	const size_t n = MIN(memory.left, UINT16_MAX - GRAIN);

	/* It grows with each message, which is not to leave another hole in the
	 * heap each time. */
	if (n > s->memory_room || !s->memory) {
		s->memory_room = (uint16_t)((n / GRAIN + 1) * GRAIN);
		s->memory = g_realloc(s->memory, s->memory_room);
	}
	memcpy(s->memory, memory.p, n);
	s->memory_n = (uint16_t)n;
}

span story_memory(const story *s)
{
	return span_of(s->memory, s->memory_n);
}

static bool take_end(story *s, const jrn_rec *r)
{
	rec_end e;

	if (!rec_end_get(r->payload, &e))
		return false;
	story_end(s, r->at, &e);
	return true;
}

void story_mark(story *s, clk_both at, const rec_control *c)
{
	if (c->mark == REC_PAUSE || c->mark == REC_STOP) {
		s->paused = true;
		s->pause_ends = c->mark == REC_PAUSE;
		s->paused_at = at;
		replace(&s->paused_why, c->text);
	}
	if (c->mark == REC_RESUME || c->mark == REC_START)
		s->paused = false;
	if (c->side < CALL_UNKNOWN &&
	    (c->mark == REC_HOLD || c->mark == REC_RETRIEVE))
		s->held[c->side] = c->mark == REC_HOLD;
	if (c->mark < 32)
		s->marks |= UINT32_C(1) << c->mark;
}

static bool take_control(story *s, const jrn_rec *r, story_control *out)
{
	rec_control c;

	if (!rec_control_get(r->payload, &c))
		return false;
	*out = (story_control){c.mark, c.side, r->at.mono, span_dup(c.actor),
			       span_dup(c.text)};
	story_mark(s, r->at, &c);
	return true;
}

static bool has_key(const call_half *h, const secret *key)
{
	for (guint i = 0; i < h->media->len; i++) {
		const call_media *m = CALL_MEDIA(h, i);

		for (guint k = 0; k < m->cryptos->len; k++)
			if (secret_same(&CALL_CRYPTO(m, k)->key, key))
				return true;
	}
	return false;
}

static bool lives_with(const story *s, const secret *key)
{
	for (guint i = 0; i < s->halves->len; i++) {
		const call_half *h = g_ptr_array_index(s->halves, i);

		if (story_fork_state(s, h->branch) != REC_FORK_LOST &&
		    has_key(h, key))
			return true;
	}
	return false;
}

/* What lies between a gateway's networks may answer under a new To-tag. */
static bool lives_on(const story *s, const call_half *h)
{
	for (guint i = 0; i < h->media->len; i++) {
		const call_media *m = CALL_MEDIA(h, i);

		for (guint k = 0; k < m->cryptos->len; k++)
			if (CALL_CRYPTO(m, k)->key.len &&
			    lives_with(s, &CALL_CRYPTO(m, k)->key))
				return true;
	}
	return false;
}

bool story_fork_lost(const story *s, const char *branch)
{
	if (story_fork_state(s, branch) != REC_FORK_LOST)
		return false;
	for (guint i = 0; i < s->halves->len; i++) {
		const call_half *h = g_ptr_array_index(s->halves, i);

		if (!strcmp(h->branch, branch) && lives_on(s, h))
			return false;
	}
	return true;
}

static bool needs_keys(const call_half *h)
{
	for (guint i = 0; i < h->media->len; i++)
		if (CALL_MEDIA(h, i)->cryptos->len)
			return true;
	return false;
}

/* A half with a=crypto lines is complete when its keys are here. */
static const call_half *take_half(story *s, const jrn_rec *r, bool *ok)
{
	call_half *h = rec_half_get(r->payload);

	*ok = h != NULL;
	if (!h)
		return NULL;
	g_ptr_array_add(s->halves, h);
	return needs_keys(h) ? NULL : h;
}

static call_half *half_of(const story *s, uint32_t serial)
{
	for (guint i = s->halves->len; i-- > 0;) {
		call_half *h = g_ptr_array_index(s->halves, i);

		if (h->serial == serial)
			return h;
	}
	return NULL;
}

static const call_half *take_keys(story *s, const jrn_rec *r, seal_key *key,
				  bool *ok)
{
	uint8_t plain[REC_KEYS_MAX];
	put o = put_into(plain, sizeof(plain));
	g_autoptr(GError) err = NULL;
	span in = r->payload;
	uint32_t serial;
	call_half *h;

	*ok = span_u32(&in, &serial);
	h = *ok ? half_of(s, serial) : NULL;
	*ok = h != NULL;
	if (!h)
		return NULL;
	if (!key)
		return h;
	if (seal_get(key, &o, in, span_str(s->name), &err)) {
		*ok = rec_keys_get(put_done(&o), h);
		s->keys += *ok;
	} else {
		/* Its payload types and SSRCs still help. */
		s->bad_keys++;
		g_free(s->key_trouble);
		s->key_trouble = g_strdup(err->message);
	}
	/* Also of keys that were changed on their way. */
	explicit_bzero(plain, sizeof(plain));
	return h;
}

const call_half *story_record(story *s, const jrn_rec *r, seal_key *key,
			      story_control *control)
{
	const call_half *h = NULL;
	bool ok = true;

	*control = (story_control){0};
	switch ((jrn_type)r->type) {
	case JRN_BEGIN:
		ok = take_begin(s, r);
		break;
	case JRN_FACT:
		ok = take_fact(s, r);
		break;
	case JRN_DECISION:
		ok = take_decision(s, r);
		break;
	case JRN_HALF:
		h = take_half(s, r, &ok);
		break;
	case JRN_KEYS:
		h = take_keys(s, r, key, &ok);
		break;
	case JRN_STATE:
		ok = take_progress(s, r);
		break;
	case JRN_MARK:
		ok = take_control(s, r, control);
		break;
	case JRN_END:
		ok = take_end(s, r);
		break;
	case JRN_PACKET:
	case JRN_FLOW:
	case JRN_LOSS:
	case JRN_CLOSE:
	case JRN_TALLY:
	case JRN_WATCH:
		break;
	}
	s->malformed += !ok;
	return h;
}

bool story_end_seen(const story *s)
{
	return s->has_end && s->end_cause != REC_TIMEOUT;
}

const char *story_fact(const story *s, const char *name)
{
	const char *v = g_hash_table_lookup(s->facts, name);

	return v ? v : "";
}

const char *story_party(const story *s, const char *side)
{
	g_autofree char *uri = g_strconcat(side, ".uri", NULL);
	g_autofree char *tel = g_strconcat(side, ".tel", NULL);
	const char *v = story_fact(s, uri);

	return *v ? v : story_fact(s, tel);
}
