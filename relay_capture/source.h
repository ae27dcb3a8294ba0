/* source.h - where frames come from: a capture file or live interfaces. */
#pragma once
#include <stdatomic.h>

#include "core/fdstore.h"
#include "relay_capture/relay.h"

#define RELAY_ERROR (relay_error_quark())
typedef enum relay_error {
	RELAY_ERROR_OPEN,	/* missing, no permission, or no such
				 * interface */
	RELAY_ERROR_FORMAT,	/* not a capture, compressed, or of an unknown
				 * link type */
	RELAY_ERROR_FILTER,	/* the filter expression does not compile */
} relay_error;
GQuark relay_error_quark(void);
/* It compiles, for Ethernet. */
bool relay_filter_check(const char *text, GError **err);

/* A pcap or pcapng file. MAIN of a replay. */
typedef struct relay_file relay_file;

typedef enum relay_next {
	RELAY_NEXT_FRAME,
	RELAY_NEXT_END,
	RELAY_NEXT_CUT,		/* the file ends inside a frame */
	RELAY_NEXT_BAD,		/* the file is damaged from here on */
} relay_next;

relay_file *relay_file_open(const char *path, GError **err);
/* On RELAY_NEXT_FRAME `frame` is valid until the next call; pass it with `link`
 * and `at` to relay_frame(). */
relay_next relay_file_next(relay_file *f, int *link, span *frame, clk_both *at);
/* One sentence after CUT or BAD: what is missing. */
const char *relay_file_trouble(const relay_file *f);
/* The part of the file that has been read, 0 to 1. */
double relay_file_done(const relay_file *f);
void relay_file_free(relay_file *f);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(relay_file, relay_file_free)

/* Kernel rings (TPACKET_V3) that outlive the process that reads them. A
 * supervisor opens them and forks the worker that passes them to
 * relay_live_open(). When it dies, the next one reads again what it had not
 * written to its journals. */
typedef struct relay_rings relay_rings;
struct relay_live_config;
struct relay_live_stats;

/* SUPERVISOR, all of these. Only this one needs CAP_NET_RAW. */
relay_rings *relay_rings_open(const struct relay_live_config *c, GError **err);
/* The service manager keeps the rings for the next supervisor. False: it does
 * not. */
bool relay_rings_keep(const relay_rings *r, fdstore *with);
/* The rings of a supervisor that died, with their packets. NULL: there are
 * none, or they are of another configuration or version. */
relay_rings *relay_rings_adopt(const struct relay_live_config *c,
			       fdstore *from);
/* To be called about twice a second: takes the workers' account and then the
 * kernel's counters, and binds to interfaces that were created anew. */
void relay_rings_tick(relay_rings *r);
/* A worker has died. A block at which three workers crashed is given up. */
void relay_rings_died(relay_rings *r, bool crashed);
/* When blocks were last returned: calls of frames in the rings had not ended
 * long before that. */
clk_mono relay_rings_reached(const relay_rings *r);
/* When they were opened: everything since then is or was in them. */
clk_mono relay_rings_begun(const relay_rings *r);
/* All workers together, at the last tick. A frame counts as examined when its
 * result is written. */
void relay_rings_stats(const relay_rings *r, struct relay_live_stats *out);
void relay_rings_free(relay_rings *r);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(relay_rings, relay_rings_free)

/* Live: one capture thread for all interfaces, one writer thread. */
typedef struct relay_live relay_live;

typedef struct relay_live_config {
	const char *const *interfaces;	/* NULL-terminated; "any" is one */
	const char *filter;	/* BPF text, or NULL: made from tap.ports,
				 * `edges` and the port range */
	const net_addr *edges;	/* relays' addresses; none: any */
	unsigned n_edges;
	uint16_t relayed_lo, relayed_hi;	/* relayed addresses' ports */
	size_t ring_bytes;	/* kernel's, per interface */
	relay_rings *rings;	/* lent; NULL: libpcap's own */
	size_t queue_bytes;	/* between capture and writer */
	relay_config tap;
	relay_writer_config writer;
} relay_live_config;

/* seen = frames + copies + given up + dropped + still in the ring, where frames
 * are the first RELAY_FRAME_COUNTERS of `count`. What was held is late,
 * expired, died or still held. What calls got is stored, dropped by the queue,
 * lost by the disk, or on its way. See balance.h. */
typedef struct relay_iface_stats {
	char name[16];
	uint64_t seen, dropped;	/* by the kernel */
	uint64_t card_dropped;	/* by the card: the kernel did not see them */
	uint64_t frames;	/* examined: the sum of the frame counters */
	uint64_t copies;	/* the second copy of each frame on lo */
	uint64_t given_up;	/* in a block that crashed every worker */
	uint64_t held_died;	/* unclaimed media in a dead worker's
				 * pre-roll */
	uint64_t queue_dropped;	/* writer too slow */
	uint64_t disk_lost;
	uint64_t stored;	/* written to journals */
	uint64_t count[RELAY_COUNTERS];
} relay_iface_stats;

typedef struct relay_live_stats {
	clk_both begun, at;	/* when counting began, and until when */
	relay_iface_stats iface[RELAY_IFACES_MAX];
	unsigned n_ifaces;
	uint64_t read_again;	/* after a worker's death; counted once */
	/* Of all interfaces: */
	uint64_t kernel_seen;
	uint64_t kernel_dropped;	/* ring full */
	uint64_t card_dropped, queue_dropped, disk_lost, stored;
	uint64_t copies, given_up, held_died;
	uint64_t count[RELAY_COUNTERS];
} relay_live_stats;

void relay_live_config_init(relay_live_config *c);
/* MAIN. Opens the handles (needs CAP_NET_RAW) but starts no thread, so that
 * privileges can be dropped before relay_live_start(). */
relay_live *relay_live_open(const relay_live_config *c, GError **err);
/* MAIN, before the start. WRITER keeps a time in *to (monotonic ns): all
 * media seen before it is in the journals, for every process that looks, except
 * for what the tap still holds (pre-roll, fragments). */
void relay_live_tell_reach(relay_live *l, _Atomic int64_t *to);
bool relay_live_start(relay_live *l, GError **err);
/* MAIN. Takes the half. False if the command queue is full. What is armed
 * before relay_live_start() is armed before the first frame. */
MUST_CHECK bool relay_live_arm_take(relay_live *l, const char *call,
				    call_half *half, clk_both now);
MUST_CHECK bool relay_live_disarm(relay_live *l, const char *call,
				  clk_both now);
/* MAIN. All of one instant, at most half a second ago; with rings the kernel's
 * counters are from the supervisor's last tick. */
void relay_live_stats_get(relay_live *l, relay_live_stats *out);
/* MAIN. The next flow that nobody claims; false if there is none. */
bool relay_live_orphan(relay_live *l, relay_orphan *out);
/* MAIN. The latest problem (disk, an interface down), or NULL; free it. */
char *relay_live_trouble(relay_live *l);
/* MAIN. Stops capturing, writes everything, joins. The counts stay. */
void relay_live_stop(relay_live *l);
/* Stops if need be. */
void relay_live_free(relay_live *l);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(relay_live, relay_live_free)
