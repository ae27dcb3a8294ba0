#include "mixer/timeline.h"

#include <string.h>

#define MS CLK_NS_PER_MS

static const mix_marker *at(const mix_timeline *t, guint i)
{
	return &g_array_index(mix_timeline_list(t), mix_marker, i);
}

static void conceal(mix_timeline *t, uint8_t side, int64_t ms)
{
	mix_timeline_add(t, MIX_CONCEALED, side, ms * MS, 20 * MS, NULL);
}

static void joins_neighbours(void)
{
	mix_timeline *t = mix_timeline_new();

	conceal(t, CALL_CALLER, 100);
	conceal(t, CALL_CALLEE, 120);
	conceal(t, CALL_CALLER, 140);
	conceal(t, CALL_CALLER, 181);
	g_assert_cmpuint(mix_timeline_list(t)->len, ==, 3);
	g_assert_cmpint(at(t, 0)->length, ==, 60 * MS);
	mix_timeline_free(t);
}

static void keeps_apart(void)
{
	mix_timeline *t = mix_timeline_new();

	/* Another text, an instant, an earlier time. */
	mix_timeline_add(t, MIX_GAP, CALL_CALLER, 100 * MS, 20 * MS, "no-key");
	mix_timeline_add(t, MIX_GAP, CALL_CALLER, 120 * MS, 20 * MS, "lost");
	mix_timeline_add(t, MIX_GAP, CALL_CALLER, 140 * MS, 0, "lost");
	mix_timeline_add(t, MIX_GAP, CALL_CALLER, 50 * MS, 20 * MS, "lost");
	g_assert_cmpuint(mix_timeline_list(t)->len, ==, 4);
	mix_timeline_free(t);
}

static void closes_in_order(void)
{
	mix_timeline *t = mix_timeline_new();

	mix_timeline_add(t, MIX_TAG, CALL_UNKNOWN, 900 * MS, 0, "late");
	mix_timeline_add(t, MIX_SPEECH, CALL_CALLER, -30 * MS, 100 * MS, "a");
	mix_timeline_add(t, MIX_HOLD, CALL_CALLEE, 200 * MS, 900 * MS, NULL);
	mix_timeline_close(t, 500 * MS);
	g_assert_cmpint(at(t, 0)->kind, ==, MIX_SPEECH);
	g_assert_cmpint(at(t, 0)->at, ==, 0);
	g_assert_cmpint(at(t, 0)->length, ==, 70 * MS);
	g_assert_cmpint(at(t, 1)->length, ==, 300 * MS);
	g_assert_cmpint(at(t, 2)->at, ==, 500 * MS);
	mix_timeline_free(t);
}

static void text_is_cut_at_a_letter(void)
{
	mix_timeline *t = mix_timeline_new();
	g_autoptr(GString) text = g_string_new("x");

	for (int i = 0; i < 40; i++)
		g_string_append(text, "\xc3\xbc");
	mix_timeline_add(t, MIX_TAG, CALL_UNKNOWN, 0, 0, text->str);
	g_assert_true(g_utf8_validate(at(t, 0)->text, -1, NULL));
	g_assert_cmpuint(strlen(at(t, 0)->text), ==, 47);
	g_assert_true(g_str_has_prefix(text->str, at(t, 0)->text));
	mix_timeline_free(t);
}

/* A hostile stream cannot fill the memory. */
static void is_bounded(void)
{
	mix_timeline *t = mix_timeline_new();

	for (int i = 0; i < 70000; i++)
		mix_timeline_add(t, MIX_HOLE, CALL_CALLER, i * 100 * MS,
				 10 * MS, NULL);
	g_assert_cmpuint(mix_timeline_list(t)->len, ==, 65536);
	mix_timeline_free(t);
}

static void every_kind_has_a_name(void)
{
	for (mix_kind k = 0; k < MIX_KINDS; k++)
		g_assert_nonnull(mix_kind_name(k));
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/mixer/timeline/joins_neighbours", joins_neighbours);
	g_test_add_func("/mixer/timeline/keeps_apart", keeps_apart);
	g_test_add_func("/mixer/timeline/closes_in_order", closes_in_order);
	g_test_add_func("/mixer/timeline/text_is_cut_at_a_letter",
			text_is_cut_at_a_letter);
	g_test_add_func("/mixer/timeline/is_bounded", is_bounded);
	g_test_add_func("/mixer/timeline/every_kind_has_a_name",
			every_kind_has_a_name);
	return g_test_run();
}
