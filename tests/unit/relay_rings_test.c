/* The kernel's rings on the loopback of a network namespace of its own: the
 * process that reads them is killed, stopped, and crashes at a packet, and what
 * the journals hold afterwards is what was sent. Needs root.
 *
 * EDGETAPE_KILLS: how many kills, 20 unless told. */
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "relay_capture/balance.h"
#include "relay_capture/rings.h"
#include "tests/support/live_rig.h"
#include "tests/support/relay_rig.h"

enum {
	KILLS = 20,
	LIFE_MS = 120,		/* of a worker, and up to as much again */
	QUIET_MS = 200,
	STOPPED_S = 5,
	POISON = 5,
	HELD = 50,
	ROUNDS = 16,
	BURST = 900,
};

typedef struct bench {
	char *spool, *dir;
	const char *interfaces[2];
	relay_live_config conf;
	relay_rings *rings;
	int to;
	live_sender sender;
	uint32_t sent;
} bench;

static void bench_init(bench *b, const char *interface)
{
	g_autoptr(GError) err = NULL;

	*b = (bench){.interfaces = {interface}};
	b->spool = g_dir_make_tmp("edgetape-rings-XXXXXX", NULL);
	b->dir = g_build_filename(b->spool, "one", NULL);
	relay_live_config_init(&b->conf);
	b->conf.interfaces = b->interfaces;
	b->conf.ring_bytes = 32 << 20;
	b->conf.queue_bytes = 8 << 20;
	b->conf.writer.spool = b->spool;
	b->rings = relay_rings_open(&b->conf, &err);
	g_assert_no_error(err);
	b->conf.rings = b->rings;
	b->to = live_rig_udp(5004);
}

static void bench_clear(bench *b)
{
	relay_rings_free(b->rings);
	live_rig_remove(b->spool);
	g_free(b->spool);
	g_free(b->dir);
	close(b->to);
}

/* What was sent is what is in the journals, and the sums say so. */
static void check(bench *b)
{
	uint32_t twice = live_rig_check(b->dir, b->sent);
	relay_live_stats s;

	relay_rings_tick(b->rings);
	relay_rings_stats(b->rings, &s);
	g_test_message("%" G_GUINT64_FORMAT " read again", s.read_again);
	g_assert_cmpuint(s.kernel_dropped, ==, 0);
	g_assert_cmpuint(twice, <=, s.read_again);
	g_assert_cmpuint(s.kernel_seen, ==, s.count[RELAY_FRAMES] + s.copies);
	g_assert_cmpuint(s.count[RELAY_STORED], ==, b->sent);
	g_assert_cmpuint(s.stored, ==, b->sent);
	g_assert_cmpuint(s.copies, ==, b->sent);
}

static void test_kill(gconstpointer interface)
{
	const char *times = getenv("EDGETAPE_KILLS");
	guint kills = times ? (guint)g_ascii_strtoull(times, NULL, 10) : KILLS;
	g_autoptr(GRand) rand = g_rand_new_with_seed(4);
	live_worker w;
	bench b;

	if (live_rig_skip())
		return;
	bench_init(&b, interface);
	live_sender_start(&b.sender);
	for (guint i = 0; i < kills; i++) {
		w = live_worker_start(&b.conf, &b.sender);
		g_usleep((gulong)g_rand_int_range(rand, LIFE_MS, 2 * LIFE_MS) *
			 1000);
		live_worker_kill(&w);
		relay_rings_died(b.rings, false);
		relay_rings_tick(b.rings);
	}
	w = live_worker_start(&b.conf, &b.sender);
	b.sent = live_sender_stop(&b.sender);
	g_usleep(QUIET_MS * 1000);
	live_worker_end(&w);
	check(&b);
	bench_clear(&b);
}

/* What a reader kept of nobody's media dies with it, and is accounted for. */
static void test_held(void)
{
	relay_live_stats s = {.n_ifaces = 0};
	live_worker w;
	bench b;
	int fd;

	if (live_rig_skip())
		return;
	bench_init(&b, "lo");
	fd = live_rig_udp(5006);
	w = live_worker_start(&b.conf, NULL);
	for (uint32_t n = 0; n < HELD; n++)
		live_rig_send_to(fd, n, 5008);
	close(fd);
	for (int i = 0; i < 200 && s.count[RELAY_HELD] < HELD; i++) {
		g_usleep(50000);
		relay_rings_tick(b.rings);
		relay_rings_stats(b.rings, &s);
	}
	g_assert_cmpuint(s.count[RELAY_HELD], ==, HELD);
	g_assert_cmpint(relay_balance_waiting(&s.iface[0]), ==, HELD);
	live_worker_kill(&w);
	relay_rings_died(b.rings, false);
	w = live_worker_start(&b.conf, NULL);
	live_worker_end(&w);
	relay_rings_tick(b.rings);
	relay_rings_stats(b.rings, &s);
	g_assert_cmpuint(s.held_died, ==, HELD);
	g_assert_cmpint(relay_balance_waiting(&s.iface[0]), ==, 0);
	bench_clear(&b);
}

static void test_stop(void)
{
	live_worker w;
	bench b;

	if (live_rig_skip())
		return;
	bench_init(&b, "lo");
	live_sender_start(&b.sender);
	w = live_worker_start(&b.conf, &b.sender);
	g_usleep(LIFE_MS * 1000);
	g_assert_cmpint(kill(w.pid, SIGSTOP), ==, 0);
	g_usleep(STOPPED_S * G_USEC_PER_SEC);
	g_assert_cmpint(kill(w.pid, SIGCONT), ==, 0);
	b.sent = live_sender_stop(&b.sender);
	g_usleep(QUIET_MS * 1000);
	live_worker_end(&w);
	check(&b);
	bench_clear(&b);
}

/* A reader that dies of one packet. */
static void *poison_open(void *user, const char *call, clk_both at)
{
	(void)call;
	(void)at;
	return user;
}

static void poison_packet(void *user, void *call, const pkt *p)
{
	span s = p->bytes;
	uint32_t number = 0;

	(void)user;
	(void)call;
	if (span_skip(&s, 4) && span_u32(&s, &number) && number == POISON)
		_exit(9);
}

static void poison_other(void *user, void *call, const rec_flow *f,
			 clk_both at)
{
	(void)user;
	(void)call;
	(void)f;
	(void)at;
}

static void poison_loss(void *user, void *call, const rec_loss *l, clk_both at)
{
	(void)user;
	(void)call;
	(void)l;
	(void)at;
}

static void poison_close(void *user, void *call, clk_both at)
{
	(void)user;
	(void)call;
	(void)at;
}

/* All that the kernel has handed over. */
static void read_all(relay_rings *r, relay_tap *tap, relay_queue *q)
{
	relay_stamp now = {0};

	relay_stamp_round(&now, clk_now(), (clk_mono){0});
	while (relay_rings_read(r, tap, q, &now) > 0)
		;
}

static int read_poison(bench *b)
{
	static const relay_sink sink = {
		.open = poison_open, .packet = poison_packet,
		.flow = poison_other, .loss = poison_loss,
		.close = poison_close,
	};
	relay_queue *q = relay_queue_new(1 << 20);
	relay_tap *tap = relay_new(&b->conf.tap, &sink, b);
	const relay_written all = {.mark = UINT64_MAX};

	relay_rings_join(b->rings);
	for (int side = 0; side < 2; side++) {
		g_autoptr(call_half) h = rig_half((call_side)side, "", NULL);

		CALL_MEDIA(h, 0)->rtp = rig_addr(side ? "127.0.0.1:5004" :
						 "127.0.0.1:5002");
		relay_arm(tap, "one", h, clk_now());
	}
	read_all(b->rings, tap, q);
	relay_rings_finish(b->rings, tap, q, &all);
	return 0;
}

static void test_poison(void)
{
	int status = 0, crashes = -1, fd;
	relay_live_stats s;
	bench b;

	if (live_rig_skip())
		return;
	bench_init(&b, "lo");
	fd = live_rig_udp(5002);
	for (uint32_t n = 0; n < 2 * POISON; n++)
		live_rig_send(fd, n);
	close(fd);
	g_usleep(QUIET_MS * 1000);
	do {
		pid_t pid = fork();

		if (pid == 0)
			_exit(read_poison(&b));
		g_assert_cmpint(waitpid(pid, &status, 0), ==, pid);
		relay_rings_died(b.rings, status != 0);
		crashes++;
	} while (status && crashes < 2 * POISON);
	g_assert_cmpint(crashes, ==, 3);
	relay_rings_tick(b.rings);
	relay_rings_stats(b.rings, &s);
	g_assert_cmpuint(s.given_up, ==, 4 * POISON);
	g_assert_cmpuint(s.kernel_seen, ==, s.given_up);
	bench_clear(&b);
}

/* The disk takes nothing: each look gives back as much as the kernel needs, not
 * only a block. */
static void test_stuck(void)
{
	const relay_written none = {0};
	relay_live_stats s;
	relay_queue *q;
	relay_tap *tap;
	bench b;
	int fd;

	if (live_rig_skip())
		return;
	bench_init(&b, "lo");
	relay_rings_free(b.rings);
	b.conf.ring_bytes = 4 << 20;
	b.conf.rings = NULL;
	b.rings = relay_rings_open(&b.conf, NULL);
	g_assert_nonnull(b.rings);
	q = relay_queue_new(1 << 20);
	tap = relay_new(&b.conf.tap, &relay_queue_sink, q);
	relay_rings_join(b.rings);
	fd = live_rig_udp(5002);
	/* Four blocks of 32 in each round. */
	for (uint32_t n = 0; n < ROUNDS * BURST; n++) {
		live_rig_send(fd, n);
		if (n % BURST < BURST - 1)
			continue;
		g_usleep(QUIET_MS / 2 * 1000);
		read_all(b.rings, tap, q);
		relay_rings_release(b.rings, &none);
	}
	close(fd);
	relay_rings_finish(b.rings, tap, q,
			   &(relay_written){.mark = UINT64_MAX});
	relay_rings_tick(b.rings);
	relay_rings_stats(b.rings, &s);
	g_assert_cmpuint(s.kernel_dropped, ==, 0);
	g_assert_cmpuint(s.count[RELAY_FRAMES], ==, ROUNDS * BURST);
	relay_free(tap, clk_now());
	relay_queue_free(q);
	bench_clear(&b);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	live_rig_namespace();
	g_test_add_data_func("/relay/rings/kill", "lo", test_kill);
	g_test_add_data_func("/relay/rings/kill/any", "any", test_kill);
	g_test_add_func("/relay/rings/held", test_held);
	g_test_add_func("/relay/rings/stop", test_stop);
	g_test_add_func("/relay/rings/poison", test_poison);
	g_test_add_func("/relay/rings/stuck", test_stuck);
	return g_test_run();
}
