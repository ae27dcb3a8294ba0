/* Looking for a counter that nobody told: bounded for each packet, and whole
 * after some. Counted in trials, not in time. */
#include "decoder/search.h"

#include "tests/support/dec_heard.h"

enum {
	KEYS = 6,
	SPACE = 0x10000,	/* counters */
	LOOK = 2 * SPACE,	/* trials with one packet */
	KNOWN = 200,		/* trials that each packet has anyhow */
	PACKETS = 1500,		/* half a minute of one party */
};

#define SUITE "AES_CM_128_HMAC_SHA1_80"

/* A caller's offer with many keys, of which the last is `right`'s. */
static void describe(dec_fix *f, const sender *right)
{
	for (unsigned i = 0; i < KEYS; i++) {
		sender other;

		sender_init(&other, SUITE, CALL_CALLER, 100 + i);
		dec_fix_describe(f, i + 1 < KEYS ? &other : right, false, 1,
				 i + 1);
		sender_clear(&other);
	}
}

static uint64_t trials(const dec_fix *f)
{
	dec_totals t;

	dec_call_totals(f->c, &t);
	return t.trials;
}

/* The most trials that one of the packets cost. */
static uint64_t dearest(dec_fix *f, sender *s, unsigned packets, bool *opened)
{
	uint64_t most = 0;

	*opened = false;
	for (unsigned i = 0; i < packets && !*opened; i++) {
		const uint64_t before = trials(f);

		*opened = dec_fix_say(f, s, 1) == DEC_MEDIA;
		most = MAX(most, trials(f) - before);
	}
	return most;
}

/* Nobody told its key: no packet costs more than one look, and in all they cost
 * what the time allows. */
static void test_foreign(void)
{
	dec_fix f;
	sender right, foreign;
	bool opened;

	dec_fix_begin(&f, SUITE);
	sender_init(&right, SUITE, CALL_CALLER, 7);
	sender_init(&foreign, SUITE, CALL_CALLER, 8);
	describe(&f, &right);
	g_assert_cmpuint(dearest(&f, &foreign, PACKETS, &opened), <=,
			 LOOK + KNOWN);
	g_assert_false(opened);
	/* Every key in both forms, more than once. */
	g_assert_cmpuint(trials(&f), >, 2 * KEYS * 2 * SPACE);
	sender_clear(&right);
	sender_clear(&foreign);
	dec_fix_end(&f);
}

/* The last counter of the last key is found, in such steps. */
static void test_found(void)
{
	dec_fix f;
	sender right;
	bool opened;
	uint64_t most;

	dec_fix_begin(&f, SUITE);
	sender_init(&right, SUITE, CALL_CALLER, 7);
	describe(&f, &right);
	sender_seek(&right, (uint64_t)(SPACE - 2) << 16 | 5);
	most = dearest(&f, &right, 60, &opened);
	g_assert_true(opened || dec_fix_totals(&f).fate[DEC_MEDIA]);
	g_assert_cmpuint(dec_fix_totals(&f).searches, >=, 1);
	g_assert_cmpuint(most, <=, LOOK + 60 * KNOWN);
	sender_clear(&right);
	dec_fix_end(&f);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/dec/search/foreign", test_foreign);
	g_test_add_func("/dec/search/found", test_found);
	return g_test_run();
}
