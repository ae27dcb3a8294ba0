#include "mixer/outfile_io.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "mixer/mix.h"

enum { BUFFER = 1 << 16, LOOK = 4096 };

struct mix_outfile {
	int fd;
	char *path;		/* final */
	char *part;
	uint64_t size;		/* with what is still in the buffer */
	uint64_t was;		/* what the render before left; 0: nothing, or
				 * this one is past it */
	size_t head;		/* octets at the front that grow with it */
	size_t held;		/* octets in the buffer */
	bool committed;
	uint8_t *buf;		/* BUFFER octets; NULL while nothing is held */
};

static bool fail(const char *path, const char *what, GError **err)
{
	g_set_error(err, MIX_ERROR, MIX_ERROR_DISK, "%s: %s: %s", path, what,
		    g_strerror(errno));
	return false;
}

/* The part file that is open is still the one in the directory: its former
 * owner may have renamed it between our open() and flock(). */
static bool still_there(int fd, const char *part)
{
	struct stat here, there;

	return !fstat(fd, &here) && !lstat(part, &there) &&
	       here.st_ino == there.st_ino && here.st_dev == there.st_dev;
}

/* A render that died may have named it already, by rename() or by link(). */
static void take_back(const char *path, const char *part)
{
	struct stat st;

	if (!lstat(path, &st) && S_ISREG(st.st_mode))
		(void)rename(path, part);
}

bool mix_outfile_claim(const char *dir, const char *name, bool own,
		       mix_outfile **out, GError **err)
{
	g_autofree char *path = g_build_filename(dir, name, NULL);
	g_autofree char *part = g_strconcat(path, ".part", NULL);
	struct stat st;
	int fd;

	*out = NULL;
	if (own)
		take_back(path, part);
	if (!lstat(path, &st))
		return true;
	fd = open(part, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0640);
	if (fd < 0) {
		g_set_error(err, MIX_ERROR, MIX_ERROR_OPEN, "%s: %s", part,
			    g_strerror(errno));
		return false;
	}
	if (flock(fd, LOCK_EX | LOCK_NB) || !still_there(fd, part) ||
	    !lstat(path, &st)) {
		close(fd);
		return true;
	}
	*out = g_new0(mix_outfile, 1);
	(*out)->fd = fd;
	(*out)->path = g_steal_pointer(&path);
	(*out)->part = g_steal_pointer(&part);
	(*out)->was = fstat(fd, &st) ? 0 : (uint64_t)st.st_size;
	return true;
}

static bool write_all(mix_outfile *f, const uint8_t *p, size_t n, uint64_t at,
		      GError **err)
{
	while (n) {
		ssize_t done = pwrite(f->fd, p, n, (off_t)at);

		if (done < 0 && errno == EINTR)
			continue;
		if (done < 0)
			return fail(f->part, "cannot write", err);
		p += done;
		at += (uint64_t)done;
		n -= (size_t)done;
	}
	return true;
}

/* After a power cut there may be others than were written last. */
static bool there_already(const mix_outfile *f, const uint8_t *p, size_t n,
			  uint64_t at)
{
	uint8_t old[LOOK];

	while (n) {
		size_t part = MIN(n, LOOK);

		if (at + part > f->was ||
		    pread(f->fd, old, part, (off_t)at) != (ssize_t)part ||
		    memcmp(old, p, part))
			return false;
		p += part;
		at += part;
		n -= part;
	}
	return true;
}

/* What a killed render has left is made again, octet by octet, and can be
 * played meanwhile. So its header, which says how long it is, stays until the
 * file is as long again. */
static bool write_over(mix_outfile *f, const uint8_t *p, size_t n, uint64_t at,
		       GError **err)
{
	size_t skip = 0;

	if (f->size >= f->was)
		f->was = 0;
	if (f->was && at < f->head)
		skip = MIN(n, (size_t)(f->head - at));
	return there_already(f, p + skip, n - skip, at + skip) ||
	       write_all(f, p + skip, n - skip, at + skip, err);
}

void mix_outfile_head(mix_outfile *f, size_t n)
{
	f->head = n;
}

static bool write_held(mix_outfile *f, GError **err)
{
	size_t n = f->held;

	f->held = 0;
	return write_over(f, f->buf, n, f->size - n, err);
}

/* Between two steps hundreds of calls need no buffer: the next one's is the
 * same memory, still in the cache. */
bool mix_outfile_flush(mix_outfile *f, GError **err)
{
	bool ok = !f->held || write_held(f, err);

	g_clear_pointer(&f->buf, g_free);
	return ok;
}

bool mix_outfile_cut(mix_outfile *f, GError **err)
{
	bool shorter = f->size < f->was;

	f->was = 0;
	return !shorter || !ftruncate(f->fd, (off_t)f->size) ||
	       fail(f->part, "cannot cut it", err);
}

bool mix_outfile_append(mix_outfile *f, const void *data, size_t n,
			GError **err)
{
	if (!n)
		return true;
	if (n > BUFFER - f->held && !write_held(f, err))
		return false;
	if (n > BUFFER) {
		f->size += n;
		return write_over(f, data, n, f->size - n, err);
	}
	if (!f->buf)
		f->buf = g_malloc(BUFFER);
	memcpy(f->buf + f->held, data, n);
	f->held += n;
	f->size += n;
	return true;
}

bool mix_outfile_patch(mix_outfile *f, uint64_t at, const void *data, size_t n,
		       GError **err)
{
	g_assert(at + n <= f->size);
	return mix_outfile_flush(f, err) && write_over(f, data, n, at, err);
}

uint64_t mix_outfile_size(const mix_outfile *f)
{
	return f->size;
}

const char *mix_outfile_path(const mix_outfile *f)
{
	return f->path;
}

static bool hash_file(mix_outfile *f, char sha256[static 65], GError **err)
{
	g_autofree uint8_t *buf = g_malloc(BUFFER);
	EVP_MD_CTX *md = EVP_MD_CTX_new();
	unsigned char sum[32];
	uint64_t at = 0;
	ssize_t n;

	g_assert(md && EVP_DigestInit_ex(md, EVP_sha256(), NULL));
	while ((n = pread(f->fd, buf, BUFFER, (off_t)at)) > 0) {
		EVP_DigestUpdate(md, buf, (size_t)n);
		at += (uint64_t)n;
	}
	EVP_DigestFinal_ex(md, sum, NULL);
	EVP_MD_CTX_free(md);
	if (n < 0 || at != f->size) {
		errno = n < 0 ? errno : EIO;
		return fail(f->part, "cannot read it back", err);
	}
	for (size_t i = 0; i < sizeof(sum); i++)
		snprintf(sha256 + 2 * i, 3, "%02x", sum[i]);
	return true;
}

/* File systems without RENAME_NOREPLACE have link(), which replaces nothing. */
static bool take_name(mix_outfile *f)
{
	if (!renameat2(AT_FDCWD, f->part, AT_FDCWD, f->path, RENAME_NOREPLACE))
		return true;
	if (errno != EINVAL && errno != ENOSYS)
		return false;
	return !link(f->part, f->path) && !unlink(f->part);
}

bool mix_outfile_seal(mix_outfile *f, char sha256[static 65], GError **err)
{
	if (!mix_outfile_flush(f, err) || !mix_outfile_cut(f, err) ||
	    !hash_file(f, sha256, err))
		return false;
	/* After a failed sync the pages are gone: never try again. */
	return !fdatasync(f->fd) || fail(f->part, "cannot sync", err);
}

bool mix_outfile_publish(mix_outfile *f, GError **err)
{
	if (!take_name(f))
		return fail(f->path, "cannot take this name", err);
	f->committed = true;
	return true;
}

void mix_outfile_free(mix_outfile *f, bool keep)
{
	if (!f)
		return;
	if (!f->committed && !keep)
		unlink(f->part);
	close(f->fd);
	g_free(f->buf);
	g_free(f->path);
	g_free(f->part);
	g_free(f);
}

bool mix_outfile_sync_dir(const char *dir, GError **err)
{
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	bool ok = fd >= 0 && !fsync(fd);

	if (!ok)
		fail(dir, "cannot sync", err);
	if (fd >= 0)
		close(fd);
	return ok;
}

bool mix_files_sync(const char *dir, GError **err)
{
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	bool ok = fd >= 0 && !syncfs(fd);

	if (!ok)
		fail(dir, "cannot sync", err);
	if (fd >= 0)
		close(fd);
	return ok;
}
