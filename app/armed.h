/* armed.h - the calls that taps have announced to capture and that have not
 * ended. A call may end while no capture runs to hear of it. So a tap that
 * connects names all calls in progress, and those it does not name are over.
 * MAIN. */
#pragma once
#include <glib.h>
#include <stdint.h>

typedef struct armed armed;

armed *armed_new(void);
void armed_free(armed *a);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(armed, armed_free)
/* What rec_arm_get() read. NULL, or, at the end of a tap's list, those that are
 * over by it; they are forgotten here. */
char **armed_told(armed *a, const char *call, uint16_t type);
