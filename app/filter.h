/* filter.h - the options that narrow the calls of the ledger. */
#pragma once
#include "app/officer.h"

/* --who to --longest, ended by NULL. */
const GOptionEntry *filter_entries(void);
/* One of them was given. */
bool filter_given(void);
/* What was given; texts are lent. `limit` is not touched. */
bool filter_query(const officer *o, cat_query *q, GError **err);
