/* filter.h - the BPF expression that keeps out what cannot be the relay's
 * traffic. */
#pragma once
#include "relay_capture/source.h"

/* Free it. `vlan`: frames may carry up to two 802.1Q tags (Ethernet only). */
char *relay_filter_text(const relay_live_config *c, bool vlan);
