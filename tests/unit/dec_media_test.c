#include <glib.h>
#include <string.h>
#include <unistd.h>

#include "tests/support/dec_heard.h"

/* AES-192 is left to dec_kdf_test and dec_srtp_vectors_test: libsrtp2 2.5
 * derives its session keys in another way than RFC 6188 7.4 shows. */
static const char *const suites[] = {
	"AES_CM_128_HMAC_SHA1_80", "AES_CM_128_HMAC_SHA1_32",
	"AES_256_CM_HMAC_SHA1_80", "AES_256_CM_HMAC_SHA1_32",
	"AEAD_AES_128_GCM",	   "AEAD_AES_256_GCM",
	"NULL_HMAC_SHA1_80",	   "NULL_HMAC_SHA1_32",
};

/* New keys by re-INVITE; the media switches before the answer is seen. */
static void test_rekey(void)
{
	dec_fix f;

	dec_fix_begin(&f, suites[0]);
	dec_fix_agree(&f);
	for (int i = 0; i < 60; i++)
		(void)dec_fix_say(&f, &f.a, 0x10);
	sender_rekey(&f.a, 9);
	for (int i = 0; i < 20; i++)
		g_assert_cmpint(dec_fix_say(&f, &f.a, 0x10), ==, DEC_HELD);
	dec_fix_describe(&f, &f.a, false, 3, 1);
	for (int i = 0; i < 60; i++)
		g_assert_cmpint(dec_fix_say(&f, &f.a, 0x10), ==, DEC_MEDIA);
	dec_call_finish(f.c);
	g_assert_cmpuint(f.h.events[DEC_KEYED], ==, 1);
	g_assert_cmpuint(dec_fix_stream(&f, 0).packets, ==, 140);
	g_assert_cmpuint(dec_fix_stream(&f, 0).lost, ==, 0);
	g_assert_cmpuint(dec_fix_totals(&f).streams, ==, 1);
	dec_fix_end(&f);
}

static void say_n(dec_fix *f, int n, dec_fate fate)
{
	for (int i = 0; i < n; i++)
		g_assert_cmpint(dec_fix_say(f, &f->a, 0x10), ==, fate);
}

/* The last packets under the old key are overtaken by the first of the new:
 * one change of key is told, not one for each. */
static void test_rekey_overlap(void)
{
	uint8_t old[4][200];
	pkt late[4];
	dec_fix f;

	dec_fix_begin(&f, suites[0]);
	dec_fix_agree(&f);
	say_n(&f, 60, DEC_MEDIA);
	for (int i = 0; i < 4; i++) {
		late[i] = dec_fix_speak(&f.a, 0x10);
		memcpy(old[i], late[i].bytes.p, late[i].bytes.left);
		late[i].bytes.p = old[i];
	}
	sender_rekey(&f.a, 9);
	dec_fix_describe(&f, &f.a, false, 3, 1);
	for (int i = 0; i < 4; i++) {
		g_assert_cmpint(dec_fix_say(&f, &f.a, 0x10), ==, DEC_MEDIA);
		late[i].at.mono.ns = f.a.at;
		g_assert_cmpint(dec_call_packet(f.c, &late[i]), ==, DEC_MEDIA);
	}
	dec_call_finish(f.c);
	g_assert_cmpuint(f.h.events[DEC_KEYED], ==, 1);
	g_assert_cmpuint(dec_fix_stream(&f, 0).lost, ==, 0);
	dec_fix_end(&f);
}

/* Wraps: in the stream, in the first packets, and long ago. */
static void test_rollover(void)
{
	static const uint64_t starts[] = {0xfff0, 0x10000 + 5, 0x2fff8,
					  66ULL << 16 | 7, 0xfffeULL << 16};

	for (size_t s = 0; s < G_N_ELEMENTS(suites); s++)
		for (size_t i = 0; i < G_N_ELEMENTS(starts); i++) {
			dec_fix f;

			dec_fix_begin(&f, suites[s]);
			dec_fix_agree(&f);
			sender_seek(&f.a, starts[i]);
			for (int n = 0; n < 40; n++)
				(void)dec_fix_say(&f, &f.a, 0x10);
			dec_call_finish(f.c);
			g_assert_cmpuint(dec_fix_totals(&f).fate[DEC_MEDIA],
					 ==, 40);
			g_assert_cmpuint(dec_fix_stream(&f, 0).lost, ==, 0);
			dec_fix_end(&f);
		}
}

/* The packets around the wrap come in that order; -1 ends. */
static void wrap_in(const char *suite, const int order[])
{
	enum { FROM = 0x1fff8, PACKETS = 16 };
	uint8_t kept[PACKETS][200];
	pkt p[PACKETS];
	unsigned n = 0;
	dec_fix f;

	dec_fix_begin(&f, suite);
	dec_fix_agree(&f);
	sender_seek(&f.a, FROM);
	for (int i = 0; i < PACKETS; i++) {
		p[i] = dec_fix_speak(&f.a, (uint8_t)i);
		memcpy(kept[i], p[i].bytes.p, p[i].bytes.left);
		p[i].bytes.p = kept[i];
	}
	for (; order[n] >= 0; n++) {
		p[order[n]].at.mono.ns = (int64_t)(n + 1) * 20 * CLK_NS_PER_MS;
		(void)dec_call_packet(f.c, &p[order[n]]);
	}
	dec_call_finish(f.c);
	g_assert_cmpuint(dec_fix_totals(&f).fate[DEC_MEDIA], ==, n);
	g_assert_cmpuint(dec_fix_stream(&f, 0).lost, ==, PACKETS - n);
	g_assert_cmpuint(dec_fix_totals(&f).streams, ==, 1);
	dec_fix_end(&f);
}

static void test_wrap_reorder(void)
{
	static const int order[] = {0, 1, 2, 8, 9, 3, 7, 10, 4, 6, 5, 12, 11,
				    13, 15, 14, -1};

	for (size_t i = 0; i < G_N_ELEMENTS(suites); i++)
		wrap_in(suites[i], order);
}

static void test_wrap_loss(void)
{
	static const int order[] = {0, 1, 5, 10, 13, 14, 15, -1};

	for (size_t i = 0; i < G_N_ELEMENTS(suites); i++)
		wrap_in(suites[i], order);
}

/* The first packet that comes is behind the wrap, those before it follow. */
static void test_wrap_first(void)
{
	static const int order[] = {9, 0, 8, 7, 1, 2, 3, 4, 5, 6, 10, 11, 12,
				    13, 14, 15, -1};

	for (size_t i = 0; i < G_N_ELEMENTS(suites); i++)
		wrap_in(suites[i], order);
}

/* Two packets before a jump past half the numbers, under a counter that must
 * be searched for: they come first in the sound, whenever the key came. */
static void late_start(bool key_late)
{
	dec_fix f;

	dec_fix_begin(&f, suites[0]);
	if (!key_late)
		dec_fix_agree(&f);
	sender_seek(&f.a, 0x2ffe8);
	(void)dec_fix_say(&f, &f.a, 1);
	(void)dec_fix_say(&f, &f.a, 2);
	sender_seek(&f.a, 0x36222);
	for (int i = 0; i < 20; i++)
		(void)dec_fix_say(&f, &f.a, 3);
	if (key_late)
		dec_fix_agree(&f);
	dec_call_finish(f.c);
	g_assert_cmpuint(dec_fix_totals(&f).fate[DEC_MEDIA], ==, 22);
	g_assert_cmpuint(dec_fix_stream(&f, 0).packets, ==, 22);
	g_assert_cmpuint(dec_fix_totals(&f).streams, ==, 1);
	dec_fix_end(&f);
}

static void test_late_start(void)
{
	late_start(false);
	late_start(true);
}

/* Stock libsrtp loses the rest of the stream here. */
static void test_gap_70000(void)
{
	for (size_t s = 0; s < G_N_ELEMENTS(suites); s++) {
		dec_fix f;

		dec_fix_begin(&f, suites[s]);
		dec_fix_agree(&f);
		sender_seek(&f.a, 0x51234);
		for (int i = 0; i < 100; i++)
			(void)dec_fix_say(&f, &f.a, 0x10);
		sender_seek(&f.a, f.a.index + 70000);
		f.a.ts += 70000 * 160;
		f.a.at += 70000 * 20 * CLK_NS_PER_MS;
		say_n(&f, 100, DEC_MEDIA);
		dec_call_finish(f.c);
		g_assert_cmpuint(dec_fix_stream(&f, 0).lost, ==, 70000);
		g_assert_cmpuint(dec_fix_stream(&f, 0).gaps, ==, 1);
		g_assert_cmpuint(dec_fix_stream(&f, 0).concealed_us, <=,
				 100000);
		g_assert_cmpuint(dec_fix_totals(&f).streams, ==, 1);
		dec_fix_end(&f);
	}
}

/* A counter far away is searched for with the eighth packet that fails; under
 * a short tag one hit may be chance, and one that is held must agree. */
static void test_search(void)
{
	for (size_t s = 0; s < 2; s++) {
		dec_fix f;

		dec_fix_begin(&f, suites[s]);
		dec_fix_agree(&f);
		sender_seek(&f.a, 40000ULL << 16);
		say_n(&f, 7, DEC_HELD);
		g_assert_cmpint(dec_fix_say(&f, &f.a, 0x10), ==, DEC_MEDIA);
		g_assert_cmpuint(dec_fix_totals(&f).fate[DEC_HELD], ==, 0);
		g_assert_cmpuint(dec_fix_totals(&f).searches, >=, 1);
		dec_fix_end(&f);
	}
}

/* The sender begins anew, same SSRC and key, at a number it had before. */
static void test_restart(void)
{
	dec_fix f;

	dec_fix_begin(&f, suites[0]);
	dec_fix_agree(&f);
	sender_seek(&f.a, 0x1fff0);
	for (int i = 0; i < 3000; i++)
		(void)dec_fix_say(&f, &f.a, 0x10);
	sender_seek(&f.a, 500);
	f.a.ts = 0x70000000;
	for (int i = 0; i < 300; i++)
		(void)dec_fix_say(&f, &f.a, 0x10);
	dec_call_finish(f.c);
	g_assert_cmpuint(dec_fix_totals(&f).fate[DEC_MEDIA], ==, 3300);
	g_assert_cmpuint(dec_fix_totals(&f).streams, ==, 2);
	g_assert_cmpuint(dec_fix_stream(&f, 0).packets, ==, 3000);
	g_assert_cmpuint(dec_fix_stream(&f, 1).packets, ==, 300);
	g_assert_cmpuint(dec_fix_stream(&f, 1).lost, ==, 0);
	dec_fix_end(&f);
}

/* The same where the network doubles each packet. */
static void test_restart_doubled(void)
{
	dec_fix f;

	dec_fix_begin(&f, suites[0]);
	dec_fix_agree(&f);
	for (int i = 0; i < 600; i++) {
		pkt p;

		if (i == 500) {
			sender_seek(&f.a, 100);
			f.a.ts = 0x70000000;
		}
		p = dec_fix_speak(&f.a, 0x10);
		dec_fix_give(&f, &p);
		dec_fix_give(&f, &p);
	}
	dec_call_finish(f.c);
	g_assert_cmpuint(dec_fix_totals(&f).fate[DEC_MEDIA], ==, 600);
	g_assert_cmpuint(dec_fix_totals(&f).fate[DEC_DUPLICATE], ==, 600);
	g_assert_cmpuint(dec_fix_totals(&f).streams, ==, 2);
	g_assert_cmpuint(dec_fix_stream(&f, 1).packets, ==, 100);
	dec_fix_end(&f);
}

/* Packets that fit nowhere prove no restart while the others go on. */
static void test_odd_between(void)
{
	dec_fix f;

	dec_fix_begin(&f, suites[0]);
	dec_fix_agree(&f);
	say_n(&f, 500, DEC_MEDIA);
	for (unsigned i = 0; i < 9; i++) {
		const uint64_t index = f.a.index;
		const uint32_t ts = f.a.ts;

		sender_seek(&f.a, 100 + i);
		f.a.ts = 0x70000000 + i * 160;
		say_n(&f, 1, DEC_HELD);
		sender_seek(&f.a, index);
		f.a.ts = ts;
		say_n(&f, 1, DEC_MEDIA);
	}
	dec_call_finish(f.c);
	g_assert_cmpuint(dec_fix_totals(&f).fate[DEC_MEDIA], ==, 509);
	g_assert_cmpuint(dec_fix_totals(&f).streams, ==, 1);
	dec_fix_end(&f);
}

/* Somebody plays old packets again: they authenticate and stay out. */
static void test_replay(void)
{
	g_autoptr(GPtrArray) old =
		g_ptr_array_new_with_free_func((GDestroyNotify)g_bytes_unref);
	dec_fix f;

	dec_fix_begin(&f, suites[0]);
	dec_fix_agree(&f);
	for (int i = 0; i < 3000; i++) {
		const pkt p = dec_fix_speak(&f.a, 0x10);

		g_ptr_array_add(old, g_bytes_new(p.bytes.p, p.bytes.left));
		g_assert_cmpint(dec_call_packet(f.c, &p), ==, DEC_MEDIA);
	}
	for (guint i = 0; i < old->len; i++) {
		gsize n;
		const void *b = g_bytes_get_data(old->pdata[i], &n);
		const pkt p = {.at = {{f.a.at}, {f.a.at}},
			       .bytes = span_of(b, n)};
		const dec_fate fate = dec_call_packet(f.c, &p);

		g_assert_true(fate == DEC_LATE || fate == DEC_DUPLICATE);
	}
	dec_call_finish(f.c);
	g_assert_cmpuint(dec_fix_stream(&f, 0).packets, ==, 3000);
	g_assert_cmpuint(dec_fix_totals(&f).streams, ==, 1);
	dec_fix_end(&f);
}

/* Authentic packets that are held as odd, each under a key of its own: a look
 * at what is held goes from key to key and must end all the same. */
static void test_keys_in_turn(void)
{
	dec_fix f;

	dec_fix_begin(&f, suites[0]);
	dec_fix_agree(&f);
	say_n(&f, 500, DEC_MEDIA);
	(void)alarm(20);
	for (unsigned k = 0; k < 3; k++) {
		sender_rekey(&f.a, 9 + k);
		dec_fix_describe(&f, &f.a, false, 3 + k, 1);
		sender_seek(&f.a, 1300 - 100 * k);
		f.a.ts = 0x70000000;
		g_assert_cmpint(dec_fix_say(&f, &f.a, 0x10), ==, DEC_HELD);
	}
	dec_fix_agree(&f);
	(void)alarm(0);
	g_assert_cmpuint(dec_fix_totals(&f).fate[DEC_HELD], ==, 3);
	dec_fix_end(&f);
}

/* Two phones answered one offer: each branch has its own key and is heard. */
static void test_forks(void)
{
	static const char *const branches[] = {"one", "two"};
	dec_fix f;

	dec_fix_begin(&f, suites[0]);
	dec_fix_describe(&f, &f.a, false, 1, 1);
	for (unsigned i = 0; i < 2; i++) {
		g_autoptr(call_half) half = NULL;

		sender_rekey(&f.b, 20 + i);
		half = sender_half(&f.b, true, 2 + i, 1);
		g_strlcpy(half->branch, branches[i], sizeof(half->branch));
		dec_call_describe(f.c, half);
	}
	for (unsigned i = 0; i < 2; i++) {
		sender_rekey(&f.b, 21 - i);
		f.b.ssrc = 0x900 + i;
		for (int n = 0; n < 50; n++)
			g_assert_cmpint(dec_fix_say(&f, &f.b, 0x10), ==,
					DEC_MEDIA);
		g_assert_cmpstr(f.h.last[DEC_STREAM].branch, ==,
				branches[1 - i]);
	}
	dec_call_finish(f.c);
	g_assert_cmpuint(dec_fix_totals(&f).streams, ==, 2);
	dec_fix_end(&f);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/decoder/media/rekey", test_rekey);
	g_test_add_func("/decoder/media/rekey-overlap", test_rekey_overlap);
	g_test_add_func("/decoder/media/rollover", test_rollover);
	g_test_add_func("/decoder/media/wrap-reorder", test_wrap_reorder);
	g_test_add_func("/decoder/media/wrap-loss", test_wrap_loss);
	g_test_add_func("/decoder/media/wrap-first", test_wrap_first);
	g_test_add_func("/decoder/media/late-start", test_late_start);
	g_test_add_func("/decoder/media/keys-in-turn", test_keys_in_turn);
	g_test_add_func("/decoder/media/forks", test_forks);
	g_test_add_func("/decoder/media/gap-70000", test_gap_70000);
	g_test_add_func("/decoder/media/search", test_search);
	g_test_add_func("/decoder/media/restart", test_restart);
	g_test_add_func("/decoder/media/restart-doubled",
			test_restart_doubled);
	g_test_add_func("/decoder/media/odd-between", test_odd_between);
	g_test_add_func("/decoder/media/replay", test_replay);
	return g_test_run();
}
