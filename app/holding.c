#include "app/holding.h"

#include <glib/gstdio.h>
#include <json-glib/json-glib.h>
#include <string.h>

#include "vault/vault.h"

static void file_clear(void *p)
{
	holding_file *f = p;

	g_free(f->path);
	g_free(f->sha256);
}

static bool known(const holding *h, const char *path)
{
	for (guint i = 0; i < h->files->len; i++)
		if (!strcmp(g_array_index(h->files, holding_file, i).path,
			    path))
			return true;
	return false;
}

static void add(holding *h, const char *path, const char *sha256)
{
	holding_file f = {g_strdup(path), g_strdup(sha256)};

	if (known(h, path))
		file_clear(&f);
	else
		g_array_append_val(h->files, f);
}

/* Names in a sidecar are of files beside it. */
static void add_beside(holding *h, const char *name)
{
	g_autofree char *dir = g_path_get_dirname(h->sidecar);
	g_autofree char *path = NULL;

	if (!name || !*name || *name == '.' || strchr(name, '/'))
		return;
	path = g_build_filename(dir, name, NULL);
	add(h, path, NULL);
}

static void add_videos(holding *h, JsonArray *videos)
{
	for (guint i = 0; videos && i < json_array_get_length(videos); i++) {
		JsonNode *n = json_array_get_element(videos, i);

		if (JSON_NODE_HOLDS_OBJECT(n))
			add_beside(h,
				   json_object_get_string_member_with_default(
					   json_node_get_object(n), "name",
					   NULL));
	}
}

/* The ledger knows the audio files; pictures and video are named in the
 * sidecar. */
static void sidecar_read(holding *h)
{
	g_autoptr(JsonParser) p = json_parser_new();
	JsonObject *o;
	JsonNode *n;

	if (!h->sidecar || !json_parser_load_from_file(p, h->sidecar, NULL))
		return;
	n = json_parser_get_root(p);
	o = n && JSON_NODE_HOLDS_OBJECT(n) ? json_node_get_object(n) : NULL;
	n = o ? json_object_get_member(o, "recording") : NULL;
	if (!n || !JSON_NODE_HOLDS_OBJECT(n))
		return;
	o = json_node_get_object(n);
	add_beside(h, json_object_get_string_member_with_default(o, "picture",
								 NULL));
	add_beside(h, json_object_get_string_member_with_default(
			      o, "spectrogram", NULL));
	n = json_object_get_member(o, "video");
	add_videos(h, n && JSON_NODE_HOLDS_ARRAY(n) ? json_node_get_array(n)
						    : NULL);
}

holding *holding_new(const conf *c, const cat_entry *e)
{
	holding *h = g_new0(holding, 1);

	h->journal = g_build_filename(conf_text(c, CONF_SPOOL), e->name, NULL);
	h->sidecar = g_strdup(e->sidecar);
	h->files = g_array_new(FALSE, TRUE, sizeof(holding_file));
	g_array_set_clear_func(h->files, file_clear);
	for (guint i = 0; e->files && i < e->files->len; i++) {
		const cat_file *f = &g_array_index(e->files, cat_file, i);

		add(h, f->name, f->sha256);
	}
	sidecar_read(h);
	return h;
}

void holding_absent(const cat_entry *e, const char *format, const char *what,
		    GError **err)
{
	const bool deleted = e->expired_ms;
	const char *why = deleted || e->files->len ? NULL : e->reason;
	g_autoptr(GString) kinds = g_string_new(NULL);

	if (e->outcome == CAT_PENDING) {
		g_set_error(err, CAT_ERROR, CAT_ERROR_ABSENT,
			    "%s is still in progress, or its recording is not "
			    "finished; try again later", e->name);
		return;
	}
	for (guint i = 0; format && !deleted && i < e->files->len; i++) {
		const char *name = g_array_index(e->files, cat_file, i).name;
		const char *dot = strrchr(name, '.');

		if (strstr(kinds->str, dot ? dot : name))
			continue;
		g_string_append_printf(kinds, "%s%s",
				       kinds->len ? ", " : "; there is ",
				       dot ? dot : name);
	}
	g_set_error(err, CAT_ERROR, CAT_ERROR_ABSENT,
		    "%s: there is no %s%s%s of it (%s%s%s)%s", e->name,
		    format ? format : "", format ? " " : "", what,
		    cat_outcome_name(e->outcome),
		    deleted ? ", deleted" : why && *why ? ": " : "",
		    why ? why : "", kinds->str);
}

void holding_free(holding *h)
{
	if (!h)
		return;
	g_free(h->journal);
	g_free(h->sidecar);
	g_array_unref(h->files);
	g_free(h);
}

bool holding_remove(const holding *h, GError **err)
{
	g_autofree char *day = NULL;

	for (guint i = 0; i < h->files->len; i++)
		if (!vlt_remove_file(
			    g_array_index(h->files, holding_file, i).path, err))
			return false;
	if (!vlt_remove_dir(h->journal, err))
		return false;
	if (!h->sidecar)
		return true;
	day = g_path_get_dirname(h->sidecar);
	if (!vlt_remove_file(h->sidecar, err))
		return false;
	g_rmdir(day);	/* when it was the day's last */
	return true;
}

static char *matters_path(const holding *h)
{
	return g_build_filename(h->journal, "hold", NULL);
}

char *holding_matters(const holding *h)
{
	g_autofree char *path = matters_path(h);
	char *text = NULL;

	g_file_get_contents(path, &text, NULL, NULL);
	return text;
}

bool holding_matters_set(const holding *h, const char *lines, GError **err)
{
	g_autofree char *path = matters_path(h);

	if (!g_file_test(h->journal, G_FILE_TEST_IS_DIR))
		return true;
	if (!*lines)
		return vlt_remove_file(path, err);
	return g_file_set_contents_full(path, lines, -1,
					G_FILE_SET_CONTENTS_CONSISTENT |
						G_FILE_SET_CONTENTS_DURABLE,
					0640, err);
}
