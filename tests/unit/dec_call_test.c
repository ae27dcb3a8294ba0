#include <dlfcn.h>
#include <glib.h>
#include <srtp2/srtp.h>
#include <string.h>

#include "tests/support/dec_heard.h"

/* AES-192 is left to dec_kdf_test and dec_srtp_vectors_test: libsrtp2 2.5
 * derives its session keys in another way than RFC 6188 7.4 shows. */
static const char *const suites[] = {
	"AES_CM_128_HMAC_SHA1_80", "AES_CM_128_HMAC_SHA1_32",
	"AES_256_CM_HMAC_SHA1_80", "AES_256_CM_HMAC_SHA1_32",
	"AEAD_AES_128_GCM",	   "AEAD_AES_256_GCM",
	"NULL_HMAC_SHA1_80",	   "NULL_HMAC_SHA1_32",
};

/* 50 packets each way; 8 s of mu-law 0x10 come out as 8 s of one value. */
static void both_ways(const char *suite, uint8_t mki_len)
{
	dec_fix f;

	dec_fix_begin(&f, suite);
	f.a.mki_len = f.b.mki_len = mki_len;
	f.a.mki = f.b.mki = 1;
	dec_fix_agree(&f);
	for (int i = 0; i < 50; i++) {
		g_assert_cmpint(dec_fix_say(&f, &f.a, 0x10), ==, DEC_MEDIA);
		g_assert_cmpint(dec_fix_say(&f, &f.b, 0x90), ==, DEC_MEDIA);
	}
	dec_call_finish(f.c);
	g_assert_cmpuint(f.h.pcm->len, ==, 100 * 160);
	g_assert_cmpuint(dec_fix_totals(&f).fate[DEC_MEDIA], ==, 100);
	g_assert_cmpuint(dec_fix_stream(&f, 0).side, ==, CALL_CALLER);
	g_assert_cmpuint(dec_fix_stream(&f, 1).side, ==, CALL_CALLEE);
	g_assert_cmpstr(dec_fix_stream(&f, 0).suite, ==, suite);
	g_assert_cmpstr(dec_fix_stream(&f, 0).codecs, ==, "PCMU");
	g_assert_cmpuint(dec_fix_stream(&f, 0).lost, ==, 0);
	g_assert_cmpuint(dec_fix_stream(&f, 0).decoded_us, ==, 1000000);
	g_assert_cmpuint(f.h.events[DEC_GAP], ==, 0);
	dec_fix_end(&f);
}

static void test_suites(void)
{
	for (size_t i = 0; i < G_N_ELEMENTS(suites); i++)
		for (uint8_t mki = 0; mki <= 4; mki++)
			both_ways(suites[i], mki);
}

static unsigned lib_calls;

/* Stands before libsrtp2's own, to count how often it is asked. */
srtp_err_status_t srtp_unprotect(srtp_t ctx, void *packet, int *len)
{
	static srtp_err_status_t (*real)(srtp_t, void *, int *);

	if (!real)
		*(void **)&real = dlsym(RTLD_NEXT, "srtp_unprotect");
	lib_calls++;
	return real(ctx, packet, len);
}

/* The log of 60 packets across a wrap. */
static char *log_of(const char *suite, bool libsrtp)
{
	dec_config config = dec_config_default();
	char *log;
	dec_fix f;

	dec_fix_begin(&f, suite);
	dec_call_free(f.c);
	config.libsrtp = libsrtp;
	f.c = dec_call_new(&config, &heard_sink, &f.h);
	f.a.mki_len = 1;
	dec_fix_agree(&f);
	sender_seek(&f.a, 0x1fff0);
	for (int n = 0; n < 60; n++)
		(void)dec_fix_say(&f, &f.a, 0x10);
	dec_call_finish(f.c);
	g_assert_cmpuint(dec_fix_totals(&f).fate[DEC_MEDIA], ==, 60);
	g_assert_cmpuint(dec_fix_stream(&f, 0).lost, ==, 0);
	log = g_strdup(f.h.log->str);
	dec_fix_end(&f);
	return log;
}

/* The switch `srtp = libsrtp` changes who does the work, nothing else. */
static void test_libsrtp(void)
{
	for (size_t i = 0; i < G_N_ELEMENTS(suites); i++) {
		g_autofree char *own = NULL, *lib = NULL;

		lib_calls = 0;
		own = log_of(suites[i], false);
		g_assert_cmpuint(lib_calls, ==, 0);
		lib = log_of(suites[i], true);
		g_assert_cmpuint(lib_calls, >=, 60);
		g_assert_cmpstr(own, ==, lib);
	}
}

/* The same packets with and without calls of advance, and with rests between
 * them, give the same log. */
static void test_pure(void)
{
	g_autofree char *first = NULL;

	for (unsigned every = 0; every < 4; every++) {
		dec_fix f;

		dec_fix_begin(&f, suites[0]);
		dec_fix_agree(&f);
		for (int i = 0; i < 200; i++) {
			sender *who = i % 2 ? &f.a : &f.b;
			const pkt p = dec_fix_speak(who, (uint8_t)i);

			if (every && i % (int)every == 0)
				dec_call_rest(f.c);
			if (every && i % (int)every == 0)
				dec_call_advance(f.c, p.at.mono);
			if (every && i % (int)every == 1)
				dec_call_rest(f.c);
			if (i % 17 == 3)
				continue;
			(void)dec_call_packet(f.c, &p);
		}
		dec_call_rest(f.c);
		dec_call_finish(f.c);
		if (!first)
			first = g_strdup(f.h.log->str);
		g_assert_true(g_str_equal(f.h.log->str, first));
		dec_fix_end(&f);
	}
}

static void test_late_keys(void)
{
	dec_fix f;

	dec_fix_begin(&f, suites[0]);
	for (int i = 0; i < 100; i++)
		g_assert_cmpint(dec_fix_say(&f, &f.a, 0x10), ==, DEC_HELD);
	g_assert_cmpuint(f.h.pcm->len, ==, 0);
	dec_fix_agree(&f);
	g_assert_cmpint(dec_fix_say(&f, &f.a, 0x10), ==, DEC_MEDIA);
	dec_call_finish(f.c);
	g_assert_cmpuint(f.h.pcm->len, ==, 101 * 160);
	g_assert_cmpuint(dec_fix_totals(&f).fate[DEC_MEDIA], ==, 101);
	g_assert_cmpuint(dec_fix_stream(&f, 0).lost, ==, 0);
	dec_fix_end(&f);
}

/* Keys that come late give the log that keys in time would have given. */
static void test_late_same(void)
{
	g_autofree char *first = NULL;

	for (int late = 0; late < 2; late++) {
		uint8_t kept[200];
		size_t n = 0;
		dec_fix f;

		dec_fix_begin(&f, suites[0]);
		if (!late)
			dec_fix_agree(&f);
		for (int i = 0; i < 1000; i++) {
			pkt p = dec_fix_speak(&f.a, (uint8_t)i);

			if (i == 300)	/* too late by a second */
				memcpy(kept, p.bytes.p, n = p.bytes.left);
			if (i % 23 != 5 && i % 70 < 60 && i != 300)
				(void)dec_call_packet(f.c, &p);
			p.bytes = span_of(kept, n);
			if (i == 400)
				(void)dec_call_packet(f.c, &p);
		}
		if (late)
			dec_fix_agree(&f);
		dec_call_finish(f.c);
		if (!first)
			first = g_strdup(f.h.log->str);
		g_assert_true(g_str_equal(f.h.log->str, first));
		dec_fix_end(&f);
	}
}

/* 60 s are kept, not 61. */
static void test_hold_ends(void)
{
	dec_fix f;

	dec_fix_begin(&f, suites[0]);
	g_assert_cmpint(dec_fix_say(&f, &f.a, 0x10), ==, DEC_HELD);
	f.a.at += 60 * CLK_NS_PER_S;
	g_assert_cmpint(dec_fix_say(&f, &f.a, 0x10), ==, DEC_HELD);
	g_assert_cmpuint(dec_fix_totals(&f).fate[DEC_NO_KEY], ==, 1);
	dec_fix_agree(&f);
	dec_call_finish(f.c);
	g_assert_cmpuint(f.h.pcm->len, ==, 160);
	g_assert_cmpuint(f.h.events[DEC_UNOPENED], ==, 1);
	g_assert_cmpuint(f.h.last[DEC_UNOPENED].cause, ==, DEC_CAUSE_NO_KEY);
	dec_fix_end(&f);
}

static void test_wrong_key(void)
{
	dec_fix f;

	dec_fix_begin(&f, suites[0]);
	dec_fix_agree(&f);
	sender_rekey(&f.a, 77);
	for (int i = 0; i < 20; i++)
		g_assert_cmpint(dec_fix_say(&f, &f.a, 0x10), ==, DEC_HELD);
	dec_call_finish(f.c);
	g_assert_cmpuint(f.h.pcm->len, ==, 0);
	g_assert_cmpuint(dec_fix_totals(&f).fate[DEC_AUTH_FAIL], ==, 20);
	g_assert_cmpuint(f.h.last[DEC_UNOPENED].packets, ==, 20);
	g_assert_cmpuint(f.h.last[DEC_UNOPENED].cause, ==, DEC_CAUSE_AUTH);
	dec_fix_end(&f);
}

/* The path lies about who speaks; the key does not. */
static void test_side_by_key(void)
{
	dec_fix f;
	pkt p;

	dec_fix_begin(&f, suites[0]);
	dec_fix_agree(&f);
	p = dec_fix_speak(&f.a, 0x10);
	p.side = CALL_CALLEE;
	p.media = UINT8_MAX;
	g_assert_cmpint(dec_call_packet(f.c, &p), ==, DEC_MEDIA);
	dec_call_finish(f.c);
	g_assert_cmpuint(dec_fix_stream(&f, 0).side, ==, CALL_CALLER);
	dec_fix_end(&f);
}

static void test_tampered(void)
{
	dec_fix f;
	pkt p;

	dec_fix_begin(&f, suites[0]);
	dec_fix_agree(&f);
	(void)dec_fix_say(&f, &f.a, 0x10);
	p = dec_fix_speak(&f.a, 0x10);
	f.a.buf[20] ^= 1;
	g_assert_cmpint(dec_call_packet(f.c, &p), ==, DEC_HELD);
	(void)dec_fix_say(&f, &f.a, 0x10);
	dec_call_finish(f.c);
	g_assert_cmpuint(f.h.events[DEC_GAP], ==, 1);
	g_assert_cmpuint(f.h.last[DEC_GAP].packets, ==, 1);
	g_assert_cmpuint(f.h.last[DEC_GAP].cause, ==, DEC_CAUSE_AUTH);
	g_assert_cmpuint(dec_fix_stream(&f, 0).concealed_us, ==, 20000);
	dec_fix_end(&f);
}

static void test_duplicates(void)
{
	dec_fix f;

	dec_fix_begin(&f, suites[0]);
	dec_fix_agree(&f);
	for (int i = 0; i < 50; i++) {
		const pkt p = dec_fix_speak(&f.a, 0x10);

		g_assert_cmpint(dec_call_packet(f.c, &p), ==, DEC_MEDIA);
		g_assert_cmpint(dec_call_packet(f.c, &p), ==, DEC_DUPLICATE);
	}
	dec_call_finish(f.c);
	g_assert_cmpuint(dec_fix_stream(&f, 0).duplicates, ==, 50);
	g_assert_cmpuint(dec_fix_stream(&f, 0).lost, ==, 0);
	g_assert_cmpuint(f.h.pcm->len, ==, 50 * 160);
	dec_fix_end(&f);
}

static void test_plain(void)
{
	dec_fix f;
	pkt p;

	dec_fix_begin(&f, NULL);
	dec_fix_agree(&f);
	g_assert_cmpint(dec_fix_say(&f, &f.a, 0x10), ==, DEC_MEDIA);
	f.a.pt = 55;
	g_assert_cmpint(dec_fix_say(&f, &f.a, 0x10), ==, DEC_HELD);
	p = dec_fix_speak(&f.b, 0x10);
	p.side = CALL_UNKNOWN;
	g_assert_cmpint(dec_call_packet(f.c, &p), ==, DEC_HELD);
	dec_call_finish(f.c);
	g_assert_false(dec_fix_stream(&f, 0).encrypted);
	g_assert_false(f.h.last[DEC_STREAM].encrypted);
	dec_fix_end(&f);
}

/* Encrypted calls take nothing in clear. */
static void test_plain_refused(void)
{
	dec_fix f;
	sender liar;
	pkt p;

	dec_fix_begin(&f, suites[0]);
	dec_fix_agree(&f);
	sender_init(&liar, NULL, CALL_CALLER, 1);
	p = dec_fix_speak(&liar, 0x10);
	g_assert_cmpint(dec_call_packet(f.c, &p), ==, DEC_HELD);
	dec_call_finish(f.c);
	g_assert_cmpuint(f.h.pcm->len, ==, 0);
	dec_fix_end(&f);
}

/* An SSRC flood makes no decoders; the call goes on unharmed. */
static void test_flood(void)
{
	dec_fix f;
	uint8_t junk[200];

	dec_fix_begin(&f, suites[0]);
	dec_fix_agree(&f);
	memset(junk, 0x80, sizeof(junk));
	for (uint32_t i = 0; i < 2000; i++) {
		const pkt p = {.at = {{f.a.at}, {f.a.at}},
			       .bytes = span_of(junk, sizeof(junk))};

		memcpy(junk + 8, &i, sizeof(i));
		junk[1] = 0;
		g_assert_cmpint(dec_call_packet(f.c, &p), ==, DEC_HELD);
		if (i % 20 == 0)
			g_assert_cmpint(dec_fix_say(&f, &f.a, 0x10), ==,
					DEC_MEDIA);
	}
	dec_call_finish(f.c);
	g_assert_cmpuint(dec_fix_totals(&f).streams, ==, 1);
	g_assert_cmpuint(dec_fix_stream(&f, 0).packets, ==, 100);
	g_assert_cmpuint(dec_fix_stream(&f, 0).lost, ==, 0);
	dec_fix_end(&f);
}

static void say_n(dec_fix *f, int n, dec_fate fate)
{
	for (int i = 0; i < n; i++)
		g_assert_cmpint(dec_fix_say(f, &f->a, 0x10), ==, fate);
}

static void test_report(void)
{
	dec_fix f;
	pkt p;

	dec_fix_begin(&f, suites[0]);
	dec_fix_agree(&f);
	say_n(&f, 60, DEC_MEDIA);
	p = sender_report(&f.a, 0x123456789abcdef0);
	g_assert_cmpint(dec_call_packet(f.c, &p), ==, DEC_CONTROL);
	g_assert_cmpint(dec_call_packet(f.c, &p), ==, DEC_DUPLICATE);
	dec_call_finish(f.c);
	g_assert_cmpuint(f.h.reports, ==, 1);
	g_assert_cmpuint(f.h.report.ntp, ==, 0x123456789abcdef0);
	g_assert_cmpint(f.h.report.ts, ==, 5000 + 60 * 160);
	dec_fix_end(&f);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/decoder/call/suites", test_suites);
	g_test_add_func("/decoder/call/libsrtp", test_libsrtp);
	g_test_add_func("/decoder/call/pure", test_pure);
	g_test_add_func("/decoder/call/late-keys", test_late_keys);
	g_test_add_func("/decoder/call/late-same", test_late_same);
	g_test_add_func("/decoder/call/hold-ends", test_hold_ends);
	g_test_add_func("/decoder/call/wrong-key", test_wrong_key);
	g_test_add_func("/decoder/call/side-by-key", test_side_by_key);
	g_test_add_func("/decoder/call/tampered", test_tampered);
	g_test_add_func("/decoder/call/duplicates", test_duplicates);
	g_test_add_func("/decoder/call/plain", test_plain);
	g_test_add_func("/decoder/call/plain-refused", test_plain_refused);
	g_test_add_func("/decoder/call/flood", test_flood);
	g_test_add_func("/decoder/call/report", test_report);
	return g_test_run();
}
