#include <glib.h>
#include <string.h>

#include "tests/support/dec_heard.h"

static void say(dec_fix *f, uint8_t tone)
{
	(void)dec_fix_say(f, &f->a, tone);
}

/* A packet that is made and never arrives. */
static void lose(dec_fix *f)
{
	(void)dec_fix_speak(&f->a, 0);
}

static const heard_block *block(const dec_fix *f, guint i)
{
	g_assert_cmpuint(i, <, f->h.blocks->len);
	return &g_array_index(f->h.blocks, heard_block, i);
}

/* A short loss is covered; a long one for 80 ms, then nothing is made up. */
static void test_conceal(void)
{
	dec_fix f;

	dec_fix_plain(&f);
	for (int i = 0; i < 60; i++)
		say(&f, 0x10);
	lose(&f);
	lose(&f);
	for (int i = 0; i < 10; i++)
		say(&f, 0x10);
	g_assert_cmpuint(f.h.events[DEC_GAP], ==, 0);
	for (int i = 0; i < 50; i++)
		say(&f, 0x10);
	g_assert_cmpuint(f.h.events[DEC_GAP], ==, 1);
	g_assert_cmpuint(f.h.last[DEC_GAP].packets, ==, 2);
	g_assert_cmpint(f.h.last[DEC_GAP].ts, ==, 5000 + 60 * 160);
	g_assert_cmpint(f.h.last[DEC_GAP].length, ==, 320);
	g_assert_cmpint(f.h.last[DEC_GAP].behind, ==, 160);
	g_assert_cmpuint(heard_frames(&f.h, PCM_CONCEALED), ==, 320);
	heard_joined(&f.h);
	for (int i = 0; i < 25; i++)
		lose(&f);
	say(&f, 0x10);
	dec_call_finish(f.c);
	g_assert_cmpuint(heard_frames(&f.h, PCM_CONCEALED), ==, 320 + 640);
	g_assert_cmpuint(dec_fix_stream(&f, 0).lost, ==, 27);
	g_assert_cmpuint(dec_fix_stream(&f, 0).concealed_us, ==, 120000);
	g_assert_cmpint(f.h.last[DEC_GAP].length, ==, 25 * 160);
	dec_fix_end(&f);
}

/* Silence by DTX: time passes, no packet is missing. */
static void test_silence(void)
{
	dec_fix f;

	dec_fix_plain(&f);
	say(&f, 0x10);
	f.a.ts += 16000;
	f.a.at += 2 * CLK_NS_PER_S;
	say(&f, 0x10);
	dec_call_finish(f.c);
	g_assert_cmpuint(f.h.events[DEC_GAP], ==, 0);
	g_assert_cmpuint(f.h.blocks->len, ==, 2);
	g_assert_cmpint(block(&f, 1)->b.ts - block(&f, 0)->b.ts, ==, 16160);
	g_assert_cmpuint(dec_fix_totals(&f).streams, ==, 1);
	dec_fix_end(&f);
}

static void send_comfort(dec_fix *f)
{
	const uint8_t cn[] = {40, 100, 140};
	pkt p;

	f->a.pt = 13;
	p = sender_rtp(&f->a, cn, sizeof(cn));
	dec_fix_give(f, &p);
	f->a.pt = 0;
}

/* Only what was sent right behind the last sound follows it. */
static void test_follows(void)
{
	const bool want[] = {false, true, true, false, true};
	dec_fix f;

	dec_fix_plain(&f);
	for (int i = 0; i < 2; i++)
		say(&f, 0x10);
	f.a.ts += 8000;
	say(&f, 0x10);
	lose(&f);
	say(&f, 0x10);
	say(&f, 0x10);
	dec_call_finish(f.c);
	for (guint i = 0, n = 0; i < f.h.blocks->len; i++)
		if (block(&f, i)->b.kind == PCM_DECODED)
			g_assert_true(block(&f, i)->b.follows == want[n++]);
		else
			g_assert_false(block(&f, i)->b.follows);
	dec_fix_end(&f);
}

/* CN: the noise reaches exactly to the next speech. */
static void test_comfort(void)
{
	dec_fix f;

	dec_fix_plain(&f);
	for (int i = 0; i < 60; i++)
		say(&f, 0x10);
	send_comfort(&f);
	f.a.ts += 16000 - 160;
	f.a.at += 2 * CLK_NS_PER_S - 20 * CLK_NS_PER_MS;
	for (int i = 0; i < 10; i++)
		say(&f, 0x10);
	dec_call_finish(f.c);
	g_assert_cmpuint(heard_frames(&f.h, PCM_COMFORT), ==, 16000);
	g_assert_cmpuint(dec_fix_stream(&f, 0).comfort_us, ==, 2000000);
	g_assert_cmpuint(dec_fix_stream(&f, 0).lost, ==, 0);
	g_assert_cmpstr(dec_fix_stream(&f, 0).codecs, ==, "PCMU,CN");
	heard_joined(&f.h);
	dec_fix_end(&f);
}

/* Noise goes on by the clock when nothing comes, and stops after a minute. */
static void test_comfort_alone(void)
{
	dec_fix f;

	dec_fix_plain(&f);
	for (int i = 0; i < 60; i++)
		say(&f, 0x10);
	send_comfort(&f);
	dec_call_advance(f.c, (clk_mono){f.a.at + 5 * CLK_NS_PER_S});
	g_assert_cmpuint(heard_frames(&f.h, PCM_COMFORT), >=, 8000 * 3);
	g_assert_cmpuint(heard_frames(&f.h, PCM_COMFORT), <=, 8000 * 5);
	dec_call_advance(f.c, (clk_mono){f.a.at + 600 * CLK_NS_PER_S});
	dec_call_finish(f.c);
	g_assert_cmpuint(heard_frames(&f.h, PCM_COMFORT), ==, 8000 * 60);
	heard_joined(&f.h);
	dec_fix_end(&f);
}

static void press(dec_fix *f, uint8_t event, uint16_t duration, bool last)
{
	const uint8_t b[] = {event, last ? 0x87 : 7, (uint8_t)(duration >> 8),
			     (uint8_t)duration};
	const uint32_t ts = f->a.ts;
	pkt p;

	f->a.pt = 101;
	p = sender_rtp(&f->a, b, sizeof(b));
	dec_fix_give(f, &p);
	f->a.pt = 0;
	f->a.ts = ts;
}

/* A key press is an event, no sound and no loss. */
static void test_press(void)
{
	dec_fix f;

	dec_fix_plain(&f);
	for (int i = 0; i < 60; i++)
		say(&f, 0x10);
	for (uint16_t i = 1; i <= 5; i++)
		press(&f, 11, i * 160, i == 5);
	press(&f, 11, 800, true);
	press(&f, 11, 800, true);
	f.a.ts += 800;
	for (int i = 0; i < 10; i++)
		say(&f, 0x10);
	dec_call_finish(f.c);
	g_assert_cmpuint(f.h.events[DEC_DTMF_DOWN], ==, 1);
	g_assert_cmpint(f.h.last[DEC_DTMF_DOWN].length, ==, 160);
	g_assert_cmpuint(f.h.events[DEC_DTMF], ==, 1);
	g_assert_cmpint(f.h.last[DEC_DTMF].digit, ==, '#');
	g_assert_cmpint(f.h.last[DEC_DTMF].length, ==, 800);
	g_assert_cmpuint(f.h.last[DEC_DTMF].clock, ==, 8000);
	g_assert_cmpuint(f.h.events[DEC_GAP], ==, 0);
	g_assert_cmpuint(f.h.pcm->len, ==, 70 * 160);
	g_assert_cmpuint(dec_fix_stream(&f, 0).packets, ==, 77);
	dec_fix_end(&f);
}

/* The end of a press is lost and nothing else comes: it is told by the clock,
 * in time for the mixer, as long as its packets said. */
static void test_press_lost_end(void)
{
	dec_fix f;

	dec_fix_plain(&f);
	for (int i = 0; i < 60; i++)
		say(&f, 0x10);
	press(&f, 5, 160, false);
	press(&f, 5, 560, false);
	g_assert_cmpuint(f.h.events[DEC_DTMF_DOWN], ==, 1);
	g_assert_cmpuint(f.h.last[DEC_DTMF_DOWN].volume, ==, 7);
	dec_call_advance(f.c, (clk_mono){f.a.at + 600 * CLK_NS_PER_MS});
	g_assert_cmpuint(f.h.events[DEC_DTMF], ==, 0);
	dec_call_advance(f.c, (clk_mono){f.a.at + 2 * CLK_NS_PER_S});
	g_assert_cmpuint(f.h.events[DEC_DTMF], ==, 1);
	g_assert_cmpint(f.h.last[DEC_DTMF].length, ==, 560);
	g_assert_cmpint(clk_since(f.h.last[DEC_DTMF].released,
				  f.h.last[DEC_DTMF].at), ==,
			700 * CLK_NS_PER_MS);
	dec_call_finish(f.c);
	g_assert_cmpuint(f.h.events[DEC_DTMF], ==, 1);
	dec_fix_end(&f);
}

/* What is lost before a packet that carries nothing is lost, too. */
static void test_lost_before_empty(void)
{
	dec_fix f;
	pkt p;

	dec_fix_plain(&f);
	for (int i = 0; i < 60; i++)
		say(&f, 0x10);
	(void)sender_rtp(&f.a, "lost", 4);
	f.a.at += 20 * CLK_NS_PER_MS;
	p = sender_rtp(&f.a, "", 0);
	dec_fix_give(&f, &p);
	dec_call_finish(f.c);
	g_assert_cmpuint(f.h.events[DEC_GAP], ==, 1);
	g_assert_cmpuint(dec_fix_stream(&f, 0).lost, ==, 1);
	dec_fix_end(&f);
}

/* Nor is such a packet one that cannot be decoded. */
static void test_empty(void)
{
	dec_fix f;

	dec_fix_plain(&f);
	for (int i = 0; i < 120; i++) {
		const pkt p = sender_rtp(&f.a, "", 0);

		dec_fix_give(&f, &p);
		f.a.ts -= 160;
		if (i % 2)
			say(&f, 0x10);
	}
	dec_call_finish(f.c);
	g_assert_cmpuint(f.h.pcm->len, ==, 60 * 160);
	g_assert_cmpuint(f.h.events[DEC_UNDECODABLE], ==, 0);
	g_assert_cmpuint(dec_fix_stream(&f, 0).packets, ==, 180);
	g_assert_cmpuint(dec_fix_stream(&f, 0).undecodable, ==, 0);
	g_assert_cmpuint(dec_fix_totals(&f).streams, ==, 1);
	heard_joined(&f.h);
	dec_fix_end(&f);
}

/* RTAudio has no decoder: silence as long as its packets, named, counted. */
static void test_undecodable(void)
{
	dec_fix f;

	dec_fix_plain(&f);
	f.a.pt = 114;
	f.a.ticks = 640;
	for (int i = 0; i < 60; i++) {
		const pkt p = sender_rtp(&f.a, "who knows", 9);

		dec_fix_give(&f, &p);
		f.a.at += 20 * CLK_NS_PER_MS;
	}
	dec_call_finish(f.c);
	g_assert_cmpuint(f.h.events[DEC_UNDECODABLE], ==, 1);
	g_assert_cmpstr(f.h.last[DEC_UNDECODABLE].name, ==, "x-msrta");
	g_assert_cmpuint(heard_frames(&f.h, PCM_UNDECODABLE), ==, 60 * 640);
	g_assert_cmpuint(dec_fix_stream(&f, 0).undecodable, ==, 60);
	g_assert_cmpuint(dec_fix_stream(&f, 0).undecodable_us, ==, 2400000);
	heard_joined(&f.h);
	dec_fix_end(&f);
}

static void give(dec_fix *f, const void *payload, size_t n)
{
	const pkt p = sender_rtp(&f->a, payload, n);

	dec_fix_give(f, &p);
}

/* No packet came before or behind it, to show how long it is. */
static void test_undecodable_alone(void)
{
	dec_fix f;

	dec_fix_plain(&f);
	f.a.pt = 114;
	give(&f, "who knows", 9);
	dec_call_finish(f.c);
	g_assert_cmpuint(heard_frames(&f.h, PCM_UNDECODABLE), ==, 320);
	g_assert_cmpint(block(&f, 0)->b.arrival.ns, ==,
			f.a.at - 20 * CLK_NS_PER_MS);
	dec_fix_end(&f);
}

/* A hole begins where what could not be decoded ends. */
static void test_undecodable_lost(void)
{
	dec_fix f;

	dec_fix_plain(&f);
	f.a.pt = 114;
	f.a.ticks = 320;
	for (int i = 0; i < 70; i++)
		if (i < 60 || i >= 65)
			give(&f, "who knows", 9);
		else
			lose(&f);
	dec_call_finish(f.c);
	g_assert_cmpuint(f.h.events[DEC_GAP], ==, 1);
	g_assert_cmpuint(f.h.last[DEC_GAP].packets, ==, 5);
	g_assert_cmpint(f.h.last[DEC_GAP].ts, ==, 5000 + 60 * 320);
	g_assert_cmpint(f.h.last[DEC_GAP].length, ==, 5 * 320);
	g_assert_cmpuint(heard_frames(&f.h, PCM_UNDECODABLE), ==, 65 * 320);
	dec_fix_end(&f);
}

/* Another codec of the same clock: one stream, no seam. */
static void test_codec_change(void)
{
	dec_fix f;

	dec_fix_plain(&f);
	for (int i = 0; i < 300; i++) {
		f.a.pt = i / 100 % 2 ? 8 : 0;
		say(&f, 0x10);
	}
	dec_call_finish(f.c);
	g_assert_cmpuint(f.h.events[DEC_CODEC], ==, 3);
	g_assert_cmpuint(dec_fix_totals(&f).streams, ==, 1);
	g_assert_cmpstr(dec_fix_stream(&f, 0).codecs, ==, "PCMU,PCMA");
	g_assert_cmpuint(f.h.pcm->len, ==, 300 * 160);
	heard_joined(&f.h);
	dec_fix_end(&f);
}

/* Another clock: timestamps cannot be compared, so a new stream. */
static void test_clock_change(void)
{
	dec_fix f;

	dec_fix_plain(&f);
	for (int i = 0; i < 60; i++)
		say(&f, 0x10);
	f.a.pt = 114;
	f.a.ticks = 320;
	for (int i = 0; i < 60; i++)
		say(&f, 0x10);
	dec_call_finish(f.c);
	g_assert_cmpuint(dec_fix_totals(&f).streams, ==, 2);
	g_assert_cmpuint(heard_frames(&f.h, PCM_DECODED), ==, 60 * 160);
	g_assert_cmpuint(heard_frames(&f.h, PCM_UNDECODABLE), ==, 60 * 320);
	dec_fix_end(&f);
}

/* The sender's clock stood still for ten seconds of hold. */
static void test_clock_stands(void)
{
	dec_fix f;

	dec_fix_plain(&f);
	for (int i = 0; i < 60; i++)
		say(&f, 0x10);
	f.a.at += 10 * CLK_NS_PER_S;
	for (int i = 0; i < 60; i++)
		say(&f, 0x10);
	dec_call_finish(f.c);
	g_assert_cmpuint(dec_fix_totals(&f).streams, ==, 2);
	g_assert_cmpuint(dec_fix_stream(&f, 0).lost, ==, 0);
	g_assert_cmpuint(f.h.pcm->len, ==, 120 * 160);
	dec_fix_end(&f);
}

/* 10 to 400 ms in one packet (RFC 3551 4.2). */
static void test_lengths(void)
{
	static const uint32_t ms[] = {10, 20, 30, 60, 100, 200, 400, 10};
	uint8_t payload[3200];
	uint64_t frames = 0;
	dec_fix f;

	memset(payload, 0x10, sizeof(payload));
	dec_fix_plain(&f);
	for (size_t i = 0; i < 80; i++) {
		const uint32_t n = ms[i % G_N_ELEMENTS(ms)] * 8;
		pkt p;

		f.a.ticks = n;
		p = sender_rtp(&f.a, payload, n);
		dec_fix_give(&f, &p);
		f.a.at += ((int64_t)n / 8 - 20) * CLK_NS_PER_MS;
		frames += n;
	}
	dec_call_finish(f.c);
	g_assert_cmpuint(f.h.pcm->len, ==, frames);
	g_assert_cmpuint(dec_fix_totals(&f).streams, ==, 1);
	heard_joined(&f.h);
	dec_fix_end(&f);
}

static void on_payload(void *user, const dec_payload *p)
{
	GArray *seqs = user;

	g_assert_true(span_eq(p->bytes, "picture"));
	g_assert_cmpstr(p->name, ==, "H264");
	g_assert_cmpuint(p->side, ==, CALL_CALLER);
	g_array_append_val(seqs, p->seq);
}

/* Video comes out as it is, in order, and counted. */
static void test_video(void)
{
	g_autoptr(GArray) seqs = g_array_new(FALSE, FALSE, sizeof(uint16_t));
	const dec_config config = dec_config_default();
	const dec_sink sink = {.payload = on_payload};
	g_autoptr(dec_call) c = dec_call_new(&config, &sink, seqs);
	dec_stream_totals t;
	sender s;

	sender_init(&s, NULL, CALL_CALLER, 1);
	for (int answer = 0; answer < 2; answer++) {
		g_autoptr(call_half) h = sender_half(&s, answer, 1, 1);

		h->side = answer ? CALL_CALLEE : CALL_CALLER;
		g_strlcpy(CALL_MEDIA(h, 0)->kind, "video", 24);
		sender_add_payload(h, 122, "H264", 90000);
		dec_call_describe(c, h);
	}
	s.pt = 122;
	for (int i = 0; i < 50; i++) {
		const pkt p = sender_rtp(&s, "picture", 7);

		if (i != 7)
			(void)dec_call_packet(c, &p);
	}
	dec_call_finish(c);
	g_assert_true(dec_call_stream(c, 0, &t));
	g_assert_cmpuint(t.packets, ==, 49);
	g_assert_cmpuint(t.lost, ==, 1);
	g_assert_cmpuint(t.undecodable, ==, 0);
	g_assert_cmpuint(seqs->len, ==, 49);
	for (guint i = 1; i < seqs->len; i++)
		g_assert_cmpuint(g_array_index(seqs, uint16_t, i), >,
				 g_array_index(seqs, uint16_t, i - 1));
	sender_clear(&s);
}

static void describe_l16(dec_fix *f, const sender *s, bool answer,
			 uint32_t serial, uint32_t clock)
{
	g_autoptr(call_half) h = sender_half(s, answer, serial, 0);

	sender_add_payload(h, 96, "L16", clock);
	dec_call_describe(f->c, h);
}

/* A new exchange gives a number the same name with another clock. */
static void test_new_clock(void)
{
	static const uint32_t clocks[] = {8000, 16000};
	dec_fix f;

	dec_fix_begin(&f, NULL);
	f.a.pt = 96;
	for (uint32_t i = 0; i < G_N_ELEMENTS(clocks); i++) {
		describe_l16(&f, &f.a, false, 2 * i + 1, clocks[i]);
		describe_l16(&f, &f.b, true, 2 * i + 2, clocks[i]);
		for (int k = 0; k < 100; k++)
			say(&f, 0);
	}
	dec_call_finish(f.c);
	g_assert_cmpuint(block(&f, 0)->b.rate, ==, 8000);
	g_assert_cmpuint(block(&f, f.h.blocks->len - 1)->b.rate, ==, 16000);
	dec_fix_end(&f);
}

/* A packet of L16 that is no sample long, and a loss behind it: 80 ms of speech
 * are made up from its end on. */
static void test_undecodable_speech(void)
{
	dec_fix f;

	dec_fix_begin(&f, NULL);
	describe_l16(&f, &f.a, false, 1, 8000);
	describe_l16(&f, &f.b, true, 2, 8000);
	f.a.pt = 96;
	f.a.ticks = 80;
	for (int i = 0; i < 60; i++)
		say(&f, 0x10);
	give(&f, "x", 1);
	for (int i = 0; i < 20; i++)
		lose(&f);
	say(&f, 0x10);
	dec_call_finish(f.c);
	g_assert_cmpuint(heard_frames(&f.h, PCM_UNDECODABLE), ==, 80);
	g_assert_cmpuint(heard_frames(&f.h, PCM_CONCEALED), ==, 640);
	dec_fix_end(&f);
}

/* Comfort noise that counts in another clock than the voice does not end the
 * stream, and is no key press, be it as long as one. */
static void test_comfort_clock(void)
{
	const uint8_t cn[] = {5, 0x87, 3, 32};
	dec_fix f;

	dec_fix_begin(&f, NULL);
	describe_l16(&f, &f.a, false, 1, 16000);
	describe_l16(&f, &f.b, true, 2, 16000);
	for (int i = 0; i < 60; i++) {
		f.a.pt = i % 10 == 9 ? 13 : 96;
		f.a.ticks = 80;
		if (f.a.pt == 96)
			say(&f, 0x10);
		else
			give(&f, cn, sizeof(cn));
	}
	dec_call_finish(f.c);
	g_assert_cmpuint(dec_fix_totals(&f).streams, ==, 1);
	g_assert_cmpstr(dec_fix_stream(&f, 0).codecs, ==, "L16,CN");
	g_assert_cmpuint(heard_frames(&f.h, PCM_DECODED), ==, 54 * 80);
	g_assert_cmpuint(f.h.events[DEC_DTMF_DOWN], ==, 0);
	g_assert_cmpuint(f.h.events[DEC_DTMF], ==, 0);
	g_assert_cmpuint(f.h.events[DEC_GAP], ==, 0);
	dec_fix_end(&f);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/decoder/voice/conceal", test_conceal);
	g_test_add_func("/decoder/voice/silence", test_silence);
	g_test_add_func("/decoder/voice/follows", test_follows);
	g_test_add_func("/decoder/voice/comfort", test_comfort);
	g_test_add_func("/decoder/voice/comfort-alone", test_comfort_alone);
	g_test_add_func("/decoder/voice/press", test_press);
	g_test_add_func("/decoder/voice/press-lost-end",
			test_press_lost_end);
	g_test_add_func("/decoder/voice/undecodable", test_undecodable);
	g_test_add_func("/decoder/voice/undecodable-alone",
			test_undecodable_alone);
	g_test_add_func("/decoder/voice/undecodable-lost",
			test_undecodable_lost);
	g_test_add_func("/decoder/voice/undecodable-speech",
			test_undecodable_speech);
	g_test_add_func("/decoder/voice/comfort-clock", test_comfort_clock);
	g_test_add_func("/decoder/voice/codec-change", test_codec_change);
	g_test_add_func("/decoder/voice/lost-before-empty",
			test_lost_before_empty);
	g_test_add_func("/decoder/voice/empty", test_empty);
	g_test_add_func("/decoder/voice/clock-change", test_clock_change);
	g_test_add_func("/decoder/voice/clock-stands", test_clock_stands);
	g_test_add_func("/decoder/voice/lengths", test_lengths);
	g_test_add_func("/decoder/voice/video", test_video);
	g_test_add_func("/decoder/voice/new-clock", test_new_clock);
	return g_test_run();
}
