/* Packets that come late, in disorder, twice, or not at all. */
#include <glib.h>
#include <string.h>

#include "core/put.h"
#include "tests/support/dec_heard.h"

static void say(dec_fix *f, uint8_t tone)
{
	(void)dec_fix_say(f, &f->a, tone);
}

/* RFC 2198, one generation: each packet carries the one `back` before. */
static pkt redundant(sender *s, unsigned i, unsigned back)
{
	uint8_t b[400], body[160];
	put o = put_into(b, sizeof(b));

	put_u8(&o, 0x80);
	put_u16(&o, (uint16_t)(back * 160 << 2));
	put_u8(&o, 160);
	put_u8(&o, 0);
	memset(body, (int)((i - back) % 100), sizeof(body));
	put_bytes(&o, body, sizeof(body));
	memset(body, (int)(i % 100), sizeof(body));
	put_bytes(&o, body, sizeof(body));
	s->pt = 97;
	return sender_rtp(s, b, o.n);
}

static void red_call(dec_fix *f, unsigned packets, guint32 loss_percent)
{
	g_autoptr(GRand) dice = g_rand_new_with_seed(5);

	dec_fix_plain(f);
	for (unsigned i = 1; i <= packets; i++) {
		const pkt p = redundant(&f->a, i, 1);

		if (i > 1 && i < packets &&
		    g_rand_int(dice) % 100 < loss_percent)
			continue;
		dec_fix_give(f, &p);
	}
	dec_call_finish(f->c);
}

/* Single losses leave no trace in the sound, be the older block that of the
 * packet before or of one before that (MS-RTPRAD: up to three). */
static void red_whole(unsigned back)
{
	dec_fix f, clean;

	red_call(&clean, 400, 0);
	dec_fix_plain(&f);
	for (unsigned i = 4; i <= 403; i++) {
		const pkt p = redundant(&f.a, i - 3, back);

		if (i % 5 != 2 || i > 397)
			dec_fix_give(&f, &p);
	}
	dec_call_finish(f.c);
	g_assert_cmpuint(dec_fix_stream(&f, 0).lost, ==, 79);
	g_assert_cmpuint(dec_fix_stream(&f, 0).repaired, ==, 79);
	g_assert_cmpuint(dec_fix_stream(&f, 0).concealed_us, ==, 0);
	g_assert_cmpmem(f.h.pcm->data, f.h.pcm->len * 2, clean.h.pcm->data,
			clean.h.pcm->len * 2);
	dec_fix_end(&f);
	dec_fix_end(&clean);
}

static void test_red_whole(void)
{
	for (unsigned back = 1; back <= 3; back++)
		red_whole(back);
}

/* At 10 % random loss at most 1.2 % of the sound is not the sender's. */
static void test_red_loss(void)
{
	dec_fix f;
	dec_stream_totals t;

	red_call(&f, 20000, 10);
	t = dec_fix_stream(&f, 0);
	g_assert_cmpuint(t.lost, >, 1800);
	g_assert_cmpuint(t.lost - t.repaired, <, 20000 * 12 / 1000);
	g_assert_cmpuint(t.decoded_us + t.concealed_us, <=, 20000ULL * 20000);
	dec_fix_end(&f);
}

/* The same packets, every half second of them shuffled: the same sound. */
static void test_reorder(void)
{
	enum { N = 500 };
	static uint8_t bytes[N][200];
	static size_t size[N];
	unsigned order[N];
	dec_fix f;

	dec_fix_plain(&f);
	for (unsigned i = 0; i < N; i++) {
		const pkt p = dec_fix_speak(&f.a, (uint8_t)(i % 90));

		size[i] = p.bytes.left;
		memcpy(bytes[i], p.bytes.p, size[i]);
		order[i] = i;
	}
	for (unsigned i = 0; i < N; i++) {
		const unsigned j = (unsigned)g_test_rand_int_range(
			(gint)i, (gint)(i / 25 + 1) * 25);
		const unsigned t = order[i];

		order[i] = order[j];
		order[j] = t;
	}
	for (unsigned i = 0; i < N; i++) {
		const int64_t at = (int64_t)(i + 1) * 20 * CLK_NS_PER_MS;
		const pkt p = {.at = {{at}, {at}},
			       .side = CALL_CALLER,
			       .bytes = span_of(bytes[order[i]],
						size[order[i]])};

		dec_fix_give(&f, &p);
	}
	dec_call_finish(f.c);
	g_assert_cmpuint(dec_fix_stream(&f, 0).lost, ==, 0);
	g_assert_cmpuint(dec_fix_stream(&f, 0).late, ==, 0);
	g_assert_cmpuint(dec_fix_stream(&f, 0).reordered, >, 50);
	g_assert_cmpuint(f.h.pcm->len, ==, N * 160);
	heard_joined(&f.h);
	dec_fix_end(&f);
}

static const pcm_block *last_block(const dec_fix *f)
{
	const GArray *all = f->h.blocks;

	return &g_array_index(all, heard_block, all->len - 1).b;
}

enum { PACKET = 200 };		/* octets, at least */

/* Spoken now, to be handed in later. */
static pkt hold_back(dec_fix *f, uint8_t kept[PACKET])
{
	pkt p = dec_fix_speak(&f->a, 0x10);

	g_assert_cmpuint(p.bytes.left, <=, PACKET);
	memcpy(kept, p.bytes.p, p.bytes.left);
	p.bytes.p = kept;
	return p;
}

/* A packet is awaited for half a second from when its absence showed; what
 * waited behind it is released then, or when it came. */
static void test_awaited(void)
{
	for (int late_ms = 490; late_ms <= 510; late_ms += 20) {
		uint8_t kept[PACKET];
		dec_fix f;
		pkt slow;

		dec_fix_plain(&f);
		for (int i = 0; i < 100; i++)
			say(&f, 0x10);
		slow = hold_back(&f, kept);
		slow.at.mono.ns = f.a.at + late_ms * CLK_NS_PER_MS;
		say(&f, 0x10);
		g_assert_cmpint(dec_call_packet(f.c, &slow), ==,
				late_ms < 500 ? DEC_MEDIA : DEC_LATE);
		g_assert_cmpint(clk_since(last_block(&f)->released,
					  last_block(&f)->arrival), ==,
				MIN(late_ms, 500) * CLK_NS_PER_MS);
		dec_fix_end(&f);
	}
}

/* Later than a second: counted, not played. */
static void test_late(void)
{
	uint8_t kept[PACKET];
	dec_fix f;
	pkt late;

	dec_fix_plain(&f);
	for (int i = 0; i < 60; i++)
		say(&f, 0x10);
	late = hold_back(&f, kept);
	for (int i = 0; i < 60; i++)
		say(&f, 0x10);
	late.at.mono.ns = f.a.at;
	g_assert_cmpint(dec_call_packet(f.c, &late), ==, DEC_LATE);
	dec_call_finish(f.c);
	g_assert_cmpuint(dec_fix_stream(&f, 0).late, ==, 1);
	g_assert_cmpuint(dec_fix_stream(&f, 0).lost, ==, 1);
	dec_fix_end(&f);
}

/* What was taken out is what the gap list says, whatever the pattern. */
static void one_grid(int loss, int burst, int shuffle)
{
	uint64_t sent = 0, taken = 0;
	dec_fix f;
	int run = 0;

	dec_fix_plain(&f);
	for (int i = 0; i < 2000; i++) {
		pkt p = dec_fix_speak(&f.a, 0x10);

		if (i > 50 && i < 1950 && !run &&
		    g_test_rand_int_range(0, 100 * burst) < loss)
			run = burst;
		if (run) {
			run--;
			taken++;
			continue;
		}
		/* Late capture only: the order of giving is the order. */
		p.at.mono.ns += shuffle * (i % 7) * CLK_NS_PER_MS;
		dec_fix_give(&f, &p);
		sent++;
	}
	dec_call_finish(f.c);
	g_assert_cmpuint(f.h.gap_packets, ==, taken);
	g_assert_cmpuint(dec_fix_stream(&f, 0).lost, ==, taken);
	g_assert_cmpuint(dec_fix_stream(&f, 0).packets, ==, sent);
	g_assert_cmpuint(dec_fix_totals(&f).streams, ==, 1);
	dec_fix_end(&f);
}

static void test_grid(void)
{
	for (int loss = 0; loss <= 30; loss += 6)
		for (int burst = 1; burst <= 16; burst *= 4)
			for (int shuffle = 0; shuffle < 2; shuffle++)
				one_grid(loss, burst, shuffle * 15);
}

/* A packet is lost whose copy is of another kind: comfort noise is no voice,
 * and no packet that came back. */
static void test_red_noise(void)
{
	dec_fix f;

	dec_fix_plain(&f);
	for (unsigned i = 1; i <= 200; i++) {
		uint8_t b[400] = {0x80 | 13, 160 >> 6, (160 & 63) << 2, 2, 0,
				  30, 0};
		pkt p;

		memset(b + 7, (int)(i % 100), 160);
		f.a.pt = 97;
		p = sender_rtp(&f.a, b, 7 + 160);
		if (i % 20)
			dec_fix_give(&f, &p);
	}
	dec_call_finish(f.c);
	g_assert_cmpuint(dec_fix_stream(&f, 0).lost, ==, 9);
	g_assert_cmpuint(dec_fix_stream(&f, 0).repaired, ==, 0);
	g_assert_cmpuint(dec_fix_stream(&f, 0).concealed_us, ==, 9 * 20000);
	dec_fix_end(&f);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/decoder/arrival/red-whole", test_red_whole);
	g_test_add_func("/decoder/arrival/red-loss", test_red_loss);
	g_test_add_func("/decoder/arrival/reorder", test_reorder);
	g_test_add_func("/decoder/arrival/awaited", test_awaited);
	g_test_add_func("/decoder/arrival/late", test_late);
	g_test_add_func("/decoder/arrival/grid", test_grid);
	g_test_add_func("/decoder/arrival/red-noise", test_red_noise);
	return g_test_run();
}
