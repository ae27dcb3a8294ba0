/* session_impl.h - the two sides of a session writer: MAIN, which encodes what
 * happens and decides whether a call has a journal (session.c), and the writing
 * side, a thread or MAIN itself, which seals and writes (session_out.c). */
#pragma once
#include <pthread.h>
#include <stdatomic.h>

#include "app/ends.h"
#include "app/session.h"
#include "core/journal_io.h"
#include "core/ring.h"

enum {
	SESSION_RECORD_MAX = 256 << 10,	/* octets of one encoded event */
	SESSION_ARM_MAX = SESSION_RECORD_MAX + 256,
};

/* One call. MAIN owns `name` to `arms`, the writing side the rest, and all of
 * it once MAIN has queued JRN_CLOSE. */
typedef struct session {
	char name[REC_NAME];
	bool recorded, ended;
	GQueue waiting;		/* of session_item: until the decision falls */
	GQueue arms;		/* of GBytes: what capture was told */
	jrn_out *out;
	bool dirty;
	bool over;		/* what comes now gets a file of its own */
} session;

/* One event, encoded. */
typedef struct session_item {
	session *call;
	uint16_t type;
	clk_both at;
	GBytes *payload;
	uint8_t *keys;		/* in clear until sealed; NULL when none */
	size_t n_keys;
	uint32_t serial;	/* of the half that the keys belong to */
} session_item;

struct session_writer {
	session_config cfg;
	GHashTable *live;	/* set of session; MAIN */
	ends *ends;		/* MAIN */
	GPtrArray *dirty;	/* of session: not synced; writing side */
	GPtrArray *done;	/* of session: to be freed then; writing side */
	int64_t unsynced;	/* events; writing side */
	clk_mono synced;	/* writing side */
	bool full;		/* the last sync left something; writing side */
	ring queue;
	GQueue spill;		/* of session_item; what found it full; MAIN */
	guint spill_timer;
	uint64_t told;		/* events taken so far; MAIN */
	int wake;		/* eventfd */
	pthread_t thread;
	bool started;
	_Atomic bool stop;
	_Atomic uint64_t lost;
	_Atomic int64_t waiting;	/* events not yet on disk */
	_Atomic int64_t *reach;	/* both of session_writer_tell_reach(), or */
	reach_news *news;	/* NULL */
	uint8_t buf[SESSION_RECORD_MAX];
	uint8_t armbuf[SESSION_ARM_MAX];
};

void session_item_free(session_item *it);
/* Either side. An event is lost; only the first is logged, and why. */
void session_lost(session_writer *w, const session *s, const char *why);

/* Writing side. Everything queued reaches the kernel. */
void session_out_drain(session_writer *w);
/* Writing side. What was drained is on disk, if there is a thread to wait for
 * that; calls that are over are freed. */
void session_out_settle(session_writer *w);
/* The thread, of a session_writer: drains and settles until `stop`. */
void *session_out_thread(void *writer);
