#include "catalog/party.h"

#include <stdio.h>

static void id_add(cat_policy_party *who, span text)
{
	char *to = who->id[who->n_ids];

	if (!text.left || who->n_ids == CAT_PARTY_IDS_MAX ||
	    !cat_id_normal(text, to))
		return;
	for (unsigned i = 0; i < who->n_ids; i++)
		if (!strcmp(who->id[i], to))
			return;
	if (!who->shown.left)
		who->shown = text;
	who->n_ids++;
	if (!who->number.left && !cat_id_number(to, &who->number))
		who->number = span_of(NULL, 0);
}

/* sip:+4930@example.com is found under tel:+4930 too. */
static void number_as_tel(cat_policy_party *who)
{
	char tel[CAT_ID_MAX], digits[CAT_ID_MAX - 4];

	if (!who->number.left || who->n_ids == CAT_PARTY_IDS_MAX)
		return;
	span_copy(who->number, digits, sizeof(digits));
	snprintf(tel, sizeof(tel), "tel:%s", digits);
	id_add(who, span_str(tel));
}

static void users_find(const cat_policy *p, int64_t at, cat_policy_party *who)
{
	for (unsigned i = 0; i < who->n_ids; i++) {
		const GArray *a = cat_policy_find(p->ids, who->id[i]);

		for (guint k = 0; a && k < a->len; k++) {
			const cat_policy_link *l = cat_policy_link_at(a, k);
			unsigned n = 0;

			while (n < who->n_users && who->user[n] != l->index)
				n++;
			if (n == who->n_users && n < CAT_PARTY_USERS_MAX &&
			    cat_in_force(l->from, l->to, at))
				who->user[who->n_users++] = l->index;
		}
	}
}

static cat_scope kind_of(const cat_policy *p, const cat_policy_party *who)
{
	cat_scope kind = CAT_EXTERNAL;

	if (who->n_users)
		return CAT_INTERNAL;
	if (who->number.left)
		return CAT_PSTN;
	for (unsigned i = 0; i < who->n_ids; i++) {
		const char *domain = cat_id_domain(who->id[i]);

		if (!domain)
			continue;
		if (g_hash_table_contains(p->internal, domain))
			return CAT_INTERNAL;
		if (g_hash_table_contains(p->federated, domain))
			kind = CAT_FEDERATED;
	}
	return kind;
}

void cat_policy_party_find(const cat_policy *p, const cat_party *facts,
			   int64_t at, cat_policy_party *who)
{
	who->n_ids = who->n_users = 0;
	who->number = who->shown = span_of(NULL, 0);
	id_add(who, facts->uri);
	id_add(who, facts->asserted);
	id_add(who, facts->tel);
	number_as_tel(who);
	users_find(p, at, who);
	who->kind = kind_of(p, who);
}
