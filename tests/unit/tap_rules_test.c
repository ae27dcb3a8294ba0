#include "signaling_tap/rules.h"
#include "signaling_tap/tap.h"

static const char list[] =
	"# who is recorded\n"
	"record = sip:Alice@example.com; tel:+49 (30) 123*\r\n"
	"record = sip:*@branch.example ; sip:desk@*  # both\n"
	"\n"
	"except = sip:nurse@branch.example\n";

static tap_facts facts(const char *caller, const char *callee,
		       const char *callee_tel)
{
	tap_facts f = {0};

	f.caller.uri = span_str(caller);
	f.callee.uri = span_str(callee);
	f.callee.tel = span_str(callee_tel);
	return f;
}

typedef struct rule_case {
	const char *caller, *callee, *tel;
	bool record;
	const char *rule, *reason;
} rule_case;

static const rule_case cases[] = {
	{"sip:alice@example.com", "sip:x@y", "", true, "sip:Alice@example.com",
	 "the caller is to be recorded"},
	{"sip:x@y", "sip:alice@example.com", "", true, "sip:Alice@example.com",
	 "the callee is to be recorded"},
	{"sip:malice@example.com", "sip:alice@example.com.evil", "", false, "",
	 "no rule names the caller or the callee"},
	{"sip:x@y", "sip:z@y", "tel:+493012345", true, "tel:+49 (30) 123*",
	 "the callee is to be recorded"},
	{"sip:x@y", "sip:z@y", "tel:+49301", false, "",
	 "no rule names the caller or the callee"},
	{"sip:any@branch.example", "sip:z@y", "", true, "sip:*@branch.example",
	 "the caller is to be recorded"},
	{"sip:any@sub.branch.example", "sip:z@y", "", false, "",
	 "no rule names the caller or the callee"},
	{"sip:desk@anywhere", "sip:z@y", "", true, "sip:desk@*",
	 "the caller is to be recorded"},
	{"sip:alice@example.com", "sip:nurse@branch.example", "", false,
	 "sip:nurse@branch.example", "the callee is excepted from recording"},
};

static void test_cases(void)
{
	GError *err = NULL;
	g_autoptr(tap_rules) r = tap_rules_new(list, &err);

	g_assert_no_error(err);
	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		const rule_case *c = &cases[i];
		tap_facts f = facts(c->caller, c->callee, c->tel);
		rec_decision d;

		g_test_message("%s %s", c->caller, c->callee);
		g_assert_true(tap_rules_decide(r, &f, &d));
		g_assert_cmpint(d.record, ==, c->record);
		g_assert_cmpint(d.audio, ==, c->record);
		g_assert_true(span_eq(d.rule, c->rule));
		g_assert_true(span_eq(d.reason, c->reason));
	}
}

static void test_asserted(void)
{
	g_autoptr(tap_rules) r = tap_rules_new("record = sip:a@b", NULL);
	tap_facts f = facts("sip:anonymous@anonymous.invalid", "sip:z@y", "");
	rec_decision d;

	f.caller.asserted = span_str("sip:a@b");
	g_assert_true(tap_rules_decide(r, &f, &d));
	g_assert_true(d.record);
}

static void test_everybody(void)
{
	g_autoptr(tap_rules) r = tap_rules_new("record = *", NULL);
	tap_facts f = facts("sip:x@y", "", "");
	rec_decision d;

	g_assert_true(tap_rules_decide(r, &f, &d));
	g_assert_true(d.record);
}

static void test_bad(void)
{
	static const struct {
		const char *text, *said;
	} bad[] = {
		{"record sip:a@b", "line 1: \"record sip:a@b\""},
		{"\nrecrod = sip:a@b", "line 2: \"recrod\""},
		{"record = a@b", "\"a@b\": a pattern begins with sip:"},
		{"record = sip:a", "user@host"},
		{"record = sip:*@*", "one * only"},
		{"record = tel:+4*9", "at the end"},
		{"record = tel:", "nothing stands"},
	};

	for (gsize i = 0; i < G_N_ELEMENTS(bad); i++) {
		GError *err = NULL;

		g_assert_null(tap_rules_new(bad[i].text, &err));
		g_assert_error(err, TAP_ERROR, TAP_ERROR_RULE);
		g_test_message("%s", err->message);
		g_assert_nonnull(strstr(err->message, bad[i].said));
		g_error_free(err);
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/tap/rules/cases", test_cases);
	g_test_add_func("/tap/rules/asserted", test_asserted);
	g_test_add_func("/tap/rules/everybody", test_everybody);
	g_test_add_func("/tap/rules/bad", test_bad);
	return g_test_run();
}
