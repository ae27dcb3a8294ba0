/* cmd_render.c - the role that turns journals into recordings, live. */
#include "app/app.h"

#include <string.h>

#include "app/render.h"
#include "app/setup.h"

enum {
	STEP_MS = 100,
	SCAN_EVERY = 5,		/* steps between two looks at the spool */
};

typedef struct render_role {
	conf *conf;
	render_config cfg;
	GArray *outputs;
	GHashTable *calls;	/* name -> render_call, those in progress */
	GHashTable *done;	/* names that need no further look */
	unsigned steps;
} render_role;

static char *marker_path(const render_role *r, const char *name)
{
	return g_build_filename(conf_text(r->conf, CONF_SPOOL), name,
				"rendered", NULL);
}

/* The journal stays; the mark says that it need not be read again. */
static void settle(render_role *r, const char *name, const char *text)
{
	g_autofree char *path = marker_path(r, name);
	g_autoptr(GError) err = NULL;

	if (!g_file_set_contents_full(path, text, -1,
				      G_FILE_SET_CONTENTS_CONSISTENT, 0640,
				      &err))
		g_warning("%s", err->message);
	g_hash_table_add(r->done, g_strdup(name));
}

static void tell_done(const render_result *o)
{
	g_autofree char *line = g_strdup_printf(
		"%s: %s%s%s; %.1f s, %" G_GUINT64_FORMAT " packets -> %s",
		o->story->name, o->outcome, *o->why ? ", " : "", o->why,
		(double)o->mix.duration / 1e9, o->packets, o->sidecar);

	if (!strcmp(o->outcome, "RECORDED") || !strcmp(o->outcome, "EXEMPT"))
		g_message("%s", line);
	else
		g_warning("%s", line);
}

static void conclude(render_role *r, const char *name, render_call *c)
{
	const render_result *o = render_call_result(c);

	tell_done(o);
	settle(r, name, o->sidecar);
}

static void again(render_role *r, const char *name)
{
	g_autofree char *dir = g_build_filename(
			conf_text(r->conf, CONF_SPOOL), name, NULL);
	g_autoptr(GError) err = NULL;
	g_autoptr(render_call) c = render_whole(&r->cfg, dir, &err);

	if (c)
		conclude(r, name, c);
	else
		g_critical("%s: not rendered: %s", name, err->message);
}

/* True when the call needs no further step. */
static bool step(render_role *r, const char *name, render_call *c)
{
	g_autoptr(GError) err = NULL;

	switch (render_call_step(c, clk_mono_now(), false, &err)) {
	case RENDER_RUNNING:
		return false;
	case RENDER_DONE:
		conclude(r, name, c);
		return true;
	case RENDER_AGAIN:
		again(r, name);
		return true;
	case RENDER_FAILED:
		break;
	}
	/* The journal is whole and stays: a later start tries again. */
	g_critical("%s: not rendered: %s", name, err->message);
	g_hash_table_add(r->done, g_strdup(name));
	return true;
}

static bool has_session(const char *dir)
{
	g_autoptr(GPtrArray) files = jrn_files(dir, JRN_SESSION, NULL);

	return files && files->len;
}

static void consider(render_role *r, const char *name)
{
	g_autofree char *dir = NULL;
	g_autofree char *mark = NULL;

	if (g_hash_table_contains(r->calls, name) ||
	    g_hash_table_contains(r->done, name))
		return;
	mark = marker_path(r, name);
	if (g_file_test(mark, G_FILE_TEST_EXISTS)) {
		g_hash_table_add(r->done, g_strdup(name));
		return;
	}
	dir = g_build_filename(conf_text(r->conf, CONF_SPOOL), name, NULL);
	if (has_session(dir))
		g_hash_table_insert(r->calls, g_strdup(name),
				    render_call_new(&r->cfg, dir));
}

static void scan(render_role *r)
{
	g_autoptr(GDir) d = g_dir_open(conf_text(r->conf, CONF_SPOOL), 0, NULL);
	const char *name;

	while (d && (name = g_dir_read_name(d)))
		if (*name != '.')
			consider(r, name);
}

static gboolean tick(gpointer user)
{
	render_role *r = user;
	GHashTableIter i;
	void *name, *c;

	if (r->steps++ % SCAN_EVERY == 0)
		scan(r);
	g_hash_table_iter_init(&i, r->calls);
	while (g_hash_table_iter_next(&i, &name, &c))
		if (step(r, name, c))
			g_hash_table_iter_remove(&i);
	return G_SOURCE_CONTINUE;
}

static bool start(render_role *r, GError **err)
{
	const conf *c = r->conf;
	const char *key = conf_need(c, CONF_PRIVATE_KEY, err);

	if (!key)
		return false;
	r->outputs = setup_outputs(conf_list(c, CONF_RENDER_FORMATS),
				   conf_choice(c, CONF_RENDER_LAYOUT), err);
	if (!r->outputs) {
		g_prefix_error(err, "[render] formats: ");
		return false;
	}
	r->cfg = (render_config){
		.key = seal_key_open(key, err),
		.recordings = conf_text(c, CONF_RECORDINGS),
		.by_day = true,
		.pattern = conf_text(c, CONF_RENDER_NAME),
		.outputs = (const mix_output *)(void *)r->outputs->data,
		.n_outputs = r->outputs->len,
		.rate = conf_number(c, CONF_RENDER_RATE),
		.picture = conf_bool(c, CONF_RENDER_PICTURE),
		.dec = dec_config_default(),
		.grace_ns = conf_number(c, CONF_RENDER_GRACE) * CLK_NS_PER_MS,
	};
	r->cfg.dec.libsrtp = conf_choice(c, CONF_RENDER_SRTP) == 1;
	if (!r->cfg.key || !app_drop(c, err))
		return false;
	{
		const char *const read[] = {"/etc/localtime", "/proc/self",
					    NULL};
		const char *const write[] = {conf_text(c, CONF_SPOOL),
					     r->cfg.recordings, NULL};

		return app_confine(false, read, write, err);
	}
}

static void stop(render_role *r)
{
	if (r->calls)
		g_hash_table_unref(r->calls);
	if (r->done)
		g_hash_table_unref(r->done);
	if (r->outputs)
		g_array_unref(r->outputs);
	seal_key_free(r->cfg.key);
	conf_free(r->conf);
}

int cmd_render(int argc, char **argv)
{
	g_autoptr(GMainLoop) loop = g_main_loop_new(NULL, FALSE);
	g_autoptr(GError) err = NULL;
	render_role r = {0};
	app_role role;
	int status;

	if (!app_role_start(&role, "render",
			    "Follows the call journals and leaves a recording "
			    "and a JSON sidecar of each call.",
			    argc, argv, &status))
		return status;
	r.conf = role.conf;
	if (!start(&r, &err)) {
		stop(&r);
		return app_fail("render", err);
	}
	r.calls = g_hash_table_new_full(g_str_hash, g_str_equal, g_free,
					(GDestroyNotify)render_call_free);
	r.done = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	g_timeout_add(STEP_MS, tick, &r);
	g_message("rendering %s into %s", conf_text(r.conf, CONF_SPOOL),
		  r.cfg.recordings);
	app_loop_run(loop, NULL, NULL);
	stop(&r);
	return APP_OK;
}
