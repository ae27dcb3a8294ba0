#include "core/alarm.h"

#include <string.h>

typedef struct heard {
	GString *text;	/* "+no-media:call " or "-..." */
} heard;

static void told(void *user, const alarm_line *l)
{
	heard *h = user;

	g_string_append_printf(h->text, "%c%s:%s ", l->set ? '+' : '-',
			       alarm_table()[l->id].name, l->about);
}

static clk_both at(int64_t s)
{
	return (clk_both){{s * CLK_NS_PER_S}, {s * CLK_NS_PER_S}};
}

static void expect(heard *h, const char *want)
{
	g_assert_cmpstr(h->text->str, ==, want);
	g_string_truncate(h->text, 0);
}

static void test_once(void)
{
	heard h = {g_string_new(NULL)};
	g_autoptr(alarms) a = alarms_new("render", told, &h);

	for (int64_t s = 0; s < 20; s++) {
		alarms_say(a, ALARM_NO_MEDIA, "c1", at(s), "nothing");
		alarms_tick(a, at(s));
	}
	expect(&h, "+no-media:c1 ");
	alarms_tick(a, at(19 + 4));
	expect(&h, "");
	alarms_tick(a, at(19 + 5));
	expect(&h, "-no-media:c1 ");
	alarms_say(a, ALARM_NO_MEDIA, "c1", at(40), "nothing");
	expect(&h, "+no-media:c1 ");
	g_string_free(h.text, TRUE);
}

static void test_about(void)
{
	heard h = {g_string_new(NULL)};
	g_autoptr(alarms) a = alarms_new("render", told, &h);

	alarms_say(a, ALARM_NO_MEDIA, "c1", at(0), "nothing");
	alarms_say(a, ALARM_NO_MEDIA, "c2", at(0), "nothing");
	alarms_say(a, ALARM_MEDIA_STOPPED, "c1", at(0), "nothing");
	alarms_say(a, ALARM_NO_MEDIA, "c2", at(4), "nothing");
	expect(&h, "+no-media:c1 +no-media:c2 +media-stopped:c1 ");
	alarms_tick(a, at(5));
	expect(&h, "-no-media:c1 -media-stopped:c1 ");
	g_string_free(h.text, TRUE);
}

static void test_bounded(void)
{
	heard h = {g_string_new(NULL)};
	g_autoptr(alarms) a = alarms_new("render", told, &h);
	unsigned n = 0;

	for (int i = 0; i < ALARMS_MAX + 50; i++) {
		g_autofree char *name = g_strdup_printf("c%d", i);

		alarms_say(a, ALARM_NO_MEDIA, name, at(0), "nothing");
	}
	for (const char *p = h.text->str; *p; p++)
		n += *p == '+';
	g_assert_cmpuint(n, ==, ALARMS_MAX);
	g_string_free(h.text, TRUE);
}

/* A process that is started again goes on where the last one ended. */
static void test_adopt(void)
{
	heard h = {g_string_new(NULL)};
	g_autoptr(alarms) a = alarms_new("tap", told, &h);
	g_autoptr(alarms) b = alarms_new("tap", told, &h);
	g_autofree char *text = NULL, *again = NULL;

	alarms_say(a, ALARM_FRONT_END_SILENT, "fe1", at(7), "for %d s", 9);
	expect(&h, "+front-end-silent:fe1 ");
	text = alarms_print(a);
	g_assert_cmpstr(text, ==,
			"7000\tset\ttap\tfront-end-silent\tfe1\tfor 9 s\n");
	alarms_adopt(b, span_str(text), at(8));
	alarms_say(b, ALARM_FRONT_END_SILENT, "fe1", at(9), "for 11 s");
	expect(&h, "");
	again = alarms_print(b);
	g_assert_cmpstr(again, ==, text);
	alarms_tick(b, at(20));
	expect(&h, "-front-end-silent:fe1 ");
	g_string_free(h.text, TRUE);
}

/* Texts that others chose do not break the line. */
static void test_control(void)
{
	alarm_line l = {true, ALARM_NO_MEDIA, 1, "r", "a\tb\nc", "x\x1b[2J"},
		   got;
	g_autoptr(GString) s = g_string_new(NULL);
	alarm_text buf;
	span in;

	alarm_line_put(s, &l);
	in = span_of(s->str, s->len);
	g_assert_true(alarm_line_get(&in, &buf, &got));
	g_assert_cmpstr(got.about, ==, "a b c");
	g_assert_cmpstr(got.text, ==, "x [2J");
	g_assert_false(alarm_line_get(&in, &buf, &got));
}

static void test_cut(void)
{
	static const char line[] = "1732200000123\tover\tcapture\tdisk-full\t"
				   "/rec\t98 % used\n";
	static const size_t about_ends = sizeof("1732200000123\tover\tcapture\t"
						"disk-full\t/rec\t") - 1;

	for (size_t n = 0; n < sizeof(line); n++) {
		span in = span_of(line, n);
		alarm_text buf;
		alarm_line l;

		g_assert_cmpint(alarm_line_get(&in, &buf, &l), ==,
				n >= about_ends);
		g_assert_cmpuint(in.left, ==, 0);
	}
}

static void test_table(void)
{
	for (unsigned i = 0; i < ALARM_IDS; i++) {
		const alarm_kind *k = &alarm_table()[i];

		g_assert_nonnull(k->name);
		for (unsigned j = 0; j < i; j++)
			g_assert_cmpstr(k->name, !=, alarm_table()[j].name);
		g_assert_nonnull(k->means);
		g_assert_nonnull(k->act);
		g_assert_cmpuint(k->hold_s, >=, 5);
	}
}

/* docs/alarms.md has each one, with the same words. */
static void test_docs(void)
{
	g_autofree char *text = NULL;

	g_assert_true(g_file_get_contents("docs/alarms.md", &text, NULL, NULL));
	for (unsigned i = 0; i < ALARM_IDS; i++) {
		const alarm_kind *k = &alarm_table()[i];
		g_autofree char *row = g_strdup_printf(
			"| `%s` | %s | %s | %s |", k->name,
			k->critical ? "critical" : "warning", k->means,
			k->act);

		if (!strstr(text, row))
			g_test_message("missing: %s", row);
		g_assert_nonnull(strstr(text, row));
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/core/alarm/once", test_once);
	g_test_add_func("/core/alarm/about", test_about);
	g_test_add_func("/core/alarm/bounded", test_bounded);
	g_test_add_func("/core/alarm/adopt", test_adopt);
	g_test_add_func("/core/alarm/control", test_control);
	g_test_add_func("/core/alarm/cut", test_cut);
	g_test_add_func("/core/alarm/table", test_table);
	g_test_add_func("/core/alarm/docs", test_docs);
	return g_test_run();
}
