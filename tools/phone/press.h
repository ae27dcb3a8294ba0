/* press.h - keys that are pressed during the call, each at its time. */
#pragma once
#include <glib.h>
#include <stdbool.h>

typedef void phone_press_key(void *ctx, char key);

/* From "2:*7,5:*8": two seconds after the answer the key *, then 7, and so on.
 * Each is told once, from the main loop. False: the list is none. */
bool phone_press_begin(const char *list, phone_press_key *fn, void *ctx,
		       GError **err);
