/* filter.h - the options that narrow the calls of the ledger. */
#pragma once
#include "app/officer.h"

/* Their names, for officer_verb. */
#define FILTER_OPTIONS                                                         \
	"who number from to outcome scope shortest longest announce"

/* The options --who to --longest, and then the command's own; ends with NULL.
 * Free it. */
GArray *filter_entries(const GOptionEntry *own);
/* One of them was given. */
bool filter_given(void);
/* What was given; texts are lent. `limit` is not touched. */
bool filter_query(const officer *o, cat_query *q, GError **err);
/* The calls of these names or, without any, those that fit the options: of
 * cat_entry, those found by options without their details. */
GPtrArray *filter_calls(const officer *o, char **names, GError **err);
/* Adds the other legs of each call, with their details, at the end. */
bool filter_add_linked(const officer *o, GPtrArray *calls, GError **err);
