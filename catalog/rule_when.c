#include "catalog/rule_impl.h"

bool cat_when_parse(span v, cat_rule *r)
{
	bool more = true;
	span one;

	r->n_windows = 0;
	while (more) {
		more = span_until(&v, ';', &one);
		one = span_trim(more ? one : v);
		if (r->n_windows == CAT_WINDOWS_MAX ||
		    !cat_window_parse(one, &r->window[r->n_windows++]))
			return false;
	}
	return true;
}

bool cat_holidays_parse(span v, cat_rule *r)
{
	r->holidays_only = span_starts(v, "only:");
	if (!r->holidays_only && !span_starts(v, "not:"))
		return false;
	if (!span_skip(&v, r->holidays_only ? 5 : 4))
		return false;
	cat_name_lower(v, r->calendar, sizeof(r->calendar));
	return cat_name_good(v, sizeof(r->calendar));
}

void cat_when_print(GString *s, const cat_rule *r)
{
	char text[CAT_WINDOW_TEXT];

	for (unsigned i = 0; i < r->n_windows; i++) {
		cat_window_print(&r->window[i], text);
		g_string_append_printf(s, "%s%s", i ? "; " : " when=\"", text);
	}
	if (r->n_windows)
		g_string_append_c(s, '"');
	if (*r->zone)
		g_string_append_printf(s, " zone=%s", r->zone);
	if (*r->calendar)
		g_string_append_printf(s, " holidays=%s:%s",
				       r->holidays_only ? "only" : "not",
				       r->calendar);
}
