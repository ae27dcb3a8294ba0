/* rule_impl.h - the longer words of a rule, for rule.c alone. Pure. */
#pragma once
#include "catalog/rule.h"

/* who=: whose calls. They write no other word of the rule. */
MUST_CHECK bool cat_who_parse(span v, cat_rule *r);
void cat_who_print(GString *s, const cat_rule *r);
/* when=, holidays=: times of the week, and days that are none. */
MUST_CHECK bool cat_when_parse(span v, cat_rule *r);
MUST_CHECK bool cat_holidays_parse(span v, cat_rule *r);
/* With zone=. */
void cat_when_print(GString *s, const cat_rule *r);

/* A name for people: no blanks, no quotes, nothing a shell minds. */
MUST_CHECK bool cat_name_good(span v, size_t size);
void cat_name_lower(span v, char *to, size_t size);
