/* Opening SRTP (AES_CM_128_HMAC_SHA1_80, 160 octets of payload): ours beside
 * the bare OpenSSL primitives over the same octets, and beside libsrtp2, with
 * each stream under its own key. The primitives come in two ways: as one would
 * call them (AES-CTR with its IV, SHA-1 from saved states), and as ours calls
 * them (blocks of counters, whole blocks of SHA-1), which is the least that
 * can be. Fails when a packet allocates, when ours takes more than 1.3 times as
 * long as either or, at 1,000 streams, more than a tenth of libsrtp2, and when
 * 16,000 streams cost more than half as much again a packet as one does. */
#define OPENSSL_SUPPRESS_DEPRECATED

#include <glib.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/sha.h>
#include <srtp2/srtp.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/put.h"
#include "decoder/hmac.h"
#include "decoder/kdf.h"
#include "decoder/srtp.h"
#include "decoder/window.h"
#include "tests/support/cost.h"

enum {
	HEAD = 12,
	BODY = 160,
	TAG = 10,
	SIZE = HEAD + BODY + TAG,
	PACKETS = 192000,	/* in memory, for each number of streams */
	ROUNDS = 60000,		/* packets of one stream: no wrap */
	REPEAT = 9,		/* runs; the best counts */
	LIBSRTP_MOST = 1000,	/* streams */
};

static const double MOST = 1.3, LIBSRTP_TIMES = 10, FLAT = 1.5;

void *__libc_malloc(size_t n);
static size_t allocations;

/* Counts what OpenSSL and we allocate. */
void *malloc(size_t n)
{
	allocations++;
	return __libc_malloc(n);
}

typedef struct stream {
	secret master;
	dec_session keys;
	dec_srtp *own;
	dec_window window;
	EVP_CIPHER_CTX *aes, *blocks;
	dec_hmac hmac;
	SHA_CTX inner, outer;
	srtp_t lib;
} stream;

typedef struct bench {
	unsigned streams;
	stream *s;
	unsigned n;
	uint8_t *packets;	/* n of SIZE, round by round */
} bench;

static void iv_of(const stream *s, uint32_t ssrc, uint16_t seq, uint8_t iv[16])
{
	memcpy(iv, s->keys.salt, 14);
	iv[14] = iv[15] = 0;
	for (int i = 0; i < 4; i++)
		iv[4 + i] ^= (uint8_t)(ssrc >> (24 - 8 * i));
	iv[12] ^= (uint8_t)(seq >> 8);
	iv[13] ^= (uint8_t)seq;
}

static void half_key(const uint8_t *key, uint8_t pad, SHA_CTX *c)
{
	uint8_t block[64];

	memset(block, pad, sizeof(block));
	for (int i = 0; i < 20; i++)
		block[i] ^= key[i];
	SHA1_Init(c);
	SHA1_Update(c, block, sizeof(block));
}

static void stream_init(stream *s, uint32_t ssrc)
{
	const dec_suite *suite = dec_suite_find("AES_CM_128_HMAC_SHA1_80");

	s->master.len = 30;
	for (size_t i = 0; i < s->master.len; i++)
		s->master.b[i] = (uint8_t)(ssrc * 31 + i * 7 + (ssrc >> 8));
	g_assert(dec_kdf(suite, &s->master, false, 0, &s->keys));
	s->own = dec_srtp_new(suite, &s->master, 0, false);
	s->aes = EVP_CIPHER_CTX_new();
	EVP_EncryptInit_ex(s->aes, EVP_aes_128_ctr(), NULL, s->keys.key, NULL);
	s->blocks = EVP_CIPHER_CTX_new();
	EVP_EncryptInit_ex(s->blocks, EVP_aes_128_ecb(), NULL, s->keys.key,
			   NULL);
	EVP_CIPHER_CTX_set_padding(s->blocks, 0);
	dec_hmac_init(&s->hmac, s->keys.auth);
	half_key(s->keys.auth, 0x36, &s->inner);
	half_key(s->keys.auth, 0x5c, &s->outer);
}

static void hmac_bare(const stream *s, const uint8_t *p, size_t n,
		      uint8_t tag[20])
{
	static const uint8_t roc[4];
	SHA_CTX c = s->inner;

	SHA1_Update(&c, p, n);
	SHA1_Update(&c, roc, sizeof(roc));
	SHA1_Final(tag, &c);
	c = s->outer;
	SHA1_Update(&c, tag, 20);
	SHA1_Final(tag, &c);
}

static void protect(const stream *s, uint32_t ssrc, uint16_t seq, uint8_t *p)
{
	put o = put_into(p, SIZE);
	uint8_t iv[16], tag[20];
	int n;

	put_u16(&o, 0x8000);
	put_u16(&o, seq);
	put_u32(&o, seq * 160u);
	put_u32(&o, ssrc);
	memset(p + HEAD, 0x55, BODY);
	iv_of(s, ssrc, seq, iv);
	EVP_EncryptInit_ex(s->aes, NULL, NULL, NULL, iv);
	EVP_EncryptUpdate(s->aes, p + HEAD, &n, p + HEAD, BODY);
	hmac_bare(s, p, HEAD + BODY, tag);
	memcpy(p + HEAD + BODY, tag, TAG);
}

static void bench_init(bench *b, unsigned streams)
{
	b->streams = streams;
	b->s = g_new0(stream, streams);
	b->n = MIN(PACKETS, streams * ROUNDS);
	b->packets = g_malloc((size_t)b->n * SIZE);
	for (unsigned i = 0; i < streams; i++)
		stream_init(&b->s[i], i + 1);
	for (unsigned i = 0; i < b->n; i++)
		protect(&b->s[i % streams], i % streams + 1,
			(uint16_t)(i / streams), b->packets + i * SIZE);
}

static void bench_clear(bench *b)
{
	for (unsigned i = 0; i < b->streams; i++) {
		dec_srtp_free(b->s[i].own);
		EVP_CIPHER_CTX_free(b->s[i].aes);
		EVP_CIPHER_CTX_free(b->s[i].blocks);
		if (b->s[i].lib)
			srtp_dealloc(b->s[i].lib);
	}
	g_free(b->s);
	g_free(b->packets);
}

static void run_bare(const bench *b)
{
	uint8_t out[SIZE], iv[16], tag[20];
	int n;

	for (unsigned i = 0; i < b->n; i++) {
		stream *s = &b->s[i % b->streams];
		const uint8_t *p = b->packets + i * SIZE;

		hmac_bare(s, p, HEAD + BODY, tag);
		g_assert(CRYPTO_memcmp(tag, p + HEAD + BODY, TAG) == 0);
		iv_of(s, i % b->streams + 1, (uint16_t)(i / b->streams), iv);
		EVP_DecryptInit_ex(s->aes, NULL, NULL, NULL, iv);
		EVP_DecryptUpdate(s->aes, out, &n, p + HEAD, BODY);
	}
}

/* The same blocks of AES and SHA-1, and nothing else: the packet stays as it
 * is. */
static void run_least(const bench *b)
{
	uint8_t out[BODY] = {0}, tag[20];
	int n;

	for (unsigned i = 0; i < b->n; i++) {
		stream *s = &b->s[i % b->streams];
		const uint8_t *p = b->packets + i * SIZE;

		dec_hmac_sum(&s->hmac, span_of(p, HEAD + BODY), 0, tag);
		EVP_EncryptUpdate(s->blocks, out, &n, out, BODY);
		g_assert(CRYPTO_memcmp(tag, p + HEAD + BODY, TAG) == 0);
	}
}

/* With the parsing, the index and the replay window that go with it. */
static void run_own(const bench *b)
{
	uint8_t out[SIZE];
	dec_rtp h;
	size_t n;

	for (unsigned i = 0; i < b->streams; i++)
		b->s[i].window = (dec_window){0};
	for (unsigned i = 0; i < b->n; i++) {
		stream *s = &b->s[i % b->streams];
		const span p = span_of(b->packets + i * SIZE, SIZE);
		uint64_t index;

		g_assert(dec_rtp_parse(p, &h) == DEC_OK);
		index = dec_window_guess(&s->window, h.seq);
		g_assert(dec_srtp_open_rtp(s->own, p, &h, 0,
					   (uint32_t)(index >> 16), out, &n));
		g_assert(dec_window_look(&s->window, index) == DEC_PLACE_NEW);
		dec_window_take(&s->window, index);
	}
}

static double timed(const bench *b, void (*run)(const bench *))
{
	const double from = cost_cpu_s();

	run(b);
	return (cost_cpu_s() - from) / b->n;
}

typedef struct times {
	double bare, least, own;	/* s a packet */
} times;

/* By turns, so that all meet the same machine. */
static times best_of(const bench *b)
{
	times t = {1, 1, 1};

	for (int i = 0; i < REPEAT; i++) {
		t.bare = MIN(t.bare, timed(b, run_bare));
		t.least = MIN(t.least, timed(b, run_least));
		t.own = MIN(t.own, timed(b, run_own));
	}
	return t;
}

/* Its setting up is slower still: 0 where it would take minutes. */
static double libsrtp(bench *b)
{
	const unsigned packets = 4000;
	uint8_t buf[SIZE + 64];
	double from;

	if (b->streams > LIBSRTP_MOST)
		return 0;
	for (unsigned i = 0; i < b->streams; i++) {
		srtp_policy_t p = {.ssrc = {ssrc_any_inbound, 0},
				   .key = b->s[i].master.b,
				   .window_size = 1024};

		srtp_crypto_policy_set_rtp_default(&p.rtp);
		srtp_crypto_policy_set_rtcp_default(&p.rtcp);
		g_assert(srtp_create(&b->s[i].lib, &p) == 0);
	}
	for (unsigned i = 0; i < b->streams; i++) {
		int n = SIZE;

		memcpy(buf, b->packets + i * SIZE, SIZE);
		g_assert(srtp_unprotect(b->s[i].lib, buf, &n) == 0);
	}
	from = cost_cpu_s();
	for (unsigned i = 0; i < packets; i++) {
		int n = SIZE;

		memcpy(buf, b->packets + (i + b->streams) * SIZE, SIZE);
		g_assert(srtp_unprotect(b->s[i % b->streams].lib, buf, &n) ==
			 0);
	}
	return (cost_cpu_s() - from) / packets;
}

/* Returns the time of a packet, in *ok whether it is short enough. */
static double row(unsigned streams, bool *ok)
{
	size_t before;
	double lib;
	times t;
	bench b;

	bench_init(&b, streams);
	before = allocations;
	t = best_of(&b);
	before = allocations - before;
	lib = libsrtp(&b);
	bench_clear(&b);
	printf("%7u %7.0f ns %7.0f ns %7.0f ns %8.2f %8.2f", streams,
	       t.bare * 1e9, t.least * 1e9, t.own * 1e9, t.own / t.bare,
	       t.own / t.least);
	if (lib > 0)
		printf(" %7.0f ns %7.1f", lib * 1e9, lib / t.own);
	printf("\n");
	fflush(stdout);
	if (before)
		printf("%zu allocations\n", before);
	if (before || t.own / t.bare > MOST || t.own / t.least > MOST ||
	    (streams == LIBSRTP_MOST && lib / t.own < LIBSRTP_TIMES))
		*ok = false;
	return t.own;
}

int main(void)
{
	double one, many;
	bool ok = true;

	g_assert(srtp_init() == 0);
	printf("%7s %10s %10s %10s %8s %8s %10s %7s\n", "streams", "bare",
	       "least", "ours", "of bare", "of least", "libsrtp2", "of ours");
	one = row(1, &ok);
	(void)row(LIBSRTP_MOST, &ok);
	many = row(16000, &ok);
	printf("%.0f packets a second with one stream, %.0f with 16,000\n",
	       1 / one, 1 / many);
	return !ok || many > one * FLAT;
}
