/* Every framing of the generator, peeled by us and by tshark: both must find
 * the same payloads in the same frames. Skipped without tshark. */
#include <glib/gstdio.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "tests/support/mkcall.h"
#include "tests/support/relay_rig.h"

static const char *const links[] = {
	"ethernet", "vlan", "qinq", "sll", "sll2", "raw", "null", "gre",
	"erspan1", "erspan2", "erspan3", "vxlan", "geneve", "tzsp",
};

typedef struct both {
	FILE *f;
	rig *rig;
} both;

static void on_frame(void *user, int link, span frame, int64_t ns)
{
	uint32_t head[4] = {(uint32_t)(ns / CLK_NS_PER_S),
			    (uint32_t)(ns % CLK_NS_PER_S),
			    (uint32_t)frame.left, (uint32_t)frame.left};
	both *b = user;

	fwrite(head, sizeof(head), 1, b->f);
	fwrite(frame.p, 1, frame.left, b->f);
	relay_frame(b->rig->tap, link, frame, clk_from_wall(ns));
}

static void add_hex(GString *s, span b)
{
	for (size_t i = 0; i < b.left; i++)
		g_string_append_printf(s, "%02x", b.p[i]);
	g_string_append_c(s, '\n');
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Sorted, without what is there twice: the legs of one packet. */
static char *set_of(const char *lines)
{
	g_auto(GStrv) all = g_strsplit(lines, "\n", -1);
	GString *s = g_string_new(NULL);
	const char *last = "";

	qsort(all, g_strv_length(all), sizeof(*all), by_text);
	for (char **l = all; *l; l++) {
		if (strcmp(*l, last))
			g_string_append_printf(s, "%s\n", *l);
		last = *l;
	}
	return g_string_free(s, FALSE);
}

/* The innermost UDP payloads. The link and ports are known to it, but for the
 * ones that have no well-known number. */
static char *ask_tshark(const char *path)
{
	const char *argv[] = {"tshark", "-n", "-r", path, "-T", "fields", "-e",
			      "udp.payload", "-E", "occurrence=l", NULL};
	g_autoptr(GError) err = NULL;
	g_autofree char *out = NULL;
	int status;

	g_spawn_sync(NULL, (char **)(uintptr_t)argv, NULL,
		     G_SPAWN_SEARCH_PATH | G_SPAWN_STDERR_TO_DEV_NULL, NULL,
		     NULL, &out, NULL, &status, &err);
	g_assert_no_error(err);
	g_assert_cmpint(status, ==, 0);
	return set_of(out);
}

static char *ask_us(const rig *g)
{
	g_autoptr(GString) s = g_string_new(NULL);

	for (guint i = 0; i < g->pkts->len; i++)
		add_hex(s, ((rig_pkt *)g->pkts->pdata[i])->p.bytes);
	return set_of(s->str);
}

/* Media that nobody claims, so that nothing but the framing decides. */
static void run(const mkcall *m, const char *path, rig *g)
{
	uint32_t head[6] = {0xa1b23c4d, 2 | 4 << 16, 0, 0, 65535,
			    (uint32_t)mkcall_link(m)};
	relay_config conf;
	both b = {.rig = g};

	relay_config_init(&conf);
	conf.keep_orphans = true;
	rig_init(g, &conf);
	b.f = fopen(path, "wb");
	fwrite(head, sizeof(head), 1, b.f);
	mkcall_run(m, on_frame, &b);
	g_assert_cmpint(fclose(b.f), ==, 0);
}

static void test_link(gconstpointer text)
{
	g_autofree char *dir = g_dir_make_tmp("edgetape-oracle-XXXXXX", NULL);
	g_autofree char *path = g_build_filename(dir, "call.pcap", NULL);
	g_autofree char *theirs = NULL, *ours = NULL;
	mkcall m = mkcall_of(text);
	rig g;

	run(&m, path, &g);
	theirs = ask_tshark(path);
	ours = ask_us(&g);
	g_assert_cmpuint(g.pkts->len, ==, 2 * m.packets);
	g_assert_cmpstr(ours, ==, theirs);
	rig_clear(&g);
	g_unlink(path);
	g_rmdir(dir);
}

static void add(const char *link, int ip, int mtu)
{
	g_autofree char *name = g_strdup_printf(
			"/relay/oracle/%s/ip%d%s", link, ip,
			mtu ? "/fragments" : "");
	char *text = g_strdup_printf(
			"path plain\npackets 600\nchecks 0\nrtcp 0\n"
			"link %s\nip %d\nmtu %d\n", link, ip, mtu);

	g_test_add_data_func_full(name, text, test_link, g_free);
}

static void test_nothing(void)
{
	g_test_skip("tshark is not installed");
}

int main(int argc, char **argv)
{
	g_autofree char *tshark = g_find_program_in_path("tshark");

	g_test_init(&argc, &argv, NULL);
	if (!tshark)
		g_test_add_func("/relay/oracle", test_nothing);
	for (size_t i = 0; tshark && i < G_N_ELEMENTS(links); i++) {
		add(links[i], 4, 0);
		add(links[i], 6, 0);
	}
	if (tshark) {
		add("ethernet", 4, 96);
		add("ethernet", 6, 96);
	}
	return g_test_run();
}
