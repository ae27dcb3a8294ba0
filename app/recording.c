/* Where a recording goes, what it is called, and what its files tell. */
#include "app/render_impl.h"

#include <errno.h>
#include <string.h>

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

mix_call *render_open(render_call *r, GError **err)
{
	const render_config *c = r->cfg;
	g_autofree char *dir = recordings_dir(r, err);
	g_autofree char *name = dir ? recording_name(r, err) : NULL;
	g_autofree char *title = NULL;
	char date[32];
	mix_plan plan = {
		.dir = dir,
		.name = name,
		.outputs = c->outputs,
		.n_outputs = c->n_outputs,
		.rate = c->rate,
		.mute_hold = c->mute_hold,
		.mute_dtmf = c->mute_dtmf,
		.dtmf_tones = c->dtmf_tones,
		.level = c->level,
		.picture = c->picture,
		.spectrogram = c->spectrogram,
		.date = c->tag_date ? date : NULL,
		.comment = c->tag_call ? r->story->call_id : NULL,
	};

	if (!name)
		return NULL;
	clk_wall_iso(r->story->begun.wall, date);
	title = g_strdup_printf("%s - %s", story_party(r->story, "caller"),
				story_party(r->story, "callee"));
	plan.title = c->tag_parties ? title : NULL;
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

void render_name_sidecar(render_call *r)
{
	g_free(r->result.sidecar);
	r->result.sidecar = g_strconcat(r->result.mix.base, ".json", NULL);
}
