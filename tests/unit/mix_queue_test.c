/* Blocks wait for their look, and their samples stay with them. */
#include "mixer/queue.h"

enum { FRAMES = 160, RATE = 8000, MANY = 2000 };

static int16_t sound[2 * FRAMES];

static pcm_block packet(int i)
{
	const clk_mono at = {i * 20 * CLK_NS_PER_MS};

	return (pcm_block){
		.ts = i * FRAMES,
		.clock = RATE,
		.rate = RATE,
		.channels = 1,
		.frames = FRAMES,
		.kind = PCM_DECODED,
		.arrival = at,
		.released = at,
		.pcm = sound,
	};
}

static mix_queue open_queue(void)
{
	mix_queue q;

	mix_queue_init(&q, (clk_mono){0});
	return q;
}

static void look(mix_queue *q, int64_t ms)
{
	mix_timeline *news = mix_timeline_new();

	mix_queue_look(q, ms * CLK_NS_PER_MS, news, CALL_CALLER);
	mix_timeline_free(news);
}

static void waits_for_its_release(void)
{
	mix_queue q = open_queue();
	pcm_block late = packet(1);

	late.released.ns = 400 * CLK_NS_PER_MS;
	mix_queue_block(&q, &late);
	g_assert_null(mix_queue_peek(&q));
	look(&q, 400);
	g_assert_null(mix_queue_peek(&q));
	look(&q, 401);
	g_assert_nonnull(mix_queue_peek(&q));
	g_assert_nonnull(mix_queue_peek(&q)->seg);
	mix_queue_drop(&q);
	g_assert_null(mix_queue_peek(&q));
	mix_queue_clear(&q);
}

static void put_numbered(mix_queue *q, int i)
{
	pcm_block b = packet(i);

	b.frames = 1 + (uint64_t)i * 7 % FRAMES;
	for (uint64_t k = 0; k < b.frames; k++)
		sound[k] = (int16_t)i;
	mix_queue_block(q, &b);
	look(q, i * 20 + 1);
}

static void take_numbered(mix_queue *q, int i)
{
	const mix_block *k = mix_queue_peek(q);

	g_assert_cmpint(k->ts, ==, i * FRAMES);
	g_assert_cmpuint(k->frames, ==, 1 + (uint32_t)i * 7 % FRAMES);
	for (uint32_t n = 0; n < k->frames; n++)
		g_assert_cmpint(mix_queue_pcm(q)[n], ==, i);
	mix_queue_drop(q);
}

/* Its rings turn many times, with none, a second or five seconds of blocks left
 * in them, and have room for the most that there ever were. */
static void samples_stay_with_their_block(void)
{
	mix_queue q = open_queue();
	int taken = 0;

	for (int i = 0; i < MANY; i++) {
		const int left = i < 700 ? 50 : i < 1000 ? 250 : i % 60;

		put_numbered(&q, i);
		while (i - taken >= left)
			take_numbered(&q, taken++);
	}
	while (taken < MANY)
		take_numbered(&q, taken++);
	g_assert_null(mix_queue_peek(&q));
	g_assert_cmpuint(q.room, ==, 256);
	g_assert_cmpuint(q.pcm_size, <, 250 * FRAMES);
	mix_queue_clear(&q);
}

static void two_channels_become_one(void)
{
	mix_queue q = open_queue();
	pcm_block b = packet(0);

	b.channels = 2;
	for (int i = 0; i < 2 * FRAMES; i++)
		sound[i] = (int16_t)(i & 1 ? -100 : 4 * i);
	mix_queue_block(&q, &b);
	look(&q, 1);
	g_assert_cmpuint(mix_queue_peek(&q)->frames, ==, FRAMES);
	g_assert_cmpint(mix_queue_pcm(&q)[0], ==, -50);
	g_assert_cmpint(mix_queue_pcm(&q)[FRAMES - 1], ==,
			(8 * (FRAMES - 1) - 100) / 2);
	mix_queue_clear(&q);
}

/* 1 kHz is no rate of speech: the time stays, as silence. */
static void an_odd_rate_is_silence(void)
{
	mix_queue q = open_queue();
	pcm_block b = packet(0);

	b.rate = 1000;
	b.frames = 20;
	for (int i = 0; i < FRAMES; i++)
		sound[i] = 1000;
	mix_queue_block(&q, &b);
	look(&q, 1);
	g_assert_cmpuint(mix_queue_peek(&q)->frames, ==, 80);
	g_assert_cmpuint(mix_queue_peek(&q)->kind, ==, PCM_UNDECODABLE);
	for (int i = 0; i < 80; i++)
		g_assert_cmpint(mix_queue_pcm(&q)[i], ==, 0);
	mix_queue_clear(&q);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/mixer/queue/waits_for_its_release",
			waits_for_its_release);
	g_test_add_func("/mixer/queue/samples_stay_with_their_block",
			samples_stay_with_their_block);
	g_test_add_func("/mixer/queue/two_channels_become_one",
			two_channels_become_one);
	g_test_add_func("/mixer/queue/an_odd_rate_is_silence",
			an_odd_rate_is_silence);
	return g_test_run();
}
