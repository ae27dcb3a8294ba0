/* heard.h - when each Front End was last heard, to notice silence. Pure. */
#pragma once
#include <glib.h>
#include <stdbool.h>

#include "core/clock.h"

enum {
	TAP_HEARD_MAX = 1024,		/* names */
	TAP_HEARD_FORGET_S = 86400,	/* silent for longer: forgotten */
};

typedef struct tap_heard tap_heard;

/* MAIN. Free with tap_heard_free(). */
tap_heard *tap_heard_new(void);
void tap_heard_free(tap_heard *h);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(tap_heard, tap_heard_free)
/* MAIN. Copies the name. False: there are too many, and this one is not
 * watched. */
bool tap_heard_note(tap_heard *h, const char *name, clk_mono at);
/* MAIN. Reports each that has been silent for longer than `limit_ns`. */
void tap_heard_silent(tap_heard *h, clk_mono now, int64_t limit_ns,
		      void (*each)(void *user, const char *name,
				   int64_t silent_ns), void *user);
