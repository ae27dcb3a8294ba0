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
	size_t size, n, pos;	/* buf[pos..n) is not yet read */
	uint64_t offset;	/* of buf[pos] in the file */
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

/* More bytes of the file behind those in the buffer: how many, or -1. */
static ssize_t fill(jrn_in *in)
{
	ssize_t got;

	if (in->pos) {
		memmove(in->buf, in->buf + in->pos, in->n - in->pos);
		in->n -= in->pos;
		in->pos = 0;
	}
	if (in->n == in->size && in->size < IN_MAX) {
		in->size = MIN(in->size * 2, (size_t)IN_MAX);
		in->buf = g_realloc(in->buf, in->size);
	}
	if (!in->buf)
		in->buf = g_malloc(in->size);
	do {
		got = pread(in->fd, in->buf + in->n, in->size - in->n,
			    (off_t)(in->offset + in->n));
	} while (got < 0 && errno == EINTR);
	in->ended = got >= 0 && (size_t)got < in->size - in->n;
	if (got > 0)
		in->n += (size_t)got;
	return got;
}

/* The header or a record out of what is in the buffer. */
static jrn_verdict take(jrn_in *in, span *s, jrn_rec *out)
{
	jrn_verdict v;

	if (!in->begun) {
		v = jrn_header_next(s, &in->header);
		if (v != JRN_OK)
			return v;
		in->begun = true;
		in->pos += JRN_HEADER;
		in->offset += JRN_HEADER;
	}
	return jrn_rec_next(s, out);
}

jrn_verdict jrn_in_next(jrn_in *in, jrn_rec *out)
{
	jrn_verdict v;
	ssize_t got;
	span s;

	if (in->trouble)
		return JRN_BAD;
	for (;;) {
		s = in->buf ? span_of(in->buf + in->pos, in->n - in->pos)
			    : span_of(NULL, 0);
		v = take(in, &s, out);
		if (v == JRN_OK) {
			in->offset += in->n - in->pos - s.left;
			in->pos = in->n - s.left;
			return JRN_OK;
		}
		if (v == JRN_BAD)
			return give_up(in, in->begun ? "damaged record" :
						       "not a journal");
		if (in->ended) {	/* the next call reads again */
			in->ended = false;
			return JRN_SHORT;
		}
		got = fill(in);
		if (got < 0)
			return give_up(in, g_strerror(errno));
	}
}

void jrn_in_rest(jrn_in *in)
{
	g_clear_pointer(&in->buf, g_free);
	in->n = in->pos = 0;
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
