/* Targets: alarm_line_get, alarms_adopt */
#include "core/alarm.h"


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void told(void *user, const alarm_line *l)
{
	(void)user;
	g_assert(l->id < ALARM_IDS);
}

/* What was read is written so that it is read the same. */
static void check_round(const alarm_line *l)
{
	g_autoptr(GString) s = g_string_new(NULL);
	alarm_text buf;
	alarm_line got;
	span in;

	alarm_line_put(s, l);
	in = span_of(s->str, s->len);
	g_assert(alarm_line_get(&in, &buf, &got) && !in.left);
	g_assert(got.id == l->id && got.at_ms == l->at_ms &&
		 got.set == l->set);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	span in = span_of(data, n);
	clk_both now = {{0}, {0}};
	g_autoptr(alarms) a = alarms_new("fuzz", told, NULL);
	g_autofree char *text = NULL;
	alarm_text buf;
	alarm_line l;

	while (alarm_line_get(&in, &buf, &l))
		check_round(&l);
	alarms_adopt(a, span_of(data, n), now);
	text = alarms_print(a);
	return 0;
}
