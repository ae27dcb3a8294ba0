#include "tests/support/powercut.h"

#include <string.h>
#include <sys/stat.h>

enum { PAGE = 4096, SECTOR = 512 };

typedef enum what {
	NAMED,			/* file `id` is called `name` */
	WRITTEN,
	CUT,			/* to `at` octets */
	RENAMED,
	SYNCED,
	SYNCED_DIR,
	SYNCED_ALL,
} what;

typedef struct event {
	what what;
	ino_t id;
	uint64_t at;
	GBytes *data;
	char *name, *to;
} event;

struct powercut {
	char *dir;
	GArray *events;
	GHashTable *names;	/* before the first event: name -> file */
	GHashTable *files;	/* id -> GByteArray, before the first event */
	powercut_deaf deaf;
};

/* A file as the disk has it, and what has not reached it for certain. */
typedef struct file {
	GByteArray *disk;
	GPtrArray *pending;	/* of event */
} file;

/* Reconstruction of one state. */
typedef struct state {
	const powercut *p;
	GHashTable *names;	/* name -> id */
	GHashTable *files;	/* id -> file */
	GPtrArray *pending;	/* of event: names */
	uint32_t dice;
} state;

static void event_clear(void *v)
{
	event *e = v;

	g_clear_pointer(&e->data, g_bytes_unref);
	g_free(e->name);
	g_free(e->to);
}

static void *key(ino_t id)
{
	return GSIZE_TO_POINTER((gsize)id);
}

static GByteArray *copy(const uint8_t *data, size_t n)
{
	return g_byte_array_append(g_byte_array_new(), data, (guint)n);
}

static void take_file(powercut *p, const char *name)
{
	g_autofree char *path = g_build_filename(p->dir, name, NULL);
	g_autofree char *all = NULL;
	struct stat st;
	gsize n;

	if (stat(path, &st) || !g_file_get_contents(path, &all, &n, NULL))
		return;
	g_hash_table_insert(p->names, g_strdup(name), key(st.st_ino));
	g_hash_table_insert(p->files, key(st.st_ino),
			    copy((const uint8_t *)all, n));
}

powercut *powercut_new(const char *dir)
{
	powercut *p = g_new0(powercut, 1);
	g_autoptr(GDir) d = g_dir_open(dir, 0, NULL);
	const char *name;

	p->dir = g_strdup(dir);
	p->events = g_array_new(FALSE, TRUE, sizeof(event));
	g_array_set_clear_func(p->events, event_clear);
	p->names = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	p->files = g_hash_table_new_full(NULL, NULL, NULL,
					 (GDestroyNotify)g_byte_array_unref);
	while (d && (name = g_dir_read_name(d)))
		take_file(p, name);
	return p;
}

void powercut_free(powercut *p)
{
	if (!p)
		return;
	g_array_unref(p->events);
	g_hash_table_unref(p->names);
	g_hash_table_unref(p->files);
	g_free(p->dir);
	g_free(p);
}

/* ---- the log ---- */

static char *inside(const powercut *p, const char *path)
{
	g_autofree char *dir = g_path_get_dirname(path);

	return strcmp(dir, p->dir) ? NULL : g_path_get_basename(path);
}

static bool known(const powercut *p, ino_t id)
{
	if (g_hash_table_contains(p->files, key(id)))
		return true;
	for (guint i = 0; i < p->events->len; i++) {
		const event *e = &g_array_index(p->events, event, i);

		if (e->what == NAMED && e->id == id)
			return true;
	}
	return false;
}

static bool id_of(int fd, struct stat *st)
{
	return fstat(fd, st) == 0;
}

void powercut_named(powercut *p, int fd, const char *path)
{
	event e = {.what = NAMED, .name = inside(p, path)};
	struct stat st;

	if (!e.name || !id_of(fd, &st) || known(p, st.st_ino)) {
		g_free(e.name);
		return;
	}
	e.id = st.st_ino;
	g_array_append_val(p->events, e);
}

void powercut_written(powercut *p, int fd, const void *data, size_t n,
		      uint64_t at)
{
	event e = {.what = WRITTEN, .at = at};
	struct stat st;

	if (!id_of(fd, &st) || !known(p, st.st_ino))
		return;
	e.id = st.st_ino;
	e.data = g_bytes_new(data, n);
	g_array_append_val(p->events, e);
}

void powercut_cut(powercut *p, int fd, uint64_t size)
{
	event e = {.what = CUT, .at = size};
	struct stat st;

	if (!id_of(fd, &st) || !known(p, st.st_ino))
		return;
	e.id = st.st_ino;
	g_array_append_val(p->events, e);
}

void powercut_renamed(powercut *p, const char *from, const char *to)
{
	event e = {.what = RENAMED, .name = inside(p, from),
		   .to = inside(p, to)};

	if (e.name && e.to)
		g_array_append_val(p->events, e);
	else
		event_clear(&e);
}

void powercut_synced(powercut *p, int fd)
{
	event e = {.what = SYNCED};
	struct stat st, dir;

	if (!id_of(fd, &st) || stat(p->dir, &dir))
		return;
	e.id = st.st_ino;
	if (st.st_ino == dir.st_ino)
		e.what = SYNCED_DIR;
	else if (!known(p, st.st_ino))
		return;
	g_array_append_val(p->events, e);
}

void powercut_synced_all(powercut *p)
{
	event e = {.what = SYNCED_ALL};

	g_array_append_val(p->events, e);
}

guint powercut_events(const powercut *p)
{
	return p->events->len;
}

void powercut_plant(powercut *p, powercut_deaf fault)
{
	p->deaf = fault;
}

/* ---- a state ---- */

static uint32_t roll(state *s, uint32_t below)
{
	s->dice = s->dice * 1664525u + 1013904223u;
	return (uint32_t)((uint64_t)(s->dice >> 8) * below >> 24);
}

static void file_free(void *v)
{
	file *f = v;

	g_byte_array_unref(f->disk);
	g_ptr_array_unref(f->pending);
	g_free(f);
}

static file *file_new(GByteArray *disk)
{
	file *f = g_new(file, 1);

	f->disk = disk;
	f->pending = g_ptr_array_new();
	return f;
}

static void grow(GByteArray *a, size_t n)
{
	const guint old = a->len;

	if (n <= old)
		return;
	g_byte_array_set_size(a, (guint)n);
	memset(a->data + old, 0, n - old);
}

static uint64_t size_after(uint64_t size, const event *e)
{
	if (e->what == CUT)
		return e->at;
	return MAX(size, e->at + g_bytes_get_size(e->data));
}

/* Of the event what falls into [from, to) of the file. */
static void apply(GByteArray *a, const event *e, uint64_t from, uint64_t to)
{
	gsize n;
	const uint8_t *data;
	uint64_t first, last;

	if (e->what != WRITTEN)
		return;
	data = g_bytes_get_data(e->data, &n);
	first = MAX(from, e->at);
	last = MIN(to, e->at + n);
	if (first >= last)
		return;
	grow(a, last);
	memcpy(a->data + first, data + (first - e->at), last - first);
}

static void settle(file *f)
{
	for (guint i = 0; i < f->pending->len; i++) {
		const event *e = g_ptr_array_index(f->pending, i);
		uint64_t size = size_after(f->disk->len, e);

		apply(f->disk, e, 0, UINT64_MAX);
		g_byte_array_set_size(f->disk, (guint)size);
	}
	g_ptr_array_set_size(f->pending, 0);
}

static void rename_in(state *s, const event *e)
{
	gpointer name, id;

	if (e->what == NAMED) {
		g_hash_table_replace(s->names, g_strdup(e->name), key(e->id));
		return;
	}
	if (!g_hash_table_steal_extended(s->names, e->name, &name, &id))
		return;
	g_free(name);
	g_hash_table_replace(s->names, g_strdup(e->to), id);
}

static void settle_names(state *s, guint n)
{
	for (guint i = 0; i < n; i++)
		rename_in(s, g_ptr_array_index(s->pending, i));
	g_ptr_array_set_size(s->pending, 0);
}

static void settle_all(state *s)
{
	GHashTableIter i;
	gpointer f;

	g_hash_table_iter_init(&i, s->files);
	while (g_hash_table_iter_next(&i, NULL, &f))
		settle(f);
	settle_names(s, s->pending->len);
}

static void happen(state *s, event *e)
{
	file *f = g_hash_table_lookup(s->files, key(e->id));

	switch (e->what) {
	case NAMED:
		g_hash_table_insert(s->files, key(e->id),
				    file_new(g_byte_array_new()));
		g_ptr_array_add(s->pending, e);
		return;
	case RENAMED:
		g_ptr_array_add(s->pending, e);
		return;
	case WRITTEN:
	case CUT:
		g_ptr_array_add(f->pending, e);
		return;
	case SYNCED:
		if (s->p->deaf != POWERCUT_NO_FILE)
			settle(f);
		return;
	case SYNCED_DIR:
		settle_names(s, s->pending->len);
		return;
	case SYNCED_ALL:
		if (s->p->deaf != POWERCUT_NO_ALL)
			settle_all(s);
		return;
	}
}

/* [from, to) as it was when `n` of what is pending had happened. */
static void apply_first(GByteArray *a, const file *f, guint n, uint64_t from,
			uint64_t to)
{
	for (guint i = 0; i < n; i++)
		apply(a, g_ptr_array_index(f->pending, i), from, to);
}

/* Nothing, all, or any moment between. */
static guint moment(state *s, const file *f)
{
	const uint32_t way = roll(s, 4);

	return way == 0 ? 0
	       : way == 1 ? f->pending->len
			  : roll(s, f->pending->len + 1);
}

static GByteArray *tear(state *s, const file *f)
{
	GByteArray *a = copy(f->disk->data, f->disk->len);
	const guint sized = moment(s, f);
	uint64_t size = a->len, most = size;

	for (guint i = 0; i < f->pending->len; i++) {
		const event *e = g_ptr_array_index(f->pending, i);

		if (i < sized)
			size = size_after(size, e);
		most = MAX(most, size_after(most, e));
	}
	for (uint64_t at = 0; at < most; at += PAGE) {
		const uint64_t step = roll(s, 8) ? PAGE : SECTOR;

		for (uint64_t in = 0; in < PAGE; in += step)
			apply_first(a, f, moment(s, f), at + in,
				    at + in + step);
	}
	grow(a, size);
	g_byte_array_set_size(a, (guint)size);
	return a;
}

static void begin(state *s)
{
	GHashTableIter i;
	gpointer name, id, disk;

	g_hash_table_iter_init(&i, s->p->names);
	while (g_hash_table_iter_next(&i, &name, &id))
		g_hash_table_insert(s->names, g_strdup(name), id);
	g_hash_table_iter_init(&i, s->p->files);
	while (g_hash_table_iter_next(&i, &id, &disk)) {
		const GByteArray *a = disk;

		g_hash_table_insert(s->files, id,
				    file_new(copy(a->data, a->len)));
	}
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void write_state(state *s, const char *to)
{
	guint n;
	g_autofree char **names = (char **)g_hash_table_get_keys_as_array(
		s->names, &n);

	qsort(names, n, sizeof(*names), by_name);
	for (guint i = 0; i < n; i++) {
		void *id = g_hash_table_lookup(s->names, names[i]);
		g_autofree char *path = g_build_filename(to, names[i], NULL);
		g_autoptr(GByteArray) a = tear(
			s, g_hash_table_lookup(s->files, id));

		g_assert_true(g_file_set_contents(path, (char *)a->data,
						  (gssize)a->len, NULL));
	}
}

void powercut_state(const powercut *p, guint events, uint32_t seed,
		    const char *to)
{
	state s = {
		.p = p,
		.names = g_hash_table_new_full(g_str_hash, g_str_equal, g_free,
					       NULL),
		.files = g_hash_table_new_full(NULL, NULL, NULL, file_free),
		.pending = g_ptr_array_new(),
		.dice = seed,
	};

	g_assert_cmpuint(events, <=, p->events->len);
	begin(&s);
	for (guint i = 0; i < events; i++)
		happen(&s, &g_array_index(p->events, event, i));
	settle_names(&s, roll(&s, s.pending->len + 1));
	write_state(&s, to);
	g_hash_table_unref(s.names);
	g_hash_table_unref(s.files);
	g_ptr_array_unref(s.pending);
}
