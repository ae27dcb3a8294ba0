/* Captures of real calls (libnice, pidgin-sipe; coturn, an MS-TURN relay): what
 * is stored equals what the endpoints sent, each packet once. The captures are
 * too large to be kept beside the code; EDGETAPE_CALLS names their folder. */
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

static void run(const char *dir, const golden *c)
{
	g_autofree char *path = g_build_filename(dir, c->name, "edge.pcap",
						 NULL);
	g_autoptr(GError) err = NULL;
	g_autoptr(relay_file) f = relay_file_open(path, &err);
	clk_both at = {{0}, {0}};
	span frame;
	int link;
	rig g;

	g_assert_no_error(err);
	rig_init(&g, NULL);
	for (int side = 0; side < 2; side++) {
		g_autoptr(call_half) h = rig_half((call_side)side,
			c->ufrag[side], c->relays[side]);

		relay_arm(g.tap, c->name, h, at);
	}
	while (relay_file_next(f, &link, &frame, &at) == RELAY_NEXT_FRAME)
		relay_frame(g.tap, link, frame, at);
	g_assert_null(relay_file_trouble(f));
	rig_check_sums(&g);
	for (int side = 0; side < 2; side++)
		g_assert_cmpuint(rig_count(&g, c->ssrc[side], (call_side)side),
				 ==, c->packets[side]);
	g_assert_cmpuint(relay_count(g.tap, RELAY_BAD_FRAME), ==, 0);
	g_assert_cmpuint(relay_count(g.tap, RELAY_BAD_TURN), ==, 0);
	rig_clear(&g);
}

static void test_calls(void)
{
	const char *dir = getenv("EDGETAPE_CALLS");

	if (!dir) {
		g_test_skip("EDGETAPE_CALLS does not name the captures");
		return;
	}
	for (size_t i = 0; i < G_N_ELEMENTS(calls); i++)
		run(dir, &calls[i]);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/relay/golden/calls", test_calls);
	return g_test_run();
}
