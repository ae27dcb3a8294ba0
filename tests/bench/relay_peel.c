/* Cost of one relayed packet: read from a capture file, peeled, matched,
 * de-duplicated; without and with the journal. Beside it libpcap, which reads
 * the same file and does nothing. Fails below the floors, and when a packet
 * allocates. */
#include <errno.h>
#include <malloc.h>
#include <pcap/pcap.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "relay_capture/flow.h"
#include "relay_capture/source.h"
#include "tests/support/cost.h"
#include "tests/support/live_rig.h"
#include "tests/support/relay_rig.h"

enum {
	FLOOR = 1000000,	/* packets/s without the journal */
	FLOOR_JOURNAL = 500000,
	RUNS = 3,		/* the best counts: others share the machine */
	STREAM_MAX = 2048,	/* octets of memory for a matched stream */
};

/* Calls of 12 s: the shorter, the more of a journal's cost is to make it. */
static const char workload[] =
	"calls 500\npackets 600\npath mix\nrtcp 50\nchecks 4\n";

/* Every allocation of the program passes here. */
extern void *__libc_malloc(size_t n);
extern void *__libc_calloc(size_t n, size_t m);
extern void *__libc_realloc(void *p, size_t n);
extern void *__libc_memalign(size_t align, size_t n);
static uint64_t allocations;

void *malloc(size_t n)
{
	allocations++;
	return __libc_malloc(n);
}

void *calloc(size_t n, size_t m)
{
	allocations++;
	return __libc_calloc(n, m);
}

void *realloc(void *p, size_t n)
{
	allocations++;
	return __libc_realloc(p, n);
}

int posix_memalign(void **p, size_t align, size_t n)
{
	allocations++;
	*p = __libc_memalign(align, n);
	return *p ? 0 : ENOMEM;
}

typedef struct run {
	double seconds;
	uint64_t frames, stored, allocated;	/* the last: in steady state */
	uint64_t heap;		/* octets that the calls need, at the end */
	uint64_t flows;
} run;

static uint64_t heap(void)
{
	const struct mallinfo2 m = mallinfo2();

	return m.uordblks + m.hblkhd;
}

static void *null_open(void *user, const char *call, clk_both at)
{
	(void)call;
	(void)at;
	return user;
}

static void null_packet(void *user, void *call, const pkt *p)
{
	(void)call;
	*(uint64_t *)user += p->bytes.left > 0;
}

static void null_flow(void *user, void *call, const rec_flow *f, clk_both at)
{
	(void)user;
	(void)call;
	(void)f;
	(void)at;
}

static void null_loss(void *user, void *call, const rec_loss *l, clk_both at)
{
	(void)user;
	(void)call;
	(void)l;
	(void)at;
}

static void null_close(void *user, void *call, clk_both at)
{
	(void)user;
	(void)call;
	(void)at;
}

static void null_orphan(void *user, const relay_orphan *o, clk_both at)
{
	(void)user;
	(void)o;
	(void)at;
}

static const relay_sink null_sink = {
	.open = null_open, .packet = null_packet, .flow = null_flow,
	.loss = null_loss, .close = null_close, .orphan = null_orphan,
};

static void on_frame(void *user, int link, span frame, int64_t ns)
{
	uint32_t head[4] = {(uint32_t)(ns / CLK_NS_PER_S),
			    (uint32_t)(ns % CLK_NS_PER_S),
			    (uint32_t)frame.left, (uint32_t)frame.left};

	(void)link;
	fwrite(head, sizeof(head), 1, user);
	fwrite(frame.p, 1, frame.left, user);
}

static void make_file(const mkcall *m, const char *path)
{
	uint32_t head[6] = {0xa1b23c4d, 2 | 4 << 16, 0, 0, 65535,
			    (uint32_t)mkcall_link(m)};
	FILE *f = fopen(path, "wb");

	g_assert_nonnull(f);
	fwrite(head, sizeof(head), 1, f);
	mkcall_run(m, on_frame, f);
	g_assert_cmpint(fclose(f), ==, 0);
}

static void count_frame(u_char *user, const struct pcap_pkthdr *h,
			const u_char *p)
{
	(void)h;
	(void)p;
	++*(uint64_t *)(void *)user;
}

static run run_pcap(const char *path)
{
	char text[PCAP_ERRBUF_SIZE];
	run r = {0};
	double start = cost_cpu_s();
	pcap_t *p = pcap_open_offline(path, text);

	g_assert_nonnull(p);
	pcap_loop(p, -1, count_frame, (u_char *)(void *)&r.frames);
	pcap_close(p);
	r.seconds = cost_cpu_s() - start;
	return r;
}

/* Allocations are counted from the middle of the file on: by then the flows
 * have been born, and the journals' buffers have grown. */
static run run_tap(const char *path, const mkcall *m, uint64_t middle,
		   const relay_sink *sink, void *user)
{
	relay_file *f = relay_file_open(path, NULL);
	relay_config conf;
	relay_tap *tap;
	clk_both at = {{0}, {0}};
	uint64_t before = 0;
	run r = {0};
	double start;
	span frame;
	int link;

	relay_config_init(&conf);
	tap = relay_new(&conf, sink, user);
	r.heap = heap();
	rig_arm_all(tap, m, clk_from_wall(1700000000 * CLK_NS_PER_S));
	start = cost_cpu_s();
	while (relay_file_next(f, &link, &frame, &at) == RELAY_NEXT_FRAME) {
		relay_frame(tap, link, frame, at);
		if (++r.frames == middle)
			before = allocations;
	}
	r.allocated = allocations - before;
	r.seconds = cost_cpu_s() - start;
	r.stored = relay_count(tap, RELAY_STORED) +
		   relay_count(tap, RELAY_TCP_STORED);
	r.flows = relay_count(tap, RELAY_FLOWS_BORN);
	/* Nothing can be claimed late any more, so that what tells such
	 * copies apart is gone; the calls are not over. */
	at.mono.ns += conf.preroll_ns;
	relay_tick(tap, at);
	r.heap = heap() - r.heap;
	relay_free(tap, at);
	relay_file_free(f);
	return r;
}

static run run_journal(const char *path, const mkcall *m, uint64_t middle,
		       const char *spool)
{
	relay_writer_config conf = {.spool = spool};
	g_autoptr(relay_writer) w = relay_writer_new(&conf, NULL);
	double start = cost_cpu_s();
	run r = run_tap(path, m, middle, &relay_writer_sink, w);

	g_assert_true(relay_writer_flush(w, NULL));
	r.seconds = cost_cpu_s() - start;
	return r;
}

static void keep_best(run *best, run r)
{
	if (!best->seconds || r.seconds < best->seconds)
		*best = r;
}

static void line(const char *what, const run *r, const run *bare)
{
	double per_s = (double)r->frames / r->seconds;

	printf("%-28s %10.0f packets/s %8.1f ns/packet %6.2f x libpcap\n",
	       what, per_s, 1e9 / per_s, r->seconds / bare->seconds);
}

/* Flows live in a table that is reserved at the start. */
static bool tell_memory(const char *path, const run *r, unsigned streams)
{
	uint64_t each = (r->heap + r->flows * sizeof(relay_flow)) / streams;

	printf("memory: %-10s %5lu octets a stream (heap %lu, %.1f paths of "
	       "%zu)\n", path, each, r->heap / streams,
	       (double)r->flows / streams, sizeof(relay_flow));
	if (each > STREAM_MAX)
		printf("FAILED: memory: more than %d octets a stream\n",
		       STREAM_MAX);
	return each <= STREAM_MAX;
}

/* Each kind of path by itself: the mix hides what one of them costs. */
static bool paths_memory(const char *path)
{
	static const char *const kinds[] = {"channel", "indication", "msturn",
					    "msraw", "host", "plain", "tcp",
					    "mstcp"};
	uint64_t seen = 0;
	bool ok = true;

	for (size_t i = 0; i < G_N_ELEMENTS(kinds); i++) {
		g_autofree char *text = g_strdup_printf(
			"calls 500\npackets 20\npath %s\nrtcp 10\nchecks 4\n",
			kinds[i]);
		mkcall m = mkcall_of(text);
		run r;

		make_file(&m, path);
		r = run_tap(path, &m, 0, &null_sink, &seen);
		ok &= tell_memory(kinds[i], &r, 2 * m.calls);
	}
	return ok;
}

static bool meets(const char *what, const run *r, double least)
{
	double per_s = (double)r->frames / r->seconds;

	if (per_s < least)
		printf("FAILED: %s: %.0f packets/s, floor %.0f\n", what, per_s,
		       least);
	if (r->allocated)
		printf("FAILED: %s: %lu allocations in %lu packets\n", what,
		       r->allocated, r->frames / 2);
	return per_s >= least && !r->allocated;
}

int main(void)
{
	g_autofree char *dir = g_dir_make_tmp("edgetape-bench-XXXXXX", NULL);
	g_autofree char *path = g_build_filename(dir, "calls.pcap", NULL);
	g_autofree char *spool = g_build_filename(dir, "spool", NULL);
	run bare = {0}, dry = {0}, wet = {0};
	uint64_t seen = 0;
	mkcall m = mkcall_of(workload);
	bool ok;

	make_file(&m, path);
	keep_best(&bare, run_pcap(path));
	for (int i = 0; i < RUNS; i++) {
		keep_best(&bare, run_pcap(path));
		keep_best(&dry, run_tap(path, &m, bare.frames / 2, &null_sink,
					&seen));
		keep_best(&wet, run_journal(path, &m, bare.frames / 2, spool));
		live_rig_remove(spool);
	}
	printf("capture, offline: %u calls, %lu packets, %lu stored\n",
	       m.calls, dry.frames, dry.stored);
	line("libpcap, doing nothing", &bare, &bare);
	line("peel, match, de-duplicate", &dry, &bare);
	line("the same, with journals", &wet, &bare);
	ok = tell_memory("mix", &dry, 2 * m.calls);
	ok &= paths_memory(path);
	live_rig_remove(dir);
	ok &= meets("without journal", &dry, FLOOR);
	ok &= meets("with journal", &wet, FLOOR_JOURNAL);
	return !ok;
}
