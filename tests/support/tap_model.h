/* tap_model.h - a table of calls, and beside it what each call is by all that
 * was told of it; whatever comes, the two must agree. */
#pragma once
#include "signaling_tap/tap.h"

typedef struct tap_model tap_model;

/* Who calls as "sip:a" is not recorded, everybody else is. */
tap_model *tap_model_new(void);
/* Asserts: told in order, BEGIN first, END last, once; facts, decisions, holds
 * and branches change when they are told to, and a branch never goes back;
 * halves of recorded calls only; a failure ends a call only when nothing
 * followed; the calls in progress are those that were told of. Then the same
 * message comes again, from another Front End and as it was rewritten, and
 * nothing is told. */
void tap_model_message(tap_model *t, clk_both now, const tap_source *src,
		       span message);
/* How many calls have begun. */
uint64_t tap_model_calls(const tap_model *t);
/* Ends all calls, of which nothing may be left, and frees `t`. */
void tap_model_over(tap_model *t, clk_both now);
