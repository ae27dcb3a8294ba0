#include "vault/vault.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/span.h"

enum { BLOCK = 1 << 16 };

struct vlt_bundle {
	char *dir, *part;	/* the name to come, and until then */
	GString *sums;		/* SHA256SUMS so far */
	GPtrArray *made;	/* of char *: files and directories, in order */
	bool sealed;
};

static bool fail(GError **err, const char *path)
{
	g_set_error(err, VLT_ERROR,
		    errno == EEXIST ? VLT_ERROR_EXISTS : VLT_ERROR_FILE,
		    "%s: %s", path, g_strerror(errno));
	return false;
}

/* ---- one file ---- */

static bool write_all(int fd, const uint8_t *p, size_t n)
{
	while (n) {
		ssize_t did = write(fd, p, n);

		if (did < 0 && errno != EINTR)
			return false;
		if (did < 0)
			continue;
		p += did;
		n -= (size_t)did;
	}
	return true;
}

/* Reads all of `in`; what is read goes to `out` unless that is -1. */
static bool pour(int in, int out, GChecksum *sum)
{
	g_autofree uint8_t *block = g_malloc(BLOCK);

	for (;;) {
		ssize_t n = read(in, block, BLOCK);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n == 0;
		g_checksum_update(sum, block, n);
		if (out >= 0 && !write_all(out, block, (size_t)n))
			return false;
	}
}

static int open_read(const char *path, GError **err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);

	if (fd < 0)
		fail(err, path);
	return fd;
}

bool vlt_hash(const char *path, char out[static VLT_HASH], GError **err)
{
	g_autoptr(GChecksum) sum = g_checksum_new(G_CHECKSUM_SHA256);
	int fd = open_read(path, err);
	bool ok;

	if (fd < 0)
		return false;
	ok = pour(fd, -1, sum) || fail(err, path);
	close(fd);
	g_strlcpy(out, g_checksum_get_string(sum), VLT_HASH);
	return ok;
}

/* ---- the bundle ---- */

static bool make_dir(vlt_bundle *b, const char *path, GError **err)
{
	if (mkdir(path, 0750) < 0)
		return fail(err, path);
	g_ptr_array_add(b->made, g_strdup(path));
	return true;
}

vlt_bundle *vlt_bundle_new(const char *dir, GError **err)
{
	g_autoptr(vlt_bundle) b = g_new0(vlt_bundle, 1);

	b->dir = g_strdup(dir);
	b->part = g_strconcat(dir, ".part", NULL);
	b->sums = g_string_new(NULL);
	b->made = g_ptr_array_new_with_free_func(g_free);
	if (access(dir, F_OK) == 0) {
		errno = EEXIST;
		fail(err, dir);
		return NULL;
	}
	return make_dir(b, b->part, err) ? g_steal_pointer(&b) : NULL;
}

void vlt_bundle_free(vlt_bundle *b)
{
	if (!b)
		return;
	for (guint i = b->made->len; !b->sealed && i-- > 0;)
		remove(g_ptr_array_index(b->made, i));
	g_ptr_array_unref(b->made);
	g_string_free(b->sums, TRUE);
	g_free(b->part);
	g_free(b->dir);
	g_free(b);
}

static bool name_check(const char *as, GError **err)
{
	if (*as && *as != '/' && !strstr(as, "..") && !strpbrk(as, "\\\n\r"))
		return true;
	g_set_error(err, VLT_ERROR, VLT_ERROR_FILE,
		    "\"%s\" cannot be a name in a bundle", as);
	return false;
}

/* The file and, if it is the first there, its directory. */
static int create(vlt_bundle *b, const char *as, char **path, GError **err)
{
	g_autofree char *dir = NULL;
	int fd;

	if (!name_check(as, err))
		return -1;
	*path = g_build_filename(b->part, as, NULL);
	dir = g_path_get_dirname(*path);
	if (access(dir, F_OK) < 0 && !make_dir(b, dir, err))
		return -1;
	fd = open(*path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0640);
	if (fd < 0)
		fail(err, *path);
	else
		g_ptr_array_add(b->made, g_strdup(*path));
	return fd;
}

static bool finish(int fd, bool ok, const char *path, GError **err)
{
	ok = (ok && fsync(fd) == 0) || fail(err, path);
	return close(fd) == 0 ? ok : ok && fail(err, path);
}

static void note(vlt_bundle *b, const char *sum, const char *as)
{
	g_string_append_printf(b->sums, "%s  %s\n", sum, as);
}

bool vlt_bundle_add(vlt_bundle *b, const char *path, const char *as,
		    const char *sha256, GError **err)
{
	g_autoptr(GChecksum) sum = g_checksum_new(G_CHECKSUM_SHA256);
	g_autofree char *to = NULL;
	int in = open_read(path, err);
	int out = in < 0 ? -1 : create(b, as, &to, err);
	bool ok;

	ok = out >= 0 && finish(out, pour(in, out, sum), to, err);
	if (in >= 0)
		close(in);
	if (!ok)
		return false;
	note(b, g_checksum_get_string(sum), as);
	if (!sha256 || !*sha256 ||
	    !strcmp(sha256, g_checksum_get_string(sum)))
		return true;
	g_set_error(err, VLT_ERROR, VLT_ERROR_CHANGED,
		    "%s is not what was recorded: its SHA-256 was %s and is %s",
		    path, sha256, g_checksum_get_string(sum));
	return false;
}

static bool put(vlt_bundle *b, const char *as, const void *p, size_t n,
		GError **err)
{
	g_autofree char *to = NULL;
	int out = create(b, as, &to, err);

	return out >= 0 && finish(out, write_all(out, p, n), to, err);
}

bool vlt_bundle_text(vlt_bundle *b, const char *as, const char *text,
		     GError **err)
{
	g_autofree char *sum = g_compute_checksum_for_string(
		G_CHECKSUM_SHA256, text, -1);

	if (!put(b, as, text, strlen(text), err))
		return false;
	note(b, sum, as);
	return true;
}

static bool sync_dir(const char *path, GError **err)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	return fd < 0 ? fail(err, path) : finish(fd, true, path, err);
}

static bool sync_dirs(const vlt_bundle *b, GError **err)
{
	for (guint i = 0; i < b->made->len; i++) {
		const char *path = g_ptr_array_index(b->made, i);

		if (g_file_test(path, G_FILE_TEST_IS_DIR) &&
		    !sync_dir(path, err))
			return false;
	}
	return true;
}

bool vlt_bundle_seal(vlt_bundle *b, const char *signing_key, GError **err)
{
	g_autofree char *parent = g_path_get_dirname(b->dir);
	uint8_t sig[VLT_SIGNATURE];

	if (!put(b, "SHA256SUMS", b->sums->str, b->sums->len, err))
		return false;
	if (signing_key &&
	    (!vlt_sign(signing_key, b->sums->str, b->sums->len, sig, err) ||
	     !put(b, "SHA256SUMS.sig", sig, sizeof(sig), err)))
		return false;
	if (!sync_dirs(b, err))
		return false;
	if (renameat2(AT_FDCWD, b->part, AT_FDCWD, b->dir,
		      RENAME_NOREPLACE) < 0)
		return fail(err, b->dir);
	b->sealed = true;
	return sync_dir(parent, err);
}
