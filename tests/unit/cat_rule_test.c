/* A rule's text: what is understood, what is refused and how it is said. */
#include "catalog/rule.h"

#include <string.h>

static cat_rule parsed(const char *text)
{
	cat_rule r;
	span bad;

	g_test_message("%s", text);
	g_assert_cmpint(cat_rule_parse(span_str(text), &r, &bad), ==,
			CAT_RULE_OK);
	return r;
}

/* Printed and read again it is the same. */
static void test_round_trip(void)
{
	static const struct {
		const char *in, *out;
	} t[] = {
		{"who=any mode=always", "who=any mode=always keep=365"},
		{"mode=never who=user:Alice",
		 "who=user:alice mode=never keep=365"},
		{"who=group:traders direction=out scope=pstn media=audio "
		 "when=\"mon-fri 08:00-18:00; sat\" zone=Europe/Berlin "
		 "holidays=not:de mode=always mandatory=yes "
		 "impossible=refuse:606 keep=7y class=mifid announce=yes "
		 "early-media=yes",
		 "who=group:traders direction=out scope=pstn media=audio "
		 "when=\"mon-fri 08:00-18:00; sat\" zone=Europe/Berlin "
		 "holidays=not:de mode=always mandatory=yes "
		 "impossible=refuse:606 keep=2562 class=mifid announce=yes "
		 "early-media=yes"},
		{"who=tel:+49-30-1 mode=on-demand", "who=tel:+49301 "
		 "mode=on-demand keep=365"},
		{"who=sip:A@B.example mode=metadata-only keep=90d",
		 "who=sip:a@b.example mode=metadata-only keep=90"},
		{"who=number:+4930* mode=always", "who=number:+4930* "
		 "mode=always keep=365"},
		{"who=number:+4930100-+4930199 mode=always",
		 "who=number:+4930100-+4930199 mode=always keep=365"},
		{"who=number:100-199 mode=always",
		 "who=number:100-199 mode=always keep=365"},
		{"who=number:+49301 mode=always", "who=number:+49301 "
		 "mode=always keep=365"},
		{"who=conference:* mode=on-demand-buffered",
		 "who=conference:* mode=on-demand-buffered keep=365"},
		{"who=domain:x.example mode=always impossible=refuse",
		 "who=domain:x.example mode=always impossible=refuse:488 "
		 "keep=365"},
		{"who=site:berlin mode=always media=audio,video",
		 "who=site:berlin mode=always keep=365"},
	};

	for (gsize i = 0; i < G_N_ELEMENTS(t); i++) {
		g_autofree char *once = NULL, *twice = NULL;
		cat_rule r;

		r = parsed(t[i].in);
		once = cat_rule_print(&r);
		g_assert_cmpstr(once, ==, t[i].out);
		r = parsed(once);
		twice = cat_rule_print(&r);
		g_assert_cmpstr(twice, ==, once);
	}
}

static void test_refused(void)
{
	static const struct {
		const char *text;
		cat_rule_verdict v;
		const char *says;
	} t[] = {
		{"", CAT_RULE_NO_WHO, "who= is missing"},
		{"who=any", CAT_RULE_NO_MODE, "mode= is missing"},
		{"who=any mode=maybe", CAT_RULE_VALUE, "mode=maybe: expected"},
		{"who=any mode=always wehn=x", CAT_RULE_KEY, "wehn=x"},
		{"who=any who=any mode=always", CAT_RULE_TWICE, "twice"},
		{"who=any mode", CAT_RULE_WORD, "\"mode\""},
		{"who=any mode= always", CAT_RULE_WORD, "KEY=VALUE"},
		{"who=any mode=always when=\"mon", CAT_RULE_WORD, "quotes"},
		{"who=any mode=always when=mon", CAT_RULE_CLASH, "zone="},
		{"who=any mode=never impossible=refuse", CAT_RULE_CLASH,
		 "impossible=refuse"},
		{"who=any mode=always impossible=refuse:200", CAT_RULE_VALUE,
		 "400 to 699"},
		{"who=any mode=always keep=0", CAT_RULE_VALUE, "keep=0"},
		{"who=any mode=always keep=200y", CAT_RULE_VALUE, "200y"},
		{"who=alice mode=always", CAT_RULE_VALUE, "user:KEY"},
		{"who=user: mode=always", CAT_RULE_VALUE, "who=user:"},
		{"who=number:+49x* mode=always", CAT_RULE_VALUE, "+49x"},
		{"who=number:+199-+99 mode=always", CAT_RULE_VALUE, "number"},
		{"who=number:+99-+11 mode=always", CAT_RULE_VALUE, "number"},
		{"who=sip:alice mode=always", CAT_RULE_VALUE, "sip:alice"},
		{"who=any mode=always media=smell", CAT_RULE_VALUE, "audio"},
		{"who=any mode=always holidays=de", CAT_RULE_VALUE, "not:"},
	};

	for (gsize i = 0; i < G_N_ELEMENTS(t); i++) {
		g_autofree char *said = NULL;
		cat_rule r;
		span bad;

		g_test_message("%s", t[i].text);
		g_assert_cmpint(cat_rule_parse(span_str(t[i].text), &r, &bad),
				==, t[i].v);
		said = cat_rule_problem(t[i].v, bad);
		g_assert_nonnull(strstr(said, t[i].says));
	}
}

/* Cut anywhere it is either a rule or said to be none. */
static void test_cut(void)
{
	const char *text = "who=number:+4930100-+4930199 direction=in "
			   "when=\"mon-fri 08:00-18:00\" zone=Europe/Berlin "
			   "mode=always keep=7y class=mifid";
	unsigned good = 0;

	for (size_t n = 0; n <= strlen(text); n++) {
		g_autofree char *exact = g_strndup(text, n);
		g_autofree char *said = NULL;
		cat_rule r;
		span bad;
		cat_rule_verdict v = cat_rule_parse(span_str(exact), &r, &bad);

		said = cat_rule_problem(v, bad);
		g_assert_true((v == CAT_RULE_OK) == (*said == '\0'));
		good += v == CAT_RULE_OK;
	}
	g_assert_cmpuint(good, >, 1);
}

static void test_values(void)
{
	cat_rule r = parsed("who=number:+4930100-+4930199 mode=always "
			    "media=video scope=federated direction=in");
	uint32_t days;

	g_assert_cmpstr(r.value, ==, "+4930100");
	g_assert_cmpstr(r.last, ==, "+4930199");
	g_assert_false(r.audio);
	g_assert_cmpint(r.scope, ==, CAT_FEDERATED);
	g_assert_cmpint(r.direction, ==, CAT_DIR_IN);
	g_assert_true(cat_days_parse(span_str("6m"), &days));
	g_assert_cmpuint(days, ==, 186);
	g_assert_false(cat_days_parse(span_str("6w"), &days));
	g_assert_false(cat_days_parse(span_str("-1"), &days));
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/cat/rule/round-trip", test_round_trip);
	g_test_add_func("/cat/rule/refused", test_refused);
	g_test_add_func("/cat/rule/cut", test_cut);
	g_test_add_func("/cat/rule/values", test_values);
	return g_test_run();
}
