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
