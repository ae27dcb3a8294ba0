/* party.h - who takes part in a call, looked up in the policy; private. */
#pragma once
#include "catalog/identity.h"
#include "catalog/policy.h"

enum { CAT_PARTY_IDS_MAX = 4, CAT_PARTY_USERS_MAX = 3 };

typedef struct cat_policy_party {
	char id[CAT_PARTY_IDS_MAX][CAT_ID_MAX];	/* normal */
	unsigned n_ids;
	uint32_t user[CAT_PARTY_USERS_MAX]; /* indexes of the policy */
	unsigned n_users;
	span number;		/* of one of the ids */
	cat_scope kind;		/* CAT_INTERNAL, CAT_EXTERNAL, ... */
	span shown;		/* as the call names it */
} cat_policy_party;

/* Writes all of `who`, as of `at`. No allocation. */
void cat_policy_party_find(const cat_policy *p, const cat_party *facts,
			   int64_t at, cat_policy_party *who);

static inline bool cat_in_force(int64_t from, int64_t to, int64_t at)
{
	return from <= at && (to == 0 || at < to);
}
