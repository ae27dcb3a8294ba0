/* Live capture: a generator sends relayed calls into one end of a veth pair,
 * and capture with its ring, its journals and its syncs hangs on the other;
 * both share the processors. First the rate that has to be borne, then the
 * knee. Fails on a drop at that rate, or when the account does not add up.
 * Needs root.
 *
 * BENCH_SECONDS (10), BENCH_RATE (50000), BENCH_STEP_SECONDS (3). */
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "relay_capture/source.h"
#include "tests/support/mkcall.h"

enum {
	BATCH = 64,		/* frames a system call */
	SETTLE_MS = 400,	/* the ring is handed over by then */
};

static const char workload[] =
	"calls 250\npackets 50\npath channel\nrtcp 0\nchecks 0\n";

/* A second of all calls, again and again: the last four octets of a frame,
 * which are of the tag, tell one round from another. */
typedef struct frames {
	GArray *at;		/* of size_t: where each begins; one more */
	GByteArray *bytes;
} frames;

typedef struct step {
	unsigned rate, seconds;
	uint64_t sent;
	relay_live_stats s;
	double cpu_s, wall_s;
} step;

static unsigned env(const char *name, unsigned otherwise)
{
	const char *text = getenv(name);

	return text ? (unsigned)g_ascii_strtoull(text, NULL, 10) : otherwise;
}

static void keep_frame(void *user, int link, span frame, int64_t ns)
{
	frames *f = user;
	size_t at = f->bytes->len;

	(void)link;
	(void)ns;
	g_array_append_val(f->at, at);
	g_byte_array_append(f->bytes, frame.p, (guint)frame.left);
}

static frames make_frames(const mkcall *m)
{
	frames f = {g_array_new(FALSE, FALSE, sizeof(size_t)),
		    g_byte_array_new()};
	size_t end;

	mkcall_run(m, keep_frame, &f);
	end = f.bytes->len;
	g_array_append_val(f.at, end);
	return f;
}

static bool run(const char *command)
{
	return system(command) == 0;
}

static bool make_pair(void)
{
	return unshare(CLONE_NEWNET) == 0 &&
	       run("ip link add v0 type veth peer name v1") &&
	       run("sysctl -qw net.ipv6.conf.all.disable_ipv6=1") &&
	       run("ip link set v0 up && ip link set v1 up");
}

static int packet_socket(void)
{
	struct sockaddr_ll a = {.sll_family = AF_PACKET,
				.sll_ifindex = (int)if_nametoindex("v0")};
	int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0), on = 1;

	if (fd < 0 || bind(fd, (struct sockaddr *)&a, sizeof(a)) < 0 ||
	    setsockopt(fd, SOL_PACKET, PACKET_QDISC_BYPASS, &on,
		       sizeof(on)) < 0)
		_exit(1);
	return fd;
}

static void mark(frames *f, size_t i, uint32_t round)
{
	size_t end = g_array_index(f->at, size_t, i + 1);

	memcpy(f->bytes->data + end - sizeof(round), &round, sizeof(round));
}

static unsigned send_some(int fd, frames *f, uint64_t first, unsigned n)
{
	struct mmsghdr m[BATCH] = {0};
	struct iovec v[BATCH];
	size_t all = f->at->len - 1;
	int done;

	n = MIN(n, BATCH);
	for (unsigned k = 0; k < n; k++) {
		size_t i = (size_t)((first + k) % all);
		size_t at = g_array_index(f->at, size_t, i);

		mark(f, i, (uint32_t)((first + k) / all));
		v[k] = (struct iovec){f->bytes->data + at,
				      g_array_index(f->at, size_t, i + 1) - at};
		m[k].msg_hdr.msg_iov = &v[k];
		m[k].msg_hdr.msg_iovlen = 1;
	}
	done = sendmmsg(fd, m, n, 0);
	return done < 0 ? 0 : (unsigned)done;
}

/* In a process of its own: at each millisecond what is due by then. */
static uint64_t generate(frames *f, unsigned rate, unsigned seconds,
			 uint64_t sent)
{
	int fd = packet_socket();
	uint64_t all = (uint64_t)rate * seconds, n = 0;
	struct timespec at;
	int64_t start, now;

	clock_gettime(CLOCK_MONOTONIC, &at);
	start = at.tv_sec * CLK_NS_PER_S + at.tv_nsec;
	while (n < all) {
		clock_gettime(CLOCK_MONOTONIC, &at);
		now = at.tv_sec * CLK_NS_PER_S + at.tv_nsec - start;
		while (n < all && (int64_t)(n * CLK_NS_PER_S / rate) <= now)
			n += send_some(fd, f, sent + n,
				       (unsigned)MIN(all - n, BATCH));
		clock_nanosleep(CLOCK_MONOTONIC, 0,
				&(struct timespec){0, CLK_NS_PER_MS}, NULL);
	}
	close(fd);
	return n;
}

static void arm(relay_live *l, const mkcall *m)
{
	char name[16];

	for (unsigned c = 0; c < m->calls; c++) {
		mkcall_name(c, name);
		for (int side = 0; side < 2; side++)
			if (!relay_live_arm_take(l, name,
						 mkcall_half(m, c,
							     (call_side)side),
						 clk_now()))
				g_error("cannot be armed");
	}
}

static double cpu_s(void)
{
	struct rusage u;

	getrusage(RUSAGE_SELF, &u);
	return (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) +
	       (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6;
}

static void wait_for(pid_t pid, relay_rings *r)
{
	int status;

	while (waitpid(pid, &status, WNOHANG) == 0) {
		g_usleep(200000);
		relay_rings_tick(r);
	}
	if (status)
		g_error("the generator failed");
	g_usleep(SETTLE_MS * 1000);
}

static void capture(step *s, frames *f, const mkcall *m, const char *spool)
{
	static const char *const names[] = {"v1", NULL};
	g_autoptr(GError) err = NULL;
	relay_live_config c;
	relay_live *l;
	double before;
	pid_t pid;

	relay_live_config_init(&c);
	c.interfaces = names;
	c.writer.spool = spool;
	c.rings = relay_rings_open(&c, &err);
	l = c.rings ? relay_live_open(&c, &err) : NULL;
	if (!l)
		g_error("%s", err->message);
	arm(l, m);
	relay_live_start(l, NULL);
	s->wall_s = (double)g_get_monotonic_time() / 1e6;
	before = cpu_s();
	pid = fork();
	if (pid == 0)
		_exit(generate(f, s->rate, s->seconds, 0) == 0);
	wait_for(pid, c.rings);
	s->cpu_s = cpu_s() - before;
	s->wall_s = (double)g_get_monotonic_time() / 1e6 - s->wall_s -
		    SETTLE_MS / 1e3;
	s->sent = (uint64_t)s->rate * s->seconds;
	relay_live_free(l);
	relay_rings_tick(c.rings);
	relay_rings_stats(c.rings, &s->s);
	relay_rings_free(c.rings);
}

/* Every frame is in one counter, to the last. */
static bool adds_up(const step *s)
{
	const relay_live_stats *t = &s->s;
	uint64_t out = 0;

	for (int c = 0; c < RELAY_FRAME_COUNTERS; c++)
		out += t->count[c];
	return t->kernel_seen == s->sent &&
	       t->kernel_seen == out + t->kernel_dropped &&
	       t->stored + t->queue_dropped + t->disk_lost ==
	       t->count[RELAY_STORED] + t->count[RELAY_LATE_STORED];
}

static uint64_t dropped(const step *s)
{
	return s->s.kernel_dropped + s->s.queue_dropped + s->s.disk_lost;
}

static bool measure(step *s, frames *f, const mkcall *m)
{
	g_autofree char *spool = g_dir_make_tmp("edgetape-veth-XXXXXX", NULL);
	g_autofree char *clean = g_strdup_printf("rm -rf %s", spool);
	double late;

	capture(s, f, m, spool);
	if (!run(clean))
		return false;
	late = s->wall_s / s->seconds;
	printf("%8u/s %3u s  %9lu sent %9lu stored %7lu dropped  capture "
	       "%3.0f %% of a core%s%s\n", s->rate, s->seconds, s->sent,
	       s->s.stored, dropped(s), 100 * s->cpu_s / s->wall_s,
	       late > 1.1 ? "  (the generator was late)" : "",
	       adds_up(s) ? "" : "  THE ACCOUNT DOES NOT ADD UP");
	fflush(stdout);
	return adds_up(s);
}

/* The highest rate of a ladder without a drop. */
static bool find_knee(frames *f, const mkcall *m, unsigned rate)
{
	unsigned best = rate;
	bool ok = true;

	for (int i = 0; i < 8 && ok; i++) {
		step s = {.rate = rate + rate / 2,
			  .seconds = env("BENCH_STEP_SECONDS", 3)};

		rate = s.rate;
		ok = measure(&s, f, m);
		if (dropped(&s) || s.wall_s > 1.1 * s.seconds)
			break;
		best = rate;
	}
	printf("no drop up to %u packets/s\n", best);
	return ok;
}

int main(void)
{
	step s = {.rate = env("BENCH_RATE", 50000),
		  .seconds = env("BENCH_SECONDS", 10)};
	mkcall m = mkcall_of(workload);
	frames f;
	bool ok;

	if (!make_pair()) {
		printf("capture, live: not measured (needs root and veth)\n");
		return 0;
	}
	f = make_frames(&m);
	printf("capture, live: %u calls over veth, ring, journals synced\n",
	       m.calls);
	ok = measure(&s, &f, &m);
	if (dropped(&s))
		printf("FAILED: %lu dropped at %u packets/s\n", dropped(&s),
		       s.rate);
	ok &= !dropped(&s);
	if (ok)
		ok = find_knee(&f, &m, s.rate);
	g_array_unref(f.at);
	g_byte_array_unref(f.bytes);
	return !ok;
}
