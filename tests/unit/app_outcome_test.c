/* What became of a call, and why: what the ledger and the sidecar say of it. */
#include "app/render.h"

#include "catalog/cat.h"

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

/* A call that was answered and of which both parties were heard, but for one
 * thing. */
typedef struct flaw {
	const char *name;
	void (*make)(judged *j);
	const char *outcome, *why;
} flaw;

static void fact(judged *j, const char *name, const char *value)
{
	story_put_fact(j->story, span_str(name), span_str(value));
}

static void silence(judged *j)
{
	g_array_set_size(j->r.streams, 0);
	j->r.packets = 0;
}

static void one_party(judged *j)
{
	g_array_set_size(j->r.streams, 1);
}

static void escaped(judged *j)
{
	fact(j, "escaped", "callee");
}

static void escaped_unheard(judged *j)
{
	silence(j);
	escaped(j);
}

static void no_relay_unheard(judged *j)
{
	silence(j);
	fact(j, "no-relay", "caller");
}

static void no_relay_one_party(judged *j)
{
	one_party(j);
	fact(j, "no-relay", "callee");
}

static void stopped(judged *j)
{
	j->r.stopped_ns = 12 * CLK_NS_PER_S;
}

static void undecodable(judged *j)
{
	static char codec[] = "SILK";

	g_ptr_array_add(j->r.undecodable, codec);
}

static void lost_by_us(judged *j)
{
	j->r.lost_by_us = 1;
}

static void gaps(judged *j)
{
	const render_gap g = {.packets = 3};

	g_array_append_val(j->r.gaps, g);
	g_array_append_val(j->r.gaps, g);
}

static void forged(judged *j)
{
	j->r.dec.fate[DEC_AUTH_FAIL] = 1;
}

static void keyless(judged *j)
{
	j->r.dec.fate[DEC_NO_KEY] = 1;
}

static void damaged(judged *j)
{
	static char trouble[] = "a block does not fit its checksum";

	g_ptr_array_add(j->r.journal.troubles, trouble);
}

static void no_end(judged *j)
{
	j->story->has_end = false;
}

static void end_given_up(judged *j)
{
	j->story->end_cause = REC_TIMEOUT;
}

static void no_end_one_goodbye(judged *j)
{
	no_end(j);
	j->r.goodbye[CALL_CALLEE] = true;
}

static void no_end_both_left(judged *j)
{
	no_end_one_goodbye(j);
	j->r.goodbye[CALL_CALLER] = true;
}

static void unanswered(judged *j)
{
	silence(j);
	j->story->has_answer = false;
	j->story->end_cause = REC_CANCELLED;
}

static void answer_unseen(judged *j)
{
	unanswered(j);
	no_end(j);
}

static void sealed(judged *j)
{
	silence(j);
	j->story->bad_keys = 1;
	j->story->key_trouble = g_strdup("sealed with another key");
}

static void all_without_key(judged *j)
{
	silence(j);
	j->r.packets = j->r.dec.fate[DEC_NO_KEY] = 7;
}

static void none_authentic(judged *j)
{
	all_without_key(j);
	j->r.packets++;
}

static void refused(judged *j)
{
	silence(j);
	j->story->end_cause = REC_REFUSED;
	j->story->end_status = 488;
	j->story->end_text = g_strdup("this call must be recorded");
}

/* What was heard before is a recording. */
static void refused_too_late(judged *j)
{
	j->story->end_cause = REC_REFUSED;
	one_party(j);
}

static void exempt(judged *j)
{
	j->story->record = false;
	j->story->reason = g_strdup("rule private: bob is not recorded");
}

static void told(judged *j, const char *mode, unsigned marks)
{
	j->story->reason = g_strdup_printf("rule r [mode=%s keep=1]", mode);
	j->story->marks = marks;
}

static void unasked(judged *j)
{
	told(j, "on-demand", 1u << REC_TAG | 1u << REC_STOP);
}

static void asked(judged *j)
{
	told(j, "on-demand", 1u << REC_START);
}

static void asked_again(judged *j)
{
	told(j, "on-demand", 1u << REC_RESUME);
}

static void buffered(judged *j)
{
	told(j, "on-demand-buffered", 1u << REC_RESUME);
}

static void buffered_tagged(judged *j)
{
	told(j, "on-demand-buffered", 1u << REC_TAG);
}

static void buffered_started(judged *j)
{
	told(j, "on-demand-buffered", 1u << REC_START);
}

static void always(judged *j)
{
	told(j, "always", 0);
}

static void unanswered_unasked(judged *j)
{
	unasked(j);
	unanswered(j);
}

/* The ringing tone of the other side was heard. */
static void only_rang(judged *j)
{
	j->r.only_rang = true;
	j->story->has_answer = false;
	j->story->end_cause = REC_CANCELLED;
}

static void undecided(judged *j)
{
	j->story->decided = j->story->record = false;
}

/* Streams that were begun, of which no packet was opened. */
static void empty(judged *j)
{
	for (guint i = 0; i < j->r.streams->len; i++)
		g_array_index(j->r.streams, dec_stream_totals, i).packets = 0;
	j->r.packets = 0;
}

static void none_authentic_and_away(judged *j)
{
	none_authentic(j);
	add_away(j, 6, 8);
}

static void none_authentic_no_relay(judged *j)
{
	none_authentic(j);
	fact(j, "no-relay", "caller");
}

enum { BY_WEIGHT = 9 };

static const flaw flaws[] = {
	/* the most telling first */
	{"one-party", one_party, "PARTIAL", "nothing was heard of the callee"},
	{"escaped", escaped, "PARTIAL",
	 "media went past the relay, as the callee says"},
	{"stopped", stopped, "PARTIAL",
	 "no media crossed the relay for 12 s, and the call went on"},
	{"undecodable", undecodable, "PARTIAL",
	 "no decoder for SILK; the packets are kept"},
	{"lost-by-us", lost_by_us, "PARTIAL", "capture lost packets"},
	{"gaps", gaps, "PARTIAL", "2 gaps"},
	{"forged", forged, "PARTIAL", "packets without a key that fits"},
	{"damaged", damaged, "PARTIAL", "the journal is damaged"},
	{"no-end", no_end, "PARTIAL", "the end of the call was not seen"},
	{"escaped-unheard", escaped_unheard, "NOT_RECORDED",
	 "media went past the relay, as the callee says"},
	{"no-relay-unheard", no_relay_unheard, "NOT_RECORDED",
	 "the caller offered no relay candidate"},
	{"no-relay-one-party", no_relay_one_party, "PARTIAL",
	 "nothing was heard of the callee; the callee offered no relay "
	 "candidate"},
	{"keyless", keyless, "PARTIAL", "packets without a key that fits"},
	{"end-given-up", end_given_up, "PARTIAL",
	 "the end of the call was not seen"},
	{"no-end-one-goodbye", no_end_one_goodbye, "PARTIAL",
	 "the end of the call was not seen"},
	{"no-end-both-left", no_end_both_left, "RECORDED", ""},
	{"nothing", silence, "NOT_RECORDED", "no media crossed the relay"},
	{"unanswered", unanswered, "NOT_RECORDED", "the call was not answered"},
	{"answer-unseen", answer_unseen, "NOT_RECORDED",
	 "no answer to the call was seen"},
	{"sealed", sealed, "NOT_RECORDED", "no key: sealed with another key"},
	{"all-without-key", all_without_key, "NOT_RECORDED",
	 "no key: the signalling has none that could open the media"},
	{"none-authentic", none_authentic, "NOT_RECORDED",
	 "no packet authenticates under the call's keys"},
	{"empty", empty, "NOT_RECORDED", "no media crossed the relay"},
	/* what came shows that the relay was used, and capture there */
	{"none-authentic-and-away", none_authentic_and_away, "NOT_RECORDED",
	 "no packet authenticates under the call's keys"},
	{"none-authentic-no-relay", none_authentic_no_relay, "NOT_RECORDED",
	 "no packet authenticates under the call's keys"},
	{"only-rang", only_rang, "NOT_RECORDED", "the call was not answered"},
	{"undecided", undecided, "RECORDED", ""},
	{"refused", refused, "BLOCKED",
	 "refused with status 488: this call must be recorded"},
	{"refused-too-late", refused_too_late, "PARTIAL",
	 "nothing was heard of the callee"},
	{"exempt", exempt, "EXEMPT", "rule private: bob is not recorded"},
	{"unasked", unasked, "EXEMPT", "on demand, and nobody asked for it"},
	{"unanswered-unasked", unanswered_unasked, "NOT_RECORDED",
	 "the call was not answered"},
	{"asked", asked, "RECORDED", ""},
	{"asked-again", asked_again, "RECORDED", ""},
	{"buffered", buffered, "EXEMPT", "on demand, and nobody asked for it"},
	{"buffered-tagged", buffered_tagged, "RECORDED", ""},
	{"buffered-started", buffered_started, "RECORDED", ""},
	{"always", always, "RECORDED", ""},
};

static void test_flaw(gconstpointer user)
{
	const flaw *f = user;
	judged j;

	setup(&j);
	add_speech(&j);
	f->make(&j);
	expect(&j, f->outcome, f->why);
}

/* The most telling flaw is named, and not the one that follows from it. */
static void test_worst_first(void)
{
	for (size_t i = 0; i < BY_WEIGHT; i++) {
		judged j;

		setup(&j);
		add_speech(&j);
		for (size_t k = i; k < BY_WEIGHT; k++)
			flaws[k].make(&j);
		expect(&j, flaws[i].outcome, flaws[i].why);
	}
}

static void add_media(call_half *h, const char *kind)
{
	call_media *m = call_half_add_media(h);

	g_strlcpy(m->kind, kind, sizeof(m->kind));
}

/* Streams whose m= line is not known may be the voice. */
static void test_line_unknown(void)
{
	call_half *h = call_half_new();
	judged j;

	add_media(h, "audio");
	setup(&j);
	g_ptr_array_add(j.story->halves, h);
	add_speech(&j);
	g_array_index(j.r.streams, dec_stream_totals, 0).media = UINT8_MAX;
	g_array_index(j.r.streams, dec_stream_totals, 1).media = 1;
	expect(&j, "RECORDED", "");
}

/* The callee's picture, which a later offer added, is not its voice. */
static void test_video_later(void)
{
	judged j;

	setup(&j);
	for (int i = 0; i < 2; i++) {
		call_half *h = call_half_new();

		add_media(h, "audio");
		if (i)
			add_media(h, "video");
		g_ptr_array_add(j.story->halves, h);
	}
	add_speech(&j);
	g_array_index(j.r.streams, dec_stream_totals, CALL_CALLEE).media = 1;
	expect(&j, "PARTIAL", "nothing was heard of the callee");
}

/* A stream of another kind is none of a party's voice; where no audio was
 * agreed on, what is seen counts. */
static void test_video_alone(void)
{
	static const char *const kinds[] = {"audio", "video"};

	for (size_t i = 0; i < G_N_ELEMENTS(kinds); i++) {
		call_half *h = call_half_new();
		judged j;

		add_media(h, kinds[i]);
		add_media(h, "video");
		setup(&j);
		add_speech(&j);
		for (guint k = 0; k < j.r.streams->len; k++)
			g_array_index(j.r.streams, dec_stream_totals, k).media =
				1;
		g_ptr_array_add(j.story->halves, h);
		if (i == 0)
			expect(&j, "NOT_RECORDED", "no packet authenticates "
			       "under the call's keys");
		else
			expect(&j, "RECORDED", "");
	}
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
	for (size_t i = 0; i < G_N_ELEMENTS(flaws); i++) {
		g_autofree char *path = g_strconcat("/app/outcome/",
						    flaws[i].name, NULL);

		g_test_add_data_func(path, &flaws[i], test_flaw);
	}
	g_test_add_func("/app/outcome/worst-first", test_worst_first);
	g_test_add_func("/app/outcome/line-unknown", test_line_unknown);
	g_test_add_func("/app/outcome/video-later", test_video_later);
	g_test_add_func("/app/outcome/video-alone", test_video_alone);
	return g_test_run();
}
