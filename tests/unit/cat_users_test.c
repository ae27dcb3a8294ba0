/* Users with their history, alone and from lists. */
#include "catalog/users.h"

#include <string.h>

#include "catalog/audit.h"
#include "catalog/db.h"
#include "tests/support/cat_temp.h"

static char *state_at(const cat_temp *t, int64_t at)
{
	g_autoptr(GError) err = NULL;
	g_autoptr(GPtrArray) all = cat_user_list(t->db, at, &err);
	g_autofree char *csv = NULL;
	GString *s;

	g_assert_no_error(err);
	csv = cat_export_csv(all);
	s = g_string_new(strstr(csv, "\r\n") + 2);
	g_string_replace(s, "\r\n", "/", 0);
	return g_string_free(s, FALSE);
}

static void expect_at(const cat_temp *t, int64_t at, const char *want)
{
	g_autofree char *got = state_at(t, at);

	g_assert_cmpstr(got, ==, want);
}

static bool put(const cat_temp *t, const char *key, const char *id, int64_t at,
		GError **err)
{
	g_autoptr(cat_user) u = cat_user_new(key);

	if (id)
		g_ptr_array_add(u->ids, cat_identity(id));
	return cat_user_put(t->db, u, at, &cat_temp_actor, NULL, err);
}

static void test_history(void)
{
	g_auto(cat_temp) t = cat_temp_open();
	g_autoptr(GError) err = NULL;
	g_autoptr(cat_user) u = NULL;
	g_autoptr(GArray) past = NULL;
	const cat_user_past *first;

	g_assert_true(put(&t, "alice", "tel:+1", 100, &err));
	g_assert_true(put(&t, "alice", "tel:+2", 200, &err));
	/* The number goes to another one. */
	g_assert_true(put(&t, "bob", "tel:+1", 300, &err));
	g_assert_no_error(err);
	expect_at(&t, 99, "");
	expect_at(&t, 100, "alice,,,tel:+1,/");
	expect_at(&t, 250, "alice,,,tel:+2,/");
	expect_at(&t, 300, "alice,,,tel:+2,/bob,,,tel:+1,/");
	u = cat_user_find(t.db, "+1", 150, &err);
	g_assert_cmpstr(u->key, ==, "alice");
	cat_user_free(u);
	u = cat_user_find(t.db, "+1", 300, &err);
	g_assert_cmpstr(u->key, ==, "bob");
	g_assert_true(cat_user_end(t.db, "alice", 400, &cat_temp_actor, &err));
	past = cat_user_history(t.db, "alice", &err);
	g_assert_cmpuint(past->len, ==, 2);
	first = &g_array_index(past, cat_user_past, 0);
	g_assert_cmpstr(first->value, ==, "tel:+1");
	g_assert_cmpint(first->since, ==, 100);
	g_assert_cmpint(first->until, ==, 200);
	g_assert_null(cat_user_history(t.db, "zoe", &err));
	g_assert_error(err, CAT_ERROR, CAT_ERROR_ABSENT);
	g_clear_error(&err);
	expect_at(&t, 399, "alice,,,tel:+2,/bob,,,tel:+1,/");
	expect_at(&t, 400, "bob,,,tel:+1,/");
	g_assert_false(cat_user_end(t.db, "alice", 500, &cat_temp_actor,
				    &err));
	g_assert_error(err, CAT_ERROR, CAT_ERROR_ABSENT);
}

/* What began later is not taken away by a change of the past, and who had an
 * identity keeps it as long as it is his. */
static void test_past(void)
{
	g_auto(cat_temp) t = cat_temp_open();
	g_autoptr(GError) err = NULL;

	g_assert_true(put(&t, "alice", "tel:+1", 1000, &err));
	g_assert_false(put(&t, "alice", "tel:+2", 500, &err));
	g_assert_error(err, CAT_ERROR, CAT_ERROR_VALUE);
	g_assert_nonnull(strstr(err->message, "\"tel:+1\" began at "
					      "1970-01-01T00:16:40Z"));
	g_clear_error(&err);
	g_assert_false(cat_user_end(t.db, "alice", 500, &cat_temp_actor,
				    &err));
	g_assert_error(err, CAT_ERROR, CAT_ERROR_VALUE);
	g_clear_error(&err);
	expect_at(&t, 1000, "alice,,,tel:+1,/");
	g_assert_true(cat_user_end(t.db, "alice", 2000, &cat_temp_actor,
				   &err));
	g_assert_false(put(&t, "bob", "tel:+1", 1500, &err));
	g_assert_error(err, CAT_ERROR, CAT_ERROR_EXISTS);
	g_clear_error(&err);
	/* One who comes back was there before. */
	g_assert_true(put(&t, "alice", "tel:+3", 500, &err));
	g_assert_no_error(err);
	expect_at(&t, 600, "alice,,,tel:+3,/");
}

/* The audit log says when it was done, not from when it counts. */
static bool first_act(void *user, const cat_act *a)
{
	cat_act *out = user;

	out->at = a->at;
	out->object = g_strdup(a->object);
	return false;
}

static void test_dated(void)
{
	g_auto(cat_temp) t = cat_temp_open();
	const cat_actor who = {"anna", "", 5000};
	g_autoptr(cat_user) u = cat_user_new("alice");
	g_autoptr(GError) err = NULL;
	cat_act act = {.at = 0};

	g_free(u->site);
	u->site = g_strdup("berlin");
	g_assert_true(cat_user_put(t.db, u, 1000, &who, NULL, &err));
	g_assert_true(cat_audit_list(t.db, 0, 0, NULL, first_act, &act, &err));
	g_assert_no_error(err);
	g_assert_cmpint(act.at, ==, 5000);
	g_assert_cmpstr(act.object, ==,
			"alice site:berlin as of 1970-01-01T00:16:40Z");
	g_free((char *)(uintptr_t)act.object);
}

static cat_actor anna_at(int64_t now)
{
	return (cat_actor){"anna", "", now};
}

static bool put_at(const cat_temp *t, int64_t at, const cat_actor *who,
		   const char *text, GError **err)
{
	g_auto(GStrv) part = g_strsplit(text, " ", -1);
	g_autoptr(cat_user) u = cat_user_new(part[0]);

	for (char **p = part + 1; *p; p++) {
		const bool anew = **p == '!';
		char *word = g_strdup(*p + anew);

		if (anew)
			g_ptr_array_add(u->stay, g_strdup(word));
		g_ptr_array_add(strchr(word, ':') ? u->ids : u->groups, word);
	}
	return cat_user_put(t->db, u, at, who, NULL, err);
}

static void expect_audit(const cat_temp *t, const char *want)
{
	g_autofree char *last = NULL;
	g_autoptr(GError) err = NULL;
	g_autoptr(cat_stmt) s = cat_sql(
		t->db, "SELECT action || ' ' || object FROM audit"
		       " ORDER BY seq DESC LIMIT 1", &err);

	g_assert_true(cat_step(s));
	last = g_strdup(cat_text(s, 0));
	g_assert_cmpstr(last, ==, want);
}

/* Another end replaces the planned one, and nothing is there twice. */
static void test_planned_end(void)
{
	static const int64_t ends[] = {50, 150, 2500, 1500};
	g_auto(cat_temp) t = cat_temp_open();
	const cat_actor who = anna_at(20), late = anna_at(2600);
	g_autoptr(GError) err = NULL;

	g_assert_true(put_at(&t, 10, &who, "alice tel:+1 g", &err));
	g_assert_true(cat_user_end(t.db, "alice", 1000, &who, &err));
	g_assert_no_error(err);
	for (size_t i = 0; i < G_N_ELEMENTS(ends); i++) {
		g_assert_true(cat_user_end(t.db, "alice", ends[i], &who,
					   &err));
		g_assert_no_error(err);
		expect_at(&t, ends[i] - 1, "alice,,,tel:+1,g/");
		expect_at(&t, ends[i], "");
	}
	expect_audit(&t, "user removed alice (was planned for "
			 "1970-01-01T00:41:40Z) as of 1970-01-01T00:25:00Z");
	/* It is history by now. */
	g_assert_false(cat_user_end(t.db, "alice", 2600, &late, &err));
	g_assert_error(err, CAT_ERROR, CAT_ERROR_ABSENT);
}

/* Somebody who has the number from then on keeps it. */
static void test_stay(void)
{
	g_auto(cat_temp) t = cat_temp_open();
	const cat_actor who = anna_at(20);
	g_autoptr(GError) err = NULL;

	g_assert_true(put_at(&t, 10, &who, "alice tel:+1 g h", &err));
	g_assert_false(cat_user_stay(t.db, "alice", 20, &who, &err));
	g_clear_error(&err);
	g_assert_true(put_at(&t, 500, &who, "alice tel:+1 g", &err));
	g_assert_true(cat_user_end(t.db, "alice", 1000, &who, &err));
	g_assert_true(cat_user_stay(t.db, "alice", 20, &who, &err));
	g_assert_no_error(err);
	expect_audit(&t, "user stays alice (was planned for "
			 "1970-01-01T00:16:40Z)");
	expect_at(&t, 499, "alice,,,tel:+1,\"g;h\"/");
	/* h's end was another. */
	expect_at(&t, 1000, "alice,,,tel:+1,g/");
	g_assert_true(cat_user_end(t.db, "alice", 1000, &who, &err));
	g_assert_true(put_at(&t, 1000, &who, "bob tel:+1", &err));
	g_assert_false(cat_user_stay(t.db, "alice", 20, &who, &err));
	g_assert_error(err, CAT_ERROR, CAT_ERROR_EXISTS);
}

/* What else is changed meanwhile leaves the plan as it is. */
static void test_planned_change(void)
{
	g_auto(cat_temp) t = cat_temp_open();
	const cat_actor who = anna_at(20);
	g_autoptr(GError) err = NULL;

	g_assert_true(put_at(&t, 10, &who, "alice tel:+1 g h", &err));
	g_assert_true(put_at(&t, 500, &who, "alice tel:+1 h", &err));
	g_assert_true(cat_user_end(t.db, "alice", 1000, &who, &err));
	g_assert_true(put_at(&t, 20, &who, "alice tel:+1 tel:+2 g", &err));
	g_assert_no_error(err);
	expect_at(&t, 20, "alice,,,\"tel:+1;tel:+2\",g/");
	expect_at(&t, 500, "alice,,,\"tel:+1;tel:+2\",/");
	expect_at(&t, 1000, "");
	/* It is asked for again. */
	g_assert_true(put_at(&t, 20, &who, "alice tel:+1 !g", &err));
	expect_at(&t, 999, "alice,,,tel:+1,g/");
	expect_at(&t, 1000, "");
}

/* What is to begin may begin sooner, or not at all. */
static void test_planned_begin(void)
{
	g_auto(cat_temp) t = cat_temp_open();
	const cat_actor who = anna_at(20);
	g_autoptr(GError) err = NULL;

	g_assert_true(put_at(&t, 10, &who, "alice tel:+1", &err));
	g_assert_true(put_at(&t, 500, &who, "alice tel:+1 tel:+2 g", &err));
	g_assert_true(put_at(&t, 20, &who, "alice tel:+1 g", &err));
	g_assert_no_error(err);
	expect_at(&t, 20, "alice,,,tel:+1,g/");
	expect_at(&t, 500, "alice,,,\"tel:+1;tel:+2\",g/");
	g_assert_true(cat_user_end(t.db, "alice", 30, &who, &err));
	g_assert_no_error(err);
	expect_at(&t, 30, "");
	expect_at(&t, 500, "");
	g_assert_true(put_at(&t, 20, &who, "bob tel:+2", &err));
	g_assert_no_error(err);
}

static bool at_site(const cat_temp *t, const char *site, bool anew, int64_t at,
		    GError **err)
{
	const cat_actor who = anna_at(20);
	g_autoptr(cat_user) u = cat_user_new("alice");

	g_free(u->site);
	u->site = g_strdup(site);
	if (anew)
		g_ptr_array_add(u->stay, g_strdup(site));
	return cat_user_put(t->db, u, at, &who, NULL, err);
}

/* Nobody is at two sites. */
static void test_planned_move(void)
{
	g_auto(cat_temp) t = cat_temp_open();
	g_autoptr(GError) err = NULL;

	g_assert_true(at_site(&t, "berlin", true, 10, &err));
	g_assert_true(at_site(&t, "paris", true, 500, &err));
	g_assert_true(at_site(&t, "berlin", false, 20, &err));
	expect_at(&t, 499, "alice,,berlin,,/");
	expect_at(&t, 500, "alice,,paris,,/");
	g_assert_true(at_site(&t, "berlin", true, 20, &err));
	expect_at(&t, 500, "alice,,berlin,,/");
	g_assert_true(at_site(&t, "paris", true, 500, &err));
	g_assert_true(at_site(&t, "rome", true, 30, &err));
	expect_at(&t, 29, "alice,,berlin,,/");
	expect_at(&t, 500, "alice,,rome,,/");
	g_assert_no_error(err);
}

/* The list of every night neither fails by a plan nor undoes it. */
static void test_planned_import(void)
{
	g_auto(cat_temp) t = cat_temp_open();
	const cat_actor who = anna_at(20);
	g_autoptr(GError) err = NULL;
	g_autoptr(GPtrArray) users = cat_import_csv(
		span_str("key,identities\nalice,+1\n"), &err);
	cat_import_count n;

	g_assert_true(put_at(&t, 10, &who, "alice tel:+1", &err));
	g_assert_true(put_at(&t, 10, &who, "bob tel:+2", &err));
	g_assert_true(cat_user_end(t.db, "alice", 1000, &who, &err));
	g_assert_true(cat_user_end(t.db, "bob", 1000, &who, &err));
	g_assert_true(cat_import(t.db, users, true, 20, &who, &n, &err));
	g_assert_no_error(err);
	g_assert_cmpuint(n.same, ==, 1);
	g_assert_cmpuint(n.ended, ==, 1);
	expect_at(&t, 20, "alice,,,tel:+1,/");
	expect_at(&t, 1000, "");
}

/* A query that failed removes nobody. */
static void test_nobody(void)
{
	g_auto(cat_temp) t = cat_temp_open();
	g_autoptr(GError) err = NULL;
	g_autoptr(GPtrArray) none = cat_import_ldif(span_str(""), &err);
	cat_import_count n;

	g_assert_true(put(&t, "alice", "tel:+1", 1000, &err));
	g_assert_false(cat_import(t.db, none, true, 2000, &cat_temp_actor, &n,
				  &err));
	g_assert_error(err, CAT_ERROR, CAT_ERROR_VALUE);
	g_clear_error(&err);
	expect_at(&t, 2000, "alice,,,tel:+1,/");
	g_assert_true(cat_import(t.db, none, false, 2000, &cat_temp_actor, &n,
				 &err));
}

static void test_conflict(void)
{
	g_auto(cat_temp) t = cat_temp_open();
	g_autoptr(GError) err = NULL;

	g_assert_true(put(&t, "alice", "tel:+1", 100, &err));
	g_assert_false(put(&t, "bob", "tel:+1", 200, &err));
	g_assert_error(err, CAT_ERROR, CAT_ERROR_EXISTS);
	g_assert_nonnull(strstr(err->message, "alice"));
	expect_at(&t, 300, "alice,,,tel:+1,/");	/* nothing was begun */
	g_clear_error(&err);
	g_assert_false(put(&t, "a b", NULL, 200, &err));
	g_assert_error(err, CAT_ERROR, CAT_ERROR_VALUE);
}

static bool import_text(const cat_temp *t, const char *text, bool whole,
			cat_import_count *n, GError **err)
{
	g_autoptr(GPtrArray) users = g_str_has_prefix(text, "key")
			? cat_import_csv(span_str(text), err)
			: cat_import_ldif(span_str(text), err);

	return users && cat_import(t->db, users, whole, CAT_TEMP_NOW,
				   &cat_temp_actor, n, err);
}

static void test_csv(void)
{
	static const char text[] =
		"key,name,site,identities,groups\r\n"
		"Alice,\"A, B\",Berlin,sip:alice@x;+49 30 1,Traders;Berlin HQ\r\n"
		"bob,=cmd(),,bob@x,\r\n";
	g_auto(cat_temp) t = cat_temp_open();
	g_autoptr(GError) err = NULL;
	cat_import_count n;
	cat_audit_state before, after;
	const char *want =
		"alice,\"A, B\",Berlin,\"sip:alice@x;tel:+49301\","
		"\"berlin-hq;traders\"/bob,\"'=cmd()\",,sip:bob@x,/";

	g_assert_true(import_text(&t, text, false, &n, &err));
	g_assert_no_error(err);
	g_assert_cmpuint(n.added, ==, 2);
	expect_at(&t, CAT_TEMP_NOW, want);
	/* Again: nothing happens, nothing is written to the audit log. */
	cat_audit_head(t.db, &before, NULL);
	g_assert_true(import_text(&t, text, true, &n, &err));
	g_assert_cmpuint(n.same, ==, 2);
	cat_audit_head(t.db, &after, NULL);
	g_assert_cmpstr(before.head, ==, after.head);
	/* Two swap a number, and one that is missing goes. */
	g_assert_true(import_text(&t, "key,identities\nalice,bob@x\n"
				      "carol,+49301\n", true, &n, &err));
	g_assert_no_error(err);
	g_assert_cmpuint(n.added, ==, 1);
	g_assert_cmpuint(n.changed, ==, 1);
	g_assert_cmpuint(n.ended, ==, 1);
	expect_at(&t, CAT_TEMP_NOW,
		  "alice,,,sip:bob@x,/carol,,,tel:+49301,/");
}

static void test_export(void)
{
	g_auto(cat_temp) t = cat_temp_open();
	g_autoptr(GError) err = NULL;
	g_autoptr(GPtrArray) all = NULL, again = NULL;
	g_autofree char *once = NULL, *twice = NULL;

	cat_temp_user(&t, "a|=x \"y\"|S, T|sip:a@x,tel:+1|g,h");
	cat_temp_user(&t, "b||||");
	all = cat_user_list(t.db, CAT_TEMP_NOW, &err);
	once = cat_export_csv(all);
	again = cat_import_csv(span_str(once), &err);
	g_assert_no_error(err);
	twice = cat_export_csv(again);
	g_assert_cmpstr(once, ==, twice);
}

static void test_ldif(void)
{
	static const char text[] =
		"version: 1\n\n"
		"dn: OU=People,DC=x\nobjectClass: organizationalUnit\nou: P\n\n"
		"dn: CN=Anne Exam\n ple,DC=x\nobjectClass: person\n"
		"cn: Anne Example\ndisplayName:: w4RubmU=\n"
		"sAMAccountName: Anne\nl: Berlin\n"
		"physicalDeliveryOfficeName: HQ\n"
		"msRTCSIP-PrimaryUserAddress: sip:anne@x\n"
		"msRTCSIP-Line: tel:+49301;ext=1\ntelephoneNumber: n/a\n"
		"proxyAddresses: SMTP:anne@x\nproxyAddresses: SIP:an@x\n"
		"memberOf: CN=Front Office,OU=G,DC=x\n\n"
		"dn: uid=bob\nobjectClass: inetOrgPerson\nuid: bob\n";
	g_auto(cat_temp) t = cat_temp_open();
	g_autoptr(GError) err = NULL;
	cat_import_count n;

	g_assert_true(import_text(&t, text, false, &n, &err));
	g_assert_no_error(err);
	expect_at(&t, CAT_TEMP_NOW,
		  "anne,\xc3\x84nne,HQ,\"sip:an@x;sip:anne@x;tel:+49301\","
		  "front-office/bob,,,,/");
}

/* Errors name the line, and nothing is imported. */
static void test_mistakes(void)
{
	static const struct {
		const char *text, *says;
	} t[] = {
		{"key\n", NULL},
		{"keys\nalice\n", "line 1: unknown column \"keys\""},
		{"key,name\nalice\n", "line 2: 1 fields"},
		{"key\nalice,x\n", "line 2: more fields"},
		{"key,name\na,\"x\ny\"\nb,\"z\n", "line 4: the quoted field"},
		{"key\na\n\nb c\n", "line 4: \"b c\" cannot be"},
		{"key,identities\na,sip:x\n", "line 2: \"sip:x\" is no"},
		{"key\na\nb\nA\n", "line 4: the user a is already in line 2"},
		{"key,identities\na,+1\nb,+1\n", "line 3: tel:+1 belongs"},
		{"dn: x\nuid: a\nmail\n", "line 3: no colon"},
		{"dn: x\nobjectClass: person\n\ndn: y\n", "line 1: the entry"},
		{"dn: x\nuid: a\nmsRTCSIP-PrimaryUserAddress: sip:\n",
		 "line 3: \"sip:\""},
	};

	for (gsize i = 0; i < G_N_ELEMENTS(t); i++) {
		g_auto(cat_temp) c = cat_temp_open();
		g_autoptr(GError) err = NULL;
		cat_import_count n;
		bool ok = import_text(&c, t[i].text, false, &n, &err);

		g_test_message("%s", t[i].text);
		g_assert_true(ok == !t[i].says);
		if (t[i].says)
			g_assert_true(g_str_has_prefix(err->message,
						       t[i].says));
		expect_at(&c, CAT_TEMP_NOW, "");
	}
}

/* A list cut anywhere is read up to there or named, never misread: a user is
 * never there with a part of a line that the whole list has. */
static void test_cut(void)
{
	static const char text[] = "key,name,identities\r\n"
				   "alice,\"A \"\"B\"\"\",sip:a@x;+49301\r\n";

	for (size_t n = 0; n < strlen(text); n++) {
		g_autoptr(GError) err = NULL;
		g_autofree char *exact = g_memdup2(text, n + !n);
		g_autoptr(GPtrArray) users = cat_import_csv(span_of(exact, n),
							    &err);

		g_assert_true((users != NULL) == (err == NULL));
		g_assert_true(!users || users->len <= 1);
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/cat/users/history", test_history);
	g_test_add_func("/cat/users/past", test_past);
	g_test_add_func("/cat/users/dated", test_dated);
	g_test_add_func("/cat/users/planned-end", test_planned_end);
	g_test_add_func("/cat/users/stay", test_stay);
	g_test_add_func("/cat/users/planned-change", test_planned_change);
	g_test_add_func("/cat/users/planned-begin", test_planned_begin);
	g_test_add_func("/cat/users/planned-move", test_planned_move);
	g_test_add_func("/cat/users/planned-import", test_planned_import);
	g_test_add_func("/cat/users/nobody", test_nobody);
	g_test_add_func("/cat/users/conflict", test_conflict);
	g_test_add_func("/cat/users/csv", test_csv);
	g_test_add_func("/cat/users/export", test_export);
	g_test_add_func("/cat/users/ldif", test_ldif);
	g_test_add_func("/cat/users/mistakes", test_mistakes);
	g_test_add_func("/cat/users/cut", test_cut);
	return g_test_run();
}
