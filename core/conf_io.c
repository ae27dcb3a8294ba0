#include "core/conf.h"

#include <string.h>

static void take_path(conf *c, const char *path, GPtrArray *errors)
{
	g_autoptr(GError) err = NULL;
	g_autofree char *text = NULL;
	gsize n;

	if (g_file_get_contents(path, &text, &n, &err))
		conf_take(c, text, n, path, errors);
	else if (g_error_matches(err, G_FILE_ERROR, G_FILE_ERROR_NOENT))
		g_ptr_array_add(errors, g_strdup_printf(
			"%s: there is no such file; edgetape.conf(5) describes "
			"its content", path));
	else
		g_ptr_array_add(errors, g_strdup(err->message));
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void take_dropins(conf *c, const char *path, GPtrArray *errors)
{
	g_autofree char *dir = g_strconcat(path, ".d", NULL);
	g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(GDir) d = g_dir_open(dir, 0, NULL);
	const char *n;

	while (d && (n = g_dir_read_name(d)))
		if (g_str_has_suffix(n, ".conf"))
			g_ptr_array_add(names, g_build_filename(dir, n, NULL));
	g_ptr_array_sort(names, by_name);
	for (guint i = 0; i < names->len; i++)
		take_path(c, g_ptr_array_index(names, i), errors);
}

conf *conf_try(const char *path, GPtrArray *errors)
{
	conf *c = conf_default();

	take_path(c, path, errors);
	take_dropins(c, path, errors);
	return c;
}

conf *conf_load(const char *path, GPtrArray *errors)
{
	guint before = errors->len;
	g_autoptr(conf) c = conf_try(path, errors);

	return errors->len > before ? NULL : g_steal_pointer(&c);
}
