/* rules.h - who is recorded, by a list of identities, without a catalog. Pure.
 *
 * One rule per line: "record = PATTERN[; PATTERN...]" or "except = ...".
 * PATTERN: sip:alice@x, sip:*@x, sip:alice@*, tel:+4930*, or * for everybody.
 * '#' begins a comment. */
#pragma once
#include "signaling_tap/tap.h"

typedef struct tap_rules tap_rules;

/* NULL on an error, which names the line. Free with tap_rules_free(). */
tap_rules *tap_rules_new(const char *text, GError **err);
void tap_rules_free(tap_rules *r);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(tap_rules, tap_rules_free)
/* A tap_decide; `rules` is a tap_rules. */
bool tap_rules_decide(void *rules, const tap_facts *f, rec_decision *out);
