/* multipart.h - the parts of a MIME multipart body (RFC 2046 5.1).
 *
 * Lync's parts have no Content-Length: only the boundary frames them. */
#pragma once
#include "core/span.h"

enum { MPART_MAX = 16 };	/* parts that are looked at */

typedef enum mpart_verdict {
	MPART_OK,
	MPART_END,	/* no more parts */
	MPART_MANY,	/* more than MPART_MAX */
} mpart_verdict;

/* All lent from the body. The values are without blanks at their ends, but a
 * folded one keeps its line ends inside; empty when absent. */
typedef struct mpart {
	span head;		/* header lines, without the empty line */
	span content;		/* without the line end before the boundary */
	span type;		/* Content-Type */
	span disposition;	/* Content-Disposition */
	span encoding;		/* Content-Transfer-Encoding */
	span length;		/* Content-Length; SIP parts rarely have one */
	bool cut;		/* the body ended before the next boundary */
} mpart;

/* Made by mpart_begin(); nothing to free. */
typedef struct mpart_iter {
	span boundary;
	span rest;
	unsigned seen;
	bool inside;		/* a delimiter stands before `rest` */
} mpart_iter;

/* ANY. False when `content_type` is no multipart type with a usable boundary
 * parameter. Both spans must outlive the iterator. */
MUST_CHECK bool mpart_begin(mpart_iter *it, span content_type, span body);
/* ANY. The next part; the preamble and the epilogue are none. */
MUST_CHECK mpart_verdict mpart_next(mpart_iter *it, mpart *out);

/* ANY. A Content-Type value names this media type, whatever its parameters:
 * mime_is(value, "application/sdp"). "multipart/" alone is a prefix. */
bool mime_is(span content_type, const char *type);
/* ANY. The value of a parameter, without its quotes. False when absent. A
 * quoted value with a backslash in it counts as absent. */
MUST_CHECK bool mime_param(span value, const char *name, span *out);
