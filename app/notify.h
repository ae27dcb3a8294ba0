/* notify.h - tells systemd how we are (sd_notify(3)). Without NOTIFY_SOCKET
 * nothing happens. */
#pragma once

/* "READY=1", "WATCHDOG=1", "STOPPING=1", "RELOADING=1\n...". */
void notify_send(const char *state);
