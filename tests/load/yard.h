/* yard.h - what the campaigns share: a wire of their own from a generator to
 * the edge, the rows of their calls, and TAP. */
#pragma once
#include "catalog/ledger.h"
#include "tests/load/media.h"

/* First of all in a program that speaks TAP: a network namespace of its own, in
 * which edge0 hears what is sent to the socket that comes back. -1: it takes
 * root, and the tests were told to be skipped. */
int load_yard_open(void);
void load_yard_send(int out, const uint8_t *frame);
/* The process that does a role's work; there must be one. */
pid_t load_yard_worker(pid_t role);
/* The row of a call of load_talk(); NULL: there is none. */
cat_entry *load_yard_row(cat_db *db, unsigned call);

typedef struct load_score {
	unsigned tests, bad;
} load_score;
void load_score_say(load_score *t, bool ok, const char *what);
