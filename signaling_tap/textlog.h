/* textlog.h - SIP messages from a text log: each follows a line "### <unix
 * time> <note>". Pure; spans point into the input. */
#pragma once
#include "core/clock.h"
#include "core/span.h"

typedef struct tap_logged {
	clk_wall at;
	span note;
	span message;
} tap_logged;
/* The next message; other text is skipped. False at the end. */
MUST_CHECK bool tap_textlog_next(span *in, tap_logged *out);
