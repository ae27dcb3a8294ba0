/* verdict.h - a decision in words, with every rule that had a say. */
#pragma once
#include "app/officer.h"

/* A call from `from` to `to` (a user's key or an identity) at that time. */
int verdict_print(officer *o, const cat_policy *p, const char *from,
		  const char *to, int64_t at, GError **err);
/* The same for a call of the ledger. */
int verdict_print_call(officer *o, const cat_policy *p, const cat_entry *e,
		       GError **err);
/* [rules] record names a call of these identities. */
bool verdict_configured(const officer *o, const char *from, const char *to);
int verdict_need_parties(const char *command);

/* verdict_say.c: on standard output, in the officer's form; `e`: the call of
 * the ledger that it is about, or NULL. */
void verdict_say(const officer *o, const cat_verdict *v, const cat_entry *e);
