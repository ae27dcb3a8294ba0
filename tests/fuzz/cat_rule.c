/* Targets: cat_rule_parse cat_window_parse cat_days_parse */
#include <string.h>

#include "catalog/rule.h"

/* What was understood prints to a text that is understood the same. */
static void round_trip(const cat_rule *r)
{
	g_autofree char *once = cat_rule_print(r);
	g_autofree char *twice = NULL;
	cat_rule again;
	span bad;

	if (strlen(once) >= CAT_SPEC_MAX)
		return;
	g_assert(cat_rule_parse(span_str(once), &again, &bad) == CAT_RULE_OK);
	twice = cat_rule_print(&again);
	g_assert(!strcmp(once, twice));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	g_autofree char *said = NULL;
	uint32_t days;
	cat_window w;
	cat_rule r;
	span bad;
	cat_rule_verdict v = cat_rule_parse(span_of(data, n), &r, &bad);

	said = cat_rule_problem(v, bad);
	g_assert((v == CAT_RULE_OK) == (*said == '\0'));
	if (v == CAT_RULE_OK)
		round_trip(&r);
	if (cat_window_parse(span_of(data, n), &w))
		g_assert(w.days && w.from < 1440 && w.to <= 1440);
	if (cat_days_parse(span_of(data, n), &days))
		g_assert(days > 0);
	return 0;
}
