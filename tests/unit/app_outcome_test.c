/* What became of a call in which capture was away. */
#include "app/render.h"

typedef struct judged {
	render_result r;
	story *story;
} judged;

/* A call that was answered and ended, with all of both parties' sound. */
static void setup(judged *j)
{
	j->story = story_new("20261121T222800Z-0011223344556677");
	j->story->decided = j->story->record = true;
	j->story->has_answer = j->story->has_end = true;
	j->story->end_cause = REC_BYE;
	j->r = (render_result){
		.story = j->story,
		.begin = {{5 * CLK_NS_PER_S}, {1700000000 * CLK_NS_PER_S}},
		.streams = g_array_new(FALSE, TRUE, sizeof(dec_stream_totals)),
		.gaps = g_array_new(FALSE, TRUE, sizeof(render_gap)),
		.aways = g_array_new(FALSE, TRUE, sizeof(captured_away)),
		.undecodable = g_ptr_array_new(),
		.journal.troubles = g_ptr_array_new(),
	};
}

static void add_speech(judged *j)
{
	dec_stream_totals t = {.packets = 50};

	j->r.packets = 100;
	for (t.side = CALL_CALLER; t.side <= CALL_CALLEE; t.side++)
		g_array_append_val(j->r.streams, t);
}

static void add_away(judged *j, int64_t from_s, int64_t to_s)
{
	const captured_away a = {{from_s * CLK_NS_PER_S},
				 {to_s * CLK_NS_PER_S}};

	g_array_append_val(j->r.aways, a);
}

static void expect(judged *j, const char *outcome, const char *why)
{
	render_judge(&j->r);
	g_assert_cmpstr(j->r.outcome, ==, outcome);
	g_assert_cmpstr(j->r.why, ==, why);
	g_free(j->r.why);
	g_array_unref(j->r.streams);
	g_array_unref(j->r.gaps);
	g_array_unref(j->r.aways);
	g_ptr_array_unref(j->r.undecodable);
	g_ptr_array_unref(j->r.journal.troubles);
	story_free(j->story);
}

static void test_whole(void)
{
	judged j;

	setup(&j);
	add_speech(&j);
	expect(&j, "RECORDED", "");
}

/* Of a call in which one party was heard: which one was not. */
static void test_one_way(void)
{
	static const char *const silent[] = {"callee", "caller"};

	for (uint8_t side = CALL_CALLER; side <= CALL_CALLEE; side++) {
		const dec_stream_totals t = {.packets = 50, .side = side};
		g_autofree char *why = g_strconcat("nothing was heard of the ",
						   silent[side], NULL);
		judged j;

		setup(&j);
		j.r.packets = 50;
		g_array_append_val(j.r.streams, t);
		expect(&j, "PARTIAL", why);
	}
}

static void test_away(void)
{
	judged j;

	setup(&j);
	add_speech(&j);
	add_away(&j, 6, 8);
	expect(&j, "PARTIAL", "capture was away from "
	       "2023-11-14T22:13:21.000Z to 2023-11-14T22:13:23.000Z");
}

static void test_away_twice(void)
{
	judged j;

	setup(&j);
	add_speech(&j);
	add_away(&j, 6, 8);
	add_away(&j, 9, 10);
	expect(&j, "PARTIAL", "capture was away 2 times, first from "
	       "2023-11-14T22:13:21.000Z to 2023-11-14T22:13:23.000Z");
}

static void test_away_all_the_time(void)
{
	judged j;

	setup(&j);
	add_away(&j, 5, 8);
	expect(&j, "NOT_RECORDED", "capture was away from "
	       "2023-11-14T22:13:20.000Z to 2023-11-14T22:13:23.000Z");
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/app/outcome/whole", test_whole);
	g_test_add_func("/app/outcome/one-way", test_one_way);
	g_test_add_func("/app/outcome/away", test_away);
	g_test_add_func("/app/outcome/away-twice", test_away_twice);
	g_test_add_func("/app/outcome/away-all-the-time",
			test_away_all_the_time);
	return g_test_run();
}
