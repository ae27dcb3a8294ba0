#include "tests/support/jrn_rig.h"

#include <glib/gstdio.h>
#include <string.h>

char *jrn_rig_dir(void)
{
	char *dir = g_dir_make_tmp("edgetape-jrn-XXXXXX", NULL);

	g_assert_nonnull(dir);
	return dir;
}

void jrn_rig_remove(char *dir)
{
	g_autoptr(GDir) d = g_dir_open(dir, 0, NULL);
	const char *name;

	while ((name = g_dir_read_name(d)) != NULL) {
		g_autofree char *path = g_build_filename(dir, name, NULL);

		g_assert_cmpint(g_unlink(path), ==, 0);
	}
	g_assert_cmpint(g_rmdir(dir), ==, 0);
	g_free(dir);
}

jrn_out *jrn_rig_open(const char *dir, jrn_keep keep, const jrn_disk *disk)
{
	g_autoptr(GError) err = NULL;
	jrn_out *o = jrn_out_open(dir, JRN_MEDIA, keep, clk_from_wall(7), disk,
				  &err);

	g_assert_no_error(err);
	return o;
}

void jrn_rig_add(jrn_out *o, uint32_t number)
{
	uint8_t head[4], tail[300];
	put p = put_into(head, sizeof(head));

	put_u32(&p, number);
	memset(tail, (int)number, sizeof(tail));
	g_assert_true(jrn_out_add(o, &(jrn_rec){JRN_PACKET, 0,
						clk_from_wall(number),
						put_done(&p)},
				  span_of(tail, number % sizeof(tail))));
}

uint32_t jrn_rig_read(const char *path, uint32_t next)
{
	g_autoptr(GError) err = NULL;
	g_autoptr(jrn_in) in = jrn_in_open(path, &err);
	uint32_t number = 0;
	jrn_rec r;

	g_assert_no_error(err);
	while (jrn_in_next(in, &r) == JRN_OK) {
		g_assert_true(span_u32(&r.payload, &number));
		g_assert_cmpuint(number, ==, next);
		g_assert_cmpuint(r.payload.left, ==, number % 300);
		next++;
	}
	g_assert_null(jrn_in_trouble(in));
	return next;
}
