#include <glib.h>

#include "decoder/keyring.h"

typedef struct line {
	uint32_t tag;
	uint8_t key;		/* every octet of it */
	uint8_t mki;
	bool scale;
} line;

static void add(dec_keyring *r, uint8_t side, bool answer, uint32_t serial,
		const line *lines, size_t n)
{
	g_autoptr(call_half) h = call_half_new();
	call_media *m = call_half_add_media(h);

	h->side = side;
	h->answer = answer;
	h->serial = serial;
	for (size_t i = 0; i < n; i++) {
		call_crypto c = {.tag = lines[i].tag,
				 .scale = lines[i].scale,
				 .mki_len = lines[i].mki};

		g_strlcpy(c.suite, "AES_CM_128_HMAC_SHA1_80",
			  sizeof(c.suite));
		c.key.len = 30;
		memset(c.key.b, lines[i].key, c.key.len);
		g_array_append_val(m->cryptos, c);
	}
	dec_keyring_add(r, h);
}

/* First octets of the keys in the order in which they would be tried. */
static void expect_order(const dec_keyring *r, dec_hint hint, const char *want)
{
	dec_key *keys[DEC_KEYS_MAX];
	const size_t n = dec_keyring_order(r, hint, keys);

	g_assert_cmpuint(n, ==, strlen(want));
	for (size_t i = 0; i < n; i++)
		g_assert_cmpint(keys[i]->master.b[0], ==, want[i]);
}

/* A line's key derivation rate (RFC 4568 6.3.1) is its key's; one key under two
 * rates is two, and what is no rate is no suite. */
static void test_rate(void)
{
	static const struct {
		const char *suite;
		size_t keys;	/* then */
		uint8_t kdr;
	} cases[] = {
		{"AES_CM_128_HMAC_SHA1_80", 1, 0},
		{"AES_CM_128_HMAC_SHA1_80 KDR=3", 2, 3},
		{"AES_CM_128_HMAC_SHA1_80 KDR=3", 2, 3},
		{"AEAD_AES_128_GCM KDR=24", 2, 3},	/* of another length */
		{"AES_CM_128_HMAC_SHA1_80 KDR=25", 2, 3},
		{"AES_CM_128_HMAC_SHA1_80 WSH=3", 2, 3},
		{"", 2, 3},
		{"NULL_HMAC_SHA1_80 KDR=24", 3, 24},
	};
	dec_keyring r;

	dec_keyring_init(&r, false);
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(call_half) h = call_half_new();
		call_crypto c = {.tag = 1, .key = {.len = 30}};
		const dec_key *k;

		g_strlcpy(c.suite, cases[i].suite, sizeof(c.suite));
		g_array_append_val(call_half_add_media(h)->cryptos, c);
		dec_keyring_add(&r, h);
		g_assert_cmpuint(r.keys->len, ==, cases[i].keys);
		k = g_ptr_array_index(r.keys, r.keys->len - 1);
		g_assert_cmpuint(k->kdr, ==, cases[i].kdr);
	}
	dec_keyring_clear(&r);
}

static const line offer[] = {
	{1, 'a', 1, true}, {2, 'b', 1, false}, {3, 'c', 0, false}};

/* Lync's three lines; the answer takes the third (MS-SDPEXT, RFC 4568 5.1.2),
 * cryptoscale stays a candidate. */
static void test_answer_chooses(void)
{
	const line answer[] = {{3, 'z', 0, false}};
	dec_keyring r;

	dec_keyring_init(&r, false);
	add(&r, CALL_CALLER, false, 1, offer, 3);
	expect_order(&r, (dec_hint){CALL_CALLER, 0}, "abc");
	add(&r, CALL_CALLEE, true, 2, answer, 1);
	expect_order(&r, (dec_hint){CALL_CALLER, 0}, "cabz");
	expect_order(&r, (dec_hint){CALL_CALLEE, 0}, "zcab");
	expect_order(&r, (dec_hint){CALL_UNKNOWN, 255}, "zcab");
	dec_keyring_clear(&r);
}

/* One key in three lines: the chosen line says whether there is an MKI. */
static void test_one_key_thrice(void)
{
	const line lines[] = {
		{1, 'k', 1, true}, {2, 'k', 1, false}, {3, 'k', 0, false}};
	const line answer[] = {{3, 'z', 0, false}};
	dec_keyring r;
	const dec_key *k;
	size_t mki[DEC_FORMS];

	dec_keyring_init(&r, false);
	add(&r, CALL_CALLER, false, 1, lines, 3);
	add(&r, CALL_CALLEE, true, 2, answer, 1);
	g_assert_cmpuint(r.keys->len, ==, 2);
	k = r.keys->pdata[0];
	dec_key_forms(k, mki);
	g_assert_cmpuint(mki[0] + mki[1], ==, 1);
	dec_keyring_clear(&r);
}

/* Sessions that are refreshed with new keys for days. */
static void test_many(void)
{
	dec_key *keys[DEC_KEYS_MAX];
	dec_keyring r;

	dec_keyring_init(&r, false);
	for (uint32_t i = 0; i < 200; i++) {
		const line one[] = {{1, (uint8_t)(i + 1), 0, false}};

		add(&r, CALL_CALLER, false, i + 1, one, 1);
		if (i == 0)
			((dec_key *)r.keys->pdata[0])->pinned = true;
	}
	g_assert_cmpuint(r.keys->len, ==, DEC_KEYS_MAX);
	g_assert_cmpuint(dec_keyring_order(&r, (dec_hint){0, 0}, keys), ==,
			 DEC_KEYS_MAX);
	g_assert_cmpuint(keys[0]->master.b[0], ==, 200);
	g_assert_cmpuint(keys[DEC_KEYS_MAX - 1]->master.b[0], ==, 1);
	dec_keyring_clear(&r);
}

static void test_useless(void)
{
	g_autoptr(call_half) h = call_half_new();
	call_media *m = call_half_add_media(h);
	call_crypto c = {.suite = "AES_CM_128_HMAC_SHA1_80"};
	dec_keyring r;

	c.key.len = 29;
	g_array_append_val(m->cryptos, c);
	c.key.len = 30;
	g_strlcpy(c.suite, "F8_128_HMAC_SHA1_80", sizeof(c.suite));
	g_array_append_val(m->cryptos, c);
	dec_keyring_init(&r, false);
	dec_keyring_add(&r, h);
	g_assert_cmpuint(r.keys->len, ==, 0);
	dec_keyring_clear(&r);
}

/* A key that is described again has what was said of it last. */
static void test_again(void)
{
	const line first[] = {{1, 'a', 1, false}};
	const line then[] = {{2, 'a', 0, false}};
	const dec_key *k;
	dec_keyring r;

	dec_keyring_init(&r, false);
	add(&r, CALL_CALLER, false, 1, first, 1);
	add(&r, CALL_CALLER, false, 5, then, 1);
	g_assert_cmpuint(r.keys->len, ==, 1);
	k = g_ptr_array_index(r.keys, 0);
	g_assert_cmpuint(k->tag, ==, 2);
	g_assert_cmpuint(k->mki, ==, 0);
	g_assert_cmpuint(k->serial, ==, 5);
	dec_keyring_clear(&r);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/decoder/keyring/rate", test_rate);
	g_test_add_func("/decoder/keyring/again", test_again);
	g_test_add_func("/decoder/keyring/answer-chooses",
			test_answer_chooses);
	g_test_add_func("/decoder/keyring/one-key-thrice",
			test_one_key_thrice);
	g_test_add_func("/decoder/keyring/many", test_many);
	g_test_add_func("/decoder/keyring/useless", test_useless);
	return g_test_run();
}
