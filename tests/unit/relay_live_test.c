/* Live capture on the loopback of a network namespace of its own: the account
 * with the kernel, and kill -9 in the middle of a call. Needs root. */
#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "relay_capture/balance.h"
#include "relay_capture/filter.h"
#include "tests/support/live_rig.h"
#include "tests/support/relay_rig.h"

enum {
	PACKETS = 2000,
	KILLS = 20,
	SLOW_MS = 60,
	WAIT_MS = 5000,
};

static relay_live *live_telling(const char *spool, const jrn_disk *disk,
				_Atomic int64_t *reach)
{
	static const char *const lo[] = {"lo", NULL};
	g_autoptr(GError) err = NULL;
	relay_live_config c;
	relay_live *l;

	relay_live_config_init(&c);
	c.interfaces = lo;
	c.ring_bytes = 8 << 20;
	c.queue_bytes = 8 << 20;
	c.writer.spool = spool;
	c.writer.disk = disk;
	l = relay_live_open(&c, &err);
	g_assert_no_error(err);
	if (reach)
		relay_live_tell_reach(l, reach);
	g_assert_true(relay_live_start(l, &err));
	live_rig_arm(l);
	return l;
}

static relay_live *live_new(const char *spool, const jrn_disk *disk)
{
	return live_telling(spool, disk, NULL);
}

/* How many packets stand in a file, which are numbered from `first` on. */
static uint32_t count(const char *path, uint32_t *first)
{
	g_autoptr(jrn_in) in = jrn_in_open(path, NULL);
	uint32_t n = 0, number = 0;
	jrn_rec r;
	pkt p;

	while (jrn_in_next(in, &r) == JRN_OK) {
		if (r.type != JRN_PACKET)
			continue;
		g_assert_true(rec_packet_get(&r, &p));
		g_assert_cmpint(p.side, ==, CALL_CALLER);
		g_assert_true(span_skip(&p.bytes, 4) &&
			      span_u32(&p.bytes, &number));
		if (!n)
			*first = number;
		g_assert_cmpuint(number, ==, *first + n);
		n++;
	}
	g_assert_null(jrn_in_trouble(in));
	return n;
}

static char *wait_for_file(const char *dir, guint number)
{
	for (int ms = 0; ms < WAIT_MS; ms += 5) {
		g_autoptr(GPtrArray) files = jrn_files(dir, JRN_MEDIA, NULL);

		if (files && files->len == number)
			return g_strdup(g_ptr_array_index(files, number - 1));
		g_usleep(5000);
	}
	g_assert_not_reached();
}

/* An empty spool, the journal of the call in it, and who speaks. */
typedef struct scene {
	char *spool, *dir;
	int to, from;
} scene;

/* False: the test is skipped. */
static bool scene_begin(scene *s)
{
	if (live_rig_skip())
		return false;
	s->spool = g_dir_make_tmp("edgetape-live-XXXXXX", NULL);
	s->dir = g_build_filename(s->spool, "one", NULL);
	s->to = live_rig_udp(5004);
	s->from = live_rig_udp(5002);
	return true;
}

static void scene_end(scene *s)
{
	close(s->to);
	close(s->from);
	live_rig_remove(s->spool);
	g_free(s->spool);
	g_free(s->dir);
}

/* Kernel = frames looked at + dropped, packet by packet. */
static void test_account(void)
{
	g_autofree char *path = NULL;
	uint32_t first = 0;
	relay_live_stats s;
	relay_live *l;
	scene at;

	if (!scene_begin(&at))
		return;
	l = live_new(at.spool, NULL);
	path = wait_for_file(at.dir, 1);
	for (uint32_t n = 0; n < PACKETS; n++) {
		live_rig_send(at.from, n);
		if (n % 50 == 0)
			g_usleep(1000);
	}
	g_usleep(100000);
	relay_live_stop(l);
	relay_live_stats_get(l, &s);
	/* What crosses lo is not counted on its way out. */
	g_assert_cmpuint(s.kernel_seen, ==, PACKETS);
	g_assert_cmpuint(s.kernel_seen, ==,
			 s.count[RELAY_FRAMES] + s.kernel_dropped);
	g_assert_cmpint(relay_balance_waiting(&s.iface[0]), ==, 0);
	g_assert_cmpuint(s.stored + s.queue_dropped + s.kernel_dropped, ==,
			 PACKETS);
	g_assert_cmpuint(count(path, &first), ==, s.stored);
	relay_live_free(l);
	scene_end(&at);
}

/* Disks that are not well. */
static _Atomic bool ill;

static ssize_t slow_pwrite(int fd, const void *p, size_t n, off_t at)
{
	g_usleep(SLOW_MS * 1000);
	return pwrite(fd, p, n, at);
}

static ssize_t full_pwrite(int fd, const void *p, size_t n, off_t at)
{
	if (!ill)
		return pwrite(fd, p, n, at);
	errno = ENOSPC;
	return -1;
}

static int broken_sync(int fd)
{
	if (!ill)
		return fdatasync(fd);
	errno = EIO;
	return -1;
}

static int broken_sync_all(int fd)
{
	if (!ill)
		return syncfs(fd);
	errno = EIO;
	return -1;
}

static const jrn_disk slow = {slow_pwrite, fdatasync, syncfs};
static const jrn_disk full = {full_pwrite, fdatasync, syncfs};
static const jrn_disk broken = {pwrite, broken_sync, broken_sync_all};

/* The disk is ill while the middle third comes: every packet is in the
 * journal, or counted where it was lost, and the trouble is told. */
static void test_ill_disk(gconstpointer disk)
{
	g_autofree uint8_t *seen = g_malloc0(PACKETS);
	g_autofree char *trouble = NULL;
	uint64_t found = 0;
	relay_live_stats s;
	relay_live *l;
	scene at;

	if (!scene_begin(&at))
		return;
	l = live_new(at.spool, disk);
	g_usleep(200000);
	for (uint32_t n = 0; n < PACKETS; n++) {
		ill = n > PACKETS / 3 && n < PACKETS * 2 / 3;
		live_rig_send(at.from, n);
		if (n % 2 == 0)
			g_usleep(1000);
	}
	trouble = relay_live_trouble(l);
	g_usleep(100000);
	relay_live_stop(l);
	relay_live_stats_get(l, &s);
	live_rig_count(at.dir, seen, PACKETS);
	for (uint32_t n = 0; n < PACKETS; n++)
		found += seen[n] > 0;
	g_assert_cmpuint(found, ==, s.stored);
	g_assert_cmpuint(s.stored + s.queue_dropped + s.disk_lost +
			 s.kernel_dropped, ==, PACKETS);
	g_assert_true((disk == &slow) == (trouble == NULL));
	/* Memory bridges a third of this. */
	g_assert_cmpuint(s.stored, ==, PACKETS);
	relay_live_free(l);
	scene_end(&at);
}

/* One life of the capture process. What a reader has seen before the kill is
 * there after it, and so is all that came before that. */
static void one_kill(const char *spool, int from, guint life,
		     uint32_t *number)
{
	g_autofree char *dir = g_build_filename(spool, "one", NULL), *path;
	uint32_t before = 0, after, first = 0;
	pid_t pid = fork();

	if (pid == 0) {
		live_new(spool, NULL);
		for (;;)
			pause();
	}
	path = wait_for_file(dir, life);
	for (guint i = 0; i < 150 + life * 7; i++) {
		live_rig_send(from, (*number)++);
		g_usleep(1000);
	}
	for (int ms = 0; ms < WAIT_MS && !before; ms += 5) {
		before = count(path, &first);
		g_usleep(5000);
	}
	g_assert_cmpuint(before, >, 0);
	g_assert_cmpint(kill(pid, SIGKILL), ==, 0);
	g_assert_cmpint(waitpid(pid, NULL, 0), ==, pid);
	after = count(path, &first);
	g_assert_cmpuint(after, >=, before);
}

static bool passes(const _Atomic int64_t *reach, int64_t time)
{
	for (int ms = 0; ms < WAIT_MS && atomic_load(reach) < time; ms++)
		g_usleep(1000);
	return atomic_load(reach) >= time;
}

/* When the word has passed a packet's time, the packet is in its file; while
 * the disk does not take it the word stands still. */
static void test_reach(void)
{
	static const jrn_disk no_room = {full_pwrite, fdatasync, syncfs};
	g_autofree char *path = NULL;
	_Atomic int64_t reach = 0;
	uint32_t first = 0;
	relay_live *l;
	scene at;
	int64_t sent;

	if (!scene_begin(&at))
		return;
	ill = false;
	l = live_telling(at.spool, &no_room, &reach);
	path = wait_for_file(at.dir, 1);
	for (uint32_t n = 0; n < 40; n++) {
		g_usleep(n * 7 % 100 * 1000);
		live_rig_send(at.from, n);
		sent = clk_mono_now().ns;
		g_assert_true(passes(&reach, sent));
		g_assert_cmpuint(count(path, &first), ==, n + 1);
	}
	ill = true;
	live_rig_send(at.from, 40);
	sent = clk_mono_now().ns;
	g_usleep(1500 * 1000);
	g_assert_cmpint(atomic_load(&reach), <, sent);
	ill = false;
	g_assert_true(passes(&reach, sent));
	g_assert_cmpuint(count(path, &first), ==, 41);
	relay_live_free(l);
	scene_end(&at);
}

/* What the first tally of a file says is stored; -1: there is none yet. */
static int64_t first_tally(const char *path, unsigned *before)
{
	g_autoptr(jrn_in) in = jrn_in_open(path, NULL);
	rec_tally t;
	jrn_rec rec;

	*before = 0;
	while (in && jrn_in_next(in, &rec) == JRN_OK) {
		*before += rec.type == JRN_PACKET;
		if (rec.type == JRN_TALLY && rec_tally_get(rec.payload, &t))
			return (int64_t)t.stored;
	}
	return -1;
}

/* A capture that was not there, or stood still, is told of the end of a call
 * before it has read the call's packets: that it was there to the end it says
 * behind them. */
static void test_end_waits(void)
{
	enum { SENT = 100 };
	static const char *const lo[] = {"lo", NULL};
	g_autofree char *path = NULL;
	g_autoptr(GError) err = NULL;
	relay_live_config c;
	unsigned before;
	relay_live *l;
	scene at;

	if (!scene_begin(&at))
		return;
	relay_live_config_init(&c);
	c.interfaces = lo;
	c.writer.spool = at.spool;
	l = relay_live_open(&c, &err);
	g_assert_no_error(err);
	live_rig_arm(l);
	for (uint32_t n = 0; n < SENT; n++)
		live_rig_send(at.from, n);
	g_usleep(200000);	/* the kernel hands over within 20 ms */
	g_assert_true(relay_live_disarm(l, "one", clk_now()));
	g_assert_true(relay_live_start(l, &err));
	path = wait_for_file(at.dir, 1);
	for (int ms = 0; ms < WAIT_MS && first_tally(path, &before) < 0;
	     ms += 20)
		g_usleep(20000);
	g_assert_cmpint(first_tally(path, &before), ==, SENT);
	g_assert_cmpuint(before, ==, SENT);
	relay_live_free(l);
	scene_end(&at);
}

static void test_kill(void)
{
	g_autofree char *spool = NULL;
	const char *times = getenv("EDGETAPE_KILLS");
	guint kills = times ? (guint)g_ascii_strtoull(times, NULL, 10) : KILLS;
	uint32_t number = 0;
	int to, from;

	if (live_rig_skip())
		return;
	spool = g_dir_make_tmp("edgetape-kill-XXXXXX", NULL);
	to = live_rig_udp(5004);
	from = live_rig_udp(5002);
	for (guint life = 1; life <= kills; life++)
		one_kill(spool, from, life, &number);
	close(to);
	close(from);
	live_rig_remove(spool);
}

static void test_errors(void)
{
	static const char *const none[] = {"no-such-if0", NULL};
	static const char *const lo[] = {"lo", NULL};
	g_autofree char *spool = NULL;
	g_autoptr(GError) err = NULL, filter = NULL;
	relay_live_config c;

	if (live_rig_skip())
		return;
	spool = g_dir_make_tmp("edgetape-live-XXXXXX", NULL);
	relay_live_config_init(&c);
	c.writer.spool = spool;
	c.interfaces = none;
	g_assert_null(relay_live_open(&c, &err));
	g_assert_error(err, RELAY_ERROR, RELAY_ERROR_OPEN);
	g_assert_nonnull(strstr(err->message, "no-such-if0"));
	c.interfaces = lo;
	c.filter = "udp and nonsense";
	g_assert_null(relay_live_open(&c, &filter));
	g_assert_error(filter, RELAY_ERROR, RELAY_ERROR_FILTER);
	live_rig_remove(spool);
}

static void test_filter(void)
{
	net_addr edges[] = {rig_addr("10.0.0.1:0"),
			    rig_addr("[2001:db8::1]:0")};
	g_autofree char *any = NULL, *some = NULL;
	relay_live_config c;

	relay_live_config_init(&c);
	any = relay_filter_text(&c, false);
	g_assert_nonnull(strstr(any, "udp"));
	g_assert_nonnull(strstr(any, "tcp port 443"));
	c.edges = edges;
	c.n_edges = 2;
	c.relayed_lo = 50000;
	c.relayed_hi = 59999;
	some = relay_filter_text(&c, true);
	g_assert_nonnull(strstr(some, "host 10.0.0.1 or host 2001:db8::1"));
	g_assert_nonnull(strstr(some, "udp portrange 50000-59999"));
	g_assert_nonnull(strstr(some, "or (vlan and "));
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	live_rig_namespace();
	g_test_add_func("/relay/filter/text", test_filter);
	g_test_add_func("/relay/live/errors", test_errors);
	g_test_add_func("/relay/live/account", test_account);
	g_test_add_data_func("/relay/live/disk/slow", &slow, test_ill_disk);
	g_test_add_data_func("/relay/live/disk/full", &full, test_ill_disk);
	g_test_add_data_func("/relay/live/disk/broken", &broken,
			     test_ill_disk);
	g_test_add_func("/relay/live/reach", test_reach);
	g_test_add_func("/relay/live/end-waits", test_end_waits);
	g_test_add_func("/relay/live/kill", test_kill);
	return g_test_run();
}
