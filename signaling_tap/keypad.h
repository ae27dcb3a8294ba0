/* keypad.h - codes that a party presses during a call: "*7" pauses. Pure. */
#pragma once
#include <glib.h>

#include "core/clock.h"
#include "signaling_tap/tap.h"

enum { TAP_KEYPAD_DIGITS = 8, TAP_KEYPAD_CODES = 8 };

typedef struct tap_keypad_code {
	rec_mark mark;
	char digits[TAP_KEYPAD_DIGITS + 1];
} tap_keypad_code;

typedef struct tap_keypad_plan {
	tap_keypad_code code[TAP_KEYPAD_CODES];
	unsigned n;
} tap_keypad_plan;

/* From "pause=*7", ...; NULL at the end. */
bool tap_keypad_parse(char *const *list, tap_keypad_plan *out, GError **err);

/* What one party has pressed lately. All zero at the beginning. */
typedef struct tap_keypad {
	char last[TAP_KEYPAD_DIGITS + 1];
	clk_mono at;
} tap_keypad;

/* The act whose code this digit completes; 0: none. Digits more than three
 * seconds apart belong to different codes. */
rec_mark tap_keypad_press(tap_keypad *k, const tap_keypad_plan *plan,
			  clk_mono at, char digit);
/* "pause" and so on, as officers write it; NULL if there is no such act. */
const char *tap_keypad_verb(rec_mark mark);
MUST_CHECK bool tap_keypad_act(span verb, rec_mark *out);
