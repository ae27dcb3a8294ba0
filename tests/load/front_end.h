/* front_end.h - a Front End's filter under load: requests by the contract over
 * mutual TLS, and their verdicts. Blocking; one thread a connection. */
#pragma once
#include "signaling_tap/hep3.h"
#include "tests/load/rig.h"

typedef struct load_fe load_fe;

load_fe *load_fe_new(const load_rig *r);
/* The same; NULL when the tap is not there. */
load_fe *load_fe_try_new(const load_rig *r);
/* A request and its verdict (a tap_verdict); -1: the tap has gone. */
int load_fe_ask(load_fe *f, const char *message);
enum { LOAD_FE_GONE = -1, LOAD_FE_WAITS = -2 };
/* One request, whose verdict is asked for later: its number; 0: the tap has
 * gone. */
uint64_t load_fe_begin(load_fe *f, const char *message);
/* Its verdict, or LOAD_FE_GONE, or after `ms` LOAD_FE_WAITS. */
int load_fe_verdict(load_fe *f, uint64_t request, int ms);
void load_fe_free(load_fe *f);
/* One request, not waited for. */
void load_fe_send(load_fe *f, const char *message);
/* Until `n` verdicts have come. `want` (a tap_verdict) is demanded of each;
 * another one ends the program. -1: any. */
void load_fe_await(load_fe *f, unsigned n, int want);
