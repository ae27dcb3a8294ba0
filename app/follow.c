#include "app/follow.h"

#include <string.h>
#include <sys/stat.h>

/* A directory's time moves in steps of the kernel's clock tick: a change that
 * is younger than this may hide a second one. */
#define COARSE_NS (100 * CLK_NS_PER_MS)

/* One file and the record at its head. */
typedef struct source {
	jrn_in *in;
	jrn_kind kind;
	bool full;		/* `head` is valid */
	bool dry;		/* at its end, in this look at the files */
	bool bad;
	jrn_rec head;
	uint8_t *kept;		/* its payload between two looks */
	int64_t key;		/* when, on the first file's monotonic clock */
} source;

struct follow {
	char *dir;
	int64_t scanned;	/* the directory's time, once its list is known
				 * to be whole; 0: it must be read */
	GPtrArray *sources;	/* of source, session files first */
	jrn_header base;	/* of the first file: the others' clocks are */
	bool based;		/* told in its terms */
	uint8_t boot[16];	/* of this machine, now */
	int64_t last_media;	/* key of the last media record given */
	bool late;
	uint64_t records;
	unsigned file;		/* of the last record given */
};

static void source_free(void *p)
{
	source *s = p;

	jrn_in_free(s->in);
	g_free(s->kept);
	g_free(s);
}

follow *follow_new(const char *dir)
{
	follow *f = g_new0(follow, 1);

	f->dir = g_strdup(dir);
	f->sources = g_ptr_array_new_with_free_func(source_free);
	f->last_media = INT64_MIN;
	jrn_boot_id(f->boot);
	return f;
}

void follow_free(follow *f)
{
	if (!f)
		return;
	g_ptr_array_unref(f->sources);
	g_free(f->dir);
	g_free(f);
}

static bool known(const follow *f, const char *path)
{
	for (guint i = 0; i < f->sources->len; i++) {
		const source *s = g_ptr_array_index(f->sources, i);

		if (!strcmp(jrn_in_path(s->in), path))
			return true;
	}
	return false;
}

static bool scan_kind(follow *f, jrn_kind kind, GError **err)
{
	g_autoptr(GPtrArray) paths = jrn_files(f->dir, kind, err);

	if (!paths)
		return false;
	for (guint i = 0; i < paths->len; i++) {
		const char *path = g_ptr_array_index(paths, i);
		source *s;

		if (known(f, path))
			continue;
		s = g_new0(source, 1);
		s->in = jrn_in_open(path, err);
		s->kind = kind;
		s->key = INT64_MIN;
		if (!s->in) {
			g_free(s);
			return false;
		}
		g_ptr_array_add(f->sources, s);
	}
	return true;
}

/* The directory's time of modification; 0 if unknown. */
static int64_t changed(const follow *f)
{
	struct stat st;

	if (stat(f->dir, &st) < 0)
		return 0;
	return st.st_mtim.tv_sec * CLK_NS_PER_S + st.st_mtim.tv_nsec;
}

void follow_look(follow *f)
{
	for (guint i = 0; i < f->sources->len; i++)
		((source *)g_ptr_array_index(f->sources, i))->dry = false;
}

bool follow_scan(follow *f, GError **err)
{
	int64_t then = changed(f), now = clk_now().wall.ns;

	if (then && then == f->scanned)
		return true;
	f->scanned = 0;
	if (!scan_kind(f, JRN_SESSION, err) || !scan_kind(f, JRN_MEDIA, err))
		return false;
	if (now - then > COARSE_NS)
		f->scanned = then;
	return true;
}

/* Times of another boot are placed by the wall clock. */
static int64_t on_base(const follow *f, const uint8_t boot[static 16],
		       clk_both at)
{
	if (!f->based || !memcmp(boot, f->base.boot, sizeof(f->base.boot)))
		return at.mono.ns;
	return f->base.at.mono.ns + (at.wall.ns - f->base.at.wall.ns);
}

clk_mono follow_now(const follow *f, clk_both now)
{
	return (clk_mono){on_base(f, f->boot, now)};
}

static void fill(follow *f, source *s)
{
	int64_t key;

	if (s->full || s->dry || s->bad)
		return;
	switch (jrn_in_next(s->in, &s->head)) {
	case JRN_OK:
		break;
	case JRN_SHORT:
		s->dry = true;
		return;
	case JRN_BAD:
		s->bad = true;
		return;
	}
	if (!f->based)
		f->base = *jrn_in_header(s->in);
	f->based = true;
	key = on_base(f, jrn_in_header(s->in)->boot, s->head.at);
	/* Within a file the order of writing counts: packets held back for
	 * their call are written later than they were seen. */
	s->key = MAX(s->key, key);
	s->head.at.mono.ns = key;
	s->full = true;
}

/* The reader's memory is another's until the next look. */
static void keep_head(source *s)
{
	const span p = s->head.payload;

	if (!s->full || !p.left || p.p == s->kept)
		return;
	s->kept = g_realloc(s->kept, p.left);
	memcpy(s->kept, p.p, p.left);
	s->head.payload = span_of(s->kept, p.left);
}

/* A file at its end is not read again for each record of another: what grows
 * meanwhile is for the next look. */
static void end_look(source *s)
{
	s->dry = false;
	keep_head(s);
	jrn_in_rest(s->in);
}

bool follow_next(follow *f, clk_mono horizon, bool media, jrn_rec *out,
		 jrn_kind *kind)
{
	source *best = NULL;
	guint which = 0;

	for (guint i = 0; i < f->sources->len; i++) {
		source *s = g_ptr_array_index(f->sources, i);

		if (s->kind == JRN_MEDIA && !media)
			continue;
		fill(f, s);
		if (s->full && s->key < horizon.ns &&
		    (!best || s->key < best->key ||
		     (s->key == best->key && s->kind < best->kind))) {
			best = s;
			which = i;
		}
	}
	for (guint i = 0; !best && i < f->sources->len; i++)
		end_look(g_ptr_array_index(f->sources, i));
	if (!best)
		return false;
	if (best->kind == JRN_MEDIA)
		f->last_media = MAX(f->last_media, best->key);
	else if (best->key < f->last_media)
		f->late = true;
	best->full = false;
	f->records++;
	f->file = which;
	*out = best->head;
	*kind = best->kind;
	return true;
}

unsigned follow_file(const follow *f)
{
	return f->file;
}

bool follow_told(follow *f)
{
	bool told = false;

	for (guint i = 0; i < f->sources->len; i++) {
		source *s = g_ptr_array_index(f->sources, i);

		if (s->kind != JRN_SESSION)
			continue;
		fill(f, s);
		told |= s->full;
		end_look(s);
	}
	return told;
}

bool follow_late(const follow *f)
{
	return f->late;
}

void follow_stats_get(const follow *f, follow_stats *out)
{
	*out = (follow_stats){.files = f->sources->len, .records = f->records};
	memcpy(out->boot, f->base.boot, sizeof(out->boot));
	out->troubles = g_ptr_array_new_with_free_func(g_free);
	for (guint i = 0; i < f->sources->len; i++) {
		const source *s = g_ptr_array_index(f->sources, i);
		const char *trouble = jrn_in_trouble(s->in);
		g_autofree char *base = g_path_get_basename(
				jrn_in_path(s->in));

		out->torn += jrn_in_torn(s->in);
		if (s->bad && trouble)
			g_ptr_array_add(out->troubles,
					g_strdup_printf("%s: %s", base,
							trouble));
	}
}
