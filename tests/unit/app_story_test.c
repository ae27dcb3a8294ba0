/* What a call's records say of it: its state, for a tap that takes it over;
 * which marks were seen, how it came to its end, whose sound is part of it. */
#include "app/story.h"

#include <string.h>

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

static clk_both at_s(int64_t s)
{
	return (clk_both){{s * CLK_NS_PER_S}, {s * CLK_NS_PER_S}};
}

static void progress(story *s, uint8_t state, uint16_t status,
		     const char *branch)
{
	story_progress(s, at_s(1), &(rec_progress){state, status,
						   span_str(branch)});
}

static void test_marks(void)
{
	static const rec_mark all[] = {REC_PAUSE, REC_RESUME, REC_STOP,
				       REC_START, REC_TAG};

	for (size_t i = 0; i < G_N_ELEMENTS(all); i++) {
		const rec_control c = {.mark = (uint8_t)all[i],
				       .text = span_str("lunch")};
		g_autoptr(story) s = story_new("n");
		bool pauses = c.mark == REC_PAUSE || c.mark == REC_STOP;

		s->paused = !pauses && c.mark != REC_TAG;
		story_mark(s, at_s(3), &c);
		g_assert_cmpuint(s->marks, ==, 1u << c.mark);
		g_assert_true(s->paused == pauses);
		g_assert_true(s->pause_ends == (c.mark == REC_PAUSE));
		g_assert_cmpstr(s->paused_why, ==, pauses ? "lunch" : NULL);
	}
}

/* The cause of an end that nobody told: what was answered last, and whether it
 * had been cancelled before. */
static void test_ending(void)
{
	static const struct {
		uint16_t status[2];
		bool cancelled;
	} cases[] = {
		{{0, 487}, true}, {{487, 487}, true}, {{486, 486}, false},
		{{0, 486}, true},
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(story) s = story_new("n");

		for (int k = 0; k < 2; k++) {
			progress(s, REC_ENDING, cases[i].status[k], "");
			g_assert_true(s->ending);
			g_assert_cmpuint(s->ending_status, ==,
					 cases[i].status[k]);
		}
		g_assert_true(s->cancelled == cases[i].cancelled);
		progress(s, REC_RETRIED, 0, "");
		g_assert_false(s->ending || s->cancelled);
	}
}

static void test_answer(void)
{
	g_autoptr(story) s = story_new("n");

	progress(s, REC_EARLY, 183, "b");
	g_assert_false(s->has_answer);
	progress(s, REC_ANSWERED, 200, "b");
	story_progress(s, at_s(9), &(rec_progress){REC_CONFIRMED, 0,
						   span_str("b")});
	g_assert_true(s->has_answer);
	g_assert_cmpint(s->answered.mono.ns, ==, CLK_NS_PER_S);
}

static void test_end_seen(void)
{
	g_autoptr(story) s = story_new("n");

	g_assert_false(story_end_seen(s));
	story_end(s, at_s(5), &(rec_end){.cause = REC_TIMEOUT});
	g_assert_false(story_end_seen(s));
	story_end(s, at_s(5), &(rec_end){.cause = REC_BYE});
	g_assert_true(story_end_seen(s));
}

/* One answer of branch `branch`, encrypted with key `key`. */
static void add_half(story *s, const char *branch, const char *key)
{
	call_half *h = call_half_new();
	call_crypto c = {.tag = 1, .key.len = (uint8_t)strlen(key)};
	call_media *m;

	g_strlcpy(h->branch, branch, sizeof(h->branch));
	memcpy(c.key.b, key, strlen(key));
	call_half_add_media(h);
	m = call_half_add_media(h);
	g_array_append_val(m->cryptos, c);
	g_ptr_array_add(s->halves, h);
}

/* What lies between a gateway's networks may answer under a new tag, with the
 * key of the lost one. */
static void test_forks(void)
{
	g_autoptr(story) s = story_new("n");

	progress(s, REC_RINGING, 180, "lost");
	progress(s, REC_RINGING, 180, "same");
	progress(s, REC_FORK_LOST, 0, "lost");
	progress(s, REC_FORK_LOST, 0, "same");
	progress(s, REC_FORK_LOST, 0, "keyless");
	progress(s, REC_ANSWERED, 200, "won");
	add_half(s, "lost", "a key of its own");
	add_half(s, "same", "the one key");
	add_half(s, "keyless", "");
	add_half(s, "won", "the one key");
	add_half(s, "won", "");
	g_assert_true(story_fork_lost(s, "lost"));
	g_assert_false(story_fork_lost(s, "same"));
	g_assert_true(story_fork_lost(s, "keyless"));
	g_assert_false(story_fork_lost(s, "won"));
	g_assert_false(story_fork_lost(s, "never heard of"));
	/* A branch that fails alone is lost; that of another is told. */
	progress(s, REC_ENDING, 486, "busy");
	g_assert_cmpuint(story_fork_state(s, "busy"), ==, REC_FORK_LOST);
	progress(s, REC_ENDING, 486, "won");
	g_assert_cmpuint(story_fork_state(s, "won"), ==, REC_ANSWERED);
}

/* A record that cannot be read is counted, and the others are not. */
static void test_malformed(void)
{
	g_auto(story_control) did = {0};
	g_autoptr(story) s = story_new("n");
	jrn_rec r = {.type = JRN_END, .payload = span_of("", 0)};

	story_record(s, &r, NULL, &did);
	g_assert_cmpuint(s->malformed, ==, 1);
	g_assert_false(s->has_end);
	r.type = JRN_CLOSE;
	story_record(s, &r, NULL, &did);
	g_assert_cmpuint(s->malformed, ==, 1);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/app/story/held", test_held);
	g_test_add_func("/app/story/paused", test_paused);
	g_test_add_func("/app/story/marks", test_marks);
	g_test_add_func("/app/story/ending", test_ending);
	g_test_add_func("/app/story/answer", test_answer);
	g_test_add_func("/app/story/end-seen", test_end_seen);
	g_test_add_func("/app/story/forks", test_forks);
	g_test_add_func("/app/story/malformed", test_malformed);
	return g_test_run();
}
