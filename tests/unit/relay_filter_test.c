/* What the derived filter lets through: every frame of the relay's, also in a
 * mirror's tunnel, in one VLAN or two, in pieces; and nothing of others. */
#include <pcap/pcap.h>
#include <string.h>

#include "relay_capture/filter.h"
#include "tests/support/mkcall.h"
#include "tests/support/relay_rig.h"

enum { SNAP = 65535, TAG_AT = 12, TAG = 4, LINKTYPE_RAW = 101 };

typedef struct sieve {
	struct bpf_program code;
	unsigned tags;		/* of each frame, that the kernel takes off */
	unsigned passed, kept;
} sieve;

static bool passes(const sieve *s, span frame)
{
	const struct pcap_pkthdr h = {.caplen = (bpf_u_int32)frame.left,
				      .len = (bpf_u_int32)frame.left};

	return pcap_offline_filter(&s->code, &h, frame.p) != 0;
}

static void give(void *user, int link, span frame, int64_t ns)
{
	sieve *s = user;
	uint8_t buf[MK_FRAME_MAX];
	size_t cut = (size_t)TAG * s->tags;

	(void)link;
	(void)ns;
	memcpy(buf, frame.p, TAG_AT);
	memcpy(buf + TAG_AT, frame.p + TAG_AT + cut,
	       frame.left - TAG_AT - cut);
	if (passes(s, span_of(buf, frame.left - cut)))
		s->passed++;
	else
		s->kept++;
}

/* The number in a file is another one than the library's. */
static int link_of(const mkcall *m)
{
	return mkcall_link(m) == LINKTYPE_RAW ? DLT_RAW : mkcall_link(m);
}

static void sift(sieve *s, const relay_live_config *c, const char *text,
		 unsigned tags)
{
	g_autofree char *filter = NULL;
	mkcall m = mkcall_of(text);
	pcap_t *p;

	filter = relay_filter_text(c, mkcall_link(&m) == DLT_EN10MB);
	p = pcap_open_dead(link_of(&m), SNAP);
	*s = (sieve){.tags = tags};
	if (pcap_compile(p, &s->code, filter, 1, PCAP_NETMASK_UNKNOWN) < 0)
		g_error("%s", pcap_geterr(p));
	mkcall_run(&m, give, s);
	pcap_freecode(&s->code);
	pcap_close(p);
	g_assert_cmpuint(s->passed + s->kept, >, 0);
}

static relay_live_config config(const net_addr edges[2], bool range)
{
	relay_live_config c;

	relay_live_config_init(&c);
	c.edges = edges;
	c.n_edges = 2;
	if (range) {
		c.relayed_lo = 49152;
		c.relayed_hi = 65535;
	}
	return c;
}

static unsigned tags_of(const char *link)
{
	return !strcmp(link, "vlan") ? 1 : !strcmp(link, "qinq") ? 2 : 0;
}

static void test_relay(gconstpointer link)
{
	static const char *const paths[] = {"channel", "msturn", "msraw",
					    "host", "tcp", "mstcp"};
	const net_addr edges[] = {rig_addr("10.9.0.9:0"),
				  rig_addr("[2001:db8:900::a09:9]:0")};

	for (int v = 0; v < 8; v++)
		for (size_t i = 0; i < G_N_ELEMENTS(paths); i++)
			for (unsigned t = 0; t <= tags_of(link); t++) {
				const relay_live_config c =
					config(edges, v & 1);
				g_autofree char *text = g_strdup_printf(
					"link %s\npath %s\nip %d\nmtu %d\n"
					"packets 3\n", (const char *)link,
					paths[i], v & 2 ? 6 : 4,
					v & 4 ? 96 : 0);
				sieve s;

				sift(&s, &c, text, t);
				if (s.kept)
					g_error("%u of %s", s.kept, text);
			}
}

static void test_others(void)
{
	const net_addr edges[] = {rig_addr("10.9.0.9:0"),
				  rig_addr("[2001:db8:900::a09:9]:0")};

	for (int v = 0; v < 4; v++) {
		const relay_live_config c = config(edges, v & 1);
		g_autofree char *text = g_strdup_printf(
			"path plain\nip %d\npackets 3\n", v & 2 ? 6 : 4);
		sieve s;

		sift(&s, &c, text, 0);
		g_assert_cmpuint(s.passed, ==, 0);
	}
}

int main(int argc, char **argv)
{
	static const char *const links[] = {
		"ethernet", "vlan", "qinq", "sll", "sll2", "raw",
		"gre", "erspan1", "erspan2", "erspan3", "vxlan", "geneve", "tzsp"};

	g_test_init(&argc, &argv, NULL);
	for (size_t i = 0; i < G_N_ELEMENTS(links); i++) {
		g_autofree char *name = g_strconcat("/relay/filter/relay/",
						    links[i], NULL);

		g_test_add_data_func(name, links[i], test_relay);
	}
	g_test_add_func("/relay/filter/others", test_others);
	return g_test_run();
}
