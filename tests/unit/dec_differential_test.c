/* Random histories of one source, opened by the decoder and by libsrtp2.
 *
 * Each has loss, reordering, duplicates, wraps, jumps and new keys, and some
 * have keys that come late or a jump over whole wraps; libsrtp2 sends too. Of
 * what arrives, the decoder must sound every packet once, with its own octets;
 * libsrtp2, which is told keys and first counters, must not open one more.
 * EDGETAPE_HISTORIES sets how many, EDGETAPE_HISTORY_FIRST the first seed. */
#include <glib.h>
#include <srtp2/srtp.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/dec_heard.h"

enum {
	HISTORIES = 2000,
	PACKETS = 60,
	KEYS = 3,
	BODY = 8,
	BLOCK = 10,		/* packets are shuffled within */
	FAR_AT = 2 * BLOCK,	/* the jump over wraps, and none soon after: */
	FAR_PEACE = 3 * BLOCK,	/* the search for its counter takes packets */
	FIRST_TS = 5000,
};

static const char *const suites[] = {
	"AES_CM_128_HMAC_SHA1_80", "AES_CM_128_HMAC_SHA1_32",
	"AES_256_CM_HMAC_SHA1_80", "AEAD_AES_128_GCM",
	"AEAD_AES_256_GCM",	   "NULL_HMAC_SHA1_80",
};

typedef struct sent {
	uint8_t bytes[64];
	size_t n;
	unsigned key;		/* which of KEYS */
	uint32_t roc;
	bool arrived;
	bool opened;		/* by libsrtp2 */
} sent;

typedef struct history {
	GRand *rand;
	sent packet[PACKETS];
	unsigned order[2 * PACKETS];	/* of arrival */
	unsigned arrivals;
	unsigned late;		/* arrivals before the keys are known */
	uint8_t keys[KEYS][46];
	srtp_t oracle[KEYS];
	dec_fix f;
} history;

static int pick(history *h, int below)
{
	return g_rand_int_range(h->rand, 0, below);
}

static void jump(history *h, unsigned i, bool far)
{
	sender *s = &h->f.a;

	if (far && i == FAR_AT)
		sender_seek(s, s->index + 0x10000 + (uint64_t)pick(h, 0x30000));
	if (far && i >= FAR_AT && i < FAR_AT + FAR_PEACE)
		return;
	if (i % BLOCK == 0 && pick(h, 8) == 0)
		sender_seek(s, s->index + (uint64_t)pick(h, 30000));
}

static void make_packets(history *h)
{
	const bool far = pick(h, 8) == 0;
	sender *s = &h->f.a;
	unsigned key = 0;

	s->ticks = BODY;
	s->index = (uint64_t)pick(h, 3) << 16 | (uint64_t)pick(h, 0x10000);
	if (pick(h, 2))
		s->index |= 0xffc0;
	for (unsigned i = 0; i < PACKETS; i++) {
		sent *p = &h->packet[i];
		uint8_t body[BODY];
		pkt made;

		memset(body, (int)i, sizeof(body));
		if (key + 1 < KEYS && pick(h, 30) == 0) {
			sender_rekey(s, 50 + ++key);
			memcpy(h->keys[key], s->key, sizeof(s->key));
		}
		jump(h, i, far);
		p->roc = (uint32_t)(s->index >> 16);
		p->key = key;
		made = sender_rtp(s, body, sizeof(body));
		p->n = made.bytes.left;
		memcpy(p->bytes, made.bytes.p, p->n);
	}
}

static void make_arrivals(history *h)
{
	const int loss = pick(h, 40), twice = pick(h, 30);

	for (unsigned from = 0; from < PACKETS; from += BLOCK) {
		const unsigned first = h->arrivals;

		for (unsigned i = from; i < from + BLOCK; i++) {
			if (pick(h, 100) < loss)
				continue;
			h->order[h->arrivals++] = i;
			if (pick(h, 100) < twice)
				h->order[h->arrivals++] = i;
		}
		for (unsigned i = first; i < h->arrivals && twice > 10; i++) {
			const unsigned j =
				i + (unsigned)pick(h, (int)(h->arrivals - i));
			const unsigned t = h->order[i];

			h->order[i] = h->order[j];
			h->order[j] = t;
		}
	}
}

/* One offer with a line for each key that will be in use. */
static void describe_once(history *h)
{
	g_autoptr(call_half) half = sender_half(&h->f.a, false, 1, 1);
	GArray *lines = CALL_MEDIA(half, 0)->cryptos;

	g_array_set_size(lines, KEYS);
	for (unsigned k = 0; k < KEYS; k++) {
		call_crypto *c = &g_array_index(lines, call_crypto, k);

		*c = g_array_index(lines, call_crypto, 0);
		c->tag = k + 1;
		g_assert_true(secret_set(&c->key, span_of(h->keys[k],
							  h->f.a.key_len)));
	}
	dec_call_describe(h->f.c, half);
	dec_fix_describe(&h->f, &h->f.b, true, 2, 1);
}

/* One offer and answer for each of them. */
static void describe_each(history *h)
{
	for (unsigned k = 0; k < KEYS; k++) {
		sender s = h->f.a;

		memcpy(s.key, h->keys[k], sizeof(s.key));
		dec_fix_describe(&h->f, &s, false, 2 * k + 1, 1);
		dec_fix_describe(&h->f, &h->f.b, true, 2 * k + 2, 1);
	}
}

/* Concealment would blend into the packet behind it. */
static void history_init(history *h, uint32_t seed)
{
	dec_config config = dec_config_default();

	memset(h, 0, sizeof(*h));
	h->rand = g_rand_new_with_seed(seed);
	dec_fix_begin(&h->f, suites[pick(h, G_N_ELEMENTS(suites))]);
	dec_call_free(h->f.c);
	config.conceal_ms = 0;
	h->f.c = dec_call_new(&config, &heard_sink, &h->f.h);
	h->f.a.mki_len = (uint8_t)(pick(h, 2) * pick(h, 5));
	h->f.a.mki = (uint32_t)pick(h, 250);
	for (unsigned k = 0; k < KEYS; k++)
		memcpy(h->keys[k], h->f.a.key, sizeof(h->keys[k]));
	make_packets(h);
	make_arrivals(h);
	if (pick(h, 4) == 0)
		h->late = (unsigned)pick(h, (int)h->arrivals);
}

static void history_clear(history *h)
{
	for (unsigned k = 0; k < KEYS; k++)
		if (h->oracle[k])
			srtp_dealloc(h->oracle[k]);
	dec_fix_end(&h->f);
	g_rand_free(h->rand);
}

static void ask_oracle(history *h, sent *p, unsigned number)
{
	sender s = h->f.a;
	uint8_t out[64 + SRTP_MAX_TRAILER_LEN];
	int n = (int)p->n;

	memcpy(s.key, h->keys[p->key], sizeof(s.key));
	if (!h->oracle[p->key])
		h->oracle[p->key] = sender_receiver(&s, p->roc);
	memcpy(out, p->bytes, p->n);
	if (srtp_unprotect_mki(h->oracle[p->key], out, &n, s.mki_len > 0) !=
	    srtp_err_status_ok)
		return;
	g_assert_false(p->opened);
	g_assert_cmpuint(out[12], ==, number);
	p->opened = true;
}

static void arrive(history *h, unsigned i)
{
	const unsigned number = h->order[i];
	sent *p = &h->packet[number];
	const int64_t at = (int64_t)(i + 1) * CLK_NS_PER_MS;
	const pkt in = {.at = {{at}, {at}},
			.side = CALL_CALLER,
			.bytes = span_of(p->bytes, p->n)};

	ask_oracle(h, p, number);
	(void)dec_call_packet(h->f.c, &in);
	p->arrived = true;
}

/* ITU-T G.711 table 2a, 16 bits. */
static int16_t mu_law(uint8_t v)
{
	const int u = ~v & 0xff, t = (((u & 15) << 3) + 132) << (u >> 4 & 7);

	return (int16_t)(u & 0x80 ? 132 - t : t - 132);
}

/* Every packet that came sounds once, as what it was. */
static unsigned check_sound(const history *h)
{
	bool sounded[PACKETS] = {false};
	unsigned n = 0;

	for (guint i = 0; i < h->f.h.blocks->len; i++) {
		const heard_block *b =
			&g_array_index(h->f.h.blocks, heard_block, i);
		const size_t number = (size_t)(b->b.ts - FIRST_TS) / BODY;

		if (b->b.kind != PCM_DECODED)
			continue;
		g_assert_cmpuint(number, <, PACKETS);
		g_assert_false(sounded[number]);
		g_assert_cmpuint(b->b.frames, ==, BODY);
		g_assert_cmpint(b->first, ==, mu_law((uint8_t)number));
		g_assert_cmpint(b->last, ==, mu_law((uint8_t)number));
		sounded[number] = true;
	}
	for (unsigned i = 0; i < PACKETS; i++) {
		g_assert_cmpuint(sounded[i], ==, h->packet[i].arrived);
		g_assert_true(sounded[i] || !h->packet[i].opened);
		n += sounded[i];
	}
	return n;
}

static void run(uint32_t seed, uint64_t *ours, uint64_t *theirs)
{
	g_autofree history *h = g_new(history, 1);
	dec_totals t;
	unsigned n;

	history_init(h, seed);
	for (unsigned i = 0; i < h->arrivals; i++) {
		if (i == h->late && i)
			describe_once(h);
		else if (i == h->late)
			describe_each(h);
		arrive(h, i);
	}
	dec_call_finish(h->f.c);
	t = dec_fix_totals(&h->f);
	n = check_sound(h);
	g_assert_cmpuint(t.fate[DEC_MEDIA], ==, n);
	g_assert_cmpuint(t.fate[DEC_DUPLICATE] + t.fate[DEC_LATE], ==,
			 h->arrivals - n);
	*ours += n;
	for (unsigned i = 0; i < PACKETS; i++)
		*theirs += h->packet[i].opened;
	history_clear(h);
}

static uint64_t number_of(const char *name, uint64_t otherwise)
{
	const char *set = g_getenv(name);

	return set ? g_ascii_strtoull(set, NULL, 10) : otherwise;
}

/* Seeds whose history once lost a packet that had arrived. */
static void test_found(void)
{
	/* A new key behind a wrap, all known late; the first packet under it
	 * was tried again only when the source had leapt once more. */
	static const uint32_t seeds[] = {809441};
	uint64_t ours = 0, theirs = 0;

	for (size_t i = 0; i < G_N_ELEMENTS(seeds); i++)
		run(seeds[i], &ours, &theirs);
}

static void test_histories(void)
{
	const uint64_t n = number_of("EDGETAPE_HISTORIES", HISTORIES);
	const uint64_t from = number_of("EDGETAPE_HISTORY_FIRST", 0);
	/* Whoever runs a million runs the thousand with the flaw once more. */
	const uint64_t step = n > 10 * HISTORIES ? 1000 : 1;
	uint64_t ours = 0, theirs = 0;

	for (uint64_t i = from; i < from + n; i++) {
		if (i % step == 0)
			g_test_message("seeds from %u on", (unsigned)i);
		run((uint32_t)i, &ours, &theirs);
	}
	g_test_message("%" G_GUINT64_FORMAT " packets, of which libsrtp2 "
		       "opened %" G_GUINT64_FORMAT, ours, theirs);
	/* A single one may jump early, and libsrtp2 does not follow. */
	if (n >= HISTORIES)
		g_assert_cmpuint(theirs, >, ours / 2);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/decoder/differential/found", test_found);
	g_test_add_func("/decoder/differential/histories", test_histories);
	return g_test_run();
}
