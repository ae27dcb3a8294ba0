/* worker.h - one of the processes that render: it follows its share of the
 * spool. Codec libraries run here, on bytes that a caller chose; when one
 * crashes, the process is lost and nothing else: journals are read again. */
#pragma once
#include "app/render.h"

enum {
	WORKER_MAX = 64,
	/* A call whose render has crashed this often is rendered without its
	 * codecs, as silence of the right length; its packets are kept. */
	WORKER_STRIKES = 2,
};

/* What the supervisor sees of a worker while it works. */
typedef struct worker_seen {
	char now[REC_NAME];	/* the call being worked on, or "" */
	_Atomic uint64_t pulse;	/* as render_config has it */
} worker_seen;

typedef struct worker_plan {
	const render_config *cfg;
	const char *spool;
	const char *run;	/* of its alarms and the level of the disk */
	unsigned index, count;	/* takes each call whose hash is `index` */
	worker_seen *seen;
	/* Called after each call, and when all rows reported so far have to be
	 * written. Both or neither. */
	void (*done)(void *user, const render_result *r);
	void (*flush)(void *user);
	void *user;
} worker_plan;

/* Until SIGTERM. Returns an exit status. */
int worker_run(const worker_plan *plan);
/* The supervisor's: a render of this call has crashed. Returns how often. */
unsigned worker_strike(const char *spool, const char *call);
