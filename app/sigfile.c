#include "app/sigfile.h"

#include <inttypes.h>

#include "app/setup.h"
#include "relay_capture/capfile.h"
#include "relay_capture/peel.h"
#include "relay_capture/source.h"
#include "signaling_tap/tap.h"
#include "signaling_tap/tracelog.h"
#include "signaling_tap/wire.h"

enum {
	FRAGMENTED = 64,	/* IP packets in pieces at once */
	WRITTEN_MAX = 128 << 10, /* octets of a message out of a trace */
	PROBE = 1 << 20,	/* octets of a text in which its form shows */
	WIDE_MAX = 512 << 20,	/* octets of a text in UTF-16 */
};

typedef enum form {
	FORM_CAPTURE,
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
	relay_file *capture;
	relay_frags *frags;
	tap_wire *wire;
	clk_both at;		/* of the frame read last */
	unsigned count;
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

/* PowerShell writes UTF-16 where nobody asked for it. */
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

static bool open_capture(sigfile *f, const tap_keylog *keys, GError **err)
{
	f->form = FORM_CAPTURE;
	f->capture = relay_file_open(f->path, err);
	if (!f->capture)
		return false;
	f->frags = relay_frags_new(FRAGMENTED);
	f->wire = tap_wire_new(keys);
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

sigfile *sigfile_open(const char *path, const tap_keylog *keys, GError **err)
{
	g_autoptr(sigfile) f = g_new0(sigfile, 1);

	f->path = g_strdup(path);
	if (!map_file(f, err) ||
	    !(is_capture(f->text) ? open_capture(f, keys, err)
				  : open_text(f, err)))
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

static void take_frame(sigfile *f, int link, span frame)
{
	relay_counter why;
	relay_peeled p;

	if (!relay_peel(f->frags, link, frame, f->at.mono, &p, &why))
		return;
	if (p.stream) {
		const tap_segment s = {
			.src = p.src,
			.dst = p.dst,
			.seq = p.segment.seq,
			.syn = p.segment.syn,
			.rst = p.segment.rst,
			.payload = p.segment.payload,
		};

		tap_wire_segment(f->wire, &s, f->at);
	} else {
		tap_wire_datagram(f->wire, p.payload, f->at);
	}
}

static bool next_captured(sigfile *f, clk_both *at, span *message)
{
	span frame;
	int link;

	while (!tap_wire_next(f->wire, at, message)) {
		if (relay_file_next(f->capture, &link, &frame, &f->at) !=
		    RELAY_NEXT_FRAME)
			return false;
		take_frame(f, link, frame);
	}
	return true;
}

bool sigfile_next(sigfile *f, clk_both *at, span *message)
{
	bool any = false;

	switch (f->form) {
	case FORM_CAPTURE:
		any = next_captured(f, at, message);
		break;
	case FORM_MARKS:
		any = next_marked(f, at, message);
		break;
	case FORM_TRACE:
		any = next_traced(f, at, message);
		break;
	}
	f->count += any;
	return any;
}

unsigned sigfile_count(const sigfile *f)
{
	return f->count;
}

/* ---- what went wrong ---- */

static void G_GNUC_PRINTF(3, 4) add(GPtrArray *to, const sigfile *f,
				    const char *fmt, ...)
{
	g_autofree char *text = NULL;
	va_list ap;

	va_start(ap, fmt);
	text = g_strdup_vprintf(fmt, ap);
	va_end(ap);
	g_ptr_array_add(to, g_strdup_printf("%s: %s", f->path, text));
}

static void tell_tls(const sigfile *f, GPtrArray *troubles, GPtrArray *notes)
{
	const tap_wire_stats *t = tap_wire_totals(f->wire);

	if (t->tls[TAP_TLS_UNKNOWN])
		add(troubles, f, "%" PRIu64 " TLS connections with a cipher "
				 "suite that is not known here (the last: "
				 "0x%04x, TLS version 0x%04x)",
		    t->tls[TAP_TLS_UNKNOWN], t->suite, t->version);
	if (t->tls[TAP_TLS_REFUSED])
		add(troubles, f, "%" PRIu64 " TLS connections did not open "
				 "with their keys from the key log",
		    t->tls[TAP_TLS_REFUSED]);
	if (t->tls[TAP_TLS_TORN])
		add(troubles, f, "%" PRIu64 " TLS connections could not be "
				 "read to their end: packets are missing",
		    t->tls[TAP_TLS_TORN]);
	if (t->tls[TAP_TLS_NO_KEY])
		add(notes, f, "%" PRIu64 " of %" PRIu64 " TLS connections have "
			      "no key in a key log (--tls-keys)",
		    t->tls[TAP_TLS_NO_KEY], t->tls[TAP_TLS_FINE]);
	if (t->tls[TAP_TLS_LATE])
		add(notes, f, "%" PRIu64 " of %" PRIu64 " TLS connections had "
			      "begun before the capture did, or lack packets "
			      "of their beginning",
		    t->tls[TAP_TLS_LATE], t->tls[TAP_TLS_FINE]);
}

void sigfile_tell(const sigfile *f, GPtrArray *troubles, GPtrArray *notes)
{
	if (f->untimed)
		add(troubles, f, "%u messages have no time before them, the "
				 "first in line %u",
		    f->untimed, f->untimed_line);
	if (f->too_long)
		add(troubles, f, "%u messages are too long", f->too_long);
	if (f->capture && relay_file_trouble(f->capture))
		add(troubles, f, "%s", relay_file_trouble(f->capture));
	if (f->wire)
		tell_tls(f, troubles, notes);
}

void sigfile_free(sigfile *f)
{
	if (!f)
		return;
	tap_wire_free(f->wire);
	g_clear_pointer(&f->frags, relay_frags_free);
	relay_file_free(f->capture);
	g_free(f->written);
	g_free(f->narrow);
	g_clear_pointer(&f->map, g_mapped_file_unref);
	g_free(f->path);
	g_free(f);
}
