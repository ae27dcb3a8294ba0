/* tracelog.h - SIP in the text logs of other programs:
 *
 *	Lync / Skype for Business servers (CLSLogger, OCSLogger): a record
 *	  "TL_INFO(TF_PROTOCOL) ... $$begin_record" of SIPStack, in which the
 *	  start line and the body have names, up to "$$end_record";
 *	its clients' UccApi logs, and most others: the message as it was sent,
 *	  on or behind a line that tells the time.
 *
 * Pure; lent from the input; no line is kept. */
#pragma once
#include "core/clock.h"
#include "core/put.h"

typedef struct tap_tracelog {
	span rest;
	unsigned line;		/* read so far */
	bool timed;
	clk_wall at;		/* of the last line with a time */
} tap_tracelog;

typedef struct tap_traced {
	bool timed;
	clk_wall at;		/* meaningless if not timed */
	unsigned line;		/* of the start line, from 1 */
	bool dotted;		/* ngrep -W byline: a dot ends each line */
	span start;
	span head, body;	/* lines */
} tap_traced;

/* The next message; other text is skipped. False at the end. */
MUST_CHECK bool tap_tracelog_next(tap_tracelog *t, tap_traced *out);
/* The message as it was on the wire: with CR LF, and the Content-Length of the
 * body that is present. */
void tap_traced_put(put *o, const tap_traced *t);
