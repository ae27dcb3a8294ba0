#include "decoder/srtp.h"

#include <glib.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>

#include "decoder/hmac.h"
#include "decoder/kdf.h"
#include "decoder/srtp_lib.h"

enum {
	BLOCK = 16,		/* octets of AES */
	STRIDE = 32 * BLOCK,	/* key stream made at once */
};

/* What RTP and RTCP each have of their own. */
typedef struct leg {
	EVP_CIPHER_CTX *ctx;	/* keyed once; NULL without a cipher */
	dec_hmac hmac;
	uint8_t salt[DEC_SALT_MAX];
	uint64_t r;		/* index / key derivation rate of these keys */
} leg;

struct dec_srtp {
	const dec_suite *suite;
	leg rtp, rtcp;
	secret master;		/* empty unless keys are derived anew */
	uint8_t kdr;
	dec_srtp_lib *lib;	/* does the work instead, or NULL */
};

/* Associated data and the tag around one GCM operation. */
typedef struct sealed {
	span aad, aad2;
	span text;		/* with the tag at its end */
	bool clear;		/* the text is associated data too */
} sealed;

/* Counter mode is made of single blocks here: setting a new IV costs OpenSSL
 * twice what enciphering a packet's counters does. */
static const EVP_CIPHER *cipher_of(const dec_suite *s)
{
	const bool gcm = s->cipher == DEC_CIPHER_GCM;

	switch (s->key) {
	case 16:
		return gcm ? EVP_aes_128_gcm() : EVP_aes_128_ecb();
	case 24:
		return EVP_aes_192_ecb();
	}
	return gcm ? EVP_aes_256_gcm() : EVP_aes_256_ecb();
}

static void leg_key(leg *l, const dec_suite *s, const dec_session *keys)
{
	const int enc = s->cipher != DEC_CIPHER_GCM;

	memcpy(l->salt, keys->salt, s->salt);
	if (s->cipher != DEC_CIPHER_GCM)
		dec_hmac_init(&l->hmac, keys->auth);
	if (!l->ctx)
		return;
	g_assert(EVP_CipherInit_ex(l->ctx, cipher_of(s), NULL, keys->key, NULL,
				   enc));
	EVP_CIPHER_CTX_set_padding(l->ctx, 0);
}

static void leg_init(leg *l, const dec_suite *s, const dec_session *keys,
		     bool cipher)
{
	if (cipher) {
		l->ctx = EVP_CIPHER_CTX_new();
		g_assert(l->ctx);
	}
	leg_key(l, s, keys);
}

/* RFC 3711 4.3.1: the keys of the packet with this index. */
static bool derive(dec_srtp *k, leg *l, uint64_t index)
{
	dec_session keys = {0};
	bool ok;

	if (!k->kdr || index >> k->kdr == l->r)
		return true;
	l->r = index >> k->kdr;
	ok = dec_kdf(k->suite, &k->master, l == &k->rtcp, l->r, &keys);
	if (ok)
		leg_key(l, k->suite, &keys);
	OPENSSL_cleanse(&keys, sizeof(keys));
	return ok;
}

dec_srtp *dec_srtp_new_session(const dec_suite *s, const dec_session *rtp,
			       const dec_session *rtcp)
{
	dec_srtp *k = g_new0(dec_srtp, 1);

	k->suite = s;
	leg_init(&k->rtp, s, rtp, s->cipher != DEC_CIPHER_NULL);
	/* RTCP's E flag decides, even if RTP is not encrypted (RFC 4568
	 * 6.3.2). */
	leg_init(&k->rtcp, s, rtcp, true);
	return k;
}

dec_srtp *dec_srtp_new(const dec_suite *s, const secret *master, uint8_t kdr,
		       bool libsrtp)
{
	dec_session rtp = {0}, rtcp = {0};
	dec_srtp *k;

	if (!dec_kdf(s, master, false, 0, &rtp) ||
	    !dec_kdf(s, master, true, 0, &rtcp))
		return NULL;
	k = dec_srtp_new_session(s, &rtp, &rtcp);
	k->kdr = kdr;
	if (kdr)
		k->master = *master;
	OPENSSL_cleanse(&rtp, sizeof(rtp));
	OPENSSL_cleanse(&rtcp, sizeof(rtcp));
	if (libsrtp && !kdr)
		k->lib = dec_srtp_lib_new(s, master);
	return k;
}

void dec_srtp_free(dec_srtp *k)
{
	if (!k)
		return;
	EVP_CIPHER_CTX_free(k->rtp.ctx);
	EVP_CIPHER_CTX_free(k->rtcp.ctx);
	dec_srtp_lib_free(k->lib);
	OPENSSL_cleanse(k, sizeof(*k));
	g_free(k);
}

static uint32_t word_of(span s)
{
	uint32_t v = 0;

	return span_u32(&s, &v) ? v : 0;
}

static bool check_tag(const leg *l, const dec_parts *p, span covered,
		      uint32_t word)
{
	uint8_t tag[DEC_HMAC_TAG];

	dec_hmac_sum(&l->hmac, covered, word, tag);
	return CRYPTO_memcmp(tag, p->tag.p, p->tag.left) == 0;
}

static void xor32(uint8_t *to, uint32_t v)
{
	to[0] ^= (uint8_t)(v >> 24);
	to[1] ^= (uint8_t)(v >> 16);
	to[2] ^= (uint8_t)(v >> 8);
	to[3] ^= (uint8_t)v;
}

/* Counter blocks from number `from` on, `n` octets of them. */
static void count_blocks(const uint8_t iv[static BLOCK], size_t from,
			 uint8_t *to, size_t n)
{
	for (size_t i = 0; i < n; i += BLOCK, from++) {
		memcpy(to + i, iv, BLOCK);
		to[i + BLOCK - 2] = (uint8_t)(from >> 8);
		to[i + BLOCK - 1] = (uint8_t)from;
	}
}

/* By words, as compilers do not at -O2 when the length is not known. */
static void xor_stream(const uint8_t *in, const uint8_t *stream, uint8_t *out,
		       size_t n)
{
	uint64_t a, b;
	size_t i = 0;

	for (; i + sizeof(a) <= n; i += sizeof(a)) {
		memcpy(&a, in + i, sizeof(a));
		memcpy(&b, stream + i, sizeof(b));
		a ^= b;
		memcpy(out + i, &a, sizeof(a));
	}
	for (; i < n; i++)
		out[i] = in[i] ^ stream[i];
}

/* RFC 3711 4.1.1: IV = salt * 2^16 XOR ssrc * 2^64 XOR index * 2^16, and the
 * low 16 bits count blocks. */
static bool run_cm(leg *l, uint32_t ssrc, uint64_t index, span in, uint8_t *out)
{
	uint8_t iv[BLOCK] = {0}, stream[STRIDE];
	int made;

	memcpy(iv, l->salt, DEC_SALT_MAX);
	xor32(iv + 4, ssrc);
	xor32(iv + 8, (uint32_t)(index >> 16));
	xor32(iv + 12, (uint32_t)(index << 16));
	for (size_t at = 0; at < in.left; at += STRIDE) {
		const size_t n = MIN(in.left - at, STRIDE);
		const size_t whole = (n + BLOCK - 1) / BLOCK * BLOCK;

		count_blocks(iv, at / BLOCK, stream, whole);
		if (!EVP_EncryptUpdate(l->ctx, stream, &made, stream,
				       (int)whole))
			return false;
		xor_stream(in.p + at, stream, out + at, n);
	}
	return true;
}

/* The body in clear behind a head that is in clear already. */
static bool run_plain(leg *l, const dec_parts *p, bool encrypted, uint32_t ssrc,
		      uint64_t index, uint8_t *out, size_t *n)
{
	memcpy(out, p->head.p, p->head.left);
	*n = p->head.left + p->body.left;
	if (l->ctx && encrypted)
		return run_cm(l, ssrc, index, p->body, out + p->head.left);
	if (p->body.left)
		memcpy(out + p->head.left, p->body.p, p->body.left);
	return true;
}

static bool gcm_aad(EVP_CIPHER_CTX *ctx, span aad)
{
	int n;

	return !aad.left ||
	       EVP_DecryptUpdate(ctx, NULL, &n, aad.p, (int)aad.left);
}

static bool run_gcm(leg *l, const uint8_t iv[static 12], const sealed *s,
		    uint8_t *out)
{
	const size_t tag = 16, size = s->text.left - tag;
	uint8_t copy[16];
	uint8_t none[16];
	int n = 0;

	memcpy(copy, s->text.p + size, tag);
	if (!EVP_DecryptInit_ex(l->ctx, NULL, NULL, NULL, iv) ||
	    !EVP_CIPHER_CTX_ctrl(l->ctx, EVP_CTRL_AEAD_SET_TAG, 16, copy) ||
	    !gcm_aad(l->ctx, s->aad))
		return false;
	if (s->clear) {
		if (!gcm_aad(l->ctx, span_of(s->text.p, size)))
			return false;
		if (size)
			memcpy(out, s->text.p, size);
	}
	if (!gcm_aad(l->ctx, s->aad2))
		return false;
	if (!s->clear && size &&
	    !EVP_DecryptUpdate(l->ctx, out, &n, s->text.p, (int)size))
		return false;
	return EVP_DecryptFinal_ex(l->ctx, none, &n) > 0;
}

/* RFC 7714 8.1: 00 00 ssrc roc seq, 9.1: 00 00 ssrc 00 00 index, XOR salt. */
static void gcm_iv(const leg *l, uint32_t ssrc, uint64_t index,
		   uint8_t iv[static 12])
{
	memcpy(iv, l->salt, 12);
	xor32(iv + 2, ssrc);
	iv[6] ^= (uint8_t)(index >> 40);
	iv[7] ^= (uint8_t)(index >> 32);
	xor32(iv + 8, (uint32_t)index);
}

static bool open_gcm(leg *l, const dec_parts *p, const sealed *s, uint32_t ssrc,
		     uint64_t index, uint8_t *out, size_t *n)
{
	uint8_t iv[12];

	gcm_iv(l, ssrc, index, iv);
	if (!run_gcm(l, iv, s, out + p->head.left))
		return false;
	memcpy(out, p->head.p, p->head.left);
	*n = p->head.left + p->body.left - 16;
	return true;
}

bool dec_srtp_open_rtp(dec_srtp *k, span packet, const dec_rtp *h, size_t mki,
		       uint32_t roc, uint8_t *out, size_t *n)
{
	const uint64_t index = (uint64_t)roc << 16 | h->seq;
	dec_parts p;

	if (dec_parts_rtp(k->suite, packet, h->head, mki, &p) != DEC_OK ||
	    !derive(k, &k->rtp, index))
		return false;
	if (k->lib)
		return dec_srtp_lib_rtp(k->lib, &p, h, roc, out, n);
	if (k->suite->cipher == DEC_CIPHER_GCM) {
		const sealed s = {.aad = p.head, .text = p.body};

		return open_gcm(&k->rtp, &p, &s, h->ssrc, index, out, n);
	}
	return check_tag(&k->rtp, &p, p.covered, roc) &&
	       run_plain(&k->rtp, &p, true, h->ssrc, index, out, n);
}

bool dec_srtp_open_rtcp(dec_srtp *k, span packet, size_t mki, uint8_t *out,
			size_t *n, uint32_t *index)
{
	uint32_t ssrc, word;
	bool encrypted;
	dec_parts p;
	span covered;

	if (dec_parts_rtcp(k->suite, packet, mki, &p) != DEC_OK)
		return false;
	ssrc = word_of(span_of(p.head.p + 4, 4));
	word = word_of(p.word);
	encrypted = word >> 31;
	*index = word & 0x7fffffff;
	if (!derive(k, &k->rtcp, *index))
		return false;
	/* libsrtp2 refuses reports whose E flag is not what it would send. */
	if (k->lib && encrypted == (k->suite->cipher != DEC_CIPHER_NULL))
		return dec_srtp_lib_rtcp(k->lib, &p, out, n);
	if (k->suite->cipher == DEC_CIPHER_GCM) {
		const sealed s = {p.head, p.word, p.body, !encrypted};

		return open_gcm(&k->rtcp, &p, &s, ssrc, *index, out, n);
	}
	/* The HMAC ends with the ROC in RTP, with E flag and index here. */
	covered = span_of(p.covered.p, p.covered.left - p.word.left);
	return check_tag(&k->rtcp, &p, covered, word) &&
	       run_plain(&k->rtcp, &p, encrypted, ssrc, *index, out, n);
}
