/* What a call's records say of its state now, for a tap that takes it over. */
#include "app/story.h"

static void mark(story *s, uint8_t what, uint8_t side)
{
	const rec_control c = {.mark = what, .side = side};
	uint8_t bytes[64];
	put o = put_into(bytes, sizeof(bytes));
	story_control told = {0};
	jrn_rec r = {.type = JRN_MARK};

	rec_control_put(&o, &c);
	r.payload = put_done(&o);
	g_assert_null(story_record(s, &r, NULL, &told));
	g_assert_cmpuint(told.mark, ==, what);
	story_control_clear(&told);
	g_assert_cmpuint(s->malformed, ==, 0);
}

static void test_held(void)
{
	g_autoptr(story) s = story_new("call");

	mark(s, REC_HOLD, CALL_CALLEE);
	g_assert_false(s->held[CALL_CALLER]);
	g_assert_true(s->held[CALL_CALLEE]);
	mark(s, REC_HOLD, CALL_CALLER);
	mark(s, REC_RETRIEVE, CALL_CALLEE);
	g_assert_true(s->held[CALL_CALLER]);
	g_assert_false(s->held[CALL_CALLEE]);
	/* an officer is no party */
	mark(s, REC_RETRIEVE, CALL_UNKNOWN);
	mark(s, REC_TAG, CALL_CALLER);
	g_assert_true(s->held[CALL_CALLER]);
}

static void test_paused(void)
{
	g_autoptr(story) s = story_new("call");

	mark(s, REC_STOP, CALL_UNKNOWN);
	g_assert_true(s->paused);
	g_assert_false(s->pause_ends);
	mark(s, REC_START, CALL_UNKNOWN);
	g_assert_false(s->paused);
	mark(s, REC_PAUSE, CALL_CALLER);
	g_assert_true(s->paused);
	g_assert_true(s->pause_ends);
	mark(s, REC_RESUME, CALL_CALLER);
	g_assert_false(s->paused);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/app/story/held", test_held);
	g_test_add_func("/app/story/paused", test_paused);
	return g_test_run();
}
