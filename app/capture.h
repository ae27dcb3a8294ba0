/* capture.h - the role that captures, in two processes: a supervisor, which
 * holds the kernel's rings but reads no packet, and the worker that it forks,
 * which does everything else. When the worker dies, the next one continues with
 * the same rings. */
#pragma once
#include "core/conf.h"
#include "relay_capture/armlog.h"
#include "relay_capture/source.h"

typedef struct capture_plan {
	conf *conf;
	GArray *edges;
	relay_live_config cfg;
	relay_rings *rings;	/* NULL: libpcap, and no supervisor */
	char *why_not;		/* why there are no rings, though wanted */
	relay_armlog *log;	/* with rings */
} capture_plan;

/* Before the first packet is read: threads and workers inherit it. */
bool capture_confine(const conf *c, GError **err);
/* Then, before the first worker: render knows that we are there, or, if they
 * are kept, our rings. */
void capture_show_life(const conf *c, fdstore *store);
/* What `edgetape stats` reads. */
void capture_stats_write(const conf *c, const relay_live_stats *s);
/* WORKER, or the only process. Captures until SIGTERM: the exit status. */
int capture_work(const capture_plan *p);
/* SUPERVISOR. Until SIGTERM, or until a worker ends by itself. */
int capture_supervise(const capture_plan *p);
