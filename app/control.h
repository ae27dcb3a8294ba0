/* control.h - control of the calls in progress: RUN/control.sock in the tap,
 * lines of JSON (docs/control.md). */
#pragma once
#include <gio/gio.h>
#include <stdbool.h>

#include "signaling_tap/tap.h"

typedef struct control control;

/* The name of a call's journal, from the sink's `own`; "" if it has none. */
typedef const char *control_name(void *user, const void *own);

/* The "caller" or "callee" of a call that an earlier tap began; "": unknown. */
typedef const char *control_party(void *user, const void *own,
				  const char *side);

typedef struct control_config {
	const char *run;	/* lent for the call alone */
	tap_calls *calls;	/* outlives the control */
	unsigned longest_s;	/* a pause; 0: no limit */
	control_name *name;
	control_party *party;
	void *user;
} control_config;

/* MAIN. NULL when the socket cannot be made. */
control *control_new(const control_config *cfg, GError **err);
void control_free(control *c);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(control, control_free)

/* The other end: one request, one answer. Free the answer. */
char *control_ask(const char *run, const char *request, GError **err);
