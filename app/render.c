#include "app/render_impl.h"

#include <unistd.h>

enum {
	TAIL_MS = 20,	/* the last packet of a call still sounds */
	PARTING_MS = 1000,	/* packets that were still on their way when
				 * their source had said goodbye */
	AWAY_MS = 15000, /* for a new capture to tell that it went on to the
			  * end, once that is known: a tap that stands still
			  * may have told us of the end, and tell capture of
			  * the call when it goes on */
	SCAN_EVERY = 2,	/* steps between two looks for new files */
	HELD_BACK_MS = 1000,	/* of a stream with holes: so much later may
				 * packets be written than they were seen */
	ANEW_PART = 4,	/* of a call's length, between two readings of all */
	LEAP_MS = 1000,	/* of what is known: steps are much shorter */
};

static void decode_until(render_call *r, clk_mono now)
{
	render_cross(r);
	dec_call_advance(r->dec, now);
	render_cross(r);
}

static void decode_rest(render_call *r)
{
	render_cross(r);
	dec_call_finish(r->dec);
	render_cross(r);
}

/* A side has left when each of its sources was silent from its last goodbye
 * on: one of a conference may leave while others speak. */
static void judge_goodbyes(render_call *r)
{
	render_result *o = &r->result;

	for (int side = CALL_CALLER; side <= CALL_CALLEE; side++)
		o->goodbye[side] = r->bye[side].ns;
	for (guint i = 0; i < o->streams->len; i++) {
		const dec_stream_totals *t =
			&g_array_index(o->streams, dec_stream_totals, i);

		if (t->side < CALL_UNKNOWN &&
		    clk_since(t->last, r->bye[t->side]) >
			    PARTING_MS * CLK_NS_PER_MS)
			o->goodbye[t->side] = false;
	}
}

static void collect(render_call *r)
{
	render_result *o = &r->result;

	dec_call_totals(r->dec, &o->dec);
	for (uint32_t i = 0; i < o->dec.streams; i++) {
		dec_stream_totals t;

		if (dec_call_stream(r->dec, i, &t))
			g_array_append_val(o->streams, t);
	}
	judge_goodbyes(r);
	captured_paths(r->captured, o->flows);
	captured_sum(r->captured, &o->capture);
	o->lost_by_us = captured_lost(&o->capture);
	o->markers = mix_call_markers(r->mix);
	follow_stats_get(r->follow, &o->journal);
	render_judge(o);
}

/* Nobody answered, and what may have come before is not wanted. Media long
 * after such an end says that the call went on: somebody forged the end. */
static bool only_rang(const render_call *r)
{
	const story *s = r->story;

	if (s->has_answer || !r->last_packet.ns)
		return !s->has_answer;
	return s->has_end && !render_early_media(r) &&
	       (s->end_cause == REC_CANCELLED || s->end_cause == REC_FAILED) &&
	       clk_since(r->last_packet, s->ended.mono) <=
		       PARTING_MS * CLK_NS_PER_MS;
}

/* The end of the dialog, or of what was heard after it. When nobody saw the
 * end it was told hours later: then the last packet is. */
static clk_mono end_of(const render_call *r)
{
	clk_mono end = r->story->has_end ? r->story->ended.mono
					 : r->last_record;
	int64_t tail = r->last_media.ns + TAIL_MS * CLK_NS_PER_MS;

	if (!story_end_seen(r->story) && r->last_packet.ns)
		end = r->last_packet;
	return (clk_mono){MAX(end.ns, tail)};
}

/* Packets waited for keys that came after them: with all keys known from the
 * start nothing waits, however far the recording was by then. */
static bool keys_would_help(const render_call *r)
{
	return !r->cfg->early_keys && r->late_keys && r->held;
}

/* What was to be captured: to the end of the dialog, if somebody saw it, and
 * not where both parties had said goodbye. */
static clk_mono due_until(const render_call *r)
{
	const story *s = r->story;
	const clk_mono *bye = r->bye;

	if (story_end_seen(s) &&
	    !(bye[CALL_CALLER].ns && bye[CALL_CALLEE].ns))
		return s->ended.mono;
	return r->last_packet;
}

static bool finish_video(render_call *r, GError **err)
{
	if (!r->video || r->result.only_rang)
		return true;
	r->result.videos = video_finish(r->video, r->result.mix.base, r->own,
					err);
	return r->result.videos != NULL;
}

/* The sidecar is first: where it is, the names are this call's, and a render
 * that died among them is made again in their place. A directory's changes
 * reach the disk in their order. */
static bool publish(render_call *r, GError **err)
{
	if (!sidecar_write(&r->result, err))
		return false;
	if (mix_call_publish(r->mix, err))
		return true;
	(void)unlink(r->result.sidecar);
	return false;
}

static void set_end(render_call *r, clk_mono end)
{
	render_result *o = &r->result;

	o->end.mono = end;
	o->end.wall.ns = o->begin.wall.ns + clk_since(end, r->begin);
}

/* A row and a sidecar, but no file of silence or of a ringing tone. */
static bool drop(render_call *r, GError **err)
{
	set_end(r, r->begin);
	r->result.only_rang = true;
	g_array_set_size(r->result.gaps, 0);
	return mix_call_drop(r->mix, &r->result.mix, err);
}

static bool seal(render_call *r, GError **err)
{
	const clk_mono end = end_of(r);

	set_end(r, end);
	if (r->story->has_answer)
		render_aways(r, due_until(r));
	return mix_call_seal(r->mix, end, &r->result.mix, err);
}

static render_state finish(render_call *r, GError **err)
{
	bool rang;

	if (!r->mix && !render_begin(r, r->story->begun, err))
		return RENDER_FAILED;
	decode_rest(r);
	render_limit_time(r, false);	/* the encoders may take their time */
	rang = only_rang(r);
	r->rate = rang ? 0 : mix_call_rate_wanted(r->mix);
	if (!rang && (keys_would_help(r) || r->rate))
		return RENDER_AGAIN;
	if (!(rang ? drop(r, err) : seal(r, err)) || !finish_video(r, err))
		return RENDER_FAILED;
	collect(r);
	render_name_sidecar(r);
	return publish(r, err) ? RENDER_DONE : RENDER_FAILED;
}

/* A BYE alone ends nothing while media goes on: it may be forged. `upto`: what
 * came before is known. */
static bool over(const render_call *r, clk_mono upto)
{
	clk_mono last = r->story->ended.mono;
	int64_t patience = r->cfg->grace_ns;

	if (!r->story->has_end)
		return r->last_record.ns &&
		       clk_since(upto, r->last_record) > r->cfg->lost_ns;
	if (r->last_packet.ns > last.ns)
		last = r->last_packet;
	if (!captured_seen(r->captured, due_until(r))) {
		patience += AWAY_MS * CLK_NS_PER_MS;
		last.ns = MAX(last.ns, r->told_end.ns);
	}
	return r->closed || clk_since(upto, last) > patience;
}

/* What was made of the journal is not what would be made of it now. */
static bool is_stale(const render_call *r)
{
	return r->late || follow_late(r->follow);
}

/* What was written while an end was waited for is silence of nobody; so it is
 * where the end was told later than the mixer looks ahead. */
static bool must_again(const render_call *r)
{
	return is_stale(r) || !story_end_seen(r->story) ||
	       clk_since(r->mixed, end_of(r)) >
		       MIX_LOOKAHEAD_MS * CLK_NS_PER_MS;
}

/* All readings of a journal together cost no more than five times the last. */
static bool worth_anew(const render_call *r)
{
	return clk_since(r->now, r->born) * ANEW_PART >=
	       clk_since(r->now, r->begin);
}

/* The decoder and the mixer go on to where no record is missing. */
static bool advance(render_call *r, clk_mono upto, GError **err)
{
	decode_until(r, upto);
	r->passed = upto;
	if (r->story->has_end)
		upto.ns = MIN(upto.ns, end_of(r).ns);
	r->mixed.ns = MAX(r->mixed.ns, upto.ns);
	return mix_call_advance(r->mix, upto, err);
}

/* A capture that stood still may have made files in one go, and of a call that
 * ends all files have to be known. */
static bool must_look(const render_call *r, clk_mono upto)
{
	return r->steps % SCAN_EVERY == 0 || r->settled || r->story->has_end ||
	       clk_since(upto, r->upto) > LEAP_MS * CLK_NS_PER_MS;
}

static bool take_in(render_call *r, clk_mono upto, bool whole, GError **err)
{
	r->looked = must_look(r, upto);
	r->upto = upto;
	r->steps++;
	follow_look(r->follow);
	if (r->looked && !follow_scan(r->follow, err))
		return false;
	r->behind = false;
	return render_take(r, upto, whole, err);
}

static void go_back(render_call *r)
{
	g_message("%s: something of it was written late; its journal is read "
		  "again from the start", r->story->name);
	render_anew(r);
}

static render_state go_on(render_call *r, clk_mono upto, GError **err)
{
	if (!take_in(r, upto, false, err))
		return RENDER_FAILED;
	if (r->behind)
		upto.ns = r->last_record.ns - HELD_BACK_MS * CLK_NS_PER_MS;
	else if (over(r, upto) && r->looked)
		return must_again(r) ? RENDER_AGAIN : finish(r, err);
	if (is_stale(r)) {
		if (worth_anew(r))
			go_back(r);
		return RENDER_RUNNING;
	}
	return !r->mix || advance(r, upto, err) ? RENDER_RUNNING
						: RENDER_FAILED;
}

/* Between two steps a call keeps as little as it can. */
static render_state rest(render_call *r, render_state s)
{
	if (r->dec)
		dec_call_rest(r->dec);
	/* The next render writes over the files; held, they would be left
	 * behind, and its own be named NAME-2. */
	if (s == RENDER_AGAIN) {
		g_clear_pointer(&r->mix, mix_call_free);
		g_clear_pointer(&r->video, video_free);
	}
	return s;
}

/* A piece of a journal that will not grow any more. What is known of it needs
 * nobody who asks the mixer for more, and the last piece ends the recording. */
static render_state go_on_settled(render_call *r, GError **err)
{
	const clk_mono never = {INT64_MAX};

	if (!take_in(r, never, true, err))
		return RENDER_FAILED;
	return r->behind ? RENDER_RUNNING : finish(r, err);
}

render_state render_call_step(render_call *r, clk_both now, clk_mono upto,
			      GError **err)
{
	if (r->settled)
		return rest(r, go_on_settled(r, err));
	r->now = follow_now(r->follow, now);
	upto.ns += r->now.ns - now.mono.ns;
	return rest(r, go_on(r, upto, err));
}

/* What the journal has shown to be missing. Each of them is missing once. */
static render_config better_config(const render_call *r)
{
	render_config better = *r->cfg;

	better.early_keys |= keys_would_help(r);
	if (r->rate)
		better.rate = r->rate;
	return better;
}

void render_call_again(render_call *r)
{
	const render_config better = better_config(r);

	render_anew(r);
	r->own_cfg = better;
	r->cfg = &r->own_cfg;
	r->settled = true;
}

render_call *render_whole(const render_config *cfg, const char *dir,
			  GError **err)
{
	render_call *r = render_call_new(cfg, dir);
	render_state s;

	r->settled = true;
	do {
		s = go_on_settled(r, err);
		if (s == RENDER_AGAIN)
			render_call_again(r);
	} while (s == RENDER_RUNNING || s == RENDER_AGAIN);
	if (s == RENDER_DONE)
		return r;
	render_call_free(r);
	return NULL;
}
