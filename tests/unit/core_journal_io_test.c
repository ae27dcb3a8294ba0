/* Journal files under good and bad disks. A fault is a countdown: the N-th
 * system call fails, or takes only a part. */
#include "core/journal_io.h"

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/support/jrn_rig.h"

enum { RECORDS = 40 };

static struct fault {
	int countdown;		/* calls until it strikes; -1 never */
	int count;		/* calls that then fail in a row */
	int error;
	size_t part;		/* octets that a failing write still takes */
	bool on_sync;
} fault;

static bool strikes(bool sync)
{
	if (sync != fault.on_sync || fault.countdown < 0)
		return false;
	if (fault.countdown > 0) {
		fault.countdown--;
		return false;
	}
	if (fault.count-- > 0)
		return true;
	fault.countdown = -1;
	return false;
}

static ssize_t bad_pwrite(int fd, const void *p, size_t n, off_t at)
{
	ssize_t part;

	if (!strikes(false))
		return pwrite(fd, p, n, at);
	part = pwrite(fd, p, MIN(n, fault.part), at);
	if (fault.part && part > 0) {
		fault.part = 0;
		return part;
	}
	errno = fault.error;
	return -1;
}

static int bad_sync_all(int fd)
{
	if (strikes(true)) {
		errno = fault.error;
		return -1;
	}
	return fdatasync(fd);
}

/* Paths of the files whose sync has failed: after that the kernel may call
 * clean what is on no disk. */
static GHashTable *failed;

static int bad_sync(int fd)
{
	g_autofree char *link = g_strdup_printf("/proc/self/fd/%d", fd);
	g_autofree char *path = g_file_read_link(link, NULL);
	int bad;

	g_assert_false(g_hash_table_contains(failed, path));
	bad = bad_sync_all(fd);
	if (bad)
		g_hash_table_add(failed, g_steal_pointer(&path));
	return bad;
}

static const jrn_disk bad_disk = {bad_pwrite, bad_sync, bad_sync_all};

static void fault_set(bool on_sync, int countdown, int count, int error,
		      size_t part)
{
	fault = (struct fault){countdown, count, error, part, on_sync};
}

/* Until the fault is over. */
static void sync_at_last(jrn_out *o)
{
	for (int i = 0; i < 40; i++)
		if (jrn_out_sync(o, NULL))
			return;
	g_assert_not_reached();
}

static uint32_t read_dir(const char *dir, guint *files)
{
	g_autoptr(GPtrArray) paths = jrn_files(dir, JRN_MEDIA, NULL);
	uint32_t next = 0;

	*files = paths->len;
	for (guint i = 0; i < paths->len; i++)
		next = jrn_rig_read(g_ptr_array_index(paths, i), next);
	return next;
}

static void test_numbers(void)
{
	char *dir = jrn_rig_dir();
	g_autoptr(GPtrArray) paths = NULL;

	for (uint32_t i = 0; i < 12; i++) {
		g_autoptr(jrn_out) o =
			jrn_rig_open(dir, JRN_KEEP_UNTIL_SYNC, NULL);

		jrn_rig_add(o, i);
		g_assert_true(jrn_out_flush(o, NULL));
	}
	paths = jrn_files(dir, JRN_MEDIA, NULL);
	g_assert_cmpuint(paths->len, ==, 12);
	for (guint i = 0; i < 12; i++) {
		const char *path = g_ptr_array_index(paths, i);

		g_assert_cmpuint(jrn_rig_read(path, i), ==, i + 1);
	}
	g_assert_true(g_str_has_suffix(g_ptr_array_index(paths, 11),
				       "/media-012.etj"));
	jrn_rig_remove(dir);
}

/* A full disk at any write, with any part taken: no record is lost or told
 * twice, and the file goes on where it was. */
static void test_full(void)
{
	unsigned refused = 0;

	for (int at = 0; at < RECORDS; at++) {
		char *dir = jrn_rig_dir();
		g_autoptr(jrn_out) o = NULL;
		guint files;

		fault_set(false, at, 3, ENOSPC, (size_t)at * 7 % 350);
		o = jrn_rig_open(dir, JRN_KEEP_UNTIL_SYNC, &bad_disk);
		for (uint32_t i = 0; i < RECORDS; i++) {
			g_autoptr(GError) err = NULL;

			jrn_rig_add(o, i);
			if (jrn_out_sync(o, &err))
				continue;
			g_assert_error(err, JRN_ERROR, JRN_ERROR_FULL);
			refused++;
		}
		sync_at_last(o);
		g_assert_cmpuint(jrn_out_unsynced(o), ==, 0);
		g_assert_cmpuint(read_dir(dir, &files), ==, RECORDS);
		g_assert_cmpuint(files, ==, 1);
		jrn_rig_remove(dir);
	}
	g_assert_cmpuint(refused, >, RECORDS);
}

/* An I/O error: the file is given up, all records stand once in the two. */
static void test_broken(gconstpointer on_sync)
{
	unsigned poisoned = 0;

	for (int at = 0; at < RECORDS; at++) {
		char *dir = jrn_rig_dir();
		g_autoptr(jrn_out) o = NULL;
		guint files;

		fault_set(on_sync != NULL, at, at && !on_sync ? 2 : 1, EIO,
			  (size_t)at * 7 % 350);
		o = jrn_rig_open(dir, JRN_KEEP_UNTIL_SYNC, &bad_disk);
		for (uint32_t i = 0; i < RECORDS; i++) {
			jrn_rig_add(o, i);
			if (i % 3 == 2 || on_sync)
				g_assert_true(jrn_out_sync(o, NULL));
			else
				g_assert_true(jrn_out_flush(o, NULL));
		}
		g_assert_true(jrn_out_sync(o, NULL));
		g_assert_cmpuint(jrn_out_poisoned(o), <=, 1);
		poisoned += jrn_out_poisoned(o);
		g_assert_cmpuint(read_dir(dir, &files), ==, RECORDS);
		g_assert_cmpuint(files, <=, 2);
		jrn_rig_remove(dir);
	}
	g_assert_cmpuint(poisoned, >=, RECORDS / 2);
}

/* While the disk is dead nothing is called saved, and nothing is forgotten. */
static void test_dead_then_alive(void)
{
	char *dir = jrn_rig_dir();
	g_autoptr(jrn_out) o = NULL;
	guint files;

	fault_set(false, 10, 30, EIO, 0);
	o = jrn_rig_open(dir, JRN_KEEP_UNTIL_SYNC, &bad_disk);
	for (uint32_t i = 0; i < RECORDS; i++) {
		jrn_rig_add(o, i);
		if (!jrn_out_sync(o, NULL))
			g_assert_cmpuint(jrn_out_unsynced(o), >, 0);
	}
	sync_at_last(o);
	g_assert_cmpuint(read_dir(dir, &files), ==, RECORDS);
	jrn_rig_remove(dir);
}

static void test_many(gconstpointer fails)
{
	enum { FILES = 20 };
	char *dirs[FILES];
	jrn_out *o[FILES];
	guint files;

	fault_set(true, fails ? 2 : -1, 1, EIO, 0);
	for (int i = 0; i < FILES; i++) {
		dirs[i] = jrn_rig_dir();
		o[i] = jrn_rig_open(dirs[i], JRN_KEEP_UNTIL_SYNC, &bad_disk);
	}
	for (uint32_t n = 0; n < 5; n++) {
		for (int i = 0; i < FILES; i++)
			jrn_rig_add(o[i], n);
		g_assert_cmpuint(jrn_out_sync_many(o, FILES, NULL), ==, 0);
		for (int i = 0; i < FILES; i++)
			g_assert_cmpuint(jrn_out_unsynced(o[i]), ==, 0);
	}
	for (int i = 0; i < FILES; i++) {
		g_assert_cmpuint(read_dir(dirs[i], &files), ==, 5);
		jrn_out_free(o[i]);
		jrn_rig_remove(dirs[i]);
	}
}

/* A sync that failed is not tried again on the same file, however often the
 * new one's fails as well: bad_sync() sees to that. */
static void test_syncs_fail(void)
{
	for (int n = 1; n < 8; n++) {
		char *dir = jrn_rig_dir();
		g_autoptr(jrn_out) o = jrn_rig_open(dir, JRN_KEEP_UNTIL_SYNC,
					       &bad_disk);
		guint files;

		fault_set(true, 0, n, EIO, 0);
		for (uint32_t i = 0; i < 5; i++)
			jrn_rig_add(o, i);
		while (!jrn_out_sync(o, NULL))
			g_assert_cmpuint(jrn_out_unsynced(o), >, 0);
		g_assert_cmpuint(jrn_out_poisoned(o), ==, n);
		g_assert_cmpuint(read_dir(dir, &files), ==, 5);
		g_assert_cmpuint(files, ==, 1);
		jrn_rig_remove(dir);
	}
}

/* Nor is such a file saved by a sync of the whole disk. */
static void test_many_tainted(void)
{
	enum { FILES = 10, BAD = 3 };
	char *dirs[FILES];
	jrn_out *o[FILES];
	guint files;

	for (int i = 0; i < FILES; i++) {
		dirs[i] = jrn_rig_dir();
		o[i] = jrn_rig_open(dirs[i], JRN_KEEP_UNTIL_SYNC, &bad_disk);
		jrn_rig_add(o[i], 0);
	}
	fault_set(true, 0, 2, EIO, 0);
	g_assert_false(jrn_out_sync(o[BAD], NULL));
	fault_set(true, -1, 0, 0, 0);
	g_assert_cmpuint(jrn_out_poisoned(o[BAD]), ==, 1);
	g_assert_cmpuint(jrn_out_sync_many(o, FILES, NULL), ==, 0);
	g_assert_cmpuint(jrn_out_poisoned(o[BAD]), ==, 2);
	for (int i = 0; i < FILES; i++) {
		g_assert_cmpuint(jrn_out_unsynced(o[i]), ==, 0);
		g_assert_cmpuint(read_dir(dirs[i], &files), ==, 1);
		jrn_out_free(o[i]);
		jrn_rig_remove(dirs[i]);
	}
}

static void test_limit(void)
{
	char *dir = jrn_rig_dir();
	g_autoptr(jrn_out) o = NULL;
	g_autofree uint8_t *big = g_malloc0(JRN_PAYLOAD_MAX);
	const jrn_rec mega = {JRN_PACKET, 0, clk_from_wall(0),
			      span_of(big, JRN_PAYLOAD_MAX)};
	const span none = span_of(NULL, 0);
	unsigned n = 0;

	fault_set(false, 0, 1, ENOSPC, 0);
	o = jrn_rig_open(dir, JRN_KEEP_UNTIL_SYNC, &bad_disk);
	while (jrn_out_add(o, &mega, none))
		n++;
	g_assert_cmpuint(n, ==, JRN_OUT_MAX / JRN_PAYLOAD_MAX - 1);
	g_assert_false(jrn_out_flush(o, NULL));
	g_assert_true(jrn_out_sync(o, NULL));
	g_assert_true(jrn_out_add(o, &mega, none));
	jrn_rig_remove(dir);
}

/* A file that grows has room ahead; one that is done keeps none. */
static void test_reserved(void)
{
	g_autofree char *dir = g_dir_make_tmp("edgetape-jrn-XXXXXX", NULL);
	jrn_out *o = jrn_out_open(dir, JRN_MEDIA, JRN_KEEP_UNTIL_SYNC,
				  clk_from_wall(1), NULL, NULL);
	g_autofree char *path = g_strdup(jrn_out_path(o));
	struct stat growing, done;

	g_assert_true(jrn_out_add(o, &(jrn_rec){JRN_CLOSE, 0, clk_from_wall(2),
						{NULL, 0}},
				  span_of(NULL, 0)));
	g_assert_true(jrn_out_sync(o, NULL));
	g_assert_cmpint(stat(path, &growing), ==, 0);
	jrn_out_free(o);
	g_assert_cmpint(stat(path, &done), ==, 0);
	g_assert_cmpint(growing.st_size, ==, JRN_HEADER + JRN_FRAME);
	g_assert_cmpint(done.st_size, ==, growing.st_size);
	g_assert_cmpint(growing.st_blocks * 512, >=, 128 << 10);
	g_assert_cmpint(done.st_blocks * 512, <=, 8 << 10);
	unlink(path);
	rmdir(dir);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	failed = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	g_test_add_func("/core/journal_io/numbers", test_numbers);
	g_test_add_func("/core/journal_io/full", test_full);
	g_test_add_data_func("/core/journal_io/broken/write", NULL,
			     test_broken);
	g_test_add_data_func("/core/journal_io/broken/sync", "sync",
			     test_broken);
	g_test_add_func("/core/journal_io/dead_then_alive",
			test_dead_then_alive);
	g_test_add_data_func("/core/journal_io/many", NULL, test_many);
	g_test_add_data_func("/core/journal_io/many/broken", "broken",
			     test_many);
	g_test_add_func("/core/journal_io/syncs_fail", test_syncs_fail);
	g_test_add_func("/core/journal_io/many/tainted", test_many_tainted);
	g_test_add_func("/core/journal_io/limit", test_limit);
	g_test_add_func("/core/journal_io/reserved", test_reserved);
	return g_test_run();
}
