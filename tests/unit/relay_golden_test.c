/* Captures of real calls (libnice, pidgin-sipe; coturn, an MS-TURN relay): what
 * is stored equals what the endpoints sent, each packet once, octet for octet,
 * and of the right party. */
#include <glib/gstdio.h>
#include <stdlib.h>

#include "relay_capture/source.h"
#include "tests/support/relay_rig.h"

typedef struct golden {
	const char *name;
	const char *ufrag[2];
	const char *relays[2][3];
	uint32_t ssrc[2];
	unsigned packets[2];
} golden;

static const golden calls[] = {
	{"nice-drop", {"2eN5", "Y6wx"},
	 {{"10.99.3.10:54821 10.99.1.10:42991",
	   "10.99.3.10:50230 10.99.1.10:47774"},
	  {"10.99.3.10:56880 10.99.2.10:47624",
	   "10.99.3.10:58697 10.99.2.10:52859"}},
	 {0x3c1d7aa6, 0xb73cf536}, {398, 398}},
	{"nice-port9", {"rZhC", "TQwr"},
	 {{"10.99.3.10:54919 10.99.1.10:37212",
	   "10.99.3.10:57667 10.99.1.10:50721"},
	  {"10.99.3.10:52574 10.99.2.10:51629",
	   "10.99.3.10:53917 10.99.2.10:44680"}},
	 {0xde079125, 0x7f5238a9}, {398, 398}},
	{"msturn-udp", {"9jLm", "VFoL"},
	 {{"10.98.3.10:52750 10.98.1.10:54344",
	   "10.98.3.10:54752 10.98.1.10:53978"},
	  {"10.98.3.10:59852 10.98.2.10:40358",
	   "10.98.3.10:55034 10.98.2.10:36492"}},
	 {0xbcfa55aa, 0x9b46537f}, {391, 390}},
	{"lync-pcmu", {"BBXu", "tH7a"},
	 {{"10.97.3.10:50725 10.97.1.10:47276",
	   "10.97.3.10:55984 10.97.1.10:45310"},
	  {"10.97.3.10:52181 10.97.2.10:48919",
	   "10.97.3.10:54491 10.97.2.10:48003"}},
	 {0x22fbe9a5, 0x0412e291}, {98, 100}},
	{"lync-siren", {"91WJ", "kkVP"},
	 {{"10.97.3.10:55153 10.97.1.10:42144",
	   "10.97.3.10:59748 10.97.1.10:45404"},
	  {"10.97.3.10:50036 10.97.2.10:42812",
	   "10.97.3.10:51795 10.97.2.10:42757"}},
	 {0x9bab3ff7, 0xf3f8dfd1}, {50, 47}},
};

#define CALLS "tests/golden/calls/"

static int by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* As tests/golden/packets tells them. */
static char *digests(const rig *g)
{
	g_autoptr(GPtrArray) all = g_ptr_array_new_with_free_func(g_free);
	GString *text = g_string_new(NULL);

	for (guint i = 0; i < g->pkts->len; i++) {
		const rig_pkt *r = g_ptr_array_index(g->pkts, i);
		char *sum = g_compute_checksum_for_data(
			G_CHECKSUM_SHA256, r->p.bytes.p, r->p.bytes.left);

		sum[16] = '\0';
		g_ptr_array_add(all, sum);
	}
	if (all->len)
		qsort(all->pdata, all->len, sizeof(void *), by_text);
	for (guint i = 0; i < all->len; i++)
		g_string_append_printf(text, "%s\n",
				       (char *)g_ptr_array_index(all, i));
	return g_string_free(text, FALSE);
}

static relay_file *open_capture(const golden *c)
{
	g_autofree char *dir = g_dir_make_tmp("edgetape-golden-XXXXXX", NULL);
	g_autofree char *path = g_build_filename(dir, "edge.pcap", NULL);
	g_autofree char *unpack = g_strdup_printf(
		"xz -dc " CALLS "%s/edge.pcap.xz >%s", c->name, path);
	g_autoptr(GError) err = NULL;
	relay_file *f;

	g_assert_cmpint(system(unpack), ==, 0);
	f = relay_file_open(path, &err);
	g_assert_no_error(err);
	g_unlink(path);
	g_rmdir(dir);
	return f;
}

static void arm(rig *g, const golden *c)
{
	for (int side = 0; side < 2; side++) {
		g_autoptr(call_half) h = rig_half((call_side)side,
			c->ufrag[side], c->relays[side]);

		relay_arm(g->tap, c->name, h, clk_from_wall(0));
	}
}

static void test_call(gconstpointer call)
{
	const golden *c = call;
	g_autofree char *list = g_strdup_printf(CALLS "%s/packets.txt",
						c->name);
	g_autofree char *want = NULL, *got = NULL;
	g_autoptr(relay_file) f = open_capture(c);
	clk_both at;
	span frame;
	int link;
	rig g;

	rig_init(&g, NULL);
	arm(&g, c);
	while (relay_file_next(f, &link, &frame, &at) == RELAY_NEXT_FRAME)
		relay_frame(g.tap, link, frame, at);
	g_assert_null(relay_file_trouble(f));
	rig_check_sums(&g);
	for (int side = 0; side < 2; side++)
		g_assert_cmpuint(rig_count(&g, c->ssrc[side], (call_side)side),
				 ==, c->packets[side]);
	g_assert_true(g_file_get_contents(list, &want, NULL, NULL));
	got = digests(&g);
	g_assert_cmpstr(got, ==, want);
	g_assert_cmpuint(relay_count(g.tap, RELAY_BAD_FRAME), ==, 0);
	g_assert_cmpuint(relay_count(g.tap, RELAY_BAD_TURN), ==, 0);
	rig_clear(&g);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	for (size_t i = 0; i < G_N_ELEMENTS(calls); i++) {
		g_autofree char *name = g_strconcat("/relay/golden/",
						    calls[i].name, NULL);

		g_test_add_data_func(name, &calls[i], test_call);
	}
	return g_test_run();
}
