/* The legs of conferences, conversations, transfers and diversions. */
#include "catalog/ledger.h"

#include <glib/gstdio.h>

#include "catalog/db.h"
#include "tests/support/cat_temp.h"

enum { T0 = 1000000, MINUTE = 60000 };

/* From the `from`th to the `to`th minute; 0: it goes on. */
static cat_entry *call_new(const char *name, const char *caller,
			   const char *callee, int64_t from, int64_t to)
{
	cat_entry *e = cat_entry_new(name);

	e->begun_ms = T0 + from * MINUTE;
	e->ended_ms = to ? T0 + to * MINUTE : 0;
	e->call_id = g_strdup_printf("id-%s", name);
	e->caller = g_strdup(caller);
	e->callee = g_strdup(callee);
	g_ptr_array_add(e->ids, g_strdup(caller));
	g_ptr_array_add(e->ids, g_strdup(callee));
	return e;
}

/* Takes `e`. */
static void put(const cat_temp *t, cat_entry *e)
{
	g_autoptr(GError) err = NULL;

	cat_ledger_put(t->db, e, &err);
	g_assert_no_error(err);
	cat_entry_free(e);
}

static void put_linked(const cat_temp *t, cat_entry *e, cat_link_kind kind,
		       const char *value)
{
	cat_entry_link(e, kind, value);
	put(t, e);
}

static void put_meeting(const cat_temp *t, const char *name, const char *id,
			int64_t from, int64_t to)
{
	cat_entry *e = call_new(name, name, "sip:focus@x", from, to);

	e->conference = g_strdup(id);
	put(t, e);
}

static void expect(const cat_temp *t, const char *of, const char *want)
{
	g_autoptr(GError) err = NULL;
	g_autoptr(cat_entry) e = cat_ledger_get(t->db, of, &err);
	g_autoptr(GPtrArray) got = e ? cat_ledger_linked(t->db, e, &err) : NULL;
	g_autoptr(GString) text = g_string_new(NULL);

	g_assert_no_error(err);
	for (guint i = 0; i < got->len; i++) {
		const cat_entry *leg = g_ptr_array_index(got, i);

		g_string_append_printf(text, "%s%s", i ? " " : "", leg->name);
		if (leg->linked)
			g_string_append_printf(text, ":%s", leg->linked);
	}
	g_assert_cmpstr(text->str, ==, want);
}

static void test_alone(void)
{
	g_auto(cat_temp) t = cat_temp_open();

	put(&t, call_new("a", "sip:alice@x", "sip:bob@x", 0, 5));
	put(&t, call_new("b", "sip:alice@x", "sip:bob@x", 1, 6));
	expect(&t, "a", "a");
	expect(&t, "b", "b");
}

/* An identifier lives as long as its entry in a calendar: other meetings of it
 * are not meant, also when one of its calls was never seen to end. */
static void test_conference(void)
{
	g_auto(cat_temp) t = cat_temp_open();

	put_meeting(&t, "a", "M1", 0, 10);
	put_meeting(&t, "b", "M1", 9, 20);
	put_meeting(&t, "c", "M1", 19, 30);
	put_meeting(&t, "d", "M2", 0, 30);
	put_meeting(&t, "later", "M1", 31, 40);
	put_meeting(&t, "lost", "M1", 35, 0);
	put_meeting(&t, "week", "M1", 7 * 24 * 60, 7 * 24 * 60 + 10);
	expect(&t, "a", "a b:conference c:conference");
	expect(&t, "c", "a:conference b:conference c");
	expect(&t, "d", "d");
	expect(&t, "later", "later lost:conference");
	expect(&t, "week", "week");
}

static void test_conversation(void)
{
	g_auto(cat_temp) t = cat_temp_open();

	put_linked(&t, call_new("a", "sip:alice@x", "sip:bob@x", 0, 5),
		   CAT_LINK_CONVERSATION, "C1");
	put_linked(&t, call_new("b", "sip:bob@x", "sip:alice@x", 60, 65),
		   CAT_LINK_CONVERSATION, "C1");
	put_linked(&t, call_new("c", "sip:bob@x", "sip:alice@x", 0, 5),
		   CAT_LINK_CONVERSATION, "C2");
	expect(&t, "a", "a b:conversation");
	expect(&t, "b", "a:conversation b");
	expect(&t, "c", "c");
}

/* Bob asks Carol first, and then has Alice call her in his place. */
static void test_attended(void)
{
	g_auto(cat_temp) t = cat_temp_open();
	cat_entry *e = call_new("c", "sip:alice@x", "sip:carol@x", 4, 9);

	put(&t, call_new("a", "sip:alice@x", "sip:bob@x", 0, 4));
	put(&t, call_new("b", "sip:bob@x", "sip:carol@x", 2, 4));
	put(&t, call_new("z", "sip:bob@x", "sip:dave@x", 2, 4));
	cat_entry_link(e, CAT_LINK_REPLACES, "id-b");
	put_linked(&t, e, CAT_LINK_TRANSFER, "SIP:Bob@X");
	expect(&t, "a", "a b:replaces c:transfer");
	expect(&t, "b", "a:transfer b c:replaces");
	expect(&t, "c", "a:transfer b:replaces c");
	expect(&t, "z", "z");
}

/* He hung up before, or long before; it was somebody else who called him. */
static void test_transfer_times(void)
{
	g_auto(cat_temp) t = cat_temp_open();

	put(&t, call_new("old", "sip:alice@x", "sip:bob@x", 0, 8));
	put(&t, call_new("just", "sip:alice@x", "sip:bob@x", 8, 9));
	put(&t, call_new("next", "sip:alice@x", "sip:bob@x", 11, 12));
	put(&t, call_new("other", "sip:erin@x", "sip:bob@x", 0, 20));
	put_linked(&t, call_new("c", "sip:alice@x", "sip:carol@x", 10, 20),
		   CAT_LINK_TRANSFER, "sip:bob@x");
	expect(&t, "c", "just:transfer c");
	expect(&t, "just", "just c:transfer");
	expect(&t, "old", "old");
	expect(&t, "next", "next");
	expect(&t, "other", "other");
}

/* A chain: Bob's calls go to Carol, and hers to Dave, who has other calls. The
 * History-Info names him too, whom the call has reached. */
static void test_diversion(void)
{
	g_auto(cat_temp) t = cat_temp_open();
	cat_entry *e = call_new("c", "tel:+4930", "sip:dave@x", 2, 9);

	put(&t, call_new("a", "tel:+4930", "sip:bob@x", 0, 1));
	put(&t, call_new("z", "sip:erin@x", "sip:dave@x", 0, 9));
	put_linked(&t, call_new("b", "tel:+4930", "sip:carol@x", 1, 2),
		   CAT_LINK_DIVERSION, "sip:bob@x");
	cat_entry_link(e, CAT_LINK_DIVERSION, "sip:carol@x");
	put_linked(&t, e, CAT_LINK_DIVERSION, "sip:dave@x");
	expect(&t, "a", "a b:diversion c:diversion");
	expect(&t, "c", "a:diversion b:diversion c");
}

/* Saying it twice changes nothing; what goes takes its links along. */
static void test_twice(void)
{
	g_auto(cat_temp) t = cat_temp_open();
	g_autoptr(cat_stmt) s = NULL;

	for (int i = 0; i < 2; i++) {
		put_meeting(&t, "a", "M1", 0, 10);
		put_linked(&t, call_new("a", "a", "sip:focus@x", 0, 10),
			   CAT_LINK_CONVERSATION, "C1");
		put_linked(&t, call_new("a", "a", "sip:focus@x", 0, 10),
			   CAT_LINK_CONVERSATION, "");
	}
	s = cat_sql(t.db, "SELECT count(*) FROM link", NULL);
	g_assert_true(cat_step(s));
	g_assert_cmpint(cat_int(s, 0), ==, 2);
	cat_stmt_end(g_steal_pointer(&s));
	g_assert_true(cat_exec(t.db, "DELETE FROM call", NULL));
	s = cat_sql(t.db, "SELECT count(*) FROM link", NULL);
	g_assert_true(cat_step(s));
	g_assert_cmpint(cat_int(s, 0), ==, 0);
}

/* From a database that knew of conferences alone. */
static void test_migrated(void)
{
	g_auto(cat_temp) t = cat_temp_open();
	g_autoptr(GError) err = NULL;

	cat_close(t.db);
	g_unlink(t.path);
	t.db = cat_open_version(t.path, 7, &err);
	g_assert_no_error(err);
	cat_temp_sql(&t, "INSERT INTO call (name, begun, ended, conference)"
			 " VALUES ('a', 0, 9, 'M1'), ('b', 5, 12, 'M1'),"
			 " ('c', 5, 12, NULL), ('d', 5, 12, '')");
	cat_close(t.db);
	t.db = cat_open(t.path, &err);
	g_assert_no_error(err);
	expect(&t, "a", "a b:conference");
	expect(&t, "d", "d");
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/cat/linked/alone", test_alone);
	g_test_add_func("/cat/linked/conference", test_conference);
	g_test_add_func("/cat/linked/conversation", test_conversation);
	g_test_add_func("/cat/linked/attended", test_attended);
	g_test_add_func("/cat/linked/transfer-times", test_transfer_times);
	g_test_add_func("/cat/linked/diversion", test_diversion);
	g_test_add_func("/cat/linked/twice", test_twice);
	g_test_add_func("/cat/linked/migrated", test_migrated);
	return g_test_run();
}
