/* log.h - where GLib's structured messages of this program go: the systemd
 * journal when it listens on stderr, else one line on stderr. */
#pragma once
#include <stdbool.h>

/* MAIN, once, before the first message. `role` is lent for good. */
void log_setup(const char *role, bool debug);
