/* candidate.h - the value of an a=candidate or a=x-candidate-ipv6 line.
 *
 * Two grammars share the attribute name:
 *	RFC 5245 15.1		foundation component transport priority
 *				address port typ type [name value]*
 *	draft-ietf-mmusic-ice-06	id component password transport q-value
 *				address port
 * They are told apart by the fourth field: a number in the first, a transport
 * in the second. A draft-06 line does not say its type. */
#pragma once
#include "core/call.h"

typedef enum cand_verdict {
	CAND_OK,
	CAND_SHORT,	/* fields are missing at the end */
	CAND_BAD,	/* a field does not fit the grammar */
	CAND_NAMED,	/* a host name instead of an address: `addr` has family
			 * 0, the rest is valid */
} cand_verdict;

/* The fields as they are in the line, pointing into it. */
typedef struct cand_fields {
	bool draft06;
	span id;		/* foundation or candidate-id */
	span component;
	span transport;
	span priority;		/* or q-value */
	span addr;
	span port;
	span type;		/* "host"...; empty in draft-06 */
	span more;		/* extension attributes and trailing blanks */
} cand_fields;

/* ANY. Checks only the shape of the line: CAND_OK, CAND_SHORT or, without the
 * word "typ" in its place, CAND_BAD. */
MUST_CHECK cand_verdict cand_split(span value, cand_fields *out);

/* ANY. Parses what follows "candidate:". A draft-06 line becomes
 * CALL_CAND_UNTYPED, and so does a type that RFC 5245 does not define. */
MUST_CHECK cand_verdict cand_parse(span value, call_cand *out);

/* ANY. host, srflx, prflx, relay in any case; anything else is untyped. */
call_cand_type cand_type(span word);
/* ANY. UDP, TCP-ACT, TCP-PASS, TCP-SO, TCP in any case. */
call_transport cand_transport(span word);

/* ANY. The next "component address port" of an a=remote-candidates value (RFC
 * 5245 15.2). CAND_SHORT at its end and if it is incomplete. */
MUST_CHECK cand_verdict cand_remote_next(span *in, uint8_t *component,
					 net_addr *out);
