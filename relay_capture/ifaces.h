/* ifaces.h - live interfaces through libpcap, where there are no rings of our
 * own (rings.h). CAPTURE thread, once they are open. */
#pragma once
#include <poll.h>

#include "relay_capture/source.h"
#include "relay_capture/stamp.h"

typedef struct relay_ifaces relay_ifaces;

/* MAIN. Needs CAP_NET_RAW; opening one again after it went down does too. */
relay_ifaces *relay_ifaces_open(const relay_live_config *c, GError **err);
void relay_ifaces_free(relay_ifaces *f);
enum { RELAY_BATCH = 1024 };	/* frames of one interface in a row */
/* A batch from each: how many frames. What is down is tried again. */
int relay_ifaces_read(relay_ifaces *f, relay_tap *tap,
		      const relay_stamp *stamp);
/* What there is to wait for; at most RELAY_IFACES_MAX. */
nfds_t relay_ifaces_poll(const relay_ifaces *f, struct pollfd *to);
/* Nothing more comes; what has come is still to be read, for some 60 ms. */
void relay_ifaces_end(relay_ifaces *f);
/* Takes the kernel's counters; what it dropped since the last time is told. */
void relay_ifaces_stats(relay_ifaces *f, relay_tap *tap, clk_both now);
/* An interface that is down, again and again, or one that is back; or NULL.
 * Free it. */
char *relay_ifaces_trouble(relay_ifaces *f);
/* Adds what the kernel has said so far. */
void relay_ifaces_add(const relay_ifaces *f, relay_live_stats *to);
/* ANY. Whether it is there and up, "any" always; `fd` is a socket's. */
bool relay_iface_up(int fd, const char *name);
