#include "app/render_impl.h"

#include <malloc.h>
#include <unistd.h>

enum {
	/* Session records reach the disk within this after they happened. */
	SETTLE_MS = 300,
	TAIL_MS = 20,	/* the last packet of a call still sounds */
	PARTING_MS = 1000,	/* packets that were still on their way when
				 * their source had said goodbye */
	AWAY_MS = 3000,	/* for a new worker of capture to tell that it went on
			 * to the end */
	SCAN_EVERY = 2,	/* steps between two looks for new files */
	OWN_BLOCK = 4 << 20,	/* larger ones go back to the system at once */
	KEPT = 16 << 20,	/* of free memory */
};

/* A call's buffers are the next call's: to get them from the system each time,
 * page by page, is a twelfth of what a WAV costs. */
void render_keep_memory(void)
{
	mallopt(M_MMAP_THRESHOLD, OWN_BLOCK);
	mallopt(M_TRIM_THRESHOLD, KEPT);
}

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

/* A BYE alone ends nothing while media goes on: it may be forged. */
static bool over(const render_call *r, clk_mono now)
{
	clk_mono last = r->story->ended.mono;
	int64_t patience;

	if (!r->story->has_end)
		return r->last_record.ns &&
		       clk_since(now, r->last_record) > r->cfg->lost_ns;
	if (r->last_packet.ns > last.ns)
		last = r->last_packet;
	patience = r->cfg->grace_ns + SETTLE_MS * CLK_NS_PER_MS;
	if (!captured_seen(r->captured, due_until(r)))
		patience += AWAY_MS * CLK_NS_PER_MS;
	return r->closed || clk_since(now, last) > patience;
}

/* What was written while an end was waited for is silence of nobody. */
static bool must_again(const render_call *r)
{
	return follow_late(r->follow) || !story_end_seen(r->story);
}

static render_state go_on(render_call *r, clk_both at, bool whole, GError **err)
{
	clk_mono now, horizon = {INT64_MAX};

	if (r->steps++ % SCAN_EVERY == 0 && !follow_scan(r->follow, err))
		return RENDER_FAILED;
	r->now = now = follow_now(r->follow, at);
	if (!whole)
		horizon.ns = now.ns - SETTLE_MS * CLK_NS_PER_MS;
	r->behind = false;
	if (!render_take(r, horizon, whole, err))
		return RENDER_FAILED;
	if (whole)
		return finish(r, err);
	if (r->behind)
		horizon = r->last_record;
	else if (over(r, now))
		return must_again(r) ? RENDER_AGAIN : finish(r, err);
	if (!r->mix || follow_late(r->follow))
		return RENDER_RUNNING;
	decode_until(r, horizon);
	if (r->story->has_end)
		horizon.ns = MIN(horizon.ns, end_of(r).ns);
	return mix_call_advance(r->mix, horizon, err) ? RENDER_RUNNING
						      : RENDER_FAILED;
}

render_state render_call_step(render_call *r, clk_both at, bool whole,
			      GError **err)
{
	const render_state s = go_on(r, at, whole, err);

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

bool render_call_behind(const render_call *r)
{
	return r->behind;
}

unsigned render_call_steps(const render_call *r)
{
	return r->steps;
}

bool render_call_urgent(const render_call *r)
{
	return !r->mix || r->story->has_end || r->closed ||
	       follow_told(r->follow);
}

render_call *render_call_new(const render_config *cfg, const char *dir)
{
	render_call *r = g_new0(render_call, 1);
	g_autofree char *name = g_path_get_basename(dir);

	r->cfg = cfg;
	r->behind = true;
	r->dir = g_strdup(dir);
	r->follow = follow_new(dir);
	r->captured = captured_new();
	r->story = story_new(name);
	r->result.story = r->story;
	r->result.streams = g_array_new(FALSE, TRUE, sizeof(dec_stream_totals));
	r->result.gaps = g_array_new(FALSE, TRUE, sizeof(render_gap));
	r->result.aways = g_array_new(FALSE, TRUE, sizeof(captured_away));
	r->result.flows = g_array_new(FALSE, TRUE, sizeof(rec_flow));
	r->forks = g_array_new(FALSE, TRUE, sizeof(render_fork));
	r->result.undecodable = g_ptr_array_new_with_free_func(g_free);
	return r;
}

const render_result *render_call_result(const render_call *r)
{
	return &r->result;
}

render_health render_call_health(const render_call *r)
{
	const story *s = r->story;
	clk_mono since = s->answered.mono;
	render_health h = {.packets = r->result.packets};
	dec_totals t;

	h.speaking = s->has_answer && !s->has_end && !s->paused &&
		     !r->on_hold && !r->closed && !r->behind;
	if (r->last_packet.ns > since.ns)
		since = r->last_packet;
	h.silent_ns = clk_since(r->now, since);
	if (r->dec) {
		dec_call_totals(r->dec, &t);
		h.shut = t.fate[DEC_HELD] + t.fate[DEC_NO_KEY] +
			 t.fate[DEC_AUTH_FAIL];
	}
	return h;
}

void render_call_free(render_call *r)
{
	if (!r)
		return;
	mix_call_free(r->mix);
	video_free(r->video);
	dec_call_free(r->dec);
	follow_free(r->follow);
	captured_free(r->captured);
	story_free(r->story);
	mix_totals_clear(&r->result.mix);
	g_array_unref(r->result.streams);
	g_array_unref(r->result.gaps);
	g_array_unref(r->result.flows);
	g_array_unref(r->result.aways);
	g_array_unref(r->forks);
	g_ptr_array_unref(r->result.undecodable);
	g_clear_pointer(&r->result.journal.troubles, g_ptr_array_unref);
	g_free(r->result.sidecar);
	g_free(r->result.why);
	g_free(r->dir);
	g_free(r);
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

render_call *render_whole(const render_config *cfg, const char *dir,
			  GError **err)
{
	const clk_both whenever = {{0}, {0}};
	render_call *r = render_call_new(cfg, dir);
	render_state s = render_call_step(r, whenever, true, err);

	while (s == RENDER_AGAIN) {
		const render_config better = better_config(r);

		render_call_free(r);
		r = render_call_new(cfg, dir);
		r->own_cfg = better;
		r->cfg = &r->own_cfg;
		s = render_call_step(r, whenever, true, err);
	}
	if (s == RENDER_DONE)
		return r;
	render_call_free(r);
	return NULL;
}
