/* recording.c - where a recording goes, what it is called, and what its files
 * tell. */
#include "app/render_impl.h"

#include <errno.h>
#include <string.h>

#include "app/ledger.h"

/* A call that begins just now has left nothing yet. */
enum { NEW_S = 2 };

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

static bool is_new(const render_call *r)
{
	int64_t age = clk_since(r->now, r->last_record);

	return age >= 0 && age < NEW_S * CLK_NS_PER_S;
}

/* A render that was ended after it wrote the sidecar and before that was noted
 * has given this call a name: NULL without one. */
static char *name_given(const render_call *r, const char *dir, const char *name)
{
	for (unsigned i = 1; r->cfg->again && !is_new(r); i++) {
		g_autofree char *try = i == 1
			? g_strdup(name) : g_strdup_printf("%s-%u", name, i);
		g_autofree char *path = g_strdup_printf("%s/%s.json", dir, try);
		g_autoptr(cat_entry) e = NULL;

		if (!g_file_test(path, G_FILE_TEST_EXISTS))
			break;
		e = ledger_from_sidecar(path, NULL);
		if (e && !strcmp(e->name, r->story->name))
			return g_steal_pointer(&try);
	}
	return NULL;
}

mix_call *render_open(render_call *r, GError **err)
{
	const render_config *c = r->cfg;
	g_autofree char *dir = recordings_dir(r, err);
	g_autofree char *name = dir ? recording_name(r, err) : NULL;
	g_autofree char *given = name ? name_given(r, dir, name) : NULL;
	g_autofree char *title = NULL;
	char date[32];
	mix_plan plan = {
		.dir = dir,
		.name = given ? given : name,
		.own = given != NULL,
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
	/* Each layer is put in order by itself before, and may wait for as
	 * long at its start. */
	if (r->cfg->video)
		r->video = video_new(dir, r->story->name, r->cfg->video,
				     2 * r->cfg->dec.reorder_ms);
	r->own = plan.own;
	r->result.mute_hold = plan.mute_hold;
	r->result.mute_dtmf = plan.mute_dtmf;
	return mix_call_new(&plan, err);
}

void render_name_sidecar(render_call *r)
{
	g_free(r->result.sidecar);
	r->result.sidecar = g_strconcat(r->result.mix.base, ".json", NULL);
}
