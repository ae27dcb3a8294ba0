#include "decoder/h264.h"

#include "tests/support/codec_fixture.h"

typedef struct taken {
	GByteArray *data;
	GArray *ts;		/* of int64_t */
	unsigned keys, broken;
} taken;

static void take(void *user, const dec_h264_unit *u)
{
	taken *t = user;

	g_byte_array_append(t->data, u->data.p, (guint)u->data.left);
	g_array_append_val(t->ts, u->ts);
	t->keys += u->key;
	t->broken += !u->whole;
}

static taken taken_new(void)
{
	return (taken){g_byte_array_new(),
		       g_array_new(FALSE, FALSE, sizeof(int64_t)), 0, 0};
}

static void taken_clear(taken *t)
{
	g_byte_array_unref(t->data);
	g_array_unref(t->ts);
}

static dec_h264_verdict feed(dec_h264 *h, span rtp)
{
	uint32_t ts = 0, ssrc = 0;
	uint16_t seq = 0;
	bool ok = span_skip(&rtp, 2) && span_u16(&rtp, &seq) &&
		  span_u32(&rtp, &ts) && span_u32(&rtp, &ssrc);

	g_assert_true(ok);
	return dec_h264_packet(h, ssrc, seq, ts, rtp);
}

/* 36 pictures of H.264 SVC over six SSRCs, reordered and doubled, become the
 * base layer as its encoder made it, octet by octet. */
static void test_svc(void)
{
	taken t = taken_new();
	dec_h264 *h = dec_h264_new(9000, take, &t);
	g_autofree uint8_t *data = NULL, *want = NULL;
	size_t len, want_len;
	unsigned doubles = 0;
	span in, rtp;

	data = fix_load("h264uc.rtp", &len);
	want = fix_load("h264uc.264", &want_len);
	in = span_of(data, len);
	while (fix_next(&in, &rtp)) {
		dec_h264_verdict v = feed(h, rtp);

		g_assert_true(v == DEC_H264_OK || v == DEC_H264_DUPLICATE);
		doubles += v == DEC_H264_DUPLICATE;
	}
	g_assert_cmpuint(t.ts->len, >, 25);
	dec_h264_flush(h);
	g_assert_cmpuint(doubles, >, 0);
	g_assert_cmpuint(t.ts->len, ==, 36);
	g_assert_cmpuint(t.keys, ==, 1);
	g_assert_cmpuint(t.broken, ==, 0);
	g_assert_cmpmem(t.data->data, t.data->len, want, want_len);
	for (guint i = 1; i < 36; i++)
		g_assert_cmpint(g_array_index(t.ts, int64_t, i) -
				g_array_index(t.ts, int64_t, i - 1), ==, 3000);
	dec_h264_free(h);
	taken_clear(&t);
}

/* The same camera once more: its packets under other SSRCs and PRIDs, each
 * picture an octet shorter. `prid` 0 leaves the PRIDs alike, as they never
 * should be. */
static dec_h264_verdict feed_copy(dec_h264 *h, span rtp, uint8_t prid)
{
	g_autofree uint8_t *copy = g_memdup2(rtp.p, rtp.left);
	uint8_t *payload = copy + 12;
	size_t len = rtp.left;

	copy[11] |= 0x40;
	if ((payload[0] & 31) == 30)
		payload[1] |= prid;
	else if ((payload[0] & 31) == 24)
		payload[4] |= prid;
	else if ((payload[0] & 31) == 28 && (payload[1] & 0x40))
		len--;
	return feed(h, span_of(copy, len));
}

/* Which of the two comes first, and whether PRIDs or SSRCs tell the layers
 * apart: the larger one is shown, whole, and nothing of the other. */
static void test_simulcast(void)
{
	for (int i = 0; i < 4; i++) {
		taken t = taken_new();
		dec_h264 *h = dec_h264_new(9000, take, &t);
		g_autofree uint8_t *data = NULL, *want = NULL;
		const uint8_t prid = i & 1 ? 8 : 0;
		size_t len, want_len;
		span in, rtp;

		data = fix_load("h264uc.rtp", &len);
		want = fix_load("h264uc.264", &want_len);
		in = span_of(data, len);
		while (fix_next(&in, &rtp)) {
			if (i & 2)
				feed(h, rtp);
			feed_copy(h, rtp, prid);
			if (!(i & 2))
				feed(h, rtp);
		}
		dec_h264_flush(h);
		g_assert_cmpuint(t.ts->len, ==, 36);
		g_assert_cmpmem(t.data->data, t.data->len, want, want_len);
		g_assert_cmpuint(dec_h264_others(h), ==, 1);
		dec_h264_free(h);
		taken_clear(&t);
	}
}

/* One that stops is followed by the other from its next key picture on. */
static void test_simulcast_stops(void)
{
	static const uint8_t key[] = {0x65, 1, 2, 3}, less[] = {0x65, 9},
			     delta[] = {0x41, 8};
	const uint32_t a = 1, b = 2;
	taken t = taken_new();
	dec_h264 *h = dec_h264_new(3000, take, &t);
	uint32_t ts = 0;
	uint16_t seq = 0;

	dec_h264_packet(h, a, seq, ts, span_of(key, sizeof(key)));
	dec_h264_packet(h, b, seq, ts, span_of(less, sizeof(less)));
	for (; ts < 90000; ts += 3000)
		dec_h264_packet(h, b, ++seq, ts + 3000,
				span_of(delta, sizeof(delta)));
	dec_h264_packet(h, b, ++seq, ts + 3000, span_of(less, sizeof(less)));
	ts += 90000;
	dec_h264_packet(h, b, ++seq, ts, span_of(delta, sizeof(delta)));
	dec_h264_flush(h);
	g_assert_cmpuint(t.ts->len, ==, 3);
	g_assert_cmpuint(t.keys, ==, 2);
	g_assert_cmpint(g_array_index(t.ts, int64_t, 1), ==, 93000);
	g_assert_cmpuint(dec_h264_others(h), ==, 1);
	dec_h264_free(h);
	taken_clear(&t);
}

/* In the opposite order within the window it is still the same. */
static void test_backwards(void)
{
	taken t = taken_new();
	dec_h264 *h = dec_h264_new(90000 * 10, take, &t);
	g_autofree uint8_t *data = NULL, *want = NULL;
	GArray *all = g_array_new(FALSE, FALSE, sizeof(span));
	size_t len, want_len;
	span in, rtp;

	data = fix_load("h264uc.rtp", &len);
	want = fix_load("h264uc.264", &want_len);
	in = span_of(data, len);
	while (fix_next(&in, &rtp))
		g_array_append_val(all, rtp);
	for (guint i = all->len; i--;)
		feed(h, g_array_index(all, span, i));
	dec_h264_flush(h);
	g_assert_cmpmem(t.data->data, t.data->len, want, want_len);
	dec_h264_free(h);
	g_array_unref(all);
	taken_clear(&t);
}

#define SEND(h, seq, ts, ...)                                              \
	dec_h264_packet(h, 7, seq, ts,                                     \
			span_of(((const uint8_t[]){__VA_ARGS__}),          \
				sizeof((const uint8_t[]){__VA_ARGS__})))

/* Plain H.264: one SSRC, no PACSI, over the wrap of both counters. */
static void test_plain(void)
{
	static const uint8_t want[] = {
		0, 0, 0, 1, 0x67, 0x42, 0xe0, 0x0d, 0x80,	/* SPS 0 */
		0, 0, 0, 1, 0x68, 0xc0,			/* PPS 0 of it */
		0, 0, 0, 1, 0x65, 1, 2, 3,
		0, 0, 0, 1, 0x41, 9,
	};
	taken t = taken_new();
	dec_h264 *h = dec_h264_new(3000, take, &t);
	uint32_t ts = 0xfffffff0;

	SEND(h, 65533, ts, 0x78, 0, 5, 0x67, 0x42, 0xe0, 0x0d, 0x80, 0, 2, 0x68,
	     0xc0);
	SEND(h, 65535, ts, 0x7c, 0x05, 2);
	SEND(h, 65534, ts, 0x7c, 0x85, 1);
	g_assert_cmpint(SEND(h, 0, ts, 0x7c, 0x45, 3), ==, DEC_H264_OK);
	g_assert_cmpint(SEND(h, 0, ts, 0x7c, 0x45, 3), ==, DEC_H264_DUPLICATE);
	g_assert_cmpuint(t.ts->len, ==, 0);
	SEND(h, 1, ts + 3000, 0x41, 9);
	g_assert_cmpuint(t.ts->len, ==, 1);
	g_assert_cmpint(SEND(h, 2, ts, 0x41, 9), ==, DEC_H264_LATE);
	dec_h264_flush(h);
	g_assert_cmpmem(t.data->data, t.data->len, want, sizeof want);
	g_assert_cmpint(g_array_index(t.ts, int64_t, 1), ==,
			(int64_t)0xfffffff0 + 3000);
	g_assert_cmpuint(t.keys, ==, 1);
	g_assert_cmpuint(t.broken, ==, 0);
	dec_h264_free(h);
	taken_clear(&t);
}

/* A missing fragment takes its NAL unit with it, and says so. */
static void test_lost_fragment(void)
{
	static const uint8_t want[] = {0, 0, 0, 1, 0x41, 7};
	taken t = taken_new();
	dec_h264 *h = dec_h264_new(0, take, &t);

	SEND(h, 9, 0, 0x41, 7);
	g_assert_cmpuint(t.ts->len, ==, 1);
	dec_h264_free(h);
	taken_clear(&t);

	t = taken_new();
	h = dec_h264_new(9000, take, &t);
	SEND(h, 10, 0, 0x7c, 0x85, 1);
	SEND(h, 12, 0, 0x7c, 0x45, 3);
	SEND(h, 13, 0, 0x41, 7);
	dec_h264_flush(h);
	g_assert_cmpuint(t.broken, ==, 1);
	g_assert_cmpuint(t.keys, ==, 0);
	g_assert_cmpmem(t.data->data, t.data->len, want, sizeof want);
	dec_h264_free(h);
	taken_clear(&t);
}

/* SVC's own NAL units, and a PPS of an SPS nobody sent, are left out. */
static void test_left_out(void)
{
	static const uint8_t want[] = {0, 0, 0, 1, 0x41, 5};
	taken t = taken_new();
	dec_h264 *h = dec_h264_new(9000, take, &t);

	SEND(h, 1, 0, 0x6e, 1, 2, 3);
	SEND(h, 2, 0, 0x6f, 0x53, 0, 0x1e, 0xac);
	SEND(h, 3, 0, 0x68, 0xc0);
	SEND(h, 4, 0, 0x41, 5);
	SEND(h, 5, 0, 0x74, 1, 2);
	SEND(h, 6, 0, 0x7f, 1);
	dec_h264_flush(h);
	g_assert_cmpmem(t.data->data, t.data->len, want, sizeof want);
	dec_h264_free(h);
	taken_clear(&t);
}

/* Parameter sets that come alone go in front of the next picture. */
static void test_sets_first(void)
{
	static const uint8_t want[] = {0, 0, 0, 1, 0x67, 0x42, 0xe0, 0x0d, 0x80,
				       0, 0, 0, 1, 0x65, 5};
	taken t = taken_new();
	dec_h264 *h = dec_h264_new(9000, take, &t);

	SEND(h, 1, 0, 0x67, 0x42, 0xe0, 0x0d, 0x80);
	SEND(h, 2, 3000, 0x65, 5);
	dec_h264_flush(h);
	g_assert_cmpuint(t.ts->len, ==, 1);
	g_assert_cmpmem(t.data->data, t.data->len, want, sizeof want);
	dec_h264_free(h);
	taken_clear(&t);
}

/* A sender that starts its clock anew, backwards, is believed in the end. */
static void test_restart(void)
{
	taken t = taken_new();
	dec_h264 *h = dec_h264_new(0, take, &t);
	unsigned late = 0;

	SEND(h, 1, 1000000000, 0x41, 1);
	for (uint16_t i = 0; i < 300; i++)
		late += SEND(h, i, 500000u + i, 0x41, 1) == DEC_H264_LATE;
	g_assert_cmpuint(late, ==, 99);
	g_assert_cmpuint(t.ts->len, ==, 1 + 201);
	dec_h264_free(h);
	taken_clear(&t);
}

/* More units than there is room for: the oldest goes early, none is lost. */
static void test_crowd(void)
{
	taken t = taken_new();
	dec_h264 *h = dec_h264_new(INT32_MAX, take, &t);

	for (uint16_t i = 0; i < 500; i++)
		g_assert_cmpint(SEND(h, i, i * 3000u, 0x41, 1), ==,
				DEC_H264_OK);
	dec_h264_flush(h);
	g_assert_cmpuint(t.ts->len, ==, 500);
	dec_h264_free(h);
	taken_clear(&t);
}

static void test_bad(void)
{
	dec_h264 *h = dec_h264_new(0, take, NULL);

	g_assert_cmpint(SEND(h, 1, 0, 25, 1), ==, DEC_H264_BAD);
	g_assert_cmpint(dec_h264_packet(h, 7, 1, 0, span_of(NULL, 0)), ==,
			DEC_H264_BAD);
	dec_h264_free(h);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/decoder/h264/svc", test_svc);
	g_test_add_func("/decoder/h264/simulcast", test_simulcast);
	g_test_add_func("/decoder/h264/simulcast-stops", test_simulcast_stops);
	g_test_add_func("/decoder/h264/backwards", test_backwards);
	g_test_add_func("/decoder/h264/plain", test_plain);
	g_test_add_func("/decoder/h264/lost-fragment", test_lost_fragment);
	g_test_add_func("/decoder/h264/left-out", test_left_out);
	g_test_add_func("/decoder/h264/sets-first", test_sets_first);
	g_test_add_func("/decoder/h264/restart", test_restart);
	g_test_add_func("/decoder/h264/crowd", test_crowd);
	g_test_add_func("/decoder/h264/bad", test_bad);
	return g_test_run();
}
