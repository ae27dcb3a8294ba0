/* The account of an interface, looked at again and again while packets come,
 * the capturing process is killed and stopped, and the disk takes nothing: at
 * each look more has come in than went anywhere, no figure shrinks, and in the
 * end every packet is somewhere. With the kernel's rings and with libpcap.
 * Needs root. */
#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "relay_capture/balance.h"
#include "relay_capture/rings.h"
#include "tests/support/live_rig.h"

enum {
	LIVES = 6,
	LIFE_MS = 250,
	LOOK_MS = 10,
	QUIET_MS = 200,
	STOPPED_MS = 600,
	WAIT_MS = 10000,
	STRAYS = 40,		/* packets that nobody claims, each life */
};

/* What the looks have seen. */
typedef struct looks {
	relay_live_stats last;
	unsigned n;
	bool waited;		/* something was on its way at one of them */
} looks;

static void check_grown(const relay_iface_stats *was,
			const relay_iface_stats *is)
{
	relay_term a, b;

	for (unsigned i = 0; relay_balance_term(is, i, &b); i++) {
		g_assert_true(relay_balance_term(was, i, &a));
		if (b.n < a.n)
			g_error("%s: %" G_GUINT64_FORMAT " after %"
				G_GUINT64_FORMAT, b.name, b.n, a.n);
	}
}

static void look(looks *l, const relay_live_stats *s)
{
	for (unsigned i = 0; i < s->n_ifaces; i++) {
		g_assert_cmpint(relay_balance_waiting(&s->iface[i]), >=, 0);
		check_grown(&l->last.iface[i], &s->iface[i]);
		l->waited |= relay_balance_waiting(&s->iface[i]) > 0;
	}
	g_assert_cmpint(s->at.mono.ns, >=, l->last.at.mono.ns);
	l->last = *s;
	l->n++;
}

/* ---- several journals, since a spool may be out of order ---- */

typedef struct spools {
	char *dir;
	uint32_t n;
} spools;

static char *spool_name(const spools *s, uint32_t n)
{
	return g_strdup_printf("%s/%u", s->dir, n);
}

static char *call_name(const spools *s, uint32_t n)
{
	return g_strdup_printf("%s/%u/one", s->dir, n);
}

/* The next one. In a bad one no journal can be begun. */
static char *spool_new(spools *s, bool bad)
{
	g_autofree char *call = call_name(s, s->n);
	char *name = spool_name(s, s->n++);

	g_assert_cmpint(g_mkdir_with_parents(name, 0700), ==, 0);
	if (bad)
		g_assert_true(g_file_set_contents(call, "", 0, NULL));
	return name;
}

static void spool_mend(const spools *s)
{
	g_autofree char *call = call_name(s, s->n - 1);

	g_assert_cmpint(unlink(call), ==, 0);
}

/* How many different packets of `sent` stand in all of them. */
static uint64_t spools_found(const spools *s, uint32_t sent)
{
	g_autofree uint8_t *seen = g_malloc0(sent);
	uint64_t n = 0;

	for (uint32_t i = 0; i < s->n; i++) {
		g_autofree char *call = call_name(s, i);

		live_rig_count(call, seen, sent);
	}
	for (uint32_t i = 0; i < sent; i++)
		n += seen[i] > 0;
	return n;
}

static void spools_init(spools *s)
{
	*s = (spools){g_dir_make_tmp("edgetape-balance-XXXXXX", NULL), 0};
}

static void spools_clear(spools *s)
{
	live_rig_remove(s->dir);
	g_free(s->dir);
}

static void plan(relay_live_config *c)
{
	static const char *const lo[] = {"lo", NULL};

	relay_live_config_init(c);
	c->interfaces = lo;
	c->ring_bytes = 1 << 20;
	c->queue_bytes = 8 << 20;
	c->tap.preroll_ns = LIFE_MS * CLK_NS_PER_MS;
}

static void send_strays(int fd)
{
	for (uint32_t n = 0; n < STRAYS; n++)
		live_rig_send_to(fd, n, 6004);
}

/* ---- rings ---- */

static void look_for(looks *l, relay_rings *r, int ms)
{
	relay_live_stats s;

	for (; ms > 0; ms -= LOOK_MS) {
		g_usleep(LOOK_MS * 1000);
		relay_rings_tick(r);
		relay_rings_stats(r, &s);
		look(l, &s);
	}
}

/* One life: it cannot write at first if so, or is stopped until the ring has
 * run over. */
static void one_life(looks *l, relay_live_config *c, spools *s,
		     const live_sender *sender, bool bad, bool stopped)
{
	g_autofree char *spool = spool_new(s, bad);
	live_worker w;

	c->writer.spool = spool;
	w = live_worker_start(c, sender);
	look_for(l, c->rings, LIFE_MS);
	if (bad)
		spool_mend(s);
	if (stopped)
		g_assert_cmpint(kill(w.pid, SIGSTOP), ==, 0);
	look_for(l, c->rings, stopped ? STOPPED_MS : LIFE_MS);
	live_worker_kill(&w);
	relay_rings_died(c->rings, false);
}

static void last_life(looks *l, relay_live_config *c, spools *s,
		      live_sender *sender, uint32_t *sent)
{
	g_autofree char *spool = spool_new(s, false);
	live_worker w;

	c->writer.spool = spool;
	w = live_worker_start(c, sender);
	*sent = live_sender_stop(sender);
	look_for(l, c->rings, QUIET_MS);
	live_worker_end(&w);
	look_for(l, c->rings, LOOK_MS);
}

/* With kills alone each packet is stored. With a disk that refuses, or a ring
 * that is run over, some packets count as lost that are there: those that a
 * dying worker had written, and the next one could not write again. */
static void test_rings(gconstpointer trouble)
{
	const bool bad = trouble && strstr(trouble, "disk");
	const bool over = trouble && strstr(trouble, "ring");
	g_autoptr(GError) err = NULL;
	const relay_iface_stats *f;
	live_sender sender;
	relay_live_config c;
	looks l = {0};
	uint64_t found;
	uint32_t sent;
	int to, from;
	spools s;

	if (live_rig_skip())
		return;
	spools_init(&s);
	plan(&c);
	if (!over)
		c.ring_bytes = 32 << 20;
	c.rings = relay_rings_open(&c, &err);
	g_assert_no_error(err);
	to = live_rig_udp(5004);
	from = live_rig_udp(6002);
	live_sender_start(&sender);
	for (int i = 0; i < LIVES; i++) {
		send_strays(from);
		one_life(&l, &c, &s, &sender, bad && i % 3 == 1,
			 over && i % 3 == 2);
	}
	last_life(&l, &c, &s, &sender, &sent);
	f = &l.last.iface[0];
	g_test_message("%u sent, %" G_GUINT64_FORMAT " stored, %"
		       G_GUINT64_FORMAT " lost, %" G_GUINT64_FORMAT " dropped, "
		       "%" G_GUINT64_FORMAT " died, %u looks", sent, f->stored,
		       f->disk_lost, f->dropped, f->held_died, l.n);
	g_assert_true(l.waited);
	g_assert_cmpint(relay_balance_waiting(f), ==, 0);
	/* What crosses lo is seen on its way out and on its way in. */
	g_assert_cmpuint(f->seen, ==, 2 * ((uint64_t)sent + LIVES * STRAYS));
	g_assert_true((f->disk_lost > 0) == bad);
	g_assert_true((f->dropped > 0) == over);
	found = spools_found(&s, sent);
	g_test_message("%" G_GUINT64_FORMAT " found", found);
	g_assert_cmpuint(f->stored, <=, found);
	g_assert_cmpuint(found, <=, f->stored + f->disk_lost);
	g_assert_true(trouble || found == sent);
	g_assert_cmpuint(f->stored + f->disk_lost, ==,
			 f->count[RELAY_STORED]);
	relay_rings_free(c.rings);
	spools_clear(&s);
	close(to);
	close(from);
}

/* ---- libpcap ---- */

static _Atomic bool full, fuller;

static ssize_t full_pwrite(int fd, const void *p, size_t n, off_t at)
{
	if (!full)
		return pwrite(fd, p, n, at);
	/* Some of it fits, to the middle of a packet. */
	if (!atomic_exchange(&fuller, true))
		return pwrite(fd, p, MIN(n, 500), at);
	errno = ENOSPC;
	return -1;
}

static const jrn_disk disk = {full_pwrite, fdatasync, syncfs};

static relay_live *live_new(relay_live_config *c, const char *spool)
{
	plan(c);
	c->writer.spool = spool;
	c->writer.disk = &disk;
	return live_rig_capture(c);
}

static void look_live(looks *k, relay_live *l, int ms)
{
	relay_live_stats s;

	for (; ms > 0; ms -= LOOK_MS) {
		g_usleep(LOOK_MS * 1000);
		relay_live_stats_get(l, &s);
		look(k, &s);
	}
}

/* It is begun and stopped while packets come; the disk takes none of the last,
 * if so. */
static void test_libpcap(gconstpointer full_at_end)
{
	const relay_iface_stats *f;
	live_sender sender;
	relay_live_config c;
	looks k = {0};
	uint32_t sent;
	relay_live *l;
	int to, from;
	spools s;

	if (live_rig_skip())
		return;
	spools_init(&s);
	to = live_rig_udp(5004);
	from = live_rig_udp(6002);
	full = fuller = false;
	live_sender_start(&sender);
	l = live_new(&c, spool_new(&s, true));
	send_strays(from);
	look_live(&k, l, 3 * LIFE_MS);
	spool_mend(&s);
	look_live(&k, l, 3 * LIFE_MS);
	full = full_at_end != NULL;
	look_live(&k, l, LIFE_MS);
	relay_live_stop(l);
	look_live(&k, l, LOOK_MS);
	sent = live_sender_stop(&sender);
	f = &k.last.iface[0];
	g_test_message("%u sent, %" G_GUINT64_FORMAT " stored, %"
		       G_GUINT64_FORMAT " lost, %" G_GUINT64_FORMAT " dropped",
		       sent, f->stored, f->disk_lost, f->dropped);
	g_assert_cmpint(relay_balance_waiting(f), ==, 0);
	g_assert_cmpuint(f->seen, <=, sent + STRAYS);
	g_assert_cmpuint(f->count[RELAY_EXPIRED], ==, STRAYS);
	g_assert_cmpuint(f->disk_lost, >, 0);
	g_assert_cmpuint(f->stored, ==, spools_found(&s, sent));
	g_assert_cmpuint(f->stored + f->disk_lost + f->dropped + STRAYS, ==,
			 f->seen);
	relay_live_free(l);
	g_free((char *)(uintptr_t)c.writer.spool);
	spools_clear(&s);
	close(to);
	close(from);
}

/* A process that captures, and tells what it counted until it is killed. */
static pid_t start_telling(const char *spool, volatile relay_live_stats *told)
{
	relay_live_config c;
	relay_live_stats s;
	relay_live *l;
	pid_t pid = fork();

	if (pid != 0)
		return pid;
	l = live_new(&c, spool);
	for (;;) {
		relay_live_stats_get(l, &s);
		*told = s;
		g_usleep(LOOK_MS * 1000);
	}
}

/* What it told before it was killed is true: what it called written is. */
static void test_libpcap_killed(void)
{
	relay_live_stats s;
	volatile relay_live_stats *told;
	live_sender sender;
	looks k = {0};
	uint32_t sent;
	spools p;
	pid_t pid;
	int to;

	if (live_rig_skip())
		return;
	told = mmap(NULL, sizeof(*told), PROT_READ | PROT_WRITE,
		    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	g_assert_true(told != MAP_FAILED);
	spools_init(&p);
	to = live_rig_udp(5004);
	full = false;
	live_sender_start(&sender);
	for (int i = 0; i < LIVES; i++) {
		g_autofree char *spool = spool_new(&p, false);
		uint64_t before = spools_found(&p, UINT16_MAX);

		pid = start_telling(spool, told);
		for (int ms = 0; ms < WAIT_MS && !told->stored; ms += LOOK_MS)
			g_usleep(LOOK_MS * 1000);
		g_usleep((gulong)(LIFE_MS + 10 * i) * 1000);
		g_assert_cmpint(kill(pid, SIGKILL), ==, 0);
		g_assert_cmpint(waitpid(pid, NULL, 0), ==, pid);
		k = (looks){0};
		s = *told;
		look(&k, &s);
		g_assert_cmpuint(s.stored, >, 0);
		g_assert_cmpuint(spools_found(&p, UINT16_MAX) - before, >=,
				 s.stored);
		told->stored = 0;
	}
	sent = live_sender_stop(&sender);
	g_assert_cmpuint(sent, <, UINT16_MAX);
	munmap((void *)(uintptr_t)told, sizeof(*told));
	spools_clear(&p);
	close(to);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	live_rig_namespace();
	g_test_add_data_func("/relay/looks/rings", NULL, test_rings);
	g_test_add_data_func("/relay/looks/rings/disk", "disk", test_rings);
	g_test_add_data_func("/relay/looks/rings/run_over", "disk, ring",
			     test_rings);
	g_test_add_data_func("/relay/looks/libpcap", NULL, test_libpcap);
	g_test_add_data_func("/relay/looks/libpcap/full", "full",
			     test_libpcap);
	g_test_add_func("/relay/looks/libpcap/killed", test_libpcap_killed);
	return g_test_run();
}
