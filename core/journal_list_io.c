#include "core/journal_list.h"

#include <string.h>

static const char *stem(jrn_kind kind)
{
	return kind == JRN_SESSION ? "session-" : "media-";
}

/* 0 when the name is not of this kind. */
static unsigned number_of(const char *name, jrn_kind kind)
{
	span s = span_str(name);
	uint64_t v;

	if (!span_starts(s, stem(kind)) || !span_skip(&s, strlen(stem(kind))) ||
	    !span_decimal(&s, JRN_LIST_MAX, &v) || !span_eq(s, ".etj"))
		return 0;
	return (unsigned)v;
}

char *jrn_list_path(const char *dir, jrn_kind kind, unsigned number)
{
	return g_strdup_printf("%s/%s%03u.etj", dir, stem(kind), number);
}

/* Numbers in use, unsorted. */
static GArray *numbers(const char *dir, jrn_kind kind, GError **err)
{
	g_autoptr(GDir) d = g_dir_open(dir, 0, err);
	GArray *all;
	const char *name;
	unsigned v;

	if (!d)
		return NULL;
	all = g_array_new(FALSE, FALSE, sizeof(unsigned));
	while ((name = g_dir_read_name(d)) != NULL) {
		v = number_of(name, kind);
		if (v)
			g_array_append_val(all, v);
	}
	return all;
}

unsigned jrn_list_last(const char *dir, jrn_kind kind)
{
	g_autoptr(GArray) all = numbers(dir, kind, NULL);
	unsigned last = 0;

	for (guint i = 0; all && i < all->len; i++)
		last = MAX(last, g_array_index(all, unsigned, i));
	return last;
}

static int by_number(const void *a, const void *b)
{
	unsigned x = *(const unsigned *)a, y = *(const unsigned *)b;

	return (x > y) - (x < y);
}

GPtrArray *jrn_files(const char *dir, jrn_kind kind, GError **err)
{
	g_autoptr(GArray) all = numbers(dir, kind, err);
	GPtrArray *paths;

	if (!all)
		return NULL;
	g_array_sort(all, by_number);
	paths = g_ptr_array_new_with_free_func(g_free);
	for (guint i = 0; i < all->len; i++)
		g_ptr_array_add(paths, jrn_list_path(dir, kind,
				g_array_index(all, unsigned, i)));
	return paths;
}
