/* The kernel's rings on the loopback of a network namespace of its own: the
 * process that reads them is killed, stopped, and crashes at a packet, and what
 * the journals hold afterwards is what was sent. Needs root.
 *
 * EDGETAPE_KILLS: how many kills, 20 unless told. */
#include <arpa/inet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "relay_capture/rings.h"
#include "tests/support/relay_rig.h"

enum {
	BURST = 5,		/* packets each millisecond or so */
	KILLS = 20,
	LIFE_MS = 120,		/* of a worker, and up to as much again */
	QUIET_MS = 200,
	STOPPED_S = 5,
	POISON = 5,
};

typedef struct bench {
	char *spool, *dir;
	const char *interfaces[2];
	relay_live_config conf;
	relay_rings *rings;
	int to, go[2];
	pid_t sender;
	uint32_t sent;
} bench;

static const char *why_not;

/* The namespace ends with the process. */
static void make_namespace(void)
{
	struct ifreq ifr = {.ifr_name = "lo", .ifr_flags = IFF_UP};
	int fd;

	if (unshare(CLONE_NEWNET) < 0) {
		why_not = "no right to make a network namespace";
		return;
	}
	fd = socket(AF_INET, SOCK_DGRAM, 0);
	if (ioctl(fd, SIOCSIFFLAGS, &ifr) < 0)
		why_not = "lo does not come up";
	close(fd);
}

static bool skip(void)
{
	if (why_not)
		g_test_skip(why_not);
	return why_not != NULL;
}

static int udp_socket(uint16_t port)
{
	struct sockaddr_in a = {.sin_family = AF_INET,
				.sin_port = htons(port),
				.sin_addr = {htonl(INADDR_LOOPBACK)}};
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	g_assert_cmpint(bind(fd, (struct sockaddr *)&a, sizeof(a)), ==, 0);
	return fd;
}

/* The caller speaks from port 5002 to 5004. */
static void send_rtp(int fd, uint32_t number)
{
	struct sockaddr_in to = {.sin_family = AF_INET,
				 .sin_port = htons(5004),
				 .sin_addr = {htonl(INADDR_LOOPBACK)}};
	uint8_t buf[182] = {0};
	put o = put_into(buf, sizeof(buf));

	put_u16(&o, 0x8000);
	put_u16(&o, (uint16_t)number);
	put_u32(&o, number);
	put_u32(&o, 7);
	g_assert_cmpint(sendto(fd, buf, sizeof(buf), 0, (struct sockaddr *)&to,
			       sizeof(to)), ==, sizeof(buf));
}

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
	b->to = udp_socket(5004);
}

static void bench_clear(bench *b)
{
	const char *argv[] = {"rm", "-rf", b->spool, NULL};

	relay_rings_free(b->rings);
	g_spawn_sync(NULL, (char **)(uintptr_t)argv, NULL,
		     G_SPAWN_SEARCH_PATH, NULL, NULL, NULL, NULL, NULL, NULL);
	g_free(b->spool);
	g_free(b->dir);
	close(b->to);
}

/* Sends until the pipe is closed; tells through it how many that were. */
static void start_sender(bench *b, int back[2])
{
	uint32_t n = 0;
	int fd;

	g_assert_cmpint(pipe(b->go), ==, 0);
	g_assert_cmpint(pipe(back), ==, 0);
	b->sender = fork();
	if (b->sender != 0) {
		close(b->go[0]);
		close(back[1]);
		return;
	}
	close(b->go[1]);
	fd = udp_socket(5002);
	for (;;) {
		struct pollfd p = {.fd = b->go[0], .events = POLLIN};

		for (int i = 0; i < BURST; i++)
			send_rtp(fd, n++);
		if (poll(&p, 1, 1) > 0)
			break;
	}
	if (write(back[1], &n, sizeof(n)) != sizeof(n))
		_exit(1);
	_exit(0);
}

static void stop_sender(bench *b, int back[2])
{
	close(b->go[1]);
	g_assert_cmpint(read(back[0], &b->sent, sizeof(b->sent)), ==,
			sizeof(b->sent));
	close(back[0]);
	g_assert_cmpint(waitpid(b->sender, NULL, 0), ==, b->sender);
}

/* A worker that knows the call from the start and ends when `*stop` is
 * closed. */
static pid_t start_worker(bench *b, int *stop)
{
	g_autoptr(GError) err = NULL;
	relay_live *l;
	int ends[2];
	char none;
	pid_t pid;

	g_assert_cmpint(pipe(ends), ==, 0);
	pid = fork();
	*stop = ends[1];
	if (pid != 0) {
		close(ends[0]);
		return pid;
	}
	close(ends[1]);
	close(b->go[1]);
	l = relay_live_open(&b->conf, &err);
	g_assert_no_error(err);
	for (int side = 0; side < 2; side++) {
		call_half *h = rig_half((call_side)side, "", NULL);

		CALL_MEDIA(h, 0)->rtp = rig_addr(side ? "127.0.0.1:5004" :
						 "127.0.0.1:5002");
		g_assert_true(relay_live_arm_take(l, "one", h, clk_now()));
	}
	g_assert_true(relay_live_start(l, &err));
	while (read(ends[0], &none, 1) > 0)
		;
	relay_live_free(l);
	_exit(0);
}

static void end_worker(pid_t pid, int stop)
{
	int status;

	close(stop);
	g_assert_cmpint(waitpid(pid, &status, 0), ==, pid);
	g_assert_cmpint(status, ==, 0);
}

/* How often each packet stands in the journals. */
static void read_journals(const bench *b, uint8_t *seen)
{
	g_autoptr(GPtrArray) files = jrn_files(b->dir, JRN_MEDIA, NULL);
	uint32_t number = 0;
	jrn_rec rec;
	pkt p;

	for (guint i = 0; i < files->len; i++) {
		g_autoptr(jrn_in) in =
			jrn_in_open(g_ptr_array_index(files, i), NULL);

		while (jrn_in_next(in, &rec) == JRN_OK) {
			if (rec.type != JRN_PACKET)
				continue;
			g_assert_true(rec_packet_get(&rec, &p) &&
				      span_skip(&p.bytes, 4) &&
				      span_u32(&p.bytes, &number));
			g_assert_cmpuint(number, <, b->sent);
			if (seen[number] < UINT8_MAX)
				seen[number]++;
		}
		g_assert_null(jrn_in_trouble(in));
	}
}

/* What was sent is what is in the journals, and the sums say so. */
static void check(bench *b)
{
	g_autofree uint8_t *seen = g_malloc0(b->sent);
	uint32_t lost = 0, twice = 0;
	relay_live_stats s;

	read_journals(b, seen);
	for (uint32_t i = 0; i < b->sent; i++) {
		lost += !seen[i];
		twice += seen[i] > 1;
	}
	relay_rings_tick(b->rings);
	relay_rings_stats(b->rings, &s);
	g_test_message("%u sent, %u lost, %u written more than once, %"
		       G_GUINT64_FORMAT " read again", b->sent, lost, twice,
		       s.read_again);
	g_assert_cmpuint(s.kernel_dropped, ==, 0);
	g_assert_cmpuint(lost, ==, 0);
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
	int back[2], stop;
	bench b;
	pid_t pid;

	if (skip())
		return;
	bench_init(&b, interface);
	start_sender(&b, back);
	for (guint i = 0; i < kills; i++) {
		pid = start_worker(&b, &stop);
		g_usleep((gulong)g_rand_int_range(rand, LIFE_MS, 2 * LIFE_MS) *
			 1000);
		g_assert_cmpint(kill(pid, SIGKILL), ==, 0);
		g_assert_cmpint(waitpid(pid, NULL, 0), ==, pid);
		close(stop);
		relay_rings_died(b.rings, false);
		relay_rings_tick(b.rings);
	}
	pid = start_worker(&b, &stop);
	stop_sender(&b, back);
	g_usleep(QUIET_MS * 1000);
	end_worker(pid, stop);
	check(&b);
	bench_clear(&b);
}

static void test_stop(void)
{
	int back[2], stop;
	bench b;
	pid_t pid;

	if (skip())
		return;
	bench_init(&b, "lo");
	start_sender(&b, back);
	pid = start_worker(&b, &stop);
	g_usleep(LIFE_MS * 1000);
	g_assert_cmpint(kill(pid, SIGSTOP), ==, 0);
	g_usleep(STOPPED_S * G_USEC_PER_SEC);
	g_assert_cmpint(kill(pid, SIGCONT), ==, 0);
	stop_sender(&b, back);
	g_usleep(QUIET_MS * 1000);
	end_worker(pid, stop);
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

static int read_poison(bench *b)
{
	static const relay_sink sink = {
		.open = poison_open, .packet = poison_packet,
		.flow = poison_other, .loss = poison_loss,
		.close = poison_close,
	};
	relay_queue *q = relay_queue_new(1 << 20);
	relay_tap *tap = relay_new(&b->conf.tap, &sink, b);
	const relay_written all = {.blocks = UINT64_MAX};

	relay_rings_join(b->rings);
	for (int side = 0; side < 2; side++) {
		g_autoptr(call_half) h = rig_half((call_side)side, "", NULL);

		CALL_MEDIA(h, 0)->rtp = rig_addr(side ? "127.0.0.1:5004" :
						 "127.0.0.1:5002");
		relay_arm(tap, "one", h, clk_now());
	}
	while (relay_rings_read(b->rings, tap, q, 0) > 0)
		;
	relay_rings_finish(b->rings, tap, q, &all);
	return 0;
}

static void test_poison(void)
{
	int status = 0, crashes = -1, fd;
	relay_live_stats s;
	bench b;

	if (skip())
		return;
	bench_init(&b, "lo");
	fd = udp_socket(5002);
	for (uint32_t n = 0; n < 2 * POISON; n++)
		send_rtp(fd, n);
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

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	make_namespace();
	g_test_add_data_func("/relay/rings/kill", "lo", test_kill);
	g_test_add_data_func("/relay/rings/kill/any", "any", test_kill);
	g_test_add_func("/relay/rings/stop", test_stop);
	g_test_add_func("/relay/rings/poison", test_poison);
	return g_test_run();
}
