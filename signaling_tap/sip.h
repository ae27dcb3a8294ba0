/* sip.h - parses one SIP message (RFC 3261 7 and 25). Pure; spans point into
 * the input. */
#pragma once
#include "core/put.h"
#include "signaling_tap/tap.h"

enum {
	TAP_SIP_MESSAGE_MAX = 65536,
	TAP_SIP_HEADER_MAX = 8192,	/* one header field with its folds */
	TAP_SIP_HEADERS_MAX = 256,
};

typedef enum tap_sip_verdict {
	TAP_SIP_OK,
	TAP_SIP_SHORT,		/* the header section does not end */
	TAP_SIP_TRUNCATED,	/* the body is shorter than Content-Length;
				 * `out` is otherwise complete */
	TAP_SIP_BAD_START,	/* request or status line */
	TAP_SIP_BAD_HEADER,
	TAP_SIP_BAD_VALUE,	/* Content-Length, CSeq, From or To */
	TAP_SIP_MISSING,	/* Call-ID, CSeq, From or To */
	TAP_SIP_DUPLICATE,	/* two of a header that may occur once */
	TAP_SIP_LINE_TOO_LONG,	/* over TAP_SIP_HEADER_MAX; also the start
				 * line */
	TAP_SIP_TOO_LONG,
	TAP_SIP_TOO_MANY,
} tap_sip_verdict;

typedef enum tap_method {
	TAP_INVITE,
	TAP_ACK,
	TAP_BYE,
	TAP_CANCEL,
	TAP_PRACK,
	TAP_UPDATE,
	TAP_INFO,
	TAP_REFER,
	TAP_MESSAGE,
	TAP_NOTIFY,
	TAP_METHOD_OTHER,
} tap_method;

typedef enum tap_header_id {
	TAP_H_CALL_ID,
	TAP_H_FROM,
	TAP_H_TO,
	TAP_H_CSEQ,
	TAP_H_CONTENT_LENGTH,
	TAP_H_ONCE,		/* up to here: at most one per message */
	TAP_H_CONTENT_TYPE = TAP_H_ONCE,
	TAP_H_USER_AGENT,
	TAP_H_SERVER,
	TAP_H_CONTACT,
	TAP_H_ASSERTED,		/* P-Asserted-Identity */
	TAP_H_CONVERSATION,	/* Ms-Conversation-ID */
	TAP_H_HISTORY,
	TAP_H_REFERRED_BY,
	TAP_H_REFER_TO,
	TAP_H_REPLACES,
	TAP_H_RSEQ,
	TAP_H_FOCUS,		/* ms-focus-uri */
	TAP_H_CLIENT_DIAGNOSTICS,
	TAP_H_COUNT,
	TAP_H_OTHER = TAP_H_COUNT,
} tap_header_id;

typedef struct tap_header {
	tap_header_id id;
	span name;
	span value;	/* trimmed; folds are kept */
} tap_header;

typedef struct tap_sip {
	bool request;
	uint16_t status;	/* of a response */
	tap_method method;	/* of a response: from CSeq */
	uint32_t cseq;
	span uri;		/* Request-URI */
	span first[TAP_H_COUNT];	/* first value of each known header */
	bool has[TAP_H_COUNT];
	span from_uri, to_uri;
	span from_name, to_name;
	span from_params, to_params;
	span from_tag, to_tag;
	span head;		/* from the start line to the blank line */
	span headers;		/* without the start line */
	span body;
	span tail;		/* what follows after Content-Length octets */
} tap_sip;

MUST_CHECK tap_sip_verdict tap_sip_parse(span message, tap_sip *out);
/* The next header field with its folded lines. False at the end of the header
 * section or if malformed. */
MUST_CHECK bool tap_header_next(span *in, tap_header *out);
/* Folds become single blanks; NUL-terminated, cut to `size`. */
void tap_header_text(span value, char *to, size_t size);

/* The same message with another body: Content-Length is set (added if missing),
 * all else stays byte for byte. */
void tap_sip_put(put *o, const tap_sip *m, span body);

/* Cuts one SIP message off a byte stream by its Content-Length (RFC 3261 18.3),
 * after skipping blank lines. */
typedef enum tap_cut { TAP_CUT_OK, TAP_CUT_SHORT, TAP_CUT_BAD } tap_cut;
MUST_CHECK tap_cut tap_sip_cut(span *in, span *out);
