/* log.h - sends this program's structured GLib messages to the systemd journal
 * if it listens on stderr, otherwise to stderr, one line each. */
#pragma once
#include <stdbool.h>

/* MAIN, once, before the first message. `role` must stay valid. */
void log_setup(const char *role, bool debug);
