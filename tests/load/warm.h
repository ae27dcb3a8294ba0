/* warm.h - a machine that has run for a while, on a host that takes back what
 * its guests do not use (free page reporting, ballooning). There the first
 * touch of a page costs many times the work that is done with it, and a
 * benchmark that has just begun touches nothing but such pages. */
#pragma once

/* Touches memory and gives it back in pieces that are too small for the host:
 * until this program ends, files and programs get those first. While others
 * stand still the host takes more, so each measurement begins with this.
 * Returns microseconds a page; 0: nothing was touched. LOAD_WARM: MiB; by
 * default a quarter of what is available at the first call, at most 6 GiB. */
double load_warm(void);
