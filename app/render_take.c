#include "app/render_impl.h"

#include <string.h>

#include "app/limits.h"
#include "catalog/cat.h"

enum {
	TIMED = 256,	/* records of which stuck_s is the limit */
	TRIALS = 1 << 17,	/* of keys a step, and one packet's more: an
				 * eighth of a second; others want their turn */
	AT_ONCE = 2048,	/* records a step: 20 s of a call of two */
};

static void describe(render_call *r, const call_half *h)
{
	render_cross(r);
	dec_call_describe(r->dec, h);
	render_cross(r);
}

/* A new worker of capture writes again what the dead one may have written; the
 * second of two is of no use, however late. */
static void decode(render_call *r, const pkt *p)
{
	dec_fate fate;

	render_cross(r);
	fate = dec_call_packet(r->dec, p);
	render_cross(r);
	r->held |= fate == DEC_HELD;
	r->late |= p->at.mono.ns < r->passed.ns && fate != DEC_DUPLICATE;
}

/* Keys without the payload types: those hold from their own time on. */
static void describe_keys(render_call *r, const call_half *h)
{
	uint8_t *buf = g_malloc(JRN_PAYLOAD_MAX);
	put o = put_into(buf, JRN_PAYLOAD_MAX), k;
	uint8_t keys[REC_KEYS_MAX];
	call_half *copy;

	rec_half_put(&o, h);
	k = put_into(keys, sizeof(keys));
	rec_keys_put(&k, h);
	copy = rec_half_get(put_done(&o));
	if (copy && rec_keys_get(put_done(&k), copy)) {
		for (guint i = 0; i < copy->media->len; i++)
			g_array_set_size(CALL_MEDIA(copy, i)->payloads, 0);
		describe(r, copy);
	}
	explicit_bzero(keys, sizeof(keys));
	call_half_free(copy);
	g_free(buf);
}

/* A second reading of the journal's session records, ahead of the first. */
static void describe_all_keys(render_call *r)
{
	const clk_mono never = {INT64_MAX};
	g_autoptr(follow) f = follow_new(r->dir);
	g_autoptr(story) s = story_new(r->story->name);
	jrn_kind kind;
	jrn_rec rec;

	if (!follow_scan(f, NULL))
		return;
	while (follow_next(f, never, false, &rec, &kind)) {
		g_auto(story_control) control;

		story_record(s, &rec, r->cfg->key, &control);
	}
	for (guint i = 0; i < s->halves->len; i++)
		describe_keys(r, g_ptr_array_index(s->halves, i));
}

/* It was paused when the recording begins. */
static void begin_paused(render_call *r)
{
	const story_control c = {
		.mark = REC_STOP, .side = CALL_UNKNOWN, .at = r->begin,
		.text = r->story->paused_why,
	};

	if (r->story->paused)
		render_control(r, &c);
}

bool render_begin(render_call *r, clk_both at, GError **err)
{
	r->mix = render_open(r, err);
	if (!r->mix)
		return false;
	r->begin = at.mono;
	r->result.begin = at;
	mix_call_begin(r->mix, at.mono);
	r->dec = dec_call_new(&r->cfg->dec, &render_ears, r);
	if (r->cfg->early_keys)
		describe_all_keys(r);
	for (guint i = 0; i < r->story->halves->len; i++)
		describe(r, g_ptr_array_index(r->story->halves, i));
	begin_paused(r);
	return true;
}

bool render_early_media(const render_call *r)
{
	const char *reason = r->story->reason;

	return r->cfg->early_media ||
	       (reason && cat_told_find(span_str(reason)).early);
}

static bool take_told(render_call *r, const jrn_rec *rec, GError **err)
{
	g_auto(story_control) control;
	const call_half *h = story_record(r->story, rec, r->cfg->key,
					  &control);
	bool ready = r->story->has_answer || r->story->has_end;

	r->late_keys |= rec->type == JRN_KEYS && r->result.packets;
	if (h && r->dec)
		describe(r, h);
	if (control.mark && r->mix)
		render_control(r, &control);
	if (r->mix && r->story->has_answer && !r->answered)
		render_early(r);
	r->answered = r->story->has_answer;
	if (r->mix && rec->type == JRN_STATE)
		render_forks(r, rec->at.mono);
	if (!r->mix && r->answered)
		return render_begin(r, r->story->answered, err);
	if (!r->mix && render_early_media(r) && h && h->answer)
		return render_begin(r, rec->at, err);
	return !ready || r->mix || render_begin(r, r->story->begun, err);
}

/* Answered, not ended, and neither held nor paused: packets should come. */
static bool media_due(const render_call *r)
{
	const story *s = r->story;

	return r->mix && s->has_answer && !s->has_end && !s->paused &&
	       !r->on_hold;
}

/* `at`: a packet, or from here on none is due. An end that nobody saw is told
 * long after it was, so that nothing is known of what came before it. */
static void end_silence(render_call *r, clk_mono at)
{
	const story *s = r->story;

	if (clk_since(at, r->silent_from) > RENDER_STOPPED_S * CLK_NS_PER_S &&
	    !(s->has_end && s->end_cause == REC_TIMEOUT))
		render_stopped(r, r->silent_from, at);
	r->silent_from = at;
}

static bool take_session(render_call *r, const jrn_rec *rec, GError **err)
{
	bool due = media_due(r);

	if (!take_told(r, rec, err))
		return false;
	if (r->story->has_end && !r->told_end.ns)
		r->told_end = r->upto;
	if (due && !media_due(r))
		end_silence(r, rec->at.mono);
	else if (!due)
		r->silent_from = rec->at.mono;
	return true;
}

static bool take_media(render_call *r, const jrn_rec *rec, GError **err)
{
	pkt p;

	if (!r->mix && !render_begin(r, rec->at, err))
		return false;
	captured_take(r->captured, follow_file(r->follow), rec);
	switch ((jrn_type)rec->type) {
	case JRN_PACKET:
		if (!rec_packet_get(rec, &p))
			break;
		r->result.packets++;
		r->last_packet = rec->at.mono;
		if (media_due(r))
			end_silence(r, rec->at.mono);
		decode(r, &p);
		break;
	case JRN_FLOW:
	case JRN_LOSS:
	case JRN_TALLY:
	case JRN_WATCH:
		break;
	case JRN_CLOSE:
		/* Before the end it only says that capture stopped. */
		r->closed = r->story->has_end;
		break;
	case JRN_BEGIN:
	case JRN_FACT:
	case JRN_DECISION:
	case JRN_HALF:
	case JRN_KEYS:
	case JRN_STATE:
	case JRN_MARK:
	case JRN_END:
		break;
	}
	return true;
}

void render_limit_time(const render_call *r, bool on)
{
	if (r->cfg->stuck_s)
		limits_time(on ? r->cfg->stuck_s : 0);
}

static uint64_t trials_of(const render_call *r)
{
	return r->dec ? dec_call_trials(r->dec) : 0;
}

bool render_take(render_call *r, clk_mono horizon, bool whole, GError **err)
{
	jrn_kind kind;
	jrn_rec rec;

	const uint64_t most = trials_of(r) + TRIALS;

	for (unsigned n = 0; n < AT_ONCE && trials_of(r) <= most; n++) {
		if (n ? n % TIMED == 0 : whole)
			render_limit_time(r, true);
		/* Before the answer nothing is known to belong on a timeline;
		 * a whole journal without one is taken as it is. */
		bool media = r->mix || r->story->has_answer ||
			     r->story->has_end;

		if (!follow_next(r->follow, horizon, media, &rec, &kind) &&
		    (media || !whole ||
		     !follow_next(r->follow, horizon, true, &rec, &kind)))
			return true;
		r->last_record = rec.at.mono;
		if (kind == JRN_SESSION ? !take_session(r, &rec, err)
					: !take_media(r, &rec, err))
			return false;
	}
	r->behind = true;
	return true;
}
