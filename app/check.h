/* check.h - what is wrong on this host, one finding for each problem. */
#pragma once
#include "app/table.h"
#include "core/conf.h"

typedef struct check check;

check *check_new(void);
void check_free(check *k);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(check, check_free)
/* What will not work, and what works but should be known. `area` is static. */
void check_error(check *k, const char *area, const char *fmt, ...)
	G_GNUC_PRINTF(3, 4);
void check_warning(check *k, const char *area, const char *fmt, ...)
	G_GNUC_PRINTF(3, 4);
unsigned check_errors(const check *k);
void check_print(const check *k, table_form form);
/* The errors alone, a line each: "area: text". */
void check_print_errors(const check *k, FILE *to);

/* check_host.c: each checks one thing. */
void check_keys(check *k, const conf *c);
void check_certificates(check *k, const conf *c);
void check_interfaces(check *k, const conf *c);
void check_listeners(check *k, const conf *c);
void check_rights(check *k, const conf *c);
void check_disks(check *k, const conf *c);
void check_database(check *k, const conf *c);
void check_time(check *k);
void check_alarms(check *k, const conf *c);

/* check_apart_io.c: MAIN, of a process with the user and the rights that the
 * roles will have. Tests what `c` names, in a child, and waits 10 s at most.
 * Lines (char *) to `errors`. */
void check_apart(const conf *c, GPtrArray *errors);
