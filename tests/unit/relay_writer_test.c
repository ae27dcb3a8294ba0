/* The way from the tap to the disk: the queue between two threads, the writer
 * on a good and on a full disk; the pre-roll's ring. */
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <unistd.h>

#include "relay_capture/dedup.h"
#include "relay_capture/preroll.h"
#include "relay_capture/queue.h"
#include "tests/support/mkcall.h"
#include "tests/support/relay_rig.h"

enum { PACKETS = 20000 };

static pkt numbered(uint32_t n, uint8_t *buf, size_t len)
{
	put o = put_into(buf, len);

	memset(buf, (int)n, len);
	put_u32(&o, 0x80000000 | n);
	return (pkt){.at = clk_from_wall(n), .bytes = span_of(buf, len)};
}

typedef struct heard {
	uint32_t next;
	uint64_t lost, hinted;
	bool closed;
} heard;

static void *hear_open(void *user, const char *call, clk_both at)
{
	(void)at;
	g_assert_cmpstr(call, ==, "one");
	return user;
}

static void hear_packet(void *user, void *call, const pkt *p)
{
	heard *h = user;
	span s = p->bytes;
	uint32_t n = 0;

	g_assert_true(call == user && !h->closed);
	g_assert_true(span_u32(&s, &n));
	g_assert_cmpuint(n & 0xffffff, >=, h->next);
	h->next = (n & 0xffffff) + 1;
}

static void hear_flow(void *user, void *call, const rec_flow *f, clk_both at)
{
	(void)user;
	(void)call;
	(void)f;
	(void)at;
}

static void hear_loss(void *user, void *call, const rec_loss *l, clk_both at)
{
	heard *h = user;

	(void)call;
	(void)at;
	g_assert_cmpint(l->place, ==, REC_LOSS_QUEUE);
	/* One came each nanosecond: exactly these are missing. */
	g_assert_cmpint(l->from.ns, >=, h->next);
	g_assert_cmpint(clk_since(l->to, l->from) + 1, ==,
			(int64_t)l->packets);
	h->lost += l->packets;
}

static void hear_close(void *user, void *call, clk_both at)
{
	(void)call;
	(void)at;
	((heard *)user)->closed = true;
}

static void hear_hint(void *user, const void *call, size_t bytes)
{
	heard *h = user;

	g_assert_true(call == user && !h->closed);
	g_assert_cmpuint(bytes, >=, 20);
	h->hinted++;
}

static const relay_sink hear = {hear_open, hear_packet, hear_flow, hear_loss,
				hear_close, NULL, NULL, hear_hint};

typedef struct pair {
	relay_queue *queue;
	_Atomic bool done;
} pair;

static void *produce(void *arg)
{
	pair *p = arg;
	const relay_sink *s = &relay_queue_sink;
	void *call = s->open(p->queue, "one", clk_from_wall(0));
	uint8_t buf[200];

	for (uint32_t n = 0; n < PACKETS; n++) {
		pkt k = numbered(n, buf, 20 + n % 180);

		s->packet(p->queue, call, &k);
		if (n % 7 == 0)
			relay_queue_push(p->queue);
	}
	s->close(p->queue, call, clk_from_wall(1));
	do
		relay_queue_push(p->queue);
	while (relay_queue_stuck(p->queue));
	relay_queue_push(p->queue);
	atomic_store(&p->done, true);
	return NULL;
}

/* In order; what is missing was told. */
static void test_queue(void)
{
	pair p = {.queue = relay_queue_new(0)};
	heard h = {0};
	pthread_t t;

	g_assert_cmpint(pthread_create(&t, NULL, produce, &p), ==, 0);
	while (!atomic_load(&p.done))
		relay_queue_drain(p.queue, &hear, &h);
	pthread_join(t, NULL);
	relay_queue_drain(p.queue, &hear, &h);
	g_assert_true(h.closed);
	g_assert_cmpuint(h.lost, ==, relay_queue_dropped(p.queue, 0));
	g_assert_cmpuint(h.next, >, 0);
	relay_queue_free(p.queue);
}

/* It was full, and has room again: the next packet goes its way, behind what
 * was lost. */
static void test_queue_room(void)
{
	relay_queue *q = relay_queue_new(0);
	const relay_sink *s = &relay_queue_sink;
	void *call = s->open(q, "one", clk_from_wall(0));
	heard h = {0};
	uint8_t buf[1000];

	for (uint32_t n = 0; n <= PACKETS; n++) {
		pkt k = numbered(n, buf, sizeof(buf));

		if (n == PACKETS)
			relay_queue_drain(q, &hear, &h);
		s->packet(q, call, &k);
	}
	g_assert_cmpuint(h.lost, ==, 0);
	relay_queue_push(q);
	relay_queue_drain(q, &hear, &h);
	g_assert_cmpuint(h.next, ==, PACKETS + 1);
	g_assert_cmpuint(h.lost, >, 0);
	g_assert_cmpuint(h.lost, ==, relay_queue_dropped(q, 0));
	s->close(q, call, clk_from_wall(1));
	relay_queue_push(q);
	relay_queue_drain(q, &hear, &h);
	g_assert_true(h.closed);
	relay_queue_free(q);
}

/* One packet in each block: how many pushes until WRITER is to be woken. */
static unsigned pushes_unheard(relay_queue *q, void *call)
{
	unsigned n = 0;
	uint8_t buf[100];

	for (;; n++) {
		pkt k = numbered(n, buf, sizeof(buf));

		relay_queue_sink.packet(q, call, &k);
		if (relay_queue_push(q))
			return n;
	}
}

/* What is little waits until WRITER looks anyway; a queue that is small is
 * half full first. */
static void test_queue_wakes(void)
{
	static const struct {
		size_t bytes;
		unsigned unheard;
	} sizes[] = {{0, 1}, {10 * RELAY_BLOCK, 4}, {100 * RELAY_BLOCK, 7}};

	for (size_t i = 0; i < G_N_ELEMENTS(sizes); i++) {
		relay_queue *q = relay_queue_new(sizes[i].bytes);
		void *call = relay_queue_sink.open(q, "one", clk_from_wall(0));
		heard h = {0};

		g_assert_cmpuint(pushes_unheard(q, call), ==,
				 sizes[i].unheard);
		g_assert_true(relay_queue_push(q));
		relay_queue_drain(q, &hear, &h);
		g_assert_false(relay_queue_push(q));
		g_assert_cmpuint(h.next, ==, sizes[i].unheard + 1);
		relay_queue_sink.close(q, call, clk_from_wall(1));
		relay_queue_push(q);
		relay_queue_drain(q, &hear, &h);
		relay_queue_free(q);
	}
}

/* Nobody drains: the queue fills, the rest is counted and told later. */
static void test_queue_full(void)
{
	relay_queue *q = relay_queue_new(0);
	const relay_sink *s = &relay_queue_sink;
	void *call = s->open(q, "one", clk_from_wall(0));
	heard h = {0};
	uint8_t buf[1000];

	for (uint32_t n = 0; n < PACKETS; n++) {
		pkt k = numbered(n, buf, sizeof(buf));

		s->packet(q, call, &k);
	}
	s->close(q, call, clk_from_wall(1));
	g_assert_true(relay_queue_stuck(q));
	relay_queue_drain(q, &hear, &h);
	g_assert_false(h.closed);
	relay_queue_push(q);
	g_assert_false(relay_queue_stuck(q));
	relay_queue_drain(q, &hear, &h);
	g_assert_true(h.closed);
	g_assert_cmpuint(h.lost, ==, relay_queue_dropped(q, 0));
	g_assert_cmpuint(h.next + h.lost, ==, PACKETS);
	/* All but those that came together with the call. */
	g_assert_cmpuint(h.hinted, <=, h.next);
	g_assert_cmpuint(h.hinted + RELAY_GROUP, >=, h.next);
	relay_queue_free(q);
}

static bool disk_is_full;

static ssize_t pwrite_or_full(int fd, const void *p, size_t n, off_t at)
{
	if (!disk_is_full)
		return pwrite(fd, p, n, at);
	errno = ENOSPC;
	return -1;
}

/* Every packet of the call is in its journal or in a loss record. */
static void read_back(const char *dir, uint64_t *packets, uint64_t *lost,
		      bool *closed)
{
	g_autoptr(GPtrArray) files = jrn_files(dir, JRN_MEDIA, NULL);
	rec_loss loss;
	jrn_rec r;
	pkt p;

	*packets = *lost = *closed = 0;
	for (guint i = 0; files && i < files->len; i++) {
		g_autoptr(jrn_in) in =
			jrn_in_open(g_ptr_array_index(files, i), NULL);

		while (jrn_in_next(in, &r) == JRN_OK) {
			if (r.type == JRN_PACKET) {
				g_assert_true(rec_packet_get(&r, &p));
				++*packets;
			} else if (r.type == JRN_LOSS) {
				g_assert_true(rec_loss_get(r.payload, &loss));
				*lost += loss.packets;
			}
			*closed |= r.type == JRN_CLOSE;
		}
		g_assert_null(jrn_in_trouble(in));
		unlink(g_ptr_array_index(files, i));
	}
	rmdir(dir);
}

static void test_disk_full(void)
{
	const jrn_disk disk = {pwrite_or_full, fdatasync, syncfs};
	g_autofree char *spool = g_dir_make_tmp("edgetape-spool-XXXXXX", NULL);
	g_autofree char *dir = g_build_filename(spool, "one", NULL);
	relay_writer_config conf = {.spool = spool, .sync_ns = 1,
				    .disk = &disk};
	g_autoptr(relay_writer) w = relay_writer_new(&conf, NULL);
	const relay_sink *s = &relay_writer_sink;
	void *call = s->open(w, "one", clk_from_wall(0));
	uint64_t packets, lost;
	relay_fates fates;
	uint8_t buf[1400];
	bool closed;

	for (uint32_t n = 0; n < PACKETS; n++) {
		pkt k = numbered(n, buf, sizeof(buf));
		g_autoptr(GError) err = NULL;

		disk_is_full = n > 5000 && n < 15000;
		s->packet(w, call, &k);
		if (n % 500 == 0 &&
		    !relay_writer_tick(w, clk_from_wall(n), &err))
			g_assert_error(err, JRN_ERROR, JRN_ERROR_FULL);
	}
	disk_is_full = false;
	s->close(w, call, clk_from_wall(PACKETS));
	g_assert_true(relay_writer_flush(w, NULL));
	read_back(dir, &packets, &lost, &closed);
	g_assert_true(closed);
	g_assert_cmpuint(lost, >, 0);
	fates = relay_writer_fates(w);
	g_assert_cmpuint(packets, ==, fates.stored[0]);
	g_assert_cmpuint(lost, ==, fates.lost[0]);
	g_assert_cmpuint(packets + lost, ==, PACKETS);
	rmdir(spool);
}

/* Flows share the ring; the oldest gives way; the order is kept. */
static void test_preroll(void)
{
	relay_preroll *p = relay_preroll_new(10000);
	relay_held h[3];
	uint8_t buf[300];
	uint64_t order, before, taken[3] = {0};
	clk_both at;
	span got;

	for (int i = 0; i < 3; i++)
		relay_held_init(&h[i]);
	for (uint32_t n = 0; n < 1000; n++) {
		pkt k = numbered(n, buf, 4 + n % 296);

		g_assert_true(relay_preroll_add(p, &h[n % 3], k.bytes, k.at,
						n % 3));
		if (n % 50 != 49)
			continue;
		before = 0;
		while (relay_preroll_peek(p, &h[1], &got, &at, &order)) {
			g_assert_cmpuint(got.left, ==,
					 4 + (uint64_t)at.wall.ns % 296);
			g_assert_cmpuint(order, >=, before);
			before = order;
			g_assert_cmpuint(relay_preroll_from(p, &h[1]), ==, 1);
			relay_preroll_pop(p, &h[1]);
			taken[1]++;
		}
	}
	for (unsigned i = 0; i < 3; i++)
		g_assert_cmpuint(h[i].count + taken[i] +
				 relay_preroll_expired(p, i), ==,
				 i ? 333 : 334);
	relay_preroll_expire(p, (clk_mono){1000});
	g_assert_cmpuint(h[0].count + h[2].count, ==, 0);
	g_assert_false(relay_preroll_add(p, &h[0], span_of(buf, 9000),
					 clk_from_wall(0), 0));
	relay_preroll_free(p);
}

static bool seen(relay_dedup *d, span packet)
{
	const relay_print p = relay_print_of(packet);

	return relay_dedup_seen(d, &p);
}

static void test_dedup(void)
{
	uint8_t buf[100];
	relay_dedup d;

	relay_dedup_init(&d, 512);
	for (uint32_t n = 0; n < 100000; n++) {
		pkt k = numbered(n, buf, 12 + n % 88);

		g_assert_false(seen(&d, k.bytes));
		g_assert_true(seen(&d, k.bytes));
		if (n < 30)
			continue;
		k = numbered(n - 30, buf, 12 + (n - 30) % 88);
		g_assert_true(seen(&d, k.bytes));
	}
	/* 2 KiB for each of the two streams of a call. */
	g_assert_cmpuint(d.sets * sizeof(d.print[0]), <=, 2 * 2048);
	relay_dedup_clear(&d);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/relay/queue/threads", test_queue);
	g_test_add_func("/relay/queue/full", test_queue_full);
	g_test_add_func("/relay/queue/room", test_queue_room);
	g_test_add_func("/relay/queue/wakes", test_queue_wakes);
	g_test_add_func("/relay/writer/disk_full", test_disk_full);
	g_test_add_func("/relay/preroll/ring", test_preroll);
	g_test_add_func("/relay/dedup/window", test_dedup);
	return g_test_run();
}
