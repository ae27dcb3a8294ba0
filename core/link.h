/* link.h - the socket over which the tap arms capture.
 *
 * AF_UNIX, SOCK_SEQPACKET, RUN/capture.sock. Tap to capture: messages framed by
 * rec_arm_put(). Capture to tap: one octet (a beat) every LINK_BEAT_MS, so that
 * the tap does not force media over a relay where nobody records it; the octet
 * says whether the disk accepts what is captured. */
#pragma once
#include <glib.h>
#include <stdbool.h>

#include "core/span.h"

enum {
	LINK_BEAT_MS = 250,
	LINK_DEAD_MS = 1000,	/* without a beat the other is dead */
};

/* The tap's end. MAIN. */
typedef struct link_tap link_tap;
/* The path of the socket in this directory is short enough. */
bool link_fits(const char *run, GError **err);

/* `back` is called whenever capture connects: tell it everything. */
link_tap *link_tap_new(const char *run, void (*back)(void *), void *user);
/* Never waits. What capture cannot accept now waits in memory. If that becomes
 * too much it is dropped, and the connection closed, so that `back` brings
 * capture up to date. */
void link_tap_send(link_tap *l, span message);
/* Before the loop runs: waits at most `ms` for capture's first beat. */
void link_tap_await(link_tap *l, unsigned ms);
/* Capture gave a sign of life less than LINK_DEAD_MS ago. */
bool link_tap_alive(link_tap *l);
/* Capture's last sign of life said that it loses packets, because its disk is
 * full for example. */
bool link_tap_troubled(link_tap *l);
void link_tap_free(link_tap *l);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(link_tap, link_tap_free)

/* Capture's end. MAIN. */
typedef struct link_capture link_capture;

/* Any number of taps may connect. NULL if the socket cannot be created. */
link_capture *link_capture_new(const char *run,
			       void (*message)(void *, span), void *user,
			       GError **err);
/* How many are connected. */
unsigned link_capture_taps(const link_capture *l);
/* What the signs of life say from now on. They are sent whatever the disk
 * does. */
void link_capture_troubled(link_capture *l, bool troubled);
void link_capture_free(link_capture *l);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(link_capture, link_capture_free)
