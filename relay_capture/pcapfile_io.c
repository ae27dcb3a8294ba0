#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "relay_capture/capfile.h"
#include "relay_capture/source.h"

enum { READ_FIRST = 1 << 20 };

G_DEFINE_QUARK(relay_error, relay_error)

struct relay_file {
	char *path;
	int fd;
	char *trouble;
	relay_cap cap;
	uint8_t *buf;
	size_t size, n, pos;	/* buf[pos..n) is not yet parsed */
	uint64_t offset;	/* of buf[n] in the file */
	uint64_t length;	/* of the file */
	uint64_t frames;
};

static ssize_t fill(relay_file *f, size_t need)
{
	ssize_t got;

	if (f->pos) {
		memmove(f->buf, f->buf + f->pos, f->n - f->pos);
		f->n -= f->pos;
		f->pos = 0;
	}
	if (need > f->size) {
		f->size = need;
		f->buf = g_realloc(f->buf, f->size);
	}
	do {
		got = read(f->fd, f->buf + f->n, f->size - f->n);
	} while (got < 0 && errno == EINTR);
	if (got > 0) {
		f->n += (size_t)got;
		f->offset += (uint64_t)got;
	}
	return got;
}

static bool refuse(const relay_file *f, GError **err)
{
	span head = span_of(f->buf, f->n);
	const char *packed = relay_cap_packed(head);

	if (packed)
		g_set_error(err, RELAY_ERROR, RELAY_ERROR_FORMAT,
			    "%s: compressed with %s; unpack it first", f->path,
			    packed);
	else if (!f->n)
		g_set_error(err, RELAY_ERROR, RELAY_ERROR_FORMAT,
			    "%s: the file is empty", f->path);
	else
		g_set_error(err, RELAY_ERROR, RELAY_ERROR_FORMAT,
			    "%s: not a pcap or pcapng file", f->path);
	return false;
}

/* Reads the file's header. */
static bool begin(relay_file *f, GError **err)
{
	relay_cap_frame none;
	relay_verdict v;
	size_t need;
	span s;

	if (fill(f, 0) < 0) {
		g_set_error(err, RELAY_ERROR, RELAY_ERROR_OPEN, "%s: %s",
			    f->path, g_strerror(errno));
		return false;
	}
	s = span_of(f->buf, f->n);
	v = relay_cap_next(&f->cap, &s, &need, &none);
	if (v != RELAY_OK)
		return refuse(f, err);
	f->pos = f->n - s.left;
	if (f->cap.ng || relay_link_known(f->cap.iface[0].link))
		return true;
	g_set_error(err, RELAY_ERROR, RELAY_ERROR_FORMAT,
		    "%s: link type %d is not supported", f->path,
		    f->cap.iface[0].link);
	return false;
}

relay_file *relay_file_open(const char *path, GError **err)
{
	g_autoptr(relay_file) f = NULL;
	struct stat st;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0) {
		g_set_error(err, RELAY_ERROR, RELAY_ERROR_OPEN, "%s: %s", path,
			    g_strerror(errno));
		return NULL;
	}
	f = g_new0(relay_file, 1);
	f->path = g_strdup(path);
	f->fd = fd;
	f->length = fstat(fd, &st) < 0 ? 0 : (uint64_t)st.st_size;
	f->size = READ_FIRST;
	f->buf = g_malloc(f->size);
	if (!begin(f, err))
		return NULL;
	return g_steal_pointer(&f);
}

static relay_next stop(relay_file *f, relay_next why, const char *text,
		       size_t missing)
{
	if (!f->trouble && why == RELAY_NEXT_CUT)
		f->trouble = g_strdup_printf(
			"%s: %s %" G_GUINT64_FORMAT ": at least %zu octets "
			"are missing", f->path, text, f->frames + 1, missing);
	else if (!f->trouble)
		f->trouble = g_strdup_printf(
			"%s: %s %" G_GUINT64_FORMAT, f->path, text, f->frames);
	return why;
}

/* The parser wants more than the buffer has. */
static relay_next more(relay_file *f, size_t need)
{
	size_t left;
	ssize_t got = fill(f, need);

	left = f->n - f->pos;
	if (got < 0)
		return stop(f, RELAY_NEXT_BAD, g_strerror(errno), 0);
	if (got > 0)
		return RELAY_NEXT_FRAME;
	if (!left)
		return RELAY_NEXT_END;
	return stop(f, RELAY_NEXT_CUT, "the file ends inside frame",
		    need - left);
}

relay_next relay_file_next(relay_file *f, int *link, span *frame, clk_both *at)
{
	relay_cap_frame got;
	relay_verdict v;
	relay_next n;
	size_t need;
	span s;

	for (;;) {
		s = span_of(f->buf + f->pos, f->n - f->pos);
		v = relay_cap_next(&f->cap, &s, &need, &got);
		if (v == RELAY_SHORT) {
			n = more(f, need);
			if (n != RELAY_NEXT_FRAME)
				return n;
			continue;
		}
		if (v != RELAY_OK)
			return stop(f, RELAY_NEXT_BAD, "damaged behind frame",
				    0);
		f->pos = f->n - s.left;
		if (!got.present)
			continue;
		f->frames++;
		*link = got.link;
		*frame = got.bytes;
		*at = clk_from_wall(got.ns);
		return RELAY_NEXT_FRAME;
	}
}

const char *relay_file_trouble(const relay_file *f)
{
	return f->trouble;
}

double relay_file_done(const relay_file *f)
{
	uint64_t done = f->offset - (f->n - f->pos);

	return f->length ? MIN((double)done / (double)f->length, 1) : 0;
}

void relay_file_free(relay_file *f)
{
	if (!f)
		return;
	close(f->fd);
	g_free(f->buf);
	g_free(f->trouble);
	g_free(f->path);
	g_free(f);
}
