#include "app/notes.h"

static void put_rec(put *o, uint16_t type, clk_both at, const put *payload)
{
	o->full |= payload->full;
	if (!o->full)
		jrn_rec_put(o, type, at, put_done(payload), span_of(NULL, 0));
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

static void put_state(put *o, clk_both at, rec_state state, uint16_t status)
{
	uint8_t buf[64];
	put p = put_into(buf, sizeof(buf));

	rec_progress_put(&p, &(rec_progress){.state = (uint8_t)state,
					     .status = status});
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

void notes_story_put(put *o, const story *s)
{
	GHashTableIter i;
	void *name, *value;

	put_begin(o, s);
	g_hash_table_iter_init(&i, s->facts);
	while (g_hash_table_iter_next(&i, &name, &value))
		put_fact(o, s->begun, name, value);
	if (s->decided)
		put_decision(o, s);
	if (s->has_answer)
		put_state(o, s->answered, REC_ANSWERED, 200);
	if (s->ending && s->cancelled && s->ending_status)
		put_state(o, s->ending_at, REC_ENDING, 0);
	if (s->ending)
		put_state(o, s->ending_at, REC_ENDING, s->ending_status);
	if (s->has_end)
		put_end(o, s);
}

static story *begin(const jrn_rec *r, GHashTable *out)
{
	char name[REC_NAME];
	rec_begin b;
	story *s;

	if (!rec_begin_get(r->payload, &b))
		return NULL;
	rec_call_name(r->at.wall, b.call_id, b.from_tag, name);
	s = story_new(name);
	g_hash_table_replace(out, s->name, s);
	return s;
}

void notes_stories_get(span *in, GHashTable *out)
{
	story *s = NULL;
	jrn_rec r;

	while (jrn_rec_next(in, &r) == JRN_OK) {
		g_auto(story_control) did = {0};

		if (r.type == JRN_BEGIN)
			s = begin(&r, out);
		if (s)
			story_record(s, &r, NULL, &did);
	}
}
