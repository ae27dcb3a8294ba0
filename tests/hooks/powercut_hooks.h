/* powercut_hooks.h - replaces the C library's functions that change a disk:
 * they do their work and log it. Link it to one test only. */
#pragma once
#include "tests/support/powercut.h"

/* Where this process's changes are logged from now on; NULL: nowhere. */
void powercut_hook(powercut *log);
