/* room.h - how full the disk is: the role `keep` writes it to a small file in
 * RUN for the other roles, so that nobody who handles a call has to ask a
 * disk. */
#pragma once
#include <glib.h>

#include "vault/vault.h"

bool room_tell(const char *run, vlt_level l, unsigned percent, GError **err);
/* VLT_ROOM if nobody has written it for a while. */
vlt_level room_ask(const char *run);
