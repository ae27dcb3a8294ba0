#include "catalog/csv.h"
#include "catalog/ldif.h"
#include "catalog/records.h"
#include "catalog/users.h"

static void user_free(void *u)
{
	cat_user_free(u);
}

static void set_text(char **to, const char *text)
{
	g_free(*to);
	*to = g_strstrip(g_utf8_make_valid(text, -1));
}

static bool key_put(cat_user *u, const char *text, unsigned line, GError **err)
{
	g_autofree char *key = g_ascii_strdown(text, -1);

	g_strstrip(key);
	if (!*key || strlen(key) >= CAT_NAME_MAX ||
	    strpbrk(key, " \t\r\n\"'\\;,="))
		return cat_line_error(err, line, "\"%s\" cannot be a user's "
				      "key: it is one word without quotes, "
				      "commas, semicolons and =", key);
	g_free(u->key);
	u->key = g_steal_pointer(&key);
	return true;
}

static bool id_put(cat_user *u, const char *text, unsigned line, GError **err)
{
	g_autofree char *id = cat_identity(text);

	if (!id)
		return cat_line_error(err, line, "\"%s\" is no identity: "
				      "expected sip:user@host, tel:+number or "
				      "an alias; several are separated by "
				      "semicolons", text);
	if (!g_ptr_array_find_with_equal_func(u->ids, id, g_str_equal, NULL))
		g_ptr_array_add(u->ids, g_steal_pointer(&id));
	return true;
}

static bool group_put(cat_user *u, const char *text, unsigned line,
		      GError **err)
{
	g_autofree char *low = g_utf8_strdown(text, -1);

	/* Groups of a directory have blanks; rules name them in one word. */
	g_strdelimit(low, " \t\"'\\;,=", '-');
	if (!*low || strlen(low) >= CAT_VALUE_MAX)
		return cat_line_error(err, line, "\"%s\" cannot be a group's "
				      "name", text);
	if (!g_ptr_array_find_with_equal_func(u->groups, low, g_str_equal,
					      NULL))
		g_ptr_array_add(u->groups, g_steal_pointer(&low));
	return true;
}

typedef bool part_put(cat_user *u, const char *text, unsigned line,
		      GError **err);

static bool each_part(cat_user *u, const char *list, part_put *put,
		      unsigned line, GError **err)
{
	g_auto(GStrv) parts = g_strsplit(list, ";", -1);

	for (char **p = parts; *p; p++)
		if (*g_strstrip(*p) && !put(u, *p, line, err))
			return false;
	return true;
}

/* The same key or identity twice in a list is a mistake of the list. */
static bool unique_check(GHashTable *seen, const cat_user *u, unsigned line,
			 GError **err)
{
	g_autofree char *key = g_strconcat("key ", u->key, NULL);
	guint first = GPOINTER_TO_UINT(g_hash_table_lookup(seen, key));

	if (first)
		return cat_line_error(err, line, "the user %s is already in "
						 "line %u", u->key, first);
	g_hash_table_insert(seen, g_steal_pointer(&key),
			    GUINT_TO_POINTER(line));
	for (guint i = 0; i < u->ids->len; i++) {
		const char *id = g_ptr_array_index(u->ids, i);

		first = GPOINTER_TO_UINT(g_hash_table_lookup(seen, id));
		if (first)
			return cat_line_error(err, line, "%s belongs to the "
					      "user of line %u already", id,
					      first);
		g_hash_table_insert(seen, g_strdup(id), GUINT_TO_POINTER(line));
	}
	return true;
}

/* ---- CSV ---- */

typedef enum column {
	COL_KEY,
	COL_NAME,
	COL_SITE,
	COL_IDS,
	COL_GROUPS,
	COLUMNS,
} column;

static const char *const column_names[COLUMNS] = {
	[COL_KEY] = "key",	  [COL_NAME] = "name",
	[COL_SITE] = "site",	  [COL_IDS] = "identities",
	[COL_GROUPS] = "groups",
};

static bool field_take(void *record, unsigned c, const char *text,
		       unsigned line, GError **err)
{
	cat_user *u = record;

	switch ((column)c) {
	case COL_KEY:
		return key_put(u, text, line, err);
	case COL_NAME:
		set_text(&u->name, text);
		return true;
	case COL_SITE:
		set_text(&u->site, text);
		return true;
	case COL_IDS:
		return each_part(u, text, id_put, line, err);
	case COL_GROUPS:
		return each_part(u, text, group_put, line, err);
	case COLUMNS:
		break;
	}
	return true;
}

GPtrArray *cat_import_csv(span text, GError **err)
{
	static const cat_columns columns = {column_names, COLUMNS, COL_KEY + 1,
					    true};
	g_autoptr(GPtrArray) users = g_ptr_array_new_with_free_func(user_free);
	g_autoptr(GHashTable) seen = g_hash_table_new_full(
		g_str_hash, g_str_equal, g_free, NULL);
	g_autoptr(cat_records) r = cat_records_new(text, &columns, err);
	cat_records_state state = r ? CAT_RECORDS_ONE : CAT_RECORDS_BAD;

	while (state == CAT_RECORDS_ONE) {
		g_autoptr(cat_user) u = cat_user_new("");
		unsigned line;

		state = cat_records_next(r, field_take, u, &line, err);
		if (state != CAT_RECORDS_ONE)
			break;
		if (!unique_check(seen, u, line, err))
			return NULL;
		g_ptr_array_add(users, g_steal_pointer(&u));
	}
	return state == CAT_RECORDS_END ? g_steal_pointer(&users) : NULL;
}

static void put_list(GString *to, const GPtrArray *list)
{
	g_autoptr(GString) s = g_string_new(NULL);

	for (guint i = 0; i < list->len; i++)
		g_string_append_printf(s, "%s%s", i ? ";" : "",
				       (char *)g_ptr_array_index(list, i));
	cat_csv_put(to, s->str, false);
}

char *cat_export_csv(const GPtrArray *users)
{
	GString *s = g_string_new(NULL);

	for (unsigned i = 0; i < COLUMNS; i++)
		cat_csv_put(s, column_names[i], i == 0);
	cat_csv_end(s);
	for (guint i = 0; i < users->len; i++) {
		const cat_user *u = g_ptr_array_index(users, i);

		cat_csv_put(s, u->key, true);
		cat_csv_put(s, u->name, false);
		cat_csv_put(s, u->site, false);
		put_list(s, u->ids);
		put_list(s, u->groups);
		cat_csv_end(s);
	}
	return g_string_free(s, FALSE);
}

/* ---- LDIF: what Active Directory and OpenLDAP export ---- */

typedef struct ldif_import {
	cat_ldif ldif;
	cat_user *user;		/* the entry so far */
	bool person;		/* of a class that is one, or with an address */
	unsigned key_rank;	/* of what gave the key; 0: none */
	unsigned line;		/* of the entry's beginning */
	GHashTable *seen;
	GPtrArray *users;
} ldif_import;

/* The most lasting name first. */
static unsigned key_rank(span name)
{
	static const char *const names[] = {"mail", "cn", "userPrincipalName",
					    "uid", "sAMAccountName"};

	for (unsigned i = 0; i < G_N_ELEMENTS(names); i++)
		if (span_caseeq(name, names[i]))
			return i + 1;
	return 0;
}

static bool key_take(ldif_import *m, unsigned rank, const char *text,
		     unsigned line, GError **err)
{
	g_autofree char *word = g_strdup(text);

	if (rank <= m->key_rank)
		return true;
	m->key_rank = rank;
	g_strdelimit(g_strstrip(word), " \t\"'\\;,=", '.');
	return key_put(m->user, word, line, err);
}

/* "CN=Traders,OU=Groups,DC=example" -> "Traders" */
static bool member_of(cat_user *u, const char *dn, unsigned line, GError **err)
{
	const char *end;
	g_autofree char *name = NULL;

	if (g_ascii_strncasecmp(dn, "cn=", 3) != 0)
		return true;
	for (end = dn + 3; *end && *end != ','; end++)
		if (*end == '\\' && end[1])
			end++;
	name = g_strndup(dn + 3, (gsize)(end - dn - 3));
	return group_put(u, name, line, err);
}

/* "tel:+4930123;ext=123", "+49 30 123"; what is not a number is ignored. */
static bool number_take(cat_user *u, const char *text, unsigned line,
			GError **err)
{
	g_autofree char *id = cat_identity(text);

	return !id || !g_str_has_prefix(id, "tel:") ||
	       id_put(u, text, line, err);
}

static bool address_take(cat_user *u, const char *text, unsigned line,
			 GError **err)
{
	if (g_ascii_strncasecmp(text, "sip:", 4) != 0)
		return true;	/* smtp:, x500: and others */
	return id_put(u, text, line, err);
}

static bool attr_take(ldif_import *m, const cat_ldif_attr *a, GError **err)
{
	g_autofree char *text = cat_ldif_text(a);
	unsigned rank = key_rank(a->name);
	cat_user *u = m->user;

	if (span_caseeq(a->name, "dn"))
		m->line = a->line;
	if (rank && *text && !key_take(m, rank, text, a->line, err))
		return false;
	if (span_caseeq(a->name, "objectClass"))
		m->person |= !g_ascii_strcasecmp(text, "person") ||
			     !g_ascii_strcasecmp(text, "inetOrgPerson");
	if (span_caseeq(a->name, "displayName") ||
	    (span_caseeq(a->name, "cn") && !*u->name))
		set_text(&u->name, text);
	if (span_caseeq(a->name, "physicalDeliveryOfficeName") ||
	    (span_caseeq(a->name, "l") && !*u->site))
		set_text(&u->site, text);
	if (span_caseeq(a->name, "msRTCSIP-PrimaryUserAddress"))
		return id_put(u, text, a->line, err);
	if (span_caseeq(a->name, "proxyAddresses"))
		return address_take(u, text, a->line, err);
	if (span_caseeq(a->name, "msRTCSIP-Line") ||
	    span_caseeq(a->name, "telephoneNumber"))
		return number_take(u, text, a->line, err);
	if (span_caseeq(a->name, "memberOf"))
		return member_of(u, text, a->line, err);
	return true;
}

/* Entries that are no persons (units, groups, machines) are skipped. */
static bool entry_end(ldif_import *m, GError **err)
{
	cat_user *u = g_steal_pointer(&m->user);
	bool wanted = m->person || u->ids->len;
	bool ok = true;

	if (wanted && !m->key_rank)
		ok = cat_line_error(err, m->line, "the entry has none of "
				    "sAMAccountName, uid, userPrincipalName, "
				    "cn, mail");
	ok = ok && (!wanted || unique_check(m->seen, u, m->line, err));
	if (ok && wanted)
		g_ptr_array_add(m->users, u);
	else
		cat_user_free(u);
	m->user = cat_user_new("");
	m->person = false;
	m->key_rank = 0;
	return ok;
}

static bool ldif_read(ldif_import *m, GError **err)
{
	for (;;) {
		cat_ldif_attr a;
		cat_ldif_verdict v = cat_ldif_next(&m->ldif, &a);

		switch (v) {
		case CAT_LDIF_END:
			return true;
		case CAT_LDIF_ATTR:
			if (!attr_take(m, &a, err))
				return false;
			break;
		case CAT_LDIF_ENTRY_END:
			if (!entry_end(m, err))
				return false;
			break;
		case CAT_LDIF_NO_COLON:
		case CAT_LDIF_NAME:
		case CAT_LDIF_URL:
		case CAT_LDIF_BASE64:
		case CAT_LDIF_CHANGE:
			return cat_line_error(err, a.line, "%s",
					      cat_ldif_problem(v));
		}
	}
}

GPtrArray *cat_import_ldif(span text, GError **err)
{
	g_autoptr(GPtrArray) users = g_ptr_array_new_with_free_func(user_free);
	g_autoptr(GHashTable) seen = g_hash_table_new_full(
		g_str_hash, g_str_equal, g_free, NULL);
	ldif_import m = {.user = cat_user_new(""), .seen = seen,
			 .users = users};
	bool ok;

	cat_ldif_init(&m.ldif, text);
	ok = ldif_read(&m, err);
	cat_user_free(m.user);
	return ok ? g_steal_pointer(&users) : NULL;
}
