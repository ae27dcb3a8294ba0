/* ifaces.h - live interfaces through libpcap, where our own rings (rings.h) are
 * not used. CAPTURE thread, once they are open. */
#pragma once
#include <poll.h>

#include "relay_capture/source.h"
#include "relay_capture/stamp.h"

typedef struct relay_ifaces relay_ifaces;

/* MAIN. Needs CAP_NET_RAW, as does reopening an interface that went down. */
relay_ifaces *relay_ifaces_open(const relay_live_config *c, GError **err);
void relay_ifaces_free(relay_ifaces *f);
enum { RELAY_BATCH = 1024 };	/* frames of one interface in a row */
/* Reads a batch from each, and returns how many frames. Tries again to open
 * what is down. */
int relay_ifaces_read(relay_ifaces *f, relay_tap *tap,
		      relay_stamp *stamp);
/* The descriptors to wait for; at most RELAY_IFACES_MAX. */
nfds_t relay_ifaces_poll(const relay_ifaces *f, struct pollfd *to);
/* Stops capturing; what has already arrived can still be read, for about 60
 * ms. */
void relay_ifaces_end(relay_ifaces *f);
/* Reads the kernel's counters and reports what it dropped since the last
 * time. */
void relay_ifaces_stats(relay_ifaces *f, relay_tap *tap, clk_both now);
/* An interface that is down (reported repeatedly), or one that is back; or
 * NULL. Free it. */
char *relay_ifaces_trouble(relay_ifaces *f);
/* Adds the kernel's counts so far. */
void relay_ifaces_add(const relay_ifaces *f, relay_live_stats *to);
/* ANY. Whether the interface exists and is up; always true for "any". `fd` is
 * any socket. */
bool relay_iface_up(int fd, const char *name);
