/* hop.h - the way of a message where there is no edgetape: over loopback TCP to
 * a peer that takes all of it and gives it back, as the next server would get
 * it. What this takes is the machine's own, and the load's. */
#pragma once

typedef struct load_hop load_hop;

load_hop *load_hop_new(void);
/* Returns when the whole message is back. */
void load_hop_pass(load_hop *h, const char *message);
void load_hop_free(load_hop *h);
