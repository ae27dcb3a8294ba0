/* users.h - users, their identities, groups and sites, with their history.
 *
 * Nothing is ever overwritten: an identity or membership that ends keeps its
 * times, so that it is still known whose a call of last year was. Each change
 * is one transaction with its audit row. */
#pragma once
#include "catalog/cat.h"

/* What is known of a user now. */
typedef struct cat_user {
	char *key;		/* unique, e.g. "alice" or the AD account */
	char *name, *site;	/* or "" */
	GPtrArray *ids;		/* of char *: "sip:...", "tel:+...", ... */
	GPtrArray *groups;	/* of char * */
	GPtrArray *stay;	/* of char *, only for cat_user_put(): ids,
				 * groups, sites whose planned end is off */
	int64_t from, to;	/* s UTC; to 0: for good */
} cat_user;

cat_user *cat_user_new(const char *key);
void cat_user_free(cat_user *u);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(cat_user, cat_user_free)

/* Sets the error that there is no such key; always false. */
bool cat_user_absent(GError **err, const char *key);

/* "SIP:Alice@Example.COM;x" -> "sip:alice@example.com", "+49 30 1" ->
 * "tel:+49301"; a bare "alice@x" is a sip URI, another word an alias. NULL if
 * it cannot be an identity. Free it. */
char *cat_identity(const char *text);

/* Adds a user, or changes an existing one to be as `u` says: what is new begins
 * at `at`, what `u` lacks ends then. What is planned for later stays planned.
 * `changed` says whether anything did. */
bool cat_user_put(cat_db *db, const cat_user *u, int64_t at,
		  const cat_actor *who, bool *changed, GError **err);
/* Ends the user, its identities and memberships; sooner or later than planned,
 * if that was planned. */
bool cat_user_end(cat_db *db, const char *key, int64_t at,
		  const cat_actor *who, GError **err);
/* The planned removal is off. An error if none is planned. */
bool cat_user_stay(cat_db *db, const char *key, int64_t at,
		   const cat_actor *who, GError **err);
/* The user with this key or identity as of `at`; NULL with an error. */
cat_user *cat_user_find(cat_db *db, const char *who, int64_t at, GError **err);
/* Of cat_user, by key, as of `at`. Free the array. */
GPtrArray *cat_user_list(cat_db *db, int64_t at, GError **err);
/* An identity, "group:NAME" or "site:NAME" and its time (s UTC); until 0: it is
 * so now. */
typedef struct cat_user_past {
	char *value;
	int64_t since, until;
} cat_user_past;
/* Of cat_user_past, in the order of time, also for a removed user. An error if
 * there never was one with this key. Free the array. */
GArray *cat_user_history(cat_db *db, const char *key, GError **err);

/* Of cat_user from CSV (columns key, name, site, identities, groups; the last
 * two separated by ';') or LDIF. NULL: `err` names the line. */
GPtrArray *cat_import_csv(span text, GError **err);
GPtrArray *cat_import_ldif(span text, GError **err);
/* CSV that cat_import_csv() reads. Free it. */
char *cat_export_csv(const GPtrArray *users);

typedef struct cat_import_count {
	unsigned added, changed, same, ended;
} cat_import_count;
/* Completely or not at all. `whole`: users that the list lacks are removed. */
bool cat_import(cat_db *db, const GPtrArray *users, bool whole, int64_t at,
		const cat_actor *who, cat_import_count *out, GError **err);
