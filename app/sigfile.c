#include "app/sigfile.h"

#include "app/setup.h"
#include "relay_capture/capfile.h"
#include "signaling_tap/tap.h"
#include "signaling_tap/textlog.h"
#include "signaling_tap/tracelog.h"

enum {
	WRITTEN_MAX = 128 << 10, /* octets of a message out of a trace */
	PROBE = 1 << 20,	/* octets of a text in which its form shows */
	WIDE_MAX = 512 << 20,	/* octets of a text in UTF-16 */
};

typedef enum form {
	FORM_MARKS,		/* "### <unix time>" */
	FORM_TRACE,
} form;

struct sigfile {
	char *path;
	form form;
	GMappedFile *map;
	char *narrow;		/* its text, when it was UTF-16 */
	span text;		/* FORM_MARKS: what is left of it */
	tap_tracelog trace;
	uint8_t *written;	/* WRITTEN_MAX octets */
	unsigned untimed, too_long;
	unsigned untimed_line;	/* the first one */
};

/* ---- what a file is ---- */

static bool is_capture(span s)
{
	uint32_t magic;

	if (!span_u32(&s, &magic))
		return false;
	return magic == 0xa1b2c3d4 || magic == 0xd4c3b2a1 ||
	       magic == 0xa1b23c4d || magic == 0x4d3cb2a1 ||
	       magic == 0x0a0d0d0a;
}

static bool has_marks(span text)
{
	tap_logged l;

	text.left = MIN(text.left, PROBE);
	return tap_textlog_next(&text, &l);
}

/* PowerShell writes UTF-16 unless told otherwise. */
static bool open_wide(sigfile *f, GError **err)
{
	const span all = f->text;
	gsize n;

	if (all.left > WIDE_MAX)
		return setup_fail(err, "%s: UTF-16 text of this size is not "
				       "read; convert it to UTF-8", f->path);
	f->narrow = g_convert_with_fallback((const char *)all.p,
					    (gssize)all.left, "UTF-8", "UTF-16",
					    "?", NULL, &n, err);
	if (!f->narrow)
		return false;
	f->text = span_of(f->narrow, n);
	return true;
}

static bool open_text(sigfile *f, GError **err)
{
	if ((span_starts(f->text, "\xff\xfe") ||
	     span_starts(f->text, "\xfe\xff")) && !open_wide(f, err))
		return false;
	f->form = has_marks(f->text) ? FORM_MARKS : FORM_TRACE;
	f->trace.rest = f->text;
	f->written = g_malloc(WRITTEN_MAX);
	return true;
}

static bool map_file(sigfile *f, GError **err)
{
	const char *packed;

	if (g_file_test(f->path, G_FILE_TEST_IS_DIR))
		return setup_fail(err, "%s: is a directory; a call's journal "
				       "goes to --journal", f->path);
	f->map = g_mapped_file_new(f->path, FALSE, err);
	if (!f->map)
		return false;
	f->text = span_of(g_mapped_file_get_contents(f->map),
			  g_mapped_file_get_length(f->map));
	packed = relay_cap_packed(f->text);
	if (packed)
		return setup_fail(err, "%s: compressed with %s; unpack it "
				       "first", f->path, packed);
	return f->text.left || setup_fail(err, "%s: the file is empty",
					  f->path);
}

sigfile *sigfile_open(const char *path, bool *capture, GError **err)
{
	g_autoptr(sigfile) f = g_new0(sigfile, 1);

	*capture = false;
	f->path = g_strdup(path);
	if (!map_file(f, err))
		return NULL;
	*capture = is_capture(f->text);
	if (*capture || !open_text(f, err))
		return NULL;
	return g_steal_pointer(&f);
}

/* ---- messages ---- */

static bool next_marked(sigfile *f, clk_both *at, span *message)
{
	tap_logged l;

	if (!tap_textlog_next(&f->text, &l))
		return false;
	*at = clk_from_wall(l.at.ns);
	*message = l.message;
	return true;
}

static bool next_traced(sigfile *f, clk_both *at, span *message)
{
	tap_traced m;

	while (tap_tracelog_next(&f->trace, &m)) {
		put o = put_into(f->written, WRITTEN_MAX);

		if (!m.timed) {
			if (!f->untimed++)
				f->untimed_line = m.line;
			continue;
		}
		tap_traced_put(&o, &m);
		if (!o.full) {
			*at = clk_from_wall(m.at.ns);
			*message = put_done(&o);
			return true;
		}
		f->too_long++;
	}
	return false;
}

bool sigfile_next(sigfile *f, clk_both *at, span *message)
{
	switch (f->form) {
	case FORM_MARKS:
		return next_marked(f, at, message);
	case FORM_TRACE:
		return next_traced(f, at, message);
	}
	return false;
}

/* ---- what went wrong ---- */

void sigfile_tell(const sigfile *f, GPtrArray *troubles)
{
	if (f->untimed)
		g_ptr_array_add(troubles, g_strdup_printf(
			"%s: %u messages have no time before them, the first "
			"in line %u", f->path, f->untimed, f->untimed_line));
	if (f->too_long)
		g_ptr_array_add(troubles, g_strdup_printf(
			"%s: %u messages are too long", f->path, f->too_long));
}

void sigfile_free(sigfile *f)
{
	if (!f)
		return;
	g_free(f->written);
	g_free(f->narrow);
	g_clear_pointer(&f->map, g_mapped_file_unref);
	g_free(f->path);
	g_free(f);
}
