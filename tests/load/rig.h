/* rig.h - a recorder of its own under load: a temporary directory with keys,
 * certificates and configuration, the roles as processes, and their costs. */
#pragma once
#include <glib.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "core/span.h"

typedef struct load_rig {
	char *dir, *conf;
	char *program;		/* edgetape, beside this program */
	uint16_t port;		/* of the tap, on 127.0.0.1 */
	bool verbose;		/* the roles log debug messages too */
} load_rig;

/* `interface` is what capture listens on. Every failure here ends the
 * program with a message: a benchmark has no use for half a rig. */
void load_rig_open(load_rig *r, const char *interface, const char *formats);
/* Removes all of it. Stop the roles first. */
void load_rig_close(load_rig *r);
/* The role as a process of its own; what it says goes to DIR/ROLE.log. */
pid_t load_rig_start(const load_rig *r, const char *role);
/* In a process that is about to become one in another way: its log is there,
 * too. */
void load_rig_become(const load_rig *r, const char *role);
/* SIGTERM, then its end is awaited. */
void load_rig_stop(pid_t role);
/* Until the tap takes connections. */
void load_rig_await_tap(const load_rig *r);
/* Whether it does now. */
bool load_rig_tap_there(const load_rig *r);
/* One counter of DIR/run/ROLE.stats; 0 when there is none. */
uint64_t load_rig_stat(const load_rig *r, const char *role, const char *name);
char *load_rig_path(const load_rig *r, const char *name);

/* CPU seconds of a process and of its children. */
double load_cpu_s(pid_t p);
/* Of its first thread alone. */
double load_cpu_first_s(pid_t p);
/* Octets, of a process and of its children. */
uint64_t load_rss(pid_t p);
/* Processes that want a core now, ours included; 1 a core is a quiet machine.*/
double load_average(void);

/* Runs a command to its end, silent; its CPU seconds, wall seconds and
 * greatest resident set. */
typedef struct load_run {
	double cpu_s, wall_s;
	uint64_t rss;
} load_run;
void load_run_command(char **argv, const char *log, load_run *out);

G_NORETURN void load_die(const char *fmt, ...) G_GNUC_PRINTF(1, 2);
void load_remove(const char *dir);
/* A number from the environment, or `otherwise`. */
unsigned load_env(const char *name, unsigned otherwise);
double load_now_s(void);
/* Returns at once when that time, of load_now_s(), has passed. */
void load_sleep_until(double due_s);
/* The p-th part (0..1) of n values, which are sorted by it. */
double load_quantile(double *v, size_t n, double p);
