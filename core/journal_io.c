#include "core/journal_io.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "core/journal_list.h"

enum {
	OUT_FIRST = 4096,	/* octets of buffer that a quiet call needs */
	RESERVE = 128 << 10,	/* octets of disk ahead of the file's end */
	SYNCFS_FROM = 8,	/* dirty files from which one syncfs is less */
};

G_DEFINE_QUARK(jrn_error, jrn_error)

const jrn_disk jrn_disk_real = {
	.pwrite = pwrite,
	.sync = fdatasync,
	.sync_all = syncfs,
};

struct jrn_out {
	/* What adding a record touches first: it fits a cache line.
	 * buf holds whole records (and the header, if base is 0). buf[i]
	 * belongs at file offset base + i; what is below base is safe. */
	_Alignas(64) uint8_t *buf;
	size_t size, n, written;
	off_t base;
	off_t reserved;		/* up to there the disk has room for us */
	const jrn_disk *disk;
	jrn_kind kind;
	jrn_keep keep;
	char *dir, *path;
	int fd;			/* -1 between two files */
	bool named;		/* the directory entries are on disk */
	bool tainted;		/* its sync failed: a second one would lie */
	unsigned poisoned;
};

static bool fail(GError **err, jrn_error code, const char *path, int no)
{
	g_set_error(err, JRN_ERROR, (gint)code, "%s: %s", path,
		    g_strerror(no));
	return false;
}

static bool is_full(int no)
{
	return no == ENOSPC || no == EDQUOT || no == EFBIG;
}

void jrn_boot_id(uint8_t to[static 16])
{
	g_autofree char *text = NULL;
	size_t digits = 0;
	int v;

	memset(to, 0, 16);
	if (!g_file_get_contents("/proc/sys/kernel/random/boot_id", &text,
				 NULL, NULL))
		return;
	for (const char *c = text; *c && digits < 32; c++) {
		v = g_ascii_xdigit_value(*c);
		if (v < 0)
			continue;
		to[digits / 2] = (uint8_t)(to[digits / 2] << 4 | v);
		digits++;
	}
}

static void make_room(jrn_out *o, size_t more)
{
	if (o->size - o->n >= more)
		return;
	o->size = MAX(o->size * 2, o->n + more);
	o->buf = g_realloc(o->buf, o->size);
}

/* Puts a header in front of what waits in the buffer. */
static void add_header(jrn_out *o, clk_both at)
{
	jrn_header h = {.kind = (uint16_t)o->kind, .at = at};
	put p;

	if (getrandom(h.id, sizeof(h.id), 0) != sizeof(h.id))
		g_assert_not_reached();
	if (o->keep == JRN_KEEP_UNTIL_SYNC)
		jrn_boot_id(h.boot);
	make_room(o, JRN_HEADER);
	if (o->n)
		memmove(o->buf + JRN_HEADER, o->buf, o->n);
	o->n += JRN_HEADER;
	p = put_into(o->buf, JRN_HEADER);
	jrn_header_put(&p, &h);
}

/* Creates the file with the next free number. */
static bool begin_file(jrn_out *o, clk_both at, GError **err)
{
	unsigned number = jrn_list_last(o->dir, o->kind);
	g_autofree char *path = NULL;
	int fd;

	do {
		g_free(path);
		path = jrn_list_path(o->dir, o->kind, ++number);
		fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0640);
	} while (fd < 0 && errno == EEXIST && number < JRN_LIST_MAX);
	if (fd < 0)
		return fail(err, is_full(errno) ? JRN_ERROR_FULL :
						  JRN_ERROR_OPEN,
			    path, errno);
	g_free(o->path);
	o->path = g_steal_pointer(&path);
	o->fd = fd;
	o->named = o->tainted = false;
	o->base = 0;
	o->written = 0;
	o->reserved = 0;
	add_header(o, at);
	return true;
}

jrn_out *jrn_out_open(const char *dir, jrn_kind kind, jrn_keep keep,
		      clk_both at, const jrn_disk *disk, GError **err)
{
	g_autoptr(jrn_out) o = g_aligned_alloc0(1, sizeof(*o),
						_Alignof(jrn_out));

	o->disk = disk ? disk : &jrn_disk_real;
	o->kind = kind;
	o->keep = keep;
	o->dir = g_strdup(dir);
	o->fd = -1;
	o->size = OUT_FIRST;
	o->buf = g_malloc(o->size);
	if (g_mkdir_with_parents(dir, 0750) < 0) {
		fail(err, is_full(errno) ? JRN_ERROR_FULL : JRN_ERROR_OPEN,
		     dir, errno);
		return NULL;
	}
	if (!begin_file(o, at, err))
		return NULL;
	return g_steal_pointer(&o);
}

bool jrn_out_add(jrn_out *o, const jrn_rec *r, span more)
{
	const size_t n = r->payload.left + more.left;
	put p;

	g_assert(n <= JRN_PAYLOAD_MAX);
	if (o->n + JRN_FRAME + n > JRN_OUT_MAX)
		return false;
	make_room(o, JRN_FRAME + n);
	p = put_into(o->buf + o->n, o->size - o->n);
	jrn_rec_put(&p, r, more);
	g_assert(!p.full);
	o->n += p.n;
	return true;
}

void jrn_out_hint(const jrn_out *o, size_t payload)
{
	const size_t end = MIN(o->n + JRN_FRAME + payload, o->size);

	for (size_t i = o->n; i < end; i += 64)
		__builtin_prefetch(o->buf + i, 1);
}

/* Removes from the buffer what is safe, or need not be. All of it has been
 * written, so the buffer then begins with a record. */
static void forget_written(jrn_out *o)
{
	o->base += (off_t)o->written;
	o->n -= o->written;
	if (o->n)
		memmove(o->buf, o->buf + o->written, o->n);
	o->written = 0;
	if (o->n || o->kind != JRN_SESSION)
		return;
	/* A dialog that waits keeps none. Shrunk in its place it would leave a
	 * hole that is too small for the next dialog's. */
	g_clear_pointer(&o->buf, g_free);
	o->size = 0;
}

/* A sync need not find blocks then: with fifty calls on ext4 it took half the
 * time. Where it cannot be, it is not tried again on this file. */
static void reserve(jrn_out *o)
{
	if (o->kind != JRN_MEDIA || o->keep != JRN_KEEP_UNTIL_SYNC ||
	    o->base + (off_t)o->n <= o->reserved)
		return;
	if (fallocate(o->fd, FALLOC_FL_KEEP_SIZE, o->reserved, RESERVE) < 0)
		o->reserved = INT64_MAX;
	else
		o->reserved += RESERVE;
}

/* What was reserved and not used; a file of its own size loses only that. */
static void give_back(const jrn_out *o)
{
	off_t size = o->base + (off_t)o->written;

	if (o->reserved > size && o->reserved != INT64_MAX &&
	    ftruncate(o->fd, size) < 0)
		return;	/* it goes with the file */
}

/* 0 or an errno. A short write is carried on. */
static int write_out(jrn_out *o)
{
	ssize_t done;

	reserve(o);
	while (o->written < o->n) {
		done = o->disk->pwrite(o->fd, o->buf + o->written,
				       o->n - o->written,
				       o->base + (off_t)o->written);
		if (done < 0 && errno == EINTR)
			continue;
		if (done < 0)
			return errno;
		if (done == 0)
			return ENOSPC;
		o->written += (size_t)done;
	}
	return 0;
}

/* The old file keeps what is safe; what the new one holds leaves it, so that
 * readers do not meet it twice. If that fails they do, which harms nothing. */
static void cut_back(int fd, const char *path, off_t safe)
{
	if (safe == 0)
		unlink(path);
	else if (ftruncate(fd, safe) < 0)
		return;
}

/* Gives the file up. Pages that a failed sync did not write may be dropped by
 * the kernel and reported as clean, so the only honest place for them is a new
 * file. */
static bool replace_file(jrn_out *o, int why, GError **err)
{
	g_autofree char *old_path = g_strdup(o->path);
	size_t header = o->base == 0 ? JRN_HEADER : 0;
	int old = o->fd, no;
	off_t safe = o->base;
	bool synced;

	o->poisoned++;
	o->n -= header;
	if (o->n)
		memmove(o->buf, o->buf + header, o->n);
	o->fd = -1;
	o->written = 0;
	o->base = 0;
	if (!begin_file(o, clk_now(), err)) {
		close(old);
		return false;
	}
	no = write_out(o);
	synced = !no && (o->keep == JRN_KEEP_UNTIL_WRITTEN ||
			 !o->disk->sync(o->fd));
	o->tainted = !no && !synced;
	if (synced || (!no && safe == 0))
		cut_back(old, old_path, safe);
	close(old);
	return synced || fail(err, JRN_ERROR_DISK, o->path, no ? no : why);
}

/* After a failed replacement there may be no file. */
static bool have_file(jrn_out *o, GError **err)
{
	return o->fd >= 0 || begin_file(o, clk_now(), err);
}

static bool flush(jrn_out *o, GError **err)
{
	int no;

	if (!have_file(o, err))
		return false;
	no = write_out(o);
	if (!no)
		return true;
	if (is_full(no))
		return fail(err, JRN_ERROR_FULL, o->path, no);
	return replace_file(o, no, err);
}

bool jrn_out_flush(jrn_out *o, GError **err)
{
	if (!flush(o, err))
		return false;
	if (o->keep == JRN_KEEP_UNTIL_WRITTEN)
		forget_written(o);
	return true;
}

/* A file whose name is lost in a power cut is lost as well. */
static int sync_names(jrn_out *o)
{
	g_autofree char *parent = g_path_get_dirname(o->dir);
	const char *dirs[] = {o->dir, parent};
	int fd, no = 0;

	for (size_t i = 0; i < G_N_ELEMENTS(dirs) && !no; i++) {
		fd = open(dirs[i], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (fd < 0 || fsync(fd))
			no = errno;
		if (fd >= 0)
			close(fd);
	}
	o->named = !no;
	return no;
}

/* 0 or an errno. */
static int sync_file(const jrn_out *o)
{
	if (o->tainted)
		return EIO;
	return o->disk->sync(o->fd) ? errno : 0;
}

bool jrn_out_sync(jrn_out *o, GError **err)
{
	int no;

	if (!flush(o, err))
		return false;
	no = sync_file(o);
	if (no && !replace_file(o, no, err))
		return false;
	if (!o->named && (no = sync_names(o)) != 0)
		return fail(err, JRN_ERROR_DISK, o->dir, no);
	forget_written(o);
	return true;
}

static unsigned sync_each(jrn_out *const *o, unsigned n, GError **err)
{
	unsigned bad = 0;

	for (unsigned i = 0; i < n; i++) {
		if (!jrn_out_unsynced(o[i]))
			continue;
		g_clear_error(err);
		bad += !jrn_out_sync(o[i], err);
	}
	return bad;
}

unsigned jrn_out_sync_many(jrn_out *const *o, unsigned n, GError **err)
{
	unsigned bad = 0;
	int fd = -1;

	if (n < SYNCFS_FROM)
		return sync_each(o, n, err);
	for (unsigned i = 0; i < n; i++) {
		g_clear_error(err);
		if (flush(o[i], err))
			fd = o[i]->fd;
		else
			bad++;
	}
	if (fd < 0)
		return bad;
	/* Each open file keeps an error mark of its own, so after a failure
	 * of the whole every file can still be asked for its part. */
	if (o[0]->disk->sync_all(fd))
		return sync_each(o, n, err);
	for (unsigned i = 0; i < n; i++) {
		if (o[i]->written < o[i]->n)
			continue;
		if (o[i]->tainted) {
			g_clear_error(err);
			bad += !jrn_out_sync(o[i], err);
			continue;
		}
		o[i]->named = true;
		forget_written(o[i]);
	}
	return bad;
}

size_t jrn_out_unwritten(const jrn_out *o)
{
	return o->n - o->written;
}

size_t jrn_out_unsynced(const jrn_out *o)
{
	return o->n;
}

unsigned jrn_out_missing(const jrn_out *o, uint16_t type)
{
	span in = span_of(o->buf, o->n);
	unsigned n = 0;
	jrn_header head;
	jrn_rec r;

	if (o->base == 0 && o->fd >= 0 && jrn_header_next(&in, &head) != JRN_OK)
		return 0;
	while (jrn_rec_next(&in, &r) == JRN_OK)
		n += r.type == type && o->n - in.left > o->written;
	return n;
}

unsigned jrn_out_poisoned(const jrn_out *o)
{
	return o->poisoned;
}

const char *jrn_out_path(const jrn_out *o)
{
	return o->path;
}

void jrn_out_free(jrn_out *o)
{
	if (!o)
		return;
	if (o->fd >= 0) {
		give_back(o);
		close(o->fd);
	}
	g_free(o->buf);
	g_free(o->path);
	g_free(o->dir);
	g_aligned_free(o);
}
