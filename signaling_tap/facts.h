/* facts.h - the facts known about a call: names for the journal, texts by
 * value. */
#pragma once
#include "signaling_tap/sip.h"

#define TAP_FACTS(X) \
	X(CALLER_URI, "caller.uri") \
	X(CALLER_NAME, "caller.name") \
	X(CALLER_TEL, "caller.tel") \
	X(CALLER_ASSERTED, "caller.asserted") \
	X(CALLER_EPID, "caller.epid") \
	X(CALLER_AGENT, "caller.agent") \
	X(CALLEE_URI, "callee.uri") \
	X(CALLEE_NAME, "callee.name") \
	X(CALLEE_TEL, "callee.tel") \
	X(CALLEE_ASSERTED, "callee.asserted") \
	X(CALLEE_EPID, "callee.epid") \
	X(CALLEE_AGENT, "callee.agent") \
	X(TYPE, "type") \
	X(DIRECTION, "direction") \
	X(MODE, "mode") \
	X(CONVERSATION, "conversation") \
	X(CONFERENCE, "conference") \
	X(REPLACES, "replaces") \
	X(REPLACED_BY, "replaced-by") \
	X(REFERRED_BY, "referred-by") \
	X(REFER_TO, "refer-to") \
	X(HISTORY, "history") \
	X(RECORD, "record") \
	X(JOINED, "joined") \
	X(REWRITTEN, "rewritten") \
	X(NO_RELAY, "no-relay") \
	X(ESCAPED, "escaped") \
	X(LATE, "late") \
	X(MISMATCH, "ice-mismatch") \
	X(DIAGNOSTICS, "diagnostics")

typedef enum tap_fact {
#define X(id, name) TAP_F_##id,
	TAP_FACTS(X)
#undef X
	TAP_FACT_COUNT,
} tap_fact;

enum { TAP_FACT_MAX = 1024 };	/* octets of a value, its NUL included */

/* Many calls have the same texts, so each is stored once. */
typedef struct tap_facts_set {
	char *text[TAP_FACT_COUNT];	/* GRefString, interned */
} tap_facts_set;

const char *tap_fact_name(tap_fact f);
/* True if the fact is new or has changed. An empty text changes nothing. */
bool tap_facts_put(tap_facts_set *s, tap_fact f, const char *text);
void tap_facts_clear(tap_facts_set *s);
/* "" if unknown. */
span tap_facts_peek(const tap_facts_set *s, tap_fact f);

/* Called for each fact that is new or changed. */
typedef void tap_fact_told(void *user, tap_fact f);
/* Takes all facts from a message; `side` sent it. */
void tap_facts_gather(tap_facts_set *s, const tap_sip *m, uint8_t side,
		      tap_fact_told *told, void *user);
/* What a decision is based on; lent from the set. */
void tap_facts_view(const tap_facts_set *s, tap_facts *out);
