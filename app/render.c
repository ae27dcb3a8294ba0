#include "app/render.h"

#include <errno.h>
#include <string.h>

enum {
	/* Session records reach the disk within this after they happened. */
	SETTLE_MS = 400,
	TAIL_MS = 20,	/* the last packet of a call still sounds */
	SCAN_EVERY = 3,	/* steps between two looks for new files */
};

struct render_call {
	const render_config *cfg;
	render_config own_cfg;	/* what `cfg` points to in a second render */
	char *dir;
	follow *follow;
	story *story;
	dec_call *dec;
	mix_call *mix;		/* from the answer on */
	video *video;		/* NULL: none is wanted */
	clk_mono begin;		/* of the recording */
	clk_mono last_media;	/* capture time of the last sound */
	clk_mono last_record, last_packet;
	bool closed;		/* capture is done with the call */
	bool late_keys;		/* some came after the first packet */
	unsigned steps;
	render_result result;
};

/* ---- what the decoder tells ---- */

static void on_block(void *user, const pcm_block *b)
{
	render_call *r = user;

	if (b->arrival.ns > r->last_media.ns)
		r->last_media = b->arrival;
	mix_call_block(r->mix, b);
}

static void on_report(void *user, const pcm_report *p)
{
	render_call *r = user;

	mix_call_report(r->mix, p);
}

static void on_payload(void *user, const dec_payload *p)
{
	render_call *r = user;

	if (r->video)
		video_payload(r->video, p);
}

static int64_t ticks_ns(int64_t ticks, uint32_t clock)
{
	return clock ? ticks * CLK_NS_PER_S / clock : 0;
}

static void on_gap(render_call *r, const dec_event *e)
{
	render_gap g = {e->side, e->cause, e->at,
			ticks_ns(e->length, e->clock), e->packets,
			e->repaired};
	mix_mark k = {.kind = MIX_GAP, .side = e->side,
		      .at = {e->at.ns - g.length_ns}, .length = g.length_ns,
		      .text = sidecar_cause(e->cause)};

	g_array_append_val(r->result.gaps, g);
	mix_call_mark(r->mix, &k);
}

static void on_undecodable(render_call *r, const dec_event *e)
{
	GPtrArray *u = r->result.undecodable;
	guint i;

	for (i = 0; i < u->len; i++)
		if (!strcmp(g_ptr_array_index(u, i), e->name))
			return;
	g_ptr_array_add(u, g_strdup(e->name));
}

static void mark_text(render_call *r, mix_kind kind, const dec_event *e,
		      const char *text)
{
	mix_mark k = {.kind = (uint8_t)kind, .side = e->side, .at = e->at,
		      .text = text};

	mix_call_mark(r->mix, &k);
}

static void on_dtmf(render_call *r, const dec_event *e)
{
	int64_t length = ticks_ns(e->length, e->clock);
	char digit[2] = {e->digit, '\0'};
	mix_mark k = {.kind = MIX_DTMF, .side = e->side,
		      .at = {e->at.ns - length}, .length = length,
		      .text = digit};

	mix_call_mark(r->mix, &k);
}

static void on_event(void *user, const dec_event *e)
{
	render_call *r = user;

	switch ((dec_event_kind)e->kind) {
	case DEC_GAP:
		on_gap(r, e);
		break;
	case DEC_DTMF:
		on_dtmf(r, e);
		break;
	case DEC_UNDECODABLE:
		on_undecodable(r, e);
		break;
	case DEC_CODEC:
		mark_text(r, MIX_STATE, e, e->name);
		break;
	case DEC_STREAM:
	case DEC_KEYED:
	case DEC_BYE:
	case DEC_UNOPENED:
		break;
	}
}

/* ---- the recording ---- */

static char *recordings_dir(const render_call *r, GError **err)
{
	char day[32];
	char *dir;

	clk_wall_iso(r->story->begun.wall, day);
	day[10] = '\0';
	dir = r->cfg->by_day
		      ? g_build_filename(r->cfg->recordings, day, NULL)
		      : g_strdup(r->cfg->recordings);
	if (g_mkdir_with_parents(dir, 0750) == 0)
		return dir;
	g_set_error(err, MIX_ERROR, MIX_ERROR_OPEN, "%s: %s", dir,
		    g_strerror(errno));
	g_free(dir);
	return NULL;
}

static char *recording_name(const render_call *r, GError **err)
{
	const story *s = r->story;
	mix_name n = {
		.begun = s->begun.wall,
		.caller = story_party(s, "caller"),
		.callee = story_party(s, "callee"),
		.call = s->call_id ? s->call_id : s->name,
		.id = s->name,
		.rule = s->rule ? s->rule : "",
	};

	return mix_name_expand(r->cfg->pattern, &n, err);
}

static mix_call *open_mix(render_call *r, GError **err)
{
	g_autofree char *dir = recordings_dir(r, err);
	g_autofree char *name = dir ? recording_name(r, err) : NULL;
	g_autofree char *title = NULL;
	char date[32];
	mix_plan plan = {
		.dir = dir,
		.name = name,
		.outputs = r->cfg->outputs,
		.n_outputs = r->cfg->n_outputs,
		.rate = r->cfg->rate,
		.picture = r->cfg->picture,
		.date = date,
		.comment = r->story->call_id,
	};

	if (!name)
		return NULL;
	clk_wall_iso(r->story->begun.wall, date);
	title = g_strdup_printf("%s - %s", story_party(r->story, "caller"),
				story_party(r->story, "callee"));
	plan.title = title;
	r->result.sidecar = g_strdup_printf("%s/%s.json", dir, name);
	if (r->cfg->video) {
		g_autofree char *base = g_build_filename(dir, name, NULL);

		/* Each layer is put in order by itself before, and may wait
		 * for as long at its start. */
		r->video = video_new(base, r->cfg->video,
				     2 * r->cfg->dec.reorder_ms);
	}
	return mix_call_new(&plan, err);
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
		dec_call_describe(r->dec, copy);
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

/* The recording begins when the call is answered. A journal without that
 * record begins with whatever comes first. */
static bool begin(render_call *r, clk_both at, GError **err)
{
	static const dec_sink sink = {
		.block = on_block,
		.report = on_report,
		.event = on_event,
		.payload = on_payload,
	};

	r->mix = open_mix(r, err);
	if (!r->mix)
		return false;
	r->begin = at.mono;
	r->result.begin = at;
	mix_call_begin(r->mix, at.mono);
	r->dec = dec_call_new(&r->cfg->dec, &sink, r);
	if (r->cfg->early_keys)
		describe_all_keys(r);
	for (guint i = 0; i < r->story->halves->len; i++)
		dec_call_describe(r->dec,
				  g_ptr_array_index(r->story->halves, i));
	return true;
}

static void on_control(render_call *r, const story_control *c)
{
	mix_mark k = {.side = c->side, .at = c->at, .text = c->text};

	switch (c->mark) {
	case REC_HOLD:
	case REC_RETRIEVE:
		k.kind = MIX_HOLD;
		k.edge = c->mark == REC_HOLD ? MIX_ON : MIX_OFF;
		break;
	case REC_PAUSE:
	case REC_RESUME:
	case REC_STOP:
	case REC_START:
		k.kind = MIX_PAUSE;
		k.edge = c->mark == REC_PAUSE || c->mark == REC_STOP ? MIX_ON
								     : MIX_OFF;
		break;
	case REC_DTMF:
		k.kind = MIX_DTMF;
		break;
	case REC_TAG:
		k.kind = MIX_TAG;
		break;
	case REC_TRANSFER:
	case REC_TRANSFERRED:
		k.kind = MIX_STATE;
		k.text = c->mark == REC_TRANSFER ? "transfer" : "transferred";
		break;
	}
	mix_call_mark(r->mix, &k);
}

static bool take_session(render_call *r, const jrn_rec *rec, GError **err)
{
	g_auto(story_control) control;
	const call_half *h = story_record(r->story, rec, r->cfg->key,
					  &control);
	bool ready = r->story->has_answer || r->story->has_end;

	r->late_keys |= rec->type == JRN_KEYS && r->result.packets;
	if (h && r->dec)
		dec_call_describe(r->dec, h);
	if (control.mark && r->mix)
		on_control(r, &control);
	if (!r->mix && r->story->has_answer)
		return begin(r, r->story->answered, err);
	return !ready || r->mix || begin(r, r->story->begun, err);
}

static void take_flow(render_call *r, const jrn_rec *rec)
{
	GArray *a = r->result.flows;
	rec_flow f;

	if (!rec_flow_get(rec->payload, &f))
		return;
	for (guint i = 0; i < a->len; i++) {
		rec_flow *old = &g_array_index(a, rec_flow, i);

		if (old->flow == f.flow) {
			*old = f;
			return;
		}
	}
	g_array_append_val(a, f);
}

static bool take_media(render_call *r, const jrn_rec *rec, GError **err)
{
	rec_loss loss;
	pkt p;

	if (!r->mix && !begin(r, rec->at, err))
		return false;
	switch ((jrn_type)rec->type) {
	case JRN_PACKET:
		if (!rec_packet_get(rec, &p))
			break;
		r->result.packets++;
		r->last_packet = rec->at.mono;
		(void)dec_call_packet(r->dec, &p);
		break;
	case JRN_FLOW:
		take_flow(r, rec);
		break;
	case JRN_LOSS:
		if (rec_loss_get(rec->payload, &loss))
			r->result.lost_by_us += loss.packets;
		break;
	case JRN_CLOSE:
		r->closed = true;
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

static bool take_all(render_call *r, clk_mono horizon, bool whole, GError **err)
{
	jrn_kind kind;
	jrn_rec rec;

	for (;;) {
		/* Before the answer nothing is known to belong on a timeline;
		 * a whole journal without one is taken as it is. */
		bool media = r->story->has_answer || r->story->has_end;

		if (!follow_next(r->follow, horizon, media, &rec, &kind) &&
		    (media || !whole ||
		     !follow_next(r->follow, horizon, true, &rec, &kind)))
			return true;
		r->last_record = rec.at.mono;
		if (kind == JRN_SESSION ? !take_session(r, &rec, err)
					: !take_media(r, &rec, err))
			return false;
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
	o->markers = mix_call_markers(r->mix);
	follow_stats_get(r->follow, &o->journal);
	render_judge(o);
}

/* NAME.json beside NAME.wav, also when NAME had to become NAME-2. */
static void name_sidecar(render_call *r)
{
	const GArray *files = r->result.mix.files;
	static const char *const suffix[MIX_LAYOUTS] = {
		[MIX_STEREO] = "",
		[MIX_MONO] = "-mono",
		[MIX_CALLER] = "-caller",
		[MIX_CALLEE] = "-callee",
	};
	const mix_file *f;
	char *dot;
	g_autofree char *base = NULL;

	if (!files || !files->len)
		return;
	f = &g_array_index(files, mix_file, 0);
	base = g_strdup(f->path);
	dot = strrchr(base, '.');
	if (dot)
		*dot = '\0';
	if (g_str_has_suffix(base, suffix[f->layout]))
		base[strlen(base) - strlen(suffix[f->layout])] = '\0';
	g_free(r->result.sidecar);
	r->result.sidecar = g_strconcat(base, ".json", NULL);
}

/* The end of the dialog, or of what was heard after it. */
static clk_mono end_of(const render_call *r)
{
	clk_mono end = r->story->has_end ? r->story->ended.mono
					 : r->last_record;
	int64_t tail = r->last_media.ns + TAIL_MS * CLK_NS_PER_MS;

	return (clk_mono){MAX(end.ns, tail)};
}

/* Packets stayed shut, and there are keys that came after packets. */
static bool keys_would_help(const render_call *r)
{
	dec_totals t;

	dec_call_totals(r->dec, &t);
	return !r->cfg->early_keys && r->late_keys &&
	       t.fate[DEC_NO_KEY] + t.fate[DEC_AUTH_FAIL] > 0;
}

static render_state finish(render_call *r, GError **err)
{
	clk_mono end;

	if (!r->mix && !begin(r, r->story->begun, err))
		return RENDER_FAILED;
	dec_call_finish(r->dec);
	if (keys_would_help(r))
		return RENDER_AGAIN;
	end = end_of(r);
	r->result.end.mono = end;
	r->result.end.wall.ns = r->result.begin.wall.ns + end.ns - r->begin.ns;
	if (!mix_call_finish(r->mix, end, &r->result.mix, err))
		return RENDER_FAILED;
	if (r->video && !(r->result.videos = video_finish(r->video, err)))
		return RENDER_FAILED;
	collect(r);
	name_sidecar(r);
	return sidecar_write(&r->result, err) ? RENDER_DONE : RENDER_FAILED;
}

/* A BYE alone ends nothing while media goes on: it may be forged. */
static bool over(const render_call *r, clk_mono now)
{
	clk_mono last = r->story->ended.mono;

	if (!r->story->has_end)
		return r->last_record.ns &&
		       clk_since(now, r->last_record) > r->cfg->lost_ns;
	if (r->last_packet.ns > last.ns)
		last = r->last_packet;
	return r->closed ||
	       clk_since(now, last) >
		       r->cfg->grace_ns + SETTLE_MS * CLK_NS_PER_MS;
}

render_state render_call_step(render_call *r, clk_both at, bool whole,
			      GError **err)
{
	clk_mono now, horizon = {INT64_MAX};

	if (r->steps++ % SCAN_EVERY == 0 && !follow_scan(r->follow, err))
		return RENDER_FAILED;
	now = follow_now(r->follow, at);
	if (!whole)
		horizon.ns = now.ns - SETTLE_MS * CLK_NS_PER_MS;
	if (!take_all(r, horizon, whole, err))
		return RENDER_FAILED;
	if (whole)
		return finish(r, err);
	if (over(r, now))
		return follow_late(r->follow) ? RENDER_AGAIN : finish(r, err);
	if (!r->mix || follow_late(r->follow))
		return RENDER_RUNNING;
	dec_call_advance(r->dec, horizon);
	horizon.ns -= (int64_t)r->cfg->dec.reorder_ms * CLK_NS_PER_MS;
	if (r->story->has_end)
		horizon.ns = MIN(horizon.ns, end_of(r).ns);
	return mix_call_advance(r->mix, horizon, err) ? RENDER_RUNNING
						      : RENDER_FAILED;
}

render_call *render_call_new(const render_config *cfg, const char *dir)
{
	render_call *r = g_new0(render_call, 1);
	g_autofree char *name = g_path_get_basename(dir);

	r->cfg = cfg;
	r->dir = g_strdup(dir);
	r->follow = follow_new(dir);
	r->story = story_new(name);
	r->result.story = r->story;
	r->result.streams = g_array_new(FALSE, TRUE, sizeof(dec_stream_totals));
	r->result.gaps = g_array_new(FALSE, TRUE, sizeof(render_gap));
	r->result.flows = g_array_new(FALSE, TRUE, sizeof(rec_flow));
	r->result.undecodable = g_ptr_array_new_with_free_func(g_free);
	return r;
}

const render_result *render_call_result(const render_call *r)
{
	return &r->result;
}

void render_call_free(render_call *r)
{
	if (!r)
		return;
	mix_call_free(r->mix);
	video_free(r->video);
	dec_call_free(r->dec);
	follow_free(r->follow);
	story_free(r->story);
	mix_totals_clear(&r->result.mix);
	g_array_unref(r->result.streams);
	g_array_unref(r->result.gaps);
	g_array_unref(r->result.flows);
	g_ptr_array_unref(r->result.undecodable);
	g_clear_pointer(&r->result.journal.troubles, g_ptr_array_unref);
	g_free(r->result.sidecar);
	g_free(r->result.why);
	g_free(r->dir);
	g_free(r);
}

render_call *render_whole(const render_config *cfg, const char *dir,
			  GError **err)
{
	const clk_both whenever = {{0}, {0}};
	render_call *r = render_call_new(cfg, dir);
	render_state s = render_call_step(r, whenever, true, err);

	if (s == RENDER_AGAIN) {
		render_call_free(r);
		r = render_call_new(cfg, dir);
		r->own_cfg = *cfg;
		r->own_cfg.early_keys = true;
		r->cfg = &r->own_cfg;
		s = render_call_step(r, whenever, true, err);
	}
	if (s == RENDER_DONE)
		return r;
	render_call_free(r);
	return NULL;
}
