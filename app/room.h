/* room.h - how full the disk is, as the role `keep` tells the others: a small
 * file in RUN, so that nobody in the call path asks a disk. */
#pragma once
#include <glib.h>

#include "vault/vault.h"

bool room_tell(const char *run, vlt_level l, unsigned percent, GError **err);
/* VLT_ROOM when nobody tells, or has not for a while. */
vlt_level room_ask(const char *run);
