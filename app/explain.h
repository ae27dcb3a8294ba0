/* explain.h - a rendered call for a human: why it was recorded or not, which
 * candidates, which keys, which packets on which path, every gap. */
#pragma once
#include <stdio.h>

#include "app/render.h"

/* A line or two. */
void explain_line(const render_result *r, FILE *to);
/* Everything. No key is shown. */
void explain_all(const render_result *r, FILE *to);
