/* relay.h - packets on the wire in, the media of armed calls out.
 *
 * The tap is pure: frames and descriptions of calls go in; packets, with the
 * reason why they belong to a call, come out at a sink. There are two sources
 * around it (source.h: a capture file, live interfaces) and one sink (the
 * journals). No key enters this room. */
#pragma once
#include "core/call.h"
#include "core/journal_io.h"
#include "core/record.h"
#include "relay_capture/count.h"

/* A relay behind NAT: `shown` is its address in SDP, `real` the one on the
 * captured wire. Ports are ignored. */
typedef struct relay_nat {
	net_addr shown, real;
} relay_nat;

typedef struct relay_config {
	uint16_t ports[8];	/* where relays listen; unused ones are 0 */
	relay_nat nats[16];	/* the first with shown.family 0 ends the list*/
	unsigned flows;		/* paths remembered at once */
	unsigned allocs;	/* allocations; a power of two */
	unsigned fragmented;	/* fragmented IP packets at once */
	unsigned streams;	/* directions of TCP connections; a power of
				 * two */
	size_t preroll_bytes;	/* memory for media that nobody claims yet */
	int64_t preroll_ns;	/* how long it is kept; then it is an orphan */
	int64_t grace_ns;	/* for this long a disarmed call still takes its
				 * media */
	bool keep_orphans;	/* in journals of their own, still encrypted */
} relay_config;

/* Ports 3478 and 443, 32,768 flows, 8,192 allocations, 64 fragmented packets,
 * 2,048 streams, 64 MiB and 10 s, 5 s. */
void relay_config_init(relay_config *c);

/* Media that no call claimed for preroll_ns. Reported once per flow. */
typedef struct relay_orphan {
	net_addr src, dst;
	uint32_t ssrc;
	uint64_t packets;
	clk_both first;
} relay_orphan;

/* Called from within relay_frame(), relay_arm(), relay_tick(). */
typedef struct relay_sink {
	/* A call is armed. The return value names it from now on. */
	void *(*open)(void *user, const char *call, clk_both at);
	/* Each packet once; p->bytes is lent. */
	void (*packet)(void *user, void *call, const pkt *p);
	/* Counts of one path: now and then, and before close. */
	void (*flow)(void *user, void *call, const rec_flow *f, clk_both at);
	/* Packets lost before they could be examined; see relay_loss(). */
	void (*loss)(void *user, void *call, const rec_loss *l, clk_both at);
	/* The last event of this call; the name is not used again. */
	void (*close)(void *user, void *call, clk_both at);
	void (*orphan)(void *user, const relay_orphan *o, clk_both at);
	/* What was done for the call so far; comes with the flows. May be
	 * NULL. */
	void (*tally)(void *user, void *call, const rec_tally *t,
		      clk_both at);
	/* A packet of `bytes` octets will come for this call soon: a chance to
	 * prefetch what it touches. May be NULL. */
	void (*hint)(void *user, const void *call, size_t bytes);
} relay_sink;

/* The tap. All of it belongs to the CAPTURE thread, except relay_count(). */
typedef struct relay_tap relay_tap;

relay_tap *relay_new(const relay_config *c, const relay_sink *sink, void *user);
/* Closes every call at the sink. Unclaimed media becomes orphans or expires. */
void relay_close(relay_tap *r, clk_both now);
/* Closes those that are open. */
void relay_free(relay_tap *r, clk_both now);
/* One half of the call's description, as often as it changes. Streams without
 * `record` are claimed and discarded, so that they are not orphans. */
void relay_arm(relay_tap *r, const char *call, const call_half *half,
	       clk_both now);
/* The call has ended: it is closed after grace_ns. */
void relay_disarm(relay_tap *r, const char *call, clk_both now);
/* One frame of libpcap link type `link`. Allocates only when a new flow
 * appears. */
void relay_frame(relay_tap *r, int link, span frame, clk_both at);
/* Announces the next frames, up to RELAY_GROUP of them, so that what they touch
 * can be prefetched. Changes nothing but the time they take. */
enum { RELAY_GROUP = 16 };
void relay_hint(const relay_tap *r, int link, const span *frame, unsigned n);
/* The next frames come from this interface, below RELAY_IFACES_MAX; the first
 * is 0. */
void relay_from(relay_tap *r, unsigned iface);
/* Packets of an interface are missing: reported to every open call. */
void relay_loss(relay_tap *r, const rec_loss *l, clk_both now);
/* To be called about every 100 ms; relay_frame() does it too, by the frames'
 * times. Ends grace periods, reports orphans and flow records. */
void relay_tick(relay_tap *r, clk_both now);
/* The same, unless the last one was less than 100 ms ago. */
void relay_tick_due(relay_tap *r, clk_both now);
/* ANY thread. For one interface, and for all. A held or reassembled packet is
 * counted where it came from. */
uint64_t relay_count_from(const relay_tap *r, unsigned iface, relay_counter c);
uint64_t relay_count(const relay_tap *r, relay_counter c);

/* The journal sink: a directory per call under `spool`. WRITER thread. */
typedef struct relay_writer relay_writer;

typedef struct relay_writer_config {
	const char *spool;
	int64_t sync_ns;	/* the most that a power cut may cost; 0: a
				 * replay, nothing is ever synced */
	const jrn_disk *disk;	/* NULL: the real one */
	clk_mono since;		/* since when nothing was missed, written first
				 * in each file; 0: unknown, a replay */
} relay_writer_config;

relay_writer *relay_writer_new(const relay_writer_config *c, GError **err);
/* Its functions take the writer as `user`. */
extern const relay_sink relay_writer_sink;
/* Writes and syncs what is due. False if something is not on disk; it is kept
 * and tried again. */
bool relay_writer_tick(relay_writer *w, clk_both now, GError **err);
/* Whether nothing waits for write(2), so that all of it survives the death of
 * the process. */
bool relay_writer_settled(const relay_writer *w);
/* Writes and syncs everything. */
bool relay_writer_flush(relay_writer *w, GError **err);
/* At the end: what the disk has not accepted until now is lost. */
void relay_writer_give_up(relay_writer *w);
/* For each interface: packets written to journals, and packets lost because the
 * disk did not accept them. */
typedef struct relay_fates {
	uint64_t stored[RELAY_IFACES_MAX], lost[RELAY_IFACES_MAX];
} relay_fates;
relay_fates relay_writer_fates(const relay_writer *w);
void relay_writer_free(relay_writer *w);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(relay_writer, relay_writer_free)
