#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/journal_io.h"

enum {
	IN_FIRST = 64 << 10,
	IN_MAX = JRN_PAYLOAD_MAX + JRN_FRAME,
};

struct jrn_in {
	char *path;
	int fd;
	bool begun;		/* the header has been read */
	bool ended;		/* the last read met the end of the file */
	char *trouble;
	jrn_header header;
	uint8_t *buf;		/* NULL while it would be empty */
	size_t size;
	span rest;		/* of the buffer: not yet taken */
	uint64_t offset;	/* of `rest` in the file */
};

jrn_in *jrn_in_open(const char *path, GError **err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	jrn_in *in;

	if (fd < 0) {
		g_set_error(err, JRN_ERROR, JRN_ERROR_OPEN, "%s: %s", path,
			    g_strerror(errno));
		return NULL;
	}
	in = g_new0(jrn_in, 1);
	in->path = g_strdup(path);
	in->fd = fd;
	in->size = IN_FIRST;
	return in;
}

static jrn_verdict give_up(jrn_in *in, const char *why)
{
	in->trouble = g_strdup_printf("%s: %s at octet %" G_GUINT64_FORMAT,
				      in->path, why, in->offset);
	return JRN_BAD;
}

static void make_room(jrn_in *in)
{
	const size_t n = in->rest.left;

	if (n && in->rest.p != in->buf)
		memmove(in->buf, in->rest.p, n);
	if (n == in->size && in->size < IN_MAX) {
		in->size = MIN(in->size * 2, (size_t)IN_MAX);
		in->buf = g_realloc(in->buf, in->size);
	}
	if (!in->buf)
		in->buf = g_malloc(in->size);
	in->rest = span_of(in->buf, n);
}

/* More bytes of the file behind those in the buffer: how many, or -1. */
static ssize_t fill(jrn_in *in)
{
	size_t room;
	ssize_t got;

	make_room(in);
	room = in->size - in->rest.left;
	do {
		got = pread(in->fd, in->buf + in->rest.left, room,
			    (off_t)(in->offset + in->rest.left));
	} while (got < 0 && errno == EINTR);
	in->ended = got >= 0 && (size_t)got < room;
	if (got > 0)
		in->rest.left += (size_t)got;
	return got;
}

static jrn_verdict take_header(jrn_in *in)
{
	jrn_verdict v = jrn_header_next(&in->rest, &in->header);

	if (v != JRN_OK)
		return v;
	in->begun = true;
	in->offset += JRN_HEADER;
	return JRN_OK;
}

/* The next record of the buffer, and the header before the first. */
static jrn_verdict take(jrn_in *in, jrn_rec *out)
{
	jrn_verdict v = in->begun ? JRN_OK : take_header(in);
	const size_t left = in->rest.left;

	if (v != JRN_OK)
		return v;
	v = jrn_rec_next(&in->rest, out);
	in->offset += left - in->rest.left;
	return v;
}

jrn_verdict jrn_in_next(jrn_in *in, jrn_rec *out)
{
	jrn_verdict v;

	if (in->trouble)
		return JRN_BAD;
	for (;;) {
		v = take(in, out);
		if (v == JRN_OK)
			return JRN_OK;
		if (v == JRN_BAD)
			return give_up(in, in->begun ? "damaged record" :
						       "not a journal");
		if (in->ended) {	/* the next call reads again */
			in->ended = false;
			return JRN_SHORT;
		}
		if (fill(in) < 0)
			return give_up(in, g_strerror(errno));
	}
}

void jrn_in_rest(jrn_in *in)
{
	g_clear_pointer(&in->buf, g_free);
	in->rest = span_of(NULL, 0);
	in->ended = false;
}

const jrn_header *jrn_in_header(const jrn_in *in)
{
	return in->begun ? &in->header : NULL;
}

uint64_t jrn_in_offset(const jrn_in *in)
{
	return in->offset;
}

uint64_t jrn_in_torn(const jrn_in *in)
{
	struct stat st;

	if (fstat(in->fd, &st) < 0 || (uint64_t)st.st_size < in->offset)
		return 0;
	return (uint64_t)st.st_size - in->offset;
}

const char *jrn_in_trouble(const jrn_in *in)
{
	return in->trouble;
}

const char *jrn_in_path(const jrn_in *in)
{
	return in->path;
}

void jrn_in_free(jrn_in *in)
{
	if (!in)
		return;
	close(in->fd);
	g_free(in->buf);
	g_free(in->trouble);
	g_free(in->path);
	g_free(in);
}
