#include "mixer/segment.h"

enum { CLOCK = 8000, BASE_MS = 40 };
#define MS CLK_NS_PER_MS

typedef struct stream {
	mix_segments segs;
	mix_timeline *news;
	int64_t ts;
} stream;

static void begin(stream *s)
{
	*s = (stream){.news = mix_timeline_new(), .ts = 5000};
}

static void end(stream *s)
{
	mix_segments_clear(&s->segs);
	mix_timeline_free(s->news);
}

static mix_segment *any_packet(stream *s, int64_t ms, uint32_t clock,
			       bool follows)
{
	const mix_packet p = {
		.ts = s->ts,
		.end = s->ts + clock / 50,
		.clock = clock,
		.follows = follows,
		.arrival = ms * MS,
	};

	s->ts = p.end;
	return mix_segments_packet(&s->segs, &p, s->news, 0);
}

/* The next 20 ms, captured at `ms`. */
static mix_segment *packet(stream *s, int64_t ms)
{
	return any_packet(s, ms, CLOCK, true);
}

static guint jumps(const stream *s)
{
	return mix_timeline_list(s->news)->len;
}

static void steady(void)
{
	mix_segment *first;
	stream s;

	begin(&s);
	first = packet(&s, BASE_MS + 20);
	for (int i = 2; i < 500; i++)
		g_assert_true(packet(&s, BASE_MS + 20 * i + i % 30) == first);
	/* The first sample of the stream, a packet before it was captured. */
	g_assert_cmpint(mix_segment_at(first, 5000), ==, BASE_MS * MS);
	g_assert_cmpuint(jumps(&s), ==, 0);
	end(&s);
}

/* Two seconds of packets come in one burst: no jump, all in their place. */
static void stall(void)
{
	mix_segment *first, *held;
	int64_t ts;
	stream s;

	begin(&s);
	first = packet(&s, BASE_MS + 20);
	for (int i = 2; i < 100; i++)
		packet(&s, BASE_MS + 20 * i);
	ts = s.ts;
	held = packet(&s, BASE_MS + 4000);
	g_assert_true(held->trial);
	for (int i = 101; i < 300; i++)
		packet(&s, MAX(BASE_MS + 4000, BASE_MS + 20 * i));
	mix_segments_look(&s.segs, (BASE_MS + 6000) * MS, s.news, 0);
	g_assert_false(held->trial);
	g_assert_true(mix_segment_real(held) == first);
	g_assert_cmpint(mix_segment_at(held, ts), ==,
			(BASE_MS + 99 * 20) * MS);
	g_assert_cmpuint(jumps(&s), ==, 0);
	end(&s);
}

/* The timestamps stood still for three seconds. */
static void stood_still(void)
{
	mix_segment *first, *next;
	int64_t ts;
	stream s;

	begin(&s);
	first = packet(&s, BASE_MS + 20);
	for (int i = 2; i < 100; i++)
		packet(&s, BASE_MS + 20 * i);
	ts = s.ts;
	next = packet(&s, 5000);
	for (int i = 1; i < 34; i++)
		packet(&s, 5000 + 20 * i);
	mix_segments_look(&s.segs, 5699 * MS, s.news, 0);
	g_assert_true(next->trial && mix_segment_real(next) == first);
	mix_segments_look(&s.segs, 5700 * MS, s.news, 0);
	g_assert_true(!next->trial && mix_segment_real(next) == next);
	g_assert_cmpint(mix_segment_at(next, ts), ==, 4980 * MS);
	g_assert_cmpuint(jumps(&s), ==, 1);
	end(&s);
}

/* Timestamps that leap ahead need no trial: sound cannot be early. */
static void leap(void)
{
	mix_segment *first, *next;
	stream s;

	begin(&s);
	first = packet(&s, BASE_MS + 20);
	s.ts += 10 * CLOCK;
	next = packet(&s, BASE_MS + 40);
	g_assert_true(next != first && !next->trial);
	g_assert_cmpint(mix_segment_at(next, s.ts - 160), ==,
			(BASE_MS + 20) * MS);
	end(&s);
}

/* Two packets, then timestamps that leap by 260 ms: `queued_ms` later than
 * they would have come had the sender's clock not leapt, if it did. */
static bool leaps_apart(bool follows, int64_t queued_ms)
{
	mix_segment *first, *next;
	stream s;

	begin(&s);
	first = packet(&s, BASE_MS + 20);
	packet(&s, BASE_MS + 40);
	s.ts += 260 * CLOCK / 1000;
	next = any_packet(&s, BASE_MS + 60 + queued_ms, CLOCK, follows);
	if (next != first)
		/* It comes right behind, and says so. */
		g_assert_cmpint(mix_segment_at(next, s.ts - 160), ==,
				(BASE_MS + 40 + queued_ms) * MS);
	g_assert_cmpuint(jumps(&s), ==, next != first);
	end(&s);
	return next != first;
}

/* Packets that follow one another as regularly as before though their
 * timestamps leap: the sender's clock did. */
static void short_leap(void)
{
	g_assert_true(leaps_apart(true, 0));
	g_assert_true(leaps_apart(true, 15));
}

/* A pause takes its time; what was lost was sent; a queue may drain. */
static void no_leap(void)
{
	g_assert_false(leaps_apart(true, 260));
	g_assert_false(leaps_apart(false, 0));
	g_assert_false(leaps_apart(true, 100));
}

/* Late packets before a pause that made them so: it was the network. */
static void late_before_pause(void)
{
	mix_segment *first;
	stream s;

	begin(&s);
	first = packet(&s, BASE_MS + 20);
	for (int i = 2; i < 100; i++)
		packet(&s, BASE_MS + 20 * i);
	packet(&s, BASE_MS + 20 * 100 + 260);
	s.ts += 260 * CLOCK / 1000;
	g_assert_true(packet(&s, BASE_MS + 20 * 101 + 260) == first);
	g_assert_cmpuint(jumps(&s), ==, 0);
	end(&s);
}

static void other_clock(void)
{
	mix_segment *first, *next;
	stream s;

	begin(&s);
	first = packet(&s, BASE_MS + 20);
	next = any_packet(&s, BASE_MS + 40, 16000, true);
	g_assert_true(next != first);
	g_assert_cmpint(mix_segment_media(next, s.ts - 320 + 16000), ==,
			CLK_NS_PER_S);
	end(&s);
}

/* After a minute of nothing the old line says nothing any more. */
static void forgets(void)
{
	mix_segment *first;
	stream s;

	begin(&s);
	first = packet(&s, BASE_MS + 20);
	s.ts += 70 * CLOCK;
	g_assert_true(packet(&s, BASE_MS + 70100) != first);
	end(&s);
}

/* A sender that jumps with each packet costs a bounded amount. */
static void is_bounded(void)
{
	stream s;

	begin(&s);
	for (int i = 1; i < 5000; i++) {
		s.ts += 1000 * CLOCK;
		packet(&s, 20 * i);
	}
	g_assert_cmpuint(s.segs.list->len, <=, 512);
	end(&s);
}

/* Timestamps from the edge of the range do not overflow. */
static void far_out(void)
{
	mix_segment *seg;
	stream s;

	begin(&s);
	seg = packet(&s, 20);
	g_assert_cmpint(mix_segment_media(seg, INT64_MAX / 4), ==,
			31536000 * CLK_NS_PER_S);
	g_assert_cmpint(mix_segment_media(seg, INT64_MIN / 4), ==,
			-31536000 * CLK_NS_PER_S);
	end(&s);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/mixer/segment/steady", steady);
	g_test_add_func("/mixer/segment/stall", stall);
	g_test_add_func("/mixer/segment/stood_still", stood_still);
	g_test_add_func("/mixer/segment/leap", leap);
	g_test_add_func("/mixer/segment/short_leap", short_leap);
	g_test_add_func("/mixer/segment/no_leap", no_leap);
	g_test_add_func("/mixer/segment/late_before_pause", late_before_pause);
	g_test_add_func("/mixer/segment/other_clock", other_clock);
	g_test_add_func("/mixer/segment/forgets", forgets);
	g_test_add_func("/mixer/segment/is_bounded", is_bounded);
	g_test_add_func("/mixer/segment/far_out", far_out);
	return g_test_run();
}
