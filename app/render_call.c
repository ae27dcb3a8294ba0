/* render_call.c - a call that is rendered: it begins, begins anew, goes, and
 * what others ask of it meanwhile. */
#include "app/render_impl.h"

#include <malloc.h>

enum {
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

bool render_call_behind(const render_call *r)
{
	return r->behind;
}

unsigned render_call_steps(const render_call *r)
{
	return r->steps;
}

uint32_t render_call_hash(const render_call *r)
{
	return r->hash;
}

bool render_call_urgent(render_call *r, uint32_t news)
{
	if (!r->mix || r->story->has_end || r->closed)
		return true;
	if (news == r->news)
		return false;
	if (follow_told(r->follow))
		return true;
	r->news = news;
	return false;
}

static void set_up(render_call *r, const render_config *cfg, const char *dir)
{
	g_autofree char *name = g_path_get_basename(dir);

	r->cfg = cfg;
	r->behind = true;
	r->dir = g_strdup(dir);
	r->hash = g_str_hash(name);
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
}

static void clear(render_call *r)
{
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
}

void render_anew(render_call *r)
{
	const render_config *cfg = r->cfg;
	g_autofree char *dir = g_strdup(r->dir);
	const unsigned steps = r->steps;
	const clk_mono now = r->now;

	clear(r);
	*r = (render_call){.steps = steps, .now = now, .born = now};
	set_up(r, cfg, dir);
}

render_call *render_call_new(const render_config *cfg, const char *dir)
{
	render_call *r = g_new0(render_call, 1);

	set_up(r, cfg, dir);
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

	h.live = s->has_answer && !s->has_end && !r->closed;
	h.speaking = h.live && !s->paused && !r->on_hold && !r->behind;
	if (r->last_packet.ns > since.ns)
		since = r->last_packet;
	h.silent_ns = clk_since(r->now, since);
	if (r->dec) {
		dec_call_totals(r->dec, &t);
		h.shut = t.fate[DEC_NO_KEY] + t.fate[DEC_AUTH_FAIL];
		/* What is behind may find the key where it has not read. */
		if (!r->behind)
			h.shut += t.fate[DEC_HELD];
	}
	return h;
}

void render_call_free(render_call *r)
{
	if (!r)
		return;
	clear(r);
	g_free(r);
}
