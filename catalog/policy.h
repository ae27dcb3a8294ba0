/* policy.h - the snapshot's inside: rules found by what they name; private. */
#pragma once
#include "catalog/cat.h"

/* One thing refers to another for a time. */
typedef struct pol_link {
	uint32_t index;		/* of a rule or of a user */
	uint32_t length;	/* number rules: the number has so many digits;
				 * 0: any */
	int64_t from, to;	/* s UTC; to 0: still */
} pol_link;

typedef struct pol_user {
	char *key;
	GArray *rules;		/* of pol_link: its own, groups', site's */
} pol_user;

/* What a decision looks at, packed: a thousand rules stay in the cache. */
typedef struct pol_rule {
	int64_t from, to;
	const cat_rule *rule;	/* lent from `texts` */
	GHashTable *holidays;	/* set of days; NULL without; lent */
	uint32_t rank;		/* the lower decides; by pol_rank() */
	uint32_t keep_days;
	uint16_t refuse;
	uint8_t direction, mode, zone;	/* zone: index, POL_NO_ZONE */
	uint8_t scopes;		/* bits 1 << cat_scope of the calls it is for */
	uint8_t media;		/* bits POL_AUDIO, POL_VIDEO */
	bool announce, early;
	bool holidays_only;
	uint8_t n_windows;
	cat_window window[CAT_WINDOWS_MAX];
} pol_rule;

enum { POL_ZONES_MAX = 64, POL_NO_ZONE = 255 };
enum { POL_AUDIO = 1, POL_VIDEO = 2 };

struct cat_policy {
	GPtrArray *texts;	/* of cat_rule */
	GArray *rules;		/* of pol_rule */
	GPtrArray *users;	/* of pol_user */
	GPtrArray *zones;	/* of GTimeZone */
	/* text -> GArray of pol_link */
	GHashTable *ids;	/* to users */
	GHashTable *id_rules, *domains, *gateways, *conferences, *prefixes;
	GArray *any;		/* links of rules for everybody */
	GHashTable *internal, *federated, *emergency;	/* sets of text */
	GHashTable *calendars;	/* name -> set of days */
	GHashTable *classes;	/* name -> days that it is kept */
	unsigned longest_prefix;
};

cat_policy *pol_new(void);
/* All take what they are given by copy. */
uint32_t pol_user_add(cat_policy *p, const char *key);
void pol_id_add(cat_policy *p, const char *id, uint32_t user, int64_t from,
		int64_t to);
/* Behind the lists. False: too many zones, or one that is not known here. */
bool pol_rule_add(cat_policy *p, const cat_rule *r, GError **err);
void pol_list_add(cat_policy *p, const char *list, const char *value);
/* When all rules are there: orders them by precedence. */
void pol_rank(cat_policy *p);
/* A rule for a group or site, as far as it is that user's. */
void pol_user_rule(cat_policy *p, uint32_t user, uint32_t rule, int64_t from,
		   int64_t to);
/* NULL without. */
static inline const GArray *pol_find(GHashTable *t, const char *text)
{
	return g_hash_table_lookup(t, text);
}

static inline const pol_rule *pol_rule_at(const cat_policy *p, uint32_t i)
{
	return &g_array_index(p->rules, pol_rule, i);
}
