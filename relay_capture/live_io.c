#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "core/ring.h"
#include "relay_capture/balance.h"
#include "relay_capture/ifaces.h"
#include "relay_capture/queue.h"
#include "relay_capture/rings.h"
#include "relay_capture/source.h"
#include "relay_capture/stamp.h"

enum {
	BLOCKS = 64,		/* of all rings in a row */
	STATS_NS = 500 * CLK_NS_PER_MS,
	WRITE_MS = 50,		/* between rounds of WRITER with little to do;
				 * five are its sync's 250 ms */
	LAST_MS = 60,		/* by then the kernel has handed over all */
	RING_MS = 20,		/* between looks while WRITER is behind */
	DRAIN_ROUNDS = 64,
	LAST_TRIES = 250,
	/* A frame older than this is in no block that the kernel has yet to
	 * deliver. */
	HAND_OVER_MS = 60,
};

typedef struct command {
	char *call;
	call_half *half;	/* NULL: disarm */
	clk_both at;
} command;

struct relay_live {
	relay_rings *rings;	/* lent; NULL: libpcap */
	relay_ifaces *ifaces;	/* libpcap's; NULL: rings */
	relay_tap *tap;
	relay_queue *queue;
	relay_writer *writer;
	ring commands;		/* MAIN to CAPTURE */
	GPtrArray *endings;	/* CAPTURE: of commands: calls that end when all
				 * that came before is read */
	int to_capture, to_writer;	/* eventfds */
	bool running;
	pthread_t capture, write;
	_Atomic bool stop, captured;
	_Atomic(char *) trouble;
	_Atomic int64_t read_to;	/* CAPTURE: what is older was pushed */
	_Atomic int64_t *reach;	/* lent; NULL: nobody looks */
	relay_stamp stamp;	/* CAPTURE */
	clk_mono next_stats;	/* CAPTURE */
	relay_fates at_mark;	/* WRITER: of the last mark */
	pthread_mutex_t lock;	/* of these two, some times a second */
	relay_written written;
	relay_live_stats stats;
};

void relay_live_config_init(relay_live_config *c)
{
	*c = (relay_live_config){
		.ring_bytes = 64 << 20,
		.queue_bytes = 256 << 20,
		.writer = {.sync_ns = 250 * CLK_NS_PER_MS},
	};
	relay_config_init(&c->tap);
}

static void tell_trouble(relay_live *l, char *text)
{
	g_free(atomic_exchange(&l->trouble, text));
}

static void ring_bell(int fd)
{
	/* It can only fail when it is ringing already. */
	if (eventfd_write(fd, 1) < 0)
		return;
}

static void command_free(void *p)
{
	command *c = p;

	call_half_free(c->half);
	g_free(c->call);
	g_free(c);
}

relay_live *relay_live_open(const relay_live_config *c, GError **err)
{
	g_autoptr(relay_live) l = g_aligned_alloc0(1, sizeof(*l),
						   _Alignof(relay_live));
	relay_writer_config w = c->writer;

	l->to_capture = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	l->to_writer = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	l->endings = g_ptr_array_new_with_free_func(command_free);
	l->queue = relay_queue_new(c->queue_bytes);
	l->tap = relay_new(&c->tap, &relay_queue_sink, l->queue);
	pthread_mutex_init(&l->lock, NULL);
	l->rings = c->rings;
	if (!l->rings && !(l->ifaces = relay_ifaces_open(c, err)))
		return NULL;
	w.since = l->rings ? relay_rings_begun(l->rings) : clk_mono_now();
	l->writer = relay_writer_new(&w, err);
	if (!l->writer)
		return NULL;
	if (l->rings)
		relay_rings_join(l->rings);
	return g_steal_pointer(&l);
}

/* The copy of what WRITER has reached: the two belong together. */
static relay_written written(relay_live *l)
{
	relay_written w;

	pthread_mutex_lock(&l->lock);
	w = l->written;
	pthread_mutex_unlock(&l->lock);
	return w;
}

static void rings_stats(relay_live *l, clk_both now)
{
	const relay_written w = written(l);
	rec_loss loss = {.place = REC_LOSS_KERNEL,
			 .from = {now.mono.ns - STATS_NS}, .to = now.mono,
			 .packets = relay_rings_untold(l->rings)};
	const char *down = relay_rings_down(l->rings);

	if (loss.packets)
		relay_loss(l->tap, &loss, now);
	if (down)
		tell_trouble(l, g_strdup_printf("%s: is down", down));
	relay_rings_settle(l->rings, l->tap, l->queue, &w);
}

/* As of now: of all that is counted here only the kernel knows more. */
static void take_stats(relay_live *l, clk_both now)
{
	const relay_fates f = written(l).now;
	relay_live_stats s = {.at = now};

	for (unsigned i = 0; i < RELAY_IFACES_MAX; i++) {
		relay_iface_stats *to = &s.iface[i];

		for (int c = 0; c < RELAY_COUNTERS; c++)
			to->count[c] = relay_count_from(l->tap, i,
							(relay_counter)c);
		to->queue_dropped = relay_queue_dropped(l->queue, i);
		to->stored = f.stored[i];
		to->disk_lost = f.lost[i];
	}
	if (l->rings)
		relay_rings_add(l->rings, &s);
	else
		relay_ifaces_add(l->ifaces, &s);
	relay_balance_total(&s);
	pthread_mutex_lock(&l->lock);
	l->stats = s;
	pthread_mutex_unlock(&l->lock);
}

static int rings_round(relay_live *l)
{
	const relay_written w = written(l);
	int all = 0, n;

	relay_rings_release(l->rings, &w);
	while (all < BLOCKS &&
	       (n = relay_rings_read(l->rings, l->tap, l->queue,
				     &l->stamp)) > 0)
		all += n;
	return all;
}

static int ifaces_round(relay_live *l)
{
	int all = relay_ifaces_read(l->ifaces, l->tap, &l->stamp);
	char *trouble = relay_ifaces_trouble(l->ifaces);

	if (trouble)
		tell_trouble(l, trouble);
	return all;
}

/* A round that was not ended by its limit has read all that was there. */
static bool is_whole(const relay_live *l, int n)
{
	return n < (l->rings ? BLOCKS : RELAY_BATCH);
}

/* What has arrived: how many frames, or blocks. */
static int capture_round(relay_live *l, clk_both now)
{
	int all;

	relay_stamp_round(&l->stamp, now, (clk_mono){atomic_load(&l->read_to)});
	all = l->rings ? rings_round(l) : ifaces_round(l);

	if (clk_since(now.mono, l->next_stats) >= 0) {
		if (l->rings)
			rings_stats(l, now);
		else
			relay_ifaces_stats(l->ifaces, l->tap, now);
		take_stats(l, now);
		l->next_stats.ns = now.mono.ns + STATS_NS;
	}
	/* Of what is still to be read nobody may say that it did not come. */
	if (is_whole(l, all))
		relay_tick_due(l->tap, now);
	return all;
}

static void run_command(relay_live *l, const command *c)
{
	if (c->half)
		relay_arm(l->tap, c->call, c->half, c->at);
	else
		relay_disarm(l->tap, c->call, c->at);
}

/* Of one call; NULL: of all. */
static void run_endings(relay_live *l, const char *call)
{
	guint i = 0;

	while (i < l->endings->len) {
		const command *c = g_ptr_array_index(l->endings, i);

		if (call && strcmp(c->call, call) != 0) {
			i++;
			continue;
		}
		run_command(l, c);
		g_ptr_array_remove_index(l->endings, i);
	}
}

static void take_command(relay_live *l, command *c)
{
	if (!c->half) {
		g_ptr_array_add(l->endings, c);
		return;
	}
	run_endings(l, c->call);
	run_command(l, c);
	command_free(c);
}

static void take_commands(relay_live *l)
{
	command *c;

	while ((c = ring_pop(&l->commands)) != NULL)
		take_command(l, c);
}

static void wait_for_frames(relay_live *l)
{
	struct pollfd p[RELAY_IFACES_MAX + 1];
	bool waiting = l->rings && relay_rings_waiting(l->rings);
	eventfd_t rung;
	nfds_t n = 1;

	p[0] = (struct pollfd){.fd = l->to_capture, .events = POLLIN};
	if (l->rings && !waiting)
		n += relay_rings_poll(l->rings, p + 1);
	if (l->ifaces)
		n += relay_ifaces_poll(l->ifaces, p + 1);
	if (poll(p, n, waiting ? RING_MS : 100) > 0 && p[0].revents &&
	    eventfd_read(l->to_capture, &rung) < 0)
		return;
}

/* Every call must end, also when the queue is full at the moment. */
static void push_the_rest(relay_live *l)
{
	for (int i = 0; i < LAST_TRIES; i++) {
		relay_queue_push(l->queue);
		ring_bell(l->to_writer);
		if (!relay_queue_stuck(l->queue))
			return;
		poll(NULL, 0, WRITE_MS);
	}
}

static void hand_over(relay_live *l)
{
	if (relay_queue_push(l->queue))
		ring_bell(l->to_writer);
}

static void capture_once(relay_live *l)
{
	const clk_both now = clk_now();
	const bool whole = is_whole(l, capture_round(l, now));

	if (whole)
		run_endings(l, NULL);
	hand_over(l);
	if (whole)
		atomic_store(&l->read_to,
			     now.mono.ns - HAND_OVER_MS * CLK_NS_PER_MS);
}

static void *capture_main(void *arg)
{
	relay_live *l = arg;
	int rounds = 0;

	while (!atomic_load(&l->stop)) {
		wait_for_frames(l);
		take_commands(l);
		capture_once(l);
	}
	/* What the kernel has already taken is still ours. */
	if (l->ifaces)
		relay_ifaces_end(l->ifaces);
	poll(NULL, 0, LAST_MS);
	while (capture_round(l, clk_now()) > 0 &&
	       (l->ifaces || rounds++ < DRAIN_ROUNDS))
		hand_over(l);
	l->next_stats.ns = 0;
	capture_round(l, clk_now());
	run_endings(l, NULL);
	relay_close(l->tap, clk_now());
	push_the_rest(l);
	atomic_store(&l->captured, true);
	ring_bell(l->to_writer);
	return NULL;
}

/* Losses are reported at once, stored packets when they are written. */
static void tell_written(relay_live *l)
{
	const relay_fates now = relay_writer_fates(l->writer);
	const relay_written w = {relay_queue_met(l->queue), l->at_mark, now};

	pthread_mutex_lock(&l->lock);
	if (relay_writer_settled(l->writer))
		l->written = w;
	else
		memcpy(l->written.now.lost, now.lost, sizeof(now.lost));
	pthread_mutex_unlock(&l->lock);
}

/* Nothing will be given to WRITER any more. */
static void tell_last(relay_live *l, bool all)
{
	pthread_mutex_lock(&l->lock);
	l->written.now = relay_writer_fates(l->writer);
	if (all) {
		l->written.mark = UINT64_MAX;
		l->written.at_mark = l->written.now;
	}
	pthread_mutex_unlock(&l->lock);
}

static void write_round(relay_live *l)
{
	const int64_t read_to = atomic_load(&l->read_to);
	g_autoptr(GError) err = NULL;

	while (relay_queue_drain(l->queue, &relay_writer_sink, l->writer))
		l->at_mark = relay_writer_fates(l->writer);
	if (!relay_writer_tick(l->writer, clk_now(), &err) && err)
		tell_trouble(l, g_strdup(err->message));
	tell_written(l);
	if (l->reach && read_to && relay_writer_settled(l->writer))
		atomic_store(l->reach, read_to);
}

static void *write_main(void *arg)
{
	relay_live *l = arg;
	struct pollfd p = {.fd = l->to_writer, .events = POLLIN};
	g_autoptr(GError) err = NULL;
	eventfd_t rung;
	bool all;

	while (!atomic_load(&l->captured)) {
		if (poll(&p, 1, WRITE_MS) > 0 &&
		    eventfd_read(l->to_writer, &rung) < 0)
			continue;
		write_round(l);
	}
	write_round(l);
	all = relay_writer_flush(l->writer, &err);
	if (!all)
		relay_writer_give_up(l->writer);
	if (err)
		tell_trouble(l, g_strdup(err->message));
	tell_last(l, all);
	return NULL;
}

void relay_live_tell_reach(relay_live *l, _Atomic int64_t *to)
{
	l->reach = to;
}

bool relay_live_start(relay_live *l, GError **err)
{
	int no = pthread_create(&l->write, NULL, write_main, l);

	if (!no) {
		no = pthread_create(&l->capture, NULL, capture_main, l);
		if (no) {
			atomic_store(&l->captured, true);
			pthread_join(l->write, NULL);
		}
	}
	l->running = !no;
	if (no)
		g_set_error(err, RELAY_ERROR, RELAY_ERROR_OPEN, "thread: %s",
			    g_strerror(no));
	return !no;
}

static bool command_push(relay_live *l, const char *call, call_half *half,
			 clk_both now)
{
	command *c = g_new0(command, 1);

	c->call = g_strdup(call);
	c->half = half;
	c->at = now;
	if (!l->running) {	/* there is no CAPTURE yet: it is us */
		take_command(l, c);
		return true;
	}
	if (ring_push(&l->commands, c)) {
		ring_bell(l->to_capture);
		return true;
	}
	command_free(c);
	return false;
}

bool relay_live_arm_take(relay_live *l, const char *call, call_half *half,
			 clk_both now)
{
	return command_push(l, call, half, now);
}

bool relay_live_disarm(relay_live *l, const char *call, clk_both now)
{
	return command_push(l, call, NULL, now);
}

void relay_live_stats_get(relay_live *l, relay_live_stats *out)
{
	pthread_mutex_lock(&l->lock);
	*out = l->stats;
	pthread_mutex_unlock(&l->lock);
}

bool relay_live_orphan(relay_live *l, relay_orphan *out)
{
	return relay_queue_orphan(l->queue, out);
}

char *relay_live_trouble(relay_live *l)
{
	return atomic_exchange(&l->trouble, NULL);
}

void relay_live_stop(relay_live *l)
{
	if (!l->running)
		return;
	atomic_store(&l->stop, true);
	ring_bell(l->to_capture);
	pthread_join(l->capture, NULL);
	pthread_join(l->write, NULL);
	if (l->rings)
		relay_rings_finish(l->rings, l->tap, l->queue, &l->written);
	take_stats(l, clk_now());
	l->running = false;
}

void relay_live_free(relay_live *l)
{
	command *c;

	if (!l)
		return;
	relay_live_stop(l);
	if (l->tap)
		relay_free(l->tap, clk_now());
	g_ptr_array_unref(l->endings);
	while ((c = ring_pop(&l->commands)) != NULL)
		command_free(c);
	relay_ifaces_free(l->ifaces);
	relay_writer_free(l->writer);
	if (l->queue)
		relay_queue_free(l->queue);
	pthread_mutex_destroy(&l->lock);
	close(l->to_capture);
	close(l->to_writer);
	g_free(atomic_load(&l->trouble));
	g_aligned_free(l);
}
