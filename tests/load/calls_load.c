/* Calls recorded live, from SIP over the contract to WAV: a network namespace
 * of our own with a veth pair, `edgetape capture` at one end of it, tap and
 * render beside, all on this machine and with this generator. For each step
 * (LOAD_STEPS, calls at once) calls begin one after the other, speak for
 * LOAD_SECONDS, and end; every one must come out RECORDED and nothing may be
 * dropped. Frames are made beforehand (media.h), so sending costs little.
 * CPU seconds are the roles' own, from /proc. Needs root, for the namespace.
 * Before each step memory is warmed (warm.h).
 *
 * The aim was set on a machine whose bare parts (parts.h) were measured too:
 * how many times as much as these the roles cost says the same of any other. */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/load/front_end.h"
#include "tests/load/hop.h"
#include "tests/load/parts.h"
#include "tests/load/talk.h"
#include "tests/load/warm.h"

enum {
	ROLES = 3,
	RATE = 100,		/* calls set up a second */
	SLICE_MS = 2,		/* packets leave in bursts of so long */
	SLICES = LOAD_PACKET_MS / SLICE_MS,
	BURST = 1024,
	LAST_S = 30,		/* to wait for the recordings */
	KNEE_STEP = 500,	/* more calls, as long as all come out */
	AIM_CALLS = 500,	/* at which the roles are to cost at most */
	AIM_PER_CORE = 2500,	/* one core for so many */
	AIM_PARTS = 10450,	/* of the bare parts on that machine */
	PARTS_OF = 50,		/* calls that these are measured with */
	KNEE_S = 20,
};

static const char *const roles[ROLES] = {"capture", "tap", "render"};

typedef struct bench {
	load_rig rig;
	pid_t role[ROLES];
	int out;		/* packet socket at the generator's end */
	bool missed;
	double per_core;	/* at AIM_CALLS; 0: not run */
	double parts;		/* calls a core of the bare ones, then */
} bench;

/* One step: the generator's two threads share it. */
typedef struct step {
	bench *b;
	load_media m;
	_Atomic unsigned up;	/* calls that are answered, in order */
	_Atomic unsigned over;	/* calls that have said everything */
	double *setup_us;	/* verdicts on INVITE, 200 and ACK together */
	double *bare_us;	/* their way without edgetape */
	double page_us;		/* what touching a page cost before it */
	uint64_t sent, late;
} step;

static void command(const char *line)
{
	if (system(line) != 0)
		load_die("failed: %s", line);
}

static void open_wire(bench *b)
{
	struct sockaddr_ll a = {.sll_family = AF_PACKET,
				.sll_protocol = htons(ETH_P_IP)};
	int room = 8 << 20;

	if (unshare(CLONE_NEWNET) != 0)
		load_die("a network namespace of our own: %s",
			 g_strerror(errno));
	command("ip link set lo up");
	command("ip link add gen0 type veth peer name edge0");
	command("ip link set gen0 up && ip link set edge0 up");
	a.sll_ifindex = (int)if_nametoindex("gen0");
	b->out = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
	if (b->out < 0 || bind(b->out, (struct sockaddr *)&a, sizeof(a)) != 0)
		load_die("a packet socket: %s", g_strerror(errno));
	setsockopt(b->out, SOL_SOCKET, SO_SNDBUFFORCE, &room, sizeof(room));
}

/* ---- the generator's media ---- */

static void burst(step *s, struct mmsghdr *v, unsigned n)
{
	unsigned done = 0;

	while (done < n) {
		int k = sendmmsg(s->b->out, v + done, n - done, 0);

		if (k <= 0 && errno != ENOBUFS && errno != EAGAIN)
			load_die("sending: %s", g_strerror(errno));
		if (k > 0)
			done += (unsigned)k;
	}
	s->sent += n;
}

/* Calls `slice`, slice + SLICES, ... of those that are up. */
static void send_slice(step *s, unsigned slice, unsigned *next)
{
	static struct mmsghdr v[BURST];
	static struct iovec io[BURST];
	unsigned up = atomic_load(&s->up), n = 0;

	for (unsigned c = slice; c < up; c += SLICES) {
		if (next[c] == s->m.packets)
			continue;
		for (int side = 0; side < 2; side++, n++) {
			io[n] = (struct iovec){
				load_media_frame(&s->m, s->m.first + c,
						 (call_side)side, next[c]),
				LOAD_FRAME};
			v[n].msg_hdr = (struct msghdr){.msg_iov = &io[n],
						       .msg_iovlen = 1};
		}
		if (++next[c] == s->m.packets)
			atomic_fetch_add(&s->over, 1);
	}
	burst(s, v, n);
}

static void *media_run(void *p)
{
	step *s = p;
	g_autofree unsigned *next = g_new0(unsigned, s->m.calls);
	double begun = load_now_s(), due;

	for (uint64_t i = 0; atomic_load(&s->over) < s->m.calls; i++) {
		due = begun + (double)i * SLICE_MS / 1000;
		s->late += load_now_s() - due > LOAD_PACKET_MS / 1000.0;
		load_sleep_until(due);
		send_slice(s, i % SLICES, next);
	}
	return NULL;
}

/* ---- the generator's signalling ---- */

static void say(load_fe *fe, unsigned call, load_step what)
{
	g_autofree char *m = load_talk(call, what);

	load_fe_send(fe, m);
	load_fe_await(fe, 1, what <= LOAD_OK ? 1 : 0);
}

static void set_up(step *s, load_fe *fe, load_hop *hop, unsigned c)
{
	double at = load_now_s();

	for (load_step w = LOAD_INVITE; w <= LOAD_ACK; w++) {
		g_autofree char *m = load_talk(s->m.first + c, w);

		load_hop_pass(hop, m);
	}
	s->bare_us[c] = 1e6 * (load_now_s() - at);
	at = load_now_s();
	for (load_step w = LOAD_INVITE; w <= LOAD_ACK; w++)
		say(fe, s->m.first + c, w);
	s->setup_us[c] = 1e6 * (load_now_s() - at);
}

static void *talk_run(void *p)
{
	step *s = p;
	load_fe *fe = load_fe_new(&s->b->rig);
	load_hop *hop = load_hop_new();
	double begun = load_now_s();

	for (unsigned c = 0; c < s->m.calls; c++) {
		load_sleep_until(begun + (double)c / RATE);
		set_up(s, fe, hop, c);
		atomic_store(&s->up, c + 1);
	}
	for (unsigned c = 0; c < s->m.calls; c++) {
		/* They end in the order in which they began. */
		while (atomic_load(&s->over) <= c)
			g_usleep(20000);
		say(fe, s->m.first + c, LOAD_BYE);
	}
	load_hop_free(hop);
	load_fe_free(fe);
	return NULL;
}

/* ---- what came of it ---- */

/* Sidecars that tell of RECORDED; *all counts every one. */
static unsigned recorded(const char *dir, unsigned *all)
{
	g_autoptr(GDir) d = g_dir_open(dir, 0, NULL);
	const char *name;
	unsigned n = 0;

	while (d && (name = g_dir_read_name(d))) {
		g_autofree char *path = g_build_filename(dir, name, NULL);
		g_autofree char *text = NULL;

		if (g_file_test(path, G_FILE_TEST_IS_DIR)) {
			n += recorded(path, all);
		} else if (g_str_has_suffix(name, ".json") &&
			   g_file_get_contents(path, &text, NULL, NULL) &&
			   strstr(text, "\"outcome\"")) {
			(*all)++;
			n += strstr(text, "\"RECORDED\"") != NULL;
		}
	}
	return n;
}

static unsigned await_recordings(const bench *b, unsigned calls)
{
	g_autofree char *dir = load_rig_path(&b->rig, "recordings");
	unsigned good = 0;

	for (int i = 0; i < LAST_S * 2; i++) {
		unsigned all = 0;

		good = recorded(dir, &all);
		if (all >= calls)
			break;
		g_usleep(500000);
	}
	return good;
}

static uint64_t dropped(const bench *b)
{
	static const char *const counters[] = {
		"kernel-dropped", "card-dropped", "queue-dropped", "disk-lost"};
	uint64_t n = load_rig_stat(&b->rig, "tap", "records-lost");

	for (size_t i = 0; i < G_N_ELEMENTS(counters); i++)
		n += load_rig_stat(&b->rig, "capture", counters[i]);
	return n;
}

static void start_roles(bench *b)
{
	load_rig_open(&b->rig, "edge0", "wav");
	for (int i = 0; i < ROLES; i++)
		b->role[i] = load_rig_start(&b->rig, roles[i]);
	load_rig_await_tap(&b->rig);
}

static void stop_roles(bench *b)
{
	for (int i = 0; i < ROLES; i++)
		load_rig_stop(b->role[i]);
	load_rig_close(&b->rig);
}

/* Of n calls, in ms: the median and the 99th of a hundred. */
static void tell_times(double *us, unsigned n)
{
	printf(" %6.2f %6.1f", load_quantile(us, n, .5) / 1000,
	       load_quantile(us, n, .99) / 1000);
}

/* Returns calls a core. */
static double tell(const step *s, const double cpu[ROLES],
		   const uint64_t rss[ROLES], unsigned good, uint64_t lost)
{
	double call_s = s->m.calls * (s->m.packets / 50.0), all = 0;
	unsigned n = s->m.calls;

	for (int i = 0; i < ROLES; i++)
		all += cpu[i];
	printf("%5u %8u %6" G_GUINT64_FORMAT " %6" G_GUINT64_FORMAT, n, good,
	       lost, s->late);
	for (int i = 0; i < ROLES; i++)
		printf(" %7.3f", 1000 * cpu[i] / call_s);
	printf(" %7.3f %6.0f", 1000 * all / call_s, call_s / all);
	for (int i = 0; i < ROLES; i++)
		printf(" %6.0f", (double)rss[i] / n / 1024);
	tell_times(s->bare_us, n);
	tell_times(s->setup_us, n);
	printf(" %5.1f\n", s->page_us);
	fflush(stdout);
	return call_s / all;
}

/* On these very packets, while nothing else runs here. */
static double bare_parts(const bench *b, const load_media *m)
{
	g_autofree char *path = load_rig_path(&b->rig, "alone");

	return load_parts(m, load_format_at(LOAD_WAV), PARTS_OF, path);
}

/* The generator's threads run until every call has ended; memory is looked at
 * when all speak. False: not every call came out as it should. */
static bool run_step(bench *b, unsigned calls, unsigned seconds)
{
	step s = {.b = b, .m = {.calls = calls}};
	double cpu[ROLES];
	uint64_t rss[ROLES], lost;
	pthread_t media, talk;
	unsigned good;
	double per_core;

	s.m.packets = 50 * MAX(seconds, calls / RATE + 2);
	s.setup_us = g_new0(double, calls);
	s.bare_us = g_new0(double, calls);
	load_media_make(&s.m, NULL, 0);
	s.page_us = load_warm();
	start_roles(b);
	if (calls == AIM_CALLS)
		b->parts = bare_parts(b, &s.m);
	for (int i = 0; i < ROLES; i++) {
		cpu[i] = load_cpu_s(b->role[i]);
		rss[i] = load_rss(b->role[i]);
	}
	pthread_create(&media, NULL, media_run, &s);
	pthread_create(&talk, NULL, talk_run, &s);
	while (atomic_load(&s.up) < calls)
		g_usleep(50000);
	g_usleep(500000);
	for (int i = 0; i < ROLES; i++)
		rss[i] = load_rss(b->role[i]) - rss[i];
	pthread_join(talk, NULL);
	pthread_join(media, NULL);
	good = await_recordings(b, calls);
	for (int i = 0; i < ROLES; i++)
		cpu[i] = load_cpu_s(b->role[i]) - cpu[i];
	g_usleep(1200000);	/* the counters are written every second */
	lost = dropped(b);
	per_core = tell(&s, cpu, rss, good, lost);
	if (calls == AIM_CALLS)
		b->per_core = per_core;
	stop_roles(b);
	load_media_free(&s.m);
	g_free(s.setup_us);
	g_free(s.bare_us);
	return good == calls && !lost;
}

/* More calls in each step until one does not come out: how many did. */
static unsigned find_knee(bench *b, unsigned from)
{
	unsigned most = load_env("LOAD_MOST", 3000), n = from;

	while (n + KNEE_STEP <= most && run_step(b, n + KNEE_STEP, KNEE_S))
		n += KNEE_STEP;
	return n;
}

static void tell_aim(const bench *b)
{
	double most = (double)AIM_PARTS / AIM_PER_CORE;
	double times = b->parts / b->per_core;

	printf("%u calls at once: %.0f calls a core, aim %u: %s\n"
	       "bare parts: %.0f calls a core; all roles cost %.2f times as "
	       "much, aim %.2f (%u / %u): %s\n",
	       AIM_CALLS, b->per_core, AIM_PER_CORE,
	       b->per_core >= AIM_PER_CORE ? "met" : "missed", b->parts,
	       times, most, AIM_PARTS, AIM_PER_CORE,
	       times <= most ? "met" : "missed");
}

static void tell_end(const bench *b, unsigned knee)
{
	unsigned most = load_env("LOAD_MOST", 3000);

	if (b->per_core > 0)
		tell_aim(b);
	if (!knee)
		return;
	if (knee + KNEE_STEP > most)
		printf("knee: not up to %u calls (LOAD_MOST)\n", knee);
	else
		printf("knee: %u calls; of %u not all came out\n", knee,
		       knee + KNEE_STEP);
}

static void tell_heads(void)
{
	printf("two-party G.711 calls to WAV, live; load average %.1f\n"
	       "late: bursts that left over 20 ms late; ms: CPU of a second of "
	       "a call; KiB: of a call;\nset-up: INVITE, 200 and ACK, in ms: "
	       "their way alone, and added by edgetape;\npage: the first touch "
	       "of one before the step, in us\n"
	       "%5s %8s %6s %6s %7s %7s %7s %7s %6s %6s %6s %6s %13s %13s\n"
	       "%5s %8s %6s %6s %7s %7s %7s %7s %6s %6s %6s %6s %6s %6s %6s "
	       "%6s %5s\n",
	       load_average(), "", "", "", "", "capture", "tap", "render",
	       "all", "calls/", "capt.", "tap", "render", "without", "added",
	       "calls", "RECORDED", "lost", "late", "ms", "ms", "ms", "ms",
	       "core", "KiB", "KiB", "KiB", "p50", "p99", "p50", "p99",
	       "page");
}

int main(void)
{
	const char *list = g_getenv("LOAD_STEPS");
	g_auto(GStrv) steps = g_strsplit(list ? list : "100 500 1000", " ", -1);
	unsigned calls = 0, knee = 0, seconds = load_env("LOAD_SECONDS", 60);
	bench b = {0};

	open_wire(&b);
	tell_heads();
	for (char **t = steps; *t; t++) {
		calls = (unsigned)g_ascii_strtoull(*t, NULL, 10);
		b.missed |= !run_step(&b, calls, seconds);
	}
	if (!b.missed && !list)
		knee = find_knee(&b, calls);
	tell_end(&b, knee);
	close(b.out);
	return b.missed;
}
