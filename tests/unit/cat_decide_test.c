/* The decision: who, direction, scope, times, precedence, overlaps, owners. */
#include <string.h>

#include "catalog/rules.h"
#include "catalog/users.h"
#include "tests/support/cat_temp.h"

static cat_temp people(void)
{
	cat_temp t = cat_temp_open();

	cat_temp_user(&t, "alice|Alice|Berlin|sip:alice@ours.example,"
			  "tel:+4930100|traders");
	cat_temp_user(&t, "bob|Bob|Paris|sip:bob@ours.example,tel:+331200|");
	cat_temp_user(&t, "carol|Carol|Berlin|sip:carol@ours.example|"
			  "lawyers,traders");
	return t;
}

static cat_verdict at(const cat_temp *t, const char *from, const char *to,
		      int64_t when, cat_policy **p)
{
	g_autoptr(GError) err = NULL;
	cat_verdict v;
	cat_call c = {.at = when, .audio = true};

	if (g_str_has_prefix(from, "tel:"))
		c.caller.tel = span_str(from);
	else
		c.caller.uri = span_str(from);
	if (g_str_has_prefix(to, "tel:"))
		c.callee.tel = span_str(to);
	else
		c.callee.uri = span_str(to);
	*p = cat_policy_load(t->db, 0, &err);
	g_assert_no_error(err);
	cat_policy_decide(*p, &c, &v);
	return v;
}

#define ALICE "sip:alice@ours.example"
#define BOB "sip:bob@ours.example"
#define CAROL "sip:carol@ours.example"

/* "rule mode owners" of a call at CAT_TEMP_NOW. */
static void expect_at(const cat_temp *t, const char *from, const char *to,
		      int64_t when, const char *want)
{
	g_autoptr(cat_policy) p = NULL;
	cat_verdict v = at(t, from, to, when, &p);
	g_autoptr(GString) got = g_string_new(v.rule);

	if (v.concerned)
		g_string_append_printf(got, " %s", cat_mode_name(v.mode));
	for (unsigned i = 0; i < v.n_owners; i++) {
		g_autofree char *who = span_dup(v.owner[i].who);

		g_string_append_printf(got, " %s", who);
	}
	g_test_message("%s -> %s: %s", from, to, v.reason);
	g_assert_cmpstr(got->str, ==, want);
	g_assert_cmpstr(v.reason, !=, "");
	g_assert_true(v.record == (v.mode >= CAT_ON_DEMAND));
}

static void expect(const cat_temp *t, const char *from, const char *to,
		   const char *want)
{
	expect_at(t, from, to, CAT_TEMP_NOW + 60, want);
}

/* Each kind of who, hit and missed. */
static void test_who(void)
{
	static const struct {
		const char *rule, *from, *to, *want;
	} c[] = {
		{"who=user:alice", ALICE, BOB, "r always alice"},
		{"who=user:alice", BOB, ALICE, "r always alice"},
		{"who=user:alice", "tel:+4930100", BOB, "r always alice"},
		{"who=user:alice", "sip:+4930100@gw;user=phone", BOB,
		 "r always alice"},
		{"who=user:alice", BOB, CAROL, ""},
		{"who=group:traders", CAROL, BOB, "r always carol"},
		{"who=group:lawyers", ALICE, BOB, ""},
		{"who=site:berlin", CAROL, BOB, "r always carol"},
		{"who=site:paris", ALICE, CAROL, ""},
		{"who=sip:Bob@ours.example", "sip:BOB@OURS.example:5061",
		 "sip:x@y", "r always bob"},
		{"who=tel:+331200", "sip:x@y", "sip:+331200@gw",
		 "r always bob"},
		{"who=domain:y.example", "sip:x@y.example", ALICE,
		 "r always sip:x@y.example"},
		{"who=domain:example", "sip:x@y.example", ALICE, ""},
		{"who=number:+4930*", "tel:+4930777", BOB,
		 "r always tel:+4930777"},
		{"who=number:+4930*", "tel:+49307", "tel:+4989",
		 "r always tel:+49307"},
		{"who=number:+4930*", "tel:+4931", BOB, ""},
		{"who=number:+4930198-+4930211", "tel:+4930197", BOB, ""},
		{"who=number:+4930198-+4930211", "tel:+4930198", BOB,
		 "r always tel:+4930198"},
		{"who=number:+4930198-+4930211", "tel:+4930205", BOB,
		 "r always tel:+4930205"},
		{"who=number:+4930198-+4930211", "tel:+4930211", BOB,
		 "r always tel:+4930211"},
		{"who=number:+4930198-+4930211", "tel:+4930212", BOB, ""},
		{"who=number:+4930198-+4930211", "tel:+49302050", BOB, ""},
		{"who=gateway:gw.example", "sip:+49777@gw.example", BOB,
		 "r always bob"},
		{"who=any", "sip:x@y", "sip:z@y", "r always sip:x@y sip:z@y"},
	};

	for (gsize i = 0; i < G_N_ELEMENTS(c); i++) {
		g_auto(cat_temp) t = people();
		g_autofree char *text = g_strconcat(c[i].rule, " mode=always",
						    NULL);

		cat_temp_rule(&t, "r", text);
		g_test_message("%s", text);
		expect(&t, c[i].from, c[i].to, c[i].want);
	}
}

/* A range finds exactly its numbers. */
static void test_range(void)
{
	g_auto(cat_temp) t = people();
	g_autoptr(GError) err = NULL;
	g_autoptr(cat_policy) p = NULL;

	cat_temp_rule(&t, "r", "who=number:0987-1203 mode=always");
	p = cat_policy_load(t.db, 0, &err);
	g_assert_no_error(err);
	for (unsigned n = 0; n < 10000; n++) {
		g_autofree char *tel = g_strdup_printf("tel:%04u", n);
		cat_call c = {.at = CAT_TEMP_NOW, .caller.tel = span_str(tel)};
		cat_verdict v;

		cat_policy_decide(p, &c, &v);
		g_assert_true(v.record == (n >= 987 && n <= 1203));
	}
}

static void test_direction_and_scope(void)
{
	static const struct {
		const char *words, *from, *to;
		bool hit;
	} c[] = {
		{"direction=out", ALICE, BOB, true},
		{"direction=out", BOB, ALICE, false},
		{"direction=in", BOB, ALICE, true},
		{"direction=in", ALICE, BOB, false},
		{"scope=internal", ALICE, BOB, true},
		{"scope=internal", ALICE, "sip:new@ours.example", true},
		{"scope=internal", ALICE, "tel:+331200", true},
		{"scope=internal", ALICE, "sip:x@far.example", false},
		{"scope=external", ALICE, "sip:x@far.example", true},
		{"scope=external", ALICE, "sip:x@friend.example", true},
		{"scope=external", ALICE, "tel:+4989", true},
		{"scope=external", ALICE, BOB, false},
		{"scope=federated", ALICE, "sip:x@friend.example", true},
		{"scope=federated", ALICE, "sip:x@far.example", false},
		{"scope=pstn", ALICE, "tel:+4989", true},
		{"scope=pstn", ALICE, "sip:+4989@ours.example", true},
		{"scope=pstn", ALICE, BOB, false},
		{"media=video", ALICE, BOB, false},
		{"media=audio", ALICE, BOB, true},
	};

	for (gsize i = 0; i < G_N_ELEMENTS(c); i++) {
		g_auto(cat_temp) t = people();
		g_autoptr(GError) err = NULL;
		g_autofree char *text = g_strconcat(
			"who=user:alice mode=always ", c[i].words, NULL);

		cat_list_put(t.db, "federated", "friend.example", CAT_TEMP_NOW,
			     &cat_temp_actor, &err);
		g_assert_no_error(err);
		cat_temp_rule(&t, "r", text);
		g_test_message("%s %s", c[i].words, c[i].to);
		expect(&t, c[i].from, c[i].to,
		       c[i].hit ? "r always alice" : "");
	}
}

/* Which of several rules decides. */
static void test_precedence(void)
{
	static const struct {
		const char *a, *b, *from, *to, *want;
	} c[] = {
		/* for one party the more exact rule decides */
		{"who=group:traders mode=always", "who=user:alice mode=never",
		 ALICE, BOB, "b never alice"},
		{"who=any mode=never", "who=group:traders mode=always", ALICE,
		 "tel:+4989", "b always alice"},
		{"who=number:+4930* mode=never", "who=site:berlin mode=always",
		 "tel:+4930100", "sip:x@y", "a never alice"},
		/* unless another is mandatory */
		{"who=group:traders mode=always mandatory=yes",
		 "who=user:alice mode=never", ALICE, BOB, "a always alice"},
		/* equally exact: the stronger mode */
		{"who=group:traders mode=never",
		 "who=group:lawyers mode=always", CAROL, BOB, "b always carol"},
		{"who=group:traders mode=metadata-only",
		 "who=group:lawyers mode=on-demand", CAROL, BOB,
		 "b on-demand carol"},
		/* any party's rule suffices */
		{"who=user:alice mode=always", "who=user:bob mode=never", ALICE,
		 BOB, "a always alice"},
		{"who=user:alice mode=never", "who=user:bob mode=always", ALICE,
		 BOB, "b always bob"},
		/* a mandatory exemption protects the call */
		{"who=user:alice mode=always",
		 "who=user:bob mode=never mandatory=yes", ALICE, BOB,
		 "b never alice bob"},
		/* but not from a mandatory duty */
		{"who=user:alice mode=always mandatory=yes",
		 "who=user:bob mode=never mandatory=yes", ALICE, BOB,
		 "a always alice"},
		/* two recorded users: one call of both */
		{"who=user:alice mode=always", "who=user:bob mode=always",
		 ALICE, BOB, "a always alice bob"},
		{"who=user:alice mode=metadata-only",
		 "who=user:bob mode=always", ALICE, BOB, "b always alice bob"},
		{"who=user:alice mode=on-demand-buffered",
		 "who=user:bob mode=on-demand", ALICE, BOB,
		 "a on-demand-buffered alice bob"},
	};

	for (gsize i = 0; i < G_N_ELEMENTS(c); i++) {
		g_auto(cat_temp) t = people();

		cat_temp_rule(&t, "a", c[i].a);
		cat_temp_rule(&t, "b", c[i].b);
		g_test_message("%s | %s", c[i].a, c[i].b);
		expect(&t, c[i].from, c[i].to, c[i].want);
	}
}

/* Every rule that matches counts for how long, whether and with what. */
static void test_overlap(void)
{
	g_auto(cat_temp) t = people();
	g_autoptr(cat_policy) p = NULL;
	cat_verdict v;

	cat_temp_rule(&t, "short", "who=user:alice mode=always keep=30");
	cat_temp_rule(&t, "long", "who=site:berlin mode=always keep=7y "
				  "announce=yes early-media=yes");
	cat_temp_rule(&t, "refuse", "who=group:traders mode=always keep=1 "
				    "impossible=refuse:606");
	cat_temp_rule(&t, "never", "who=any mode=never keep=100y");
	v = at(&t, ALICE, "tel:+4989", CAT_TEMP_NOW, &p);
	g_assert_cmpstr(v.rule, ==, "short");
	g_assert_cmpuint(v.keep_days, ==, 7 * 366);
	g_assert_cmpuint(v.refuse, ==, 606);
	g_assert_true(v.announce);
	g_assert_true(v.early);
	g_assert_cmpuint(v.n_matched, ==, 5);	/* `never` for both parties */
	g_assert_cmpuint(v.n_hits, ==, 5);
	for (unsigned i = 0; i < v.n_hits; i++)
		g_assert_true(v.hit[i].decides ==
			      (!strcmp(v.hit[i].rule->name, "short") ||
			       v.hit[i].side == CAT_CALLEE));
}

static void test_times(void)
{
	g_auto(cat_temp) t = people();
	g_autoptr(GError) err = NULL;
	const int64_t day = 86400;

	cat_temp_rule(&t, "office", "who=user:alice mode=always "
				    "when=\"mon-fri 08:00-18:00\" "
				    "zone=Europe/Berlin holidays=not:de");
	cat_temp_rule(&t, "feast", "who=user:bob mode=always zone=UTC "
				   "holidays=only:de");
	cat_list_put(t.db, "holiday:de", "2026-09-22", CAT_TEMP_NOW,
		     &cat_temp_actor, &err);
	g_assert_no_error(err);
	/* Monday 16:13 in Berlin, then two hours later */
	expect_at(&t, ALICE, BOB, CAT_TEMP_NOW, "office always alice");
	expect_at(&t, ALICE, BOB, CAT_TEMP_NOW + 7200, "");
	expect_at(&t, ALICE, BOB, CAT_TEMP_NOW + day, "feast always bob");
	expect_at(&t, ALICE, BOB, CAT_TEMP_NOW + 2 * day,
		  "office always alice");
	expect_at(&t, ALICE, BOB, CAT_TEMP_NOW + 5 * day, "");
}

/* What was true then, not what is true now. */
static void test_history(void)
{
	g_auto(cat_temp) t = people();
	g_autoptr(GError) err = NULL;

	cat_temp_rule(&t, "r", "who=user:alice mode=always");
	expect_at(&t, ALICE, BOB, CAT_TEMP_NOW - 1, "");
	cat_user_end(t.db, "alice", CAT_TEMP_NOW + 100, &cat_temp_actor, &err);
	g_assert_no_error(err);
	expect_at(&t, ALICE, BOB, CAT_TEMP_NOW + 99, "r always alice");
	expect_at(&t, ALICE, BOB, CAT_TEMP_NOW + 100, "");
	cat_temp_rule(&t, "b", "who=user:bob mode=always");
	cat_rules_end(t.db, "b", CAT_TEMP_NOW + 50, &cat_temp_actor, &err);
	g_assert_no_error(err);
	expect_at(&t, BOB, CAROL, CAT_TEMP_NOW + 49, "b always bob");
	expect_at(&t, BOB, CAROL, CAT_TEMP_NOW + 50, "");
}

/* Who moves is at each site for a time. */
static void test_site_history(void)
{
	g_auto(cat_temp) t = cat_temp_open();
	g_autoptr(cat_user) u = cat_user_new("dora");
	bool changed;

	cat_temp_user(&t, "dora||Berlin|sip:dora@ours.example|");
	cat_temp_rule(&t, "b", "who=site:berlin mode=always");
	cat_temp_rule(&t, "p", "who=site:paris mode=metadata-only");
	g_free(u->site);
	u->site = g_strdup("Paris");
	g_ptr_array_add(u->ids, g_strdup("sip:dora@ours.example"));
	g_assert_true(cat_user_put(t.db, u, CAT_TEMP_NOW + 100,
				   &cat_temp_actor, &changed, NULL));
	g_assert_true(changed);
	expect_at(&t, "sip:dora@ours.example", "sip:x@y", CAT_TEMP_NOW + 99,
		  "b always dora");
	expect_at(&t, "sip:dora@ours.example", "sip:x@y", CAT_TEMP_NOW + 100,
		  "p metadata-only dora");
}

static void test_class(void)
{
	g_auto(cat_temp) t = people();
	g_autoptr(cat_policy) p = NULL;
	cat_verdict v;

	g_assert_true(cat_list_put(t.db, "class:gold", "2y", CAT_TEMP_NOW,
				   &cat_temp_actor, NULL));
	cat_temp_rule(&t, "g", "who=user:alice mode=always class=gold");
	cat_temp_rule(&t, "s", "who=site:berlin mode=always keep=9");
	v = at(&t, ALICE, "sip:x@y", CAT_TEMP_NOW + 60, &p);
	g_assert_cmpuint(v.keep_days, ==, 732);
	g_assert_cmpstr(v.class, ==, "gold");
}

static void test_emergency(void)
{
	static const char *const numbers[] = {
		"tel:112", "sip:112@ours.example", "tel:+112",
		"sip:112;phone-context=x@ours.example",
	};
	g_auto(cat_temp) t = people();

	cat_temp_rule(&t, "never", "who=any mode=never mandatory=yes");
	cat_temp_rule(&t, "strict", "who=user:alice mode=always "
				    "impossible=refuse");
	for (gsize i = 0; i < G_N_ELEMENTS(numbers); i++) {
		g_autoptr(cat_policy) p = NULL;
		cat_verdict v = at(&t, ALICE, numbers[i], CAT_TEMP_NOW, &p);

		g_assert_true(v.emergency && v.record);
		g_assert_cmpuint(v.refuse, ==, 0);
		g_assert_cmpuint(v.n_owners, ==, 1);
	}
	expect(&t, "sip:guest@far.example", "tel:911",
	       "emergency always sip:guest@far.example");
	expect(&t, ALICE, "tel:1120", "never never alice tel:1120");
}

static void test_conference(void)
{
	g_auto(cat_temp) t = people();
	g_autoptr(cat_policy) p = NULL;
	g_autoptr(GError) err = NULL;
	cat_call c = {.at = CAT_TEMP_NOW, .caller.uri = span_str(BOB),
		      .callee.uri = span_str("sip:focus@ours.example"),
		      .conference = span_str("ABC123")};
	cat_verdict v;

	cat_temp_rule(&t, "one", "who=conference:abc123 mode=always");
	cat_temp_rule(&t, "all", "who=conference:* mode=metadata-only "
				 "mandatory=yes");
	p = cat_policy_load(t.db, 0, &err);
	g_assert_no_error(err);
	cat_policy_decide(p, &c, &v);
	g_assert_cmpstr(v.rule, ==, "all");
	g_assert_cmpuint(v.n_owners, ==, 1);
	g_assert_true(span_eq(v.owner[0].who, "bob"));
	c.conference = span_of(NULL, 0);
	cat_policy_decide(p, &c, &v);
	g_assert_false(v.concerned);
}

/* More than a verdict can list still decide rightly. */
static void test_many(void)
{
	g_auto(cat_temp) t = people();
	g_autoptr(cat_policy) p = NULL;
	cat_verdict v;

	for (unsigned i = 0; i < 100; i++) {
		g_autofree char *name = g_strdup_printf("r%03u", i);

		cat_temp_rule(&t, name, i == 99 ? "who=any mode=always keep=9"
						: "who=any mode=never");
	}
	v = at(&t, ALICE, BOB, CAT_TEMP_NOW, &p);
	g_assert_cmpstr(v.rule, ==, "r099");
	g_assert_cmpuint(v.n_matched, ==, 200);
	g_assert_cmpuint(v.n_hits, ==, CAT_HITS_MAX);
	g_assert_cmpuint(v.keep_days, ==, 9);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/cat/decide/who", test_who);
	g_test_add_func("/cat/decide/range", test_range);
	g_test_add_func("/cat/decide/direction-and-scope",
			test_direction_and_scope);
	g_test_add_func("/cat/decide/precedence", test_precedence);
	g_test_add_func("/cat/decide/overlap", test_overlap);
	g_test_add_func("/cat/decide/times", test_times);
	g_test_add_func("/cat/decide/history", test_history);
	g_test_add_func("/cat/decide/site-history", test_site_history);
	g_test_add_func("/cat/decide/class", test_class);
	g_test_add_func("/cat/decide/emergency", test_emergency);
	g_test_add_func("/cat/decide/conference", test_conference);
	g_test_add_func("/cat/decide/many", test_many);
	return g_test_run();
}
