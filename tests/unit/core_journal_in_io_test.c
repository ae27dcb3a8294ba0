/* Journal files as they are read: growing, torn, damaged. */
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "tests/support/jrn_rig.h"

enum { RECORDS = 40 };

static void test_follow(void)
{
	char *dir = jrn_rig_dir();
	g_autoptr(jrn_out) o = jrn_rig_open(dir, JRN_KEEP_UNTIL_SYNC, NULL);
	g_autoptr(jrn_in) in = jrn_in_open(jrn_out_path(o), NULL);
	uint32_t number = 0;
	jrn_rec r;

	g_assert_cmpint(jrn_in_next(in, &r), ==, JRN_SHORT);
	g_assert_null(jrn_in_header(in));
	for (uint32_t i = 0; i < RECORDS; i++) {
		jrn_rig_add(o, i);
		g_assert_cmpint(jrn_in_next(in, &r), ==, JRN_SHORT);
		g_assert_true(jrn_out_flush(o, NULL));
		g_assert_cmpint(jrn_in_next(in, &r), ==, JRN_OK);
		g_assert_true(span_u32(&r.payload, &number));
		g_assert_cmpuint(number, ==, i);
		g_assert_cmpint(r.at.wall.ns, ==, i);
	}
	g_assert_cmpuint(jrn_in_header(in)->kind, ==, JRN_MEDIA);
	g_assert_cmpint(jrn_in_header(in)->at.wall.ns, ==, 7);
	g_assert_cmpuint(jrn_in_torn(in), ==, 0);
	jrn_rig_remove(dir);
}

/* A reader that rests between records, before the header too, goes on where it
 * was. */
static void test_rest(void)
{
	char *dir = jrn_rig_dir();
	g_autoptr(jrn_out) o = jrn_rig_open(dir, JRN_KEEP_UNTIL_WRITTEN, NULL);
	g_autoptr(jrn_in) in = jrn_in_open(jrn_out_path(o), NULL);
	uint32_t number = 0;
	uint64_t offset;
	jrn_rec r;

	jrn_in_rest(in);
	for (uint32_t i = 0; i < RECORDS; i++)
		jrn_rig_add(o, i);
	g_assert_true(jrn_out_flush(o, NULL));
	for (uint32_t i = 0; i < RECORDS; i++) {
		g_assert_cmpint(jrn_in_next(in, &r), ==, JRN_OK);
		g_assert_true(span_u32(&r.payload, &number));
		g_assert_cmpuint(number, ==, i);
		offset = jrn_in_offset(in);
		if (i % 3)
			jrn_in_rest(in);
		g_assert_cmpuint(jrn_in_offset(in), ==, offset);
	}
	g_assert_cmpint(jrn_in_next(in, &r), ==, JRN_SHORT);
	g_assert_cmpuint(jrn_in_torn(in), ==, 0);
	jrn_rig_remove(dir);
}

/* Records larger than the reader's first buffer. */
static void test_large(void)
{
	char *dir = jrn_rig_dir();
	g_autoptr(jrn_out) o = jrn_rig_open(dir, JRN_KEEP_UNTIL_SYNC, NULL);
	g_autoptr(jrn_in) in = jrn_in_open(jrn_out_path(o), NULL);
	g_autofree uint8_t *big = g_malloc0(JRN_PAYLOAD_MAX);
	jrn_rec r;

	for (size_t n = 1; n <= JRN_PAYLOAD_MAX; n *= 2)
		g_assert_true(jrn_out_add(o, &(jrn_rec){
				JRN_FACT, 0, clk_from_wall(1), span_of(big, n)},
				span_of(NULL, 0)));
	g_assert_true(jrn_out_sync(o, NULL));
	for (size_t n = 1; n <= JRN_PAYLOAD_MAX; n *= 2) {
		g_assert_cmpint(jrn_in_next(in, &r), ==, JRN_OK);
		g_assert_cmpuint(r.payload.left, ==, n);
	}
	g_assert_cmpint(jrn_in_next(in, &r), ==, JRN_SHORT);
	jrn_rig_remove(dir);
}

/* However short the file is cut, what is whole is read and the rest counted. */
static void test_torn(void)
{
	char *dir = jrn_rig_dir();
	g_autoptr(jrn_out) o = jrn_rig_open(dir, JRN_KEEP_UNTIL_SYNC, NULL);
	g_autofree char *whole = NULL, *copy = g_build_filename(dir, "c", NULL);
	gsize size;

	for (uint32_t i = 0; i < 3; i++)
		jrn_rig_add(o, i);
	g_assert_true(jrn_out_sync(o, NULL));
	g_assert_true(g_file_get_contents(jrn_out_path(o), &whole, &size,
					  NULL));
	for (gsize cut = 0; cut <= size; cut++) {
		g_autoptr(jrn_in) in = NULL;
		jrn_rec r;
		unsigned n = 0;

		g_assert_true(g_file_set_contents(copy, whole, (gssize)cut,
						  NULL));
		in = jrn_in_open(copy, NULL);
		while (jrn_in_next(in, &r) == JRN_OK)
			n++;
		g_assert_null(jrn_in_trouble(in));
		g_assert_cmpuint(jrn_in_offset(in) + jrn_in_torn(in), ==, cut);
		g_assert_cmpuint(n, ==, cut == size ? 3 : cut >= 125 ? 2 :
					cut >= 92 ? 1 : 0);
	}
	jrn_rig_remove(dir);
}

static void test_damaged(void)
{
	char *dir = jrn_rig_dir();
	g_autoptr(jrn_out) o = jrn_rig_open(dir, JRN_KEEP_UNTIL_SYNC, NULL);
	g_autoptr(jrn_in) in = jrn_in_open(jrn_out_path(o), NULL);
	jrn_rec r;
	int fd;

	jrn_rig_add(o, 0);
	jrn_rig_add(o, 1);
	g_assert_true(jrn_out_sync(o, NULL));
	fd = open(jrn_out_path(o), O_WRONLY);
	g_assert_cmpint(pwrite(fd, "x", 1, 100), ==, 1);
	close(fd);
	g_assert_cmpint(jrn_in_next(in, &r), ==, JRN_OK);
	g_assert_cmpint(jrn_in_next(in, &r), ==, JRN_BAD);
	g_assert_cmpint(jrn_in_next(in, &r), ==, JRN_BAD);
	g_assert_nonnull(strstr(jrn_in_trouble(in), "octet 92"));
	jrn_rig_remove(dir);
}

/* The writer cut the file back to what was synced, behind the reader. */
static void test_cut_back(void)
{
	char *dir = jrn_rig_dir();
	g_autoptr(jrn_out) o = jrn_rig_open(dir, JRN_KEEP_UNTIL_SYNC, NULL);
	g_autoptr(jrn_in) in = jrn_in_open(jrn_out_path(o), NULL);
	jrn_rec r;

	for (uint32_t i = 0; i < 3; i++)
		jrn_rig_add(o, i);
	g_assert_true(jrn_out_flush(o, NULL));
	for (uint32_t i = 0; i < 3; i++)
		g_assert_cmpint(jrn_in_next(in, &r), ==, JRN_OK);
	g_assert_cmpint(truncate(jrn_out_path(o), 92), ==, 0);
	g_assert_cmpint(jrn_in_next(in, &r), ==, JRN_SHORT);
	g_assert_cmpuint(jrn_in_torn(in), ==, 0);
	g_assert_null(jrn_in_trouble(in));
	jrn_rig_remove(dir);
}

static void test_absent(void)
{
	g_autoptr(GError) err = NULL;

	g_assert_null(jrn_in_open("/nonexistent/media-001.etj", &err));
	g_assert_error(err, JRN_ERROR, JRN_ERROR_OPEN);
	g_assert_null(jrn_files("/nonexistent", JRN_MEDIA, NULL));
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/core/journal_in_io/follow", test_follow);
	g_test_add_func("/core/journal_in_io/rest", test_rest);
	g_test_add_func("/core/journal_in_io/large", test_large);
	g_test_add_func("/core/journal_in_io/torn", test_torn);
	g_test_add_func("/core/journal_in_io/damaged", test_damaged);
	g_test_add_func("/core/journal_in_io/cut-back", test_cut_back);
	g_test_add_func("/core/journal_in_io/absent", test_absent);
	return g_test_run();
}
