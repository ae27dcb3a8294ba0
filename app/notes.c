#include "app/notes.h"

/* Beside the types of a journal: what follows is of the call of this number. */
enum { NOTES_CALL = 128, NOTES_CSEQ, NOTES_SETTLED, NOTES_MEMORY,
       NOTES_KEYPAD };

static const clk_both no_time;

static void put_rec(put *o, uint16_t type, clk_both at, const put *payload)
{
	const jrn_rec r = {type, 0, at, put_done(payload)};

	o->full |= payload->full;
	if (!o->full)
		jrn_rec_put(o, &r, span_of(NULL, 0));
}

static span text_of(const char *s)
{
	return span_str(s ? s : "");
}

static void put_begin(put *o, const story *s)
{
	uint8_t buf[4096];
	put p = put_into(buf, sizeof(buf));

	rec_begin_put(&p, &(rec_begin){text_of(s->call_id),
				       text_of(s->from_tag),
				       text_of(s->source)});
	put_rec(o, JRN_BEGIN, s->begun, &p);
}

static void put_fact(put *o, clk_both at, const char *name, const char *value)
{
	uint8_t buf[4096];
	put p = put_into(buf, sizeof(buf));

	rec_fact_put(&p, &(rec_fact){span_str(name), span_str(value)});
	put_rec(o, JRN_FACT, at, &p);
}

static void put_decision(put *o, const story *s)
{
	uint8_t buf[4096];
	put p = put_into(buf, sizeof(buf));
	const rec_decision d = {
		.record = s->record, .audio = s->audio, .video = s->video,
		.rule = text_of(s->rule), .reason = text_of(s->reason),
	};

	rec_decision_put(&p, &d);
	put_rec(o, JRN_DECISION, s->begun, &p);
}

static void put_state(put *o, clk_both at, uint8_t state, uint16_t status,
		      span branch)
{
	uint8_t buf[64];
	put p = put_into(buf, sizeof(buf));

	rec_progress_put(&p, &(rec_progress){state, status, branch});
	put_rec(o, JRN_STATE, at, &p);
}

static void put_end(put *o, const story *s)
{
	uint8_t buf[4096];
	put p = put_into(buf, sizeof(buf));

	rec_end_put(&p, &(rec_end){s->end_cause, s->end_side, s->end_status,
				   text_of(s->end_text)});
	put_rec(o, JRN_END, s->ended, &p);
}

static void put_number(put *o, uint16_t type, uint32_t number)
{
	uint8_t buf[4];
	put p = put_into(buf, sizeof(buf));

	put_u32(&p, number);
	put_rec(o, type, no_time, &p);
}

static void put_mark(put *o, clk_both at, uint8_t mark, uint8_t side,
		     const char *why)
{
	uint8_t buf[4096];
	put p = put_into(buf, sizeof(buf));

	rec_control_put(&p, &(rec_control){mark, side, text_of(""),
					   text_of(why)});
	put_rec(o, JRN_MARK, at, &p);
}

/* What marks have come to. */
static void put_marks(put *o, const story *s)
{
	static const rec_mark asked[] = {REC_START, REC_TAG};

	for (size_t i = 0; i < G_N_ELEMENTS(asked); i++)
		if (s->marks >> asked[i] & 1)
			put_mark(o, s->begun, asked[i], CALL_UNKNOWN, "");
	if (s->paused)
		put_mark(o, s->paused_at, s->pause_ends ? REC_PAUSE : REC_STOP,
			 CALL_UNKNOWN, s->paused_why);
	for (uint8_t side = CALL_CALLER; side <= CALL_CALLEE; side++)
		if (s->held[side])
			put_mark(o, s->begun, REC_HOLD, side, "");
}

void notes_memory_put(put *o, const story *s)
{
	const jrn_rec r = {NOTES_MEMORY, 0, no_time, story_memory(s)};

	if (s->memory_n)
		jrn_rec_put(o, &r, span_of(NULL, 0));
}

void notes_keypad_put(put *o, const story *s)
{
	for (uint8_t side = CALL_CALLER; side <= CALL_CALLEE; side++) {
		const tap_keypad *k = &s->keypad[side];
		uint8_t buf[1 + TAP_KEYPAD_DIGITS];
		put p = put_into(buf, sizeof(buf));

		if (!k->at.ns)
			continue;
		put_u8(&p, side);
		put_span(&p, span_str(k->last));
		put_rec(o, NOTES_KEYPAD, (clk_both){.mono = k->at}, &p);
	}
}

void notes_settled_put(put *o)
{
	const jrn_rec r = {.type = NOTES_SETTLED};

	jrn_rec_put(o, &r, span_of(NULL, 0));
}

void notes_story_put(put *o, const story *s)
{
	const span none = {0};
	GHashTableIter i;
	void *name, *value;

	put_begin(o, s);
	put_number(o, NOTES_CSEQ, s->cseq);
	g_hash_table_iter_init(&i, s->facts);
	while (g_hash_table_iter_next(&i, &name, &value))
		put_fact(o, s->begun, name, value);
	if (s->decided)
		put_decision(o, s);
	if (s->has_answer)
		put_state(o, s->answered, REC_ANSWERED, 200, none);
	for (guint k = 0; s->forks && k < s->forks->len; k++) {
		const rec_fork *f = &g_array_index(s->forks, rec_fork, k);

		put_state(o, s->has_answer ? s->answered : s->begun, f->state,
			  0, span_str(f->tag));
	}
	if (s->ending && s->cancelled && s->ending_status)
		put_state(o, s->ending_at, REC_ENDING, 0, none);
	if (s->ending)
		put_state(o, s->ending_at, REC_ENDING, s->ending_status, none);
	put_marks(o, s);
	notes_keypad_put(o, s);
	notes_memory_put(o, s);
	if (s->has_end)
		put_end(o, s);
	if (s->settled)
		notes_settled_put(o);
}

void notes_call_put(put *o, uint32_t number)
{
	put_number(o, NOTES_CALL, number);
}

void notes_event_put(put *o, const rec_event *e)
{
	uint8_t buf[4096];
	put p = put_into(buf, sizeof(buf));

	if (e->type == JRN_STATE || e->type == JRN_END)
		put_number(o, NOTES_CSEQ, e->cseq);
	rec_event_put(&p, e);
	put_rec(o, e->type, e->at, &p);
}

/* ---- reading ---- */

typedef struct reading {
	GHashTable *out;	/* name -> story */
	GHashTable *names;	/* number -> name */
	uint32_t number;	/* of the call that is spoken of */
	story *at;		/* that call; NULL: its beginning is not here */
} reading;

static void turn_to(reading *r, const jrn_rec *rec)
{
	span in = rec->payload;
	const char *name;

	r->at = NULL;
	if (!span_u32(&in, &r->number))
		return;
	name = g_hash_table_lookup(r->names, GUINT_TO_POINTER(r->number));
	if (name)
		r->at = g_hash_table_lookup(r->out, name);
}

static void begin(reading *r, const jrn_rec *rec)
{
	char name[REC_NAME];
	rec_begin b;

	r->at = NULL;
	if (!rec_begin_get(rec->payload, &b))
		return;
	rec_call_name(rec->at.wall, b.call_id, b.from_tag, name);
	r->at = story_new(name);
	g_hash_table_replace(r->out, r->at->name, r->at);
	g_hash_table_replace(r->names, GUINT_TO_POINTER(r->number),
			     g_strdup(name));
}

static void take_keypad(story *s, const jrn_rec *rec)
{
	span in = rec->payload;
	uint8_t side;

	if (!span_u8(&in, &side) || side > CALL_CALLEE ||
	    in.left > TAP_KEYPAD_DIGITS)
		return;
	span_copy(in, s->keypad[side].last, sizeof(s->keypad[side].last));
	s->keypad[side].at = rec->at.mono;
}

static void take(reading *r, const jrn_rec *rec)
{
	g_auto(story_control) did = {0};
	span in = rec->payload;

	if (rec->type == NOTES_SETTLED)
		r->at->settled = true;
	else if (rec->type == NOTES_MEMORY)
		story_remember(r->at, rec->payload);
	else if (rec->type == NOTES_KEYPAD)
		take_keypad(r->at, rec);
	else if (rec->type == NOTES_CSEQ)
		r->at->cseq = span_u32(&in, &r->at->cseq) ? r->at->cseq : 0;
	else
		story_record(r->at, rec, NULL, &did);
}

void notes_stories_get(span *in, GHashTable *out)
{
	g_autoptr(GHashTable) names = g_hash_table_new_full(NULL, NULL, NULL,
							    g_free);
	reading r = {.out = out, .names = names};
	jrn_rec rec;

	while (jrn_rec_next(in, &rec) == JRN_OK) {
		if (rec.type == NOTES_CALL)
			turn_to(&r, &rec);
		else if (rec.type == JRN_BEGIN)
			begin(&r, &rec);
		if (r.at && rec.type != NOTES_CALL)
			take(&r, &rec);
	}
}
