/* armed.h - the calls that taps have told capture of and that are not over. A
 * call may end while there is no capture, and none hears of it: a tap that
 * comes names all that live, and what it does not name is over. MAIN. */
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
