/* party.h - who takes part in a call, looked up in the policy; private. */
#pragma once
#include "catalog/identity.h"
#include "catalog/policy.h"

enum { POL_IDS_MAX = 4, POL_USERS_MAX = 3 };

typedef struct pol_party {
	char id[POL_IDS_MAX][CAT_ID_MAX];	/* normal */
	unsigned n_ids;
	uint32_t user[POL_USERS_MAX];	/* indexes of the policy */
	unsigned n_users;
	span number;		/* of one of the ids */
	cat_scope kind;		/* CAT_INTERNAL, CAT_EXTERNAL, ... */
	span shown;		/* as the call names it */
} pol_party;

/* Writes all of `who`, as of `at`. No allocation. */
void pol_party_find(const cat_policy *p, const cat_party *facts, int64_t at,
		    pol_party *who);

static inline bool pol_in_force(int64_t from, int64_t to, int64_t at)
{
	return from <= at && (to == 0 || at < to);
}
