/* policy.h - internals of the snapshot: rules are found by what they name;
 * private. */
#pragma once
#include "catalog/cat.h"

/* One thing refers to another for some time. */
typedef struct cat_policy_link {
	uint32_t index;		/* of a rule or of a user */
	uint32_t length;	/* number rules: the number has this many
				 * digits; 0: any */
	int64_t from, to;	/* s UTC; to 0: still */
} cat_policy_link;

typedef struct cat_policy_user {
	char *key;
	GArray *rules;	/* of cat_policy_link: its own, groups', site's */
} cat_policy_user;

/* What a decision reads, packed so that a thousand rules stay in the cache. */
typedef struct cat_policy_rule {
	int64_t from, to;
	const cat_rule *rule;	/* lent from `texts` */
	GHashTable *holidays;	/* set of days; NULL without; lent */
	uint32_t rank;		/* the lower decides; by cat_policy_rank() */
	uint32_t keep_days;
	uint16_t refuse;
	uint8_t direction, mode, zone;	/* zone: index, CAT_NO_ZONE */
	uint8_t scopes;		/* bits 1 << cat_scope of the calls it is for */
	uint8_t media;		/* bits CAT_MEDIA_AUDIO, CAT_MEDIA_VIDEO */
	bool announce, early;
	bool holidays_only;
	uint8_t n_windows;
	cat_window window[CAT_WINDOWS_MAX];
} cat_policy_rule;

enum { CAT_ZONES_MAX = 64, CAT_NO_ZONE = 255 };
enum { CAT_MEDIA_AUDIO = 1, CAT_MEDIA_VIDEO = 2 };

struct cat_policy {
	GPtrArray *texts;	/* of cat_rule */
	GArray *rules;		/* of cat_policy_rule */
	GPtrArray *users;	/* of cat_policy_user */
	GPtrArray *zones;	/* of GTimeZone */
	/* text -> GArray of cat_policy_link */
	GHashTable *ids;	/* to users */
	GHashTable *id_rules, *domains, *gateways, *conferences, *prefixes;
	GArray *any;		/* links of rules for everybody */
	GHashTable *internal, *federated, *emergency;	/* sets of text */
	GHashTable *calendars;	/* name -> set of days */
	GHashTable *classes;	/* name -> days that it is kept */
	unsigned longest_prefix;
};

cat_policy *cat_policy_new(void);
/* All of these copy what they are given. */
uint32_t cat_policy_user_add(cat_policy *p, const char *key);
void cat_policy_id_add(cat_policy *p, const char *id, uint32_t user,
		       int64_t from, int64_t to);
/* After the lists. False: too many zones, or an unknown one. */
bool cat_policy_rule_add(cat_policy *p, const cat_rule *r, GError **err);
void cat_policy_list_add(cat_policy *p, const char *list, const char *value);
/* After all rules: sorts them by precedence. */
void cat_policy_rank(cat_policy *p);
/* A rule for a group or site, as far as it is that user's. */
void cat_policy_user_rule(cat_policy *p, uint32_t user, uint32_t rule,
			  int64_t from, int64_t to);
/* NULL without. */
static inline const GArray *cat_policy_find(GHashTable *t, const char *text)
{
	return g_hash_table_lookup(t, text);
}

static inline const cat_policy_link *cat_policy_link_at(const GArray *links,
							guint i)
{
	return &g_array_index(links, cat_policy_link, i);
}

static inline const cat_policy_rule *cat_policy_rule_at(const cat_policy *p,
							uint32_t i)
{
	return &g_array_index(p->rules, cat_policy_rule, i);
}
