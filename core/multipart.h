/* multipart.h - the parts of a MIME multipart body (RFC 2046 5.1).
 *
 * Lync's parts have no Content-Length: only the boundary frames them. */
#pragma once
#include "core/span.h"

enum { MPART_MAX = 16 };	/* parts that are examined */

typedef enum mpart_verdict {
	MPART_OK,
	MPART_END,	/* no more parts */
	MPART_MANY,	/* more than MPART_MAX */
} mpart_verdict;

/* All point into the body. Values have no blanks at their ends, but a folded
 * one keeps its line ends; empty if absent. */
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
	bool inside;		/* a delimiter precedes `rest` */
} mpart_iter;

/* ANY. False if `content_type` is not a multipart type with a usable boundary
 * parameter. Both spans must outlive the iterator. */
MUST_CHECK bool mpart_begin(mpart_iter *it, span content_type, span body);
/* ANY. The next part. Preamble and epilogue are skipped. */
MUST_CHECK mpart_verdict mpart_next(mpart_iter *it, mpart *out);

/* ANY. Whether a Content-Type value has this media type, whatever its
 * parameters: mime_is(value, "application/sdp"). "multipart/" is a prefix. */
bool mime_is(span content_type, const char *type);
/* ANY. The value of a parameter, without its quotes. False if absent. A quoted
 * value with a backslash counts as absent. */
MUST_CHECK bool mime_param(span value, const char *name, span *out);
