/* What is asked for ahead changes nothing: the same frames with and without
 * hints come to the same end, cut at each octet too. */
#include "relay_capture/flow.h"
#include "tests/support/relay_rig.h"

typedef struct frames {
	GPtrArray *bytes;	/* of GBytes */
	GArray *ns;		/* int64_t */
	int link;
} frames;

static void keep(void *user, int link, span frame, int64_t ns)
{
	frames *f = user;

	f->link = link;
	g_ptr_array_add(f->bytes, g_bytes_new(frame.p, frame.left));
	g_array_append_val(f->ns, ns);
}

static frames make(const mkcall *m)
{
	frames f = {
		.bytes = g_ptr_array_new_with_free_func(
			(GDestroyNotify)(void *)g_bytes_unref),
		.ns = g_array_new(FALSE, FALSE, sizeof(int64_t)),
	};

	mkcall_run(m, keep, &f);
	return f;
}

static void frames_free(frames *f)
{
	g_ptr_array_unref(f->bytes);
	g_array_unref(f->ns);
}

/* A copy of its own size, so that a sanitizer sees an octet too far. */
static span copy_of(const frames *f, guint i, size_t cut)
{
	gsize n;
	const void *p = g_bytes_get_data(g_ptr_array_index(f->bytes, i), &n);

	n = MIN(n, cut);
	return span_of(g_memdup2(n ? p : "", n ? n : 1), n);
}

/* In groups, as a block of a ring is read. */
static void feed(rig *g, const frames *f, size_t cut, bool hints)
{
	span group[RELAY_GROUP];
	guint at = 0, n;

	for (; at < f->bytes->len; at += n) {
		n = MIN(RELAY_GROUP, f->bytes->len - at);
		for (guint i = 0; i < n; i++)
			group[i] = copy_of(f, at + i, cut);
		if (hints)
			relay_hint(g->tap, f->link, group, n);
		for (guint i = 0; i < n; i++) {
			int64_t ns = g_array_index(f->ns, int64_t, at + i);

			relay_frame(g->tap, f->link, group[i],
				    clk_from_wall(ns));
			g_free((void *)(uintptr_t)group[i].p);
		}
	}
}

static void check_same(const rig *a, const rig *b)
{
	for (int c = 0; c < RELAY_COUNTERS; c++)
		g_assert_cmpuint(relay_count(a->tap, (relay_counter)c), ==,
				 relay_count(b->tap, (relay_counter)c));
	g_assert_cmpuint(a->pkts->len, ==, b->pkts->len);
	for (guint i = 0; i < a->pkts->len; i++) {
		const rig_pkt *x = g_ptr_array_index(a->pkts, i);
		const rig_pkt *y = g_ptr_array_index(b->pkts, i);

		g_assert_cmpstr(x->call, ==, y->call);
		g_assert_cmpmem(x->p.bytes.p, x->p.bytes.left, y->p.bytes.p,
				y->p.bytes.left);
	}
}

static void run(const mkcall *m, const frames *f, size_t cut, bool armed)
{
	rig plain, hinted;

	rig_init(&plain, NULL);
	rig_init(&hinted, NULL);
	if (armed) {
		rig_arm_all(plain.tap, m, clk_from_wall(0));
		rig_arm_all(hinted.tap, m, clk_from_wall(0));
	}
	feed(&plain, f, cut, false);
	feed(&hinted, f, cut, true);
	g_assert_cmpuint(plain.pkts->len > 0, ==, armed && cut > 1000);
	check_same(&plain, &hinted);
	rig_clear(&plain);
	rig_clear(&hinted);
}

static void test_text(gconstpointer text)
{
	mkcall m = mkcall_of(text);
	frames f = make(&m);

	run(&m, &f, SIZE_MAX, true);
	run(&m, &f, SIZE_MAX, false);
	frames_free(&f);
}

static void test_cut(void)
{
	mkcall m = mkcall_of("path mix\ncalls 8\npackets 2\nsize 20\n");
	rig g;
	frames f = make(&m);

	rig_init(&g, NULL);
	rig_arm_all(g.tap, &m, clk_from_wall(0));
	for (size_t cut = 0; cut < 200; cut++)
		feed(&g, &f, cut, true);
	rig_check_sums(&g);
	rig_clear(&g);
	frames_free(&f);
}

/* It looks where the path is: what is first in its bucket is the path itself
 * as long as it is alone there. */
static void test_first(void)
{
	relay_flows *t = relay_flows_new(64);
	relay_path p = {.src = rig_addr("192.0.2.1:4000"),
			.dst = rig_addr("192.0.2.2:3478"), .channel = 0x4001};
	const uint32_t hash = relay_path_hash(&p);
	relay_flow *f;

	g_assert_null(relay_flow_first(t, hash));
	relay_flow_hint(t, hash);
	f = relay_flow_add(t, &p, clk_from_wall(0));
	g_assert_true(relay_flow_first(t, hash) == f);
	g_assert_true(relay_flow_find(t, &p) == f);
	p.channel++;
	g_assert_cmpuint(relay_path_hash(&p), !=, hash);
	g_assert_null(relay_flow_find(t, &p));
	relay_flow_remove(t, f);
	g_assert_null(relay_flow_first(t, hash));
	relay_flows_free(t);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_data_func("/relay/hint/mix", "path mix\ncalls 8\n",
			     test_text);
	g_test_add_data_func("/relay/hint/6", "path mix\ncalls 8\nip 6\n",
			     test_text);
	g_test_add_data_func("/relay/hint/vlan",
			     "path mix\ncalls 8\nlink qinq\n", test_text);
	g_test_add_data_func("/relay/hint/tunnel",
			     "path mix\ncalls 8\nlink gre\n", test_text);
	g_test_add_data_func("/relay/hint/fragments",
			     "path mix\ncalls 8\nmtu 64\n", test_text);
	g_test_add_func("/relay/hint/cut", test_cut);
	g_test_add_func("/relay/hint/first", test_first);
	return g_test_run();
}
