#include "signaling_tap/tlskey.h"

#include <glib.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/kdf.h>

#include "core/put.h"

enum {
	NONCE = 12,
	TAG = 16,
	HEAD = 13,		/* sequence number, type, version, length */
	MAC_MAX = 64,
	BLOCK_MAX = 16,
};

typedef enum mode {
	MODE_CBC,
	MODE_GCM,
	MODE_CHACHA,
} mode;

typedef struct suite {
	uint16_t id;
	uint8_t mode;
	const char *cipher;
	const char *mac;	/* of CBC */
	const char *hash;	/* of the PRF (TLS 1.2), of HKDF (TLS 1.3) */
} suite;

#define CBC(id, cipher, mac, hash) {id, MODE_CBC, cipher, mac, hash}
#define GCM128(id) {id, MODE_GCM, "AES-128-GCM", NULL, "SHA256"}
#define GCM256(id) {id, MODE_GCM, "AES-256-GCM", NULL, "SHA384"}
#define CHACHA(id) {id, MODE_CHACHA, "ChaCha20-Poly1305", NULL, "SHA256"}

/* How the key was exchanged does not matter to a key log. */
static const suite suites[] = {
	CBC(0x000a, "DES-EDE3-CBC", "SHA1", "SHA256"),	/* RSA */
	CBC(0x002f, "AES-128-CBC", "SHA1", "SHA256"),
	CBC(0x0035, "AES-256-CBC", "SHA1", "SHA256"),
	CBC(0x003c, "AES-128-CBC", "SHA256", "SHA256"),
	CBC(0x003d, "AES-256-CBC", "SHA256", "SHA256"),
	GCM128(0x009c),
	GCM256(0x009d),
	CBC(0x0033, "AES-128-CBC", "SHA1", "SHA256"),	/* DHE */
	CBC(0x0039, "AES-256-CBC", "SHA1", "SHA256"),
	CBC(0x0067, "AES-128-CBC", "SHA256", "SHA256"),
	CBC(0x006b, "AES-256-CBC", "SHA256", "SHA256"),
	GCM128(0x009e),
	GCM256(0x009f),
	CHACHA(0xccaa),
	CBC(0xc009, "AES-128-CBC", "SHA1", "SHA256"),	/* ECDHE, ECDSA */
	CBC(0xc00a, "AES-256-CBC", "SHA1", "SHA256"),
	CBC(0xc023, "AES-128-CBC", "SHA256", "SHA256"),
	CBC(0xc024, "AES-256-CBC", "SHA384", "SHA384"),
	GCM128(0xc02b),
	GCM256(0xc02c),
	CHACHA(0xcca9),
	CBC(0xc012, "DES-EDE3-CBC", "SHA1", "SHA256"),	/* ECDHE, RSA */
	CBC(0xc013, "AES-128-CBC", "SHA1", "SHA256"),
	CBC(0xc014, "AES-256-CBC", "SHA1", "SHA256"),
	CBC(0xc027, "AES-128-CBC", "SHA256", "SHA256"),
	CBC(0xc028, "AES-256-CBC", "SHA384", "SHA384"),
	GCM128(0xc02f),
	GCM256(0xc030),
	CHACHA(0xcca8),
	GCM128(0x1301),					/* TLS 1.3 */
	GCM256(0x1302),
	CHACHA(0x1303),
};

struct tap_tls_key {
	const suite *suite;
	uint16_t version;
	bool mac_last;
	EVP_CIPHER *cipher;
	EVP_CIPHER_CTX *ctx;
	const EVP_MD *mac;
	uint64_t seq;
	size_t n_key, n_iv, n_mac;
	secret traffic;		/* TLS 1.3 */
	uint8_t mac_key[MAC_MAX];
	uint8_t key[32];
	uint8_t iv[BLOCK_MAX];	/* TLS 1.0: the last block of before */
};

static const suite *suite_find(uint16_t id)
{
	for (size_t i = 0; i < G_N_ELEMENTS(suites); i++)
		if (suites[i].id == id)
			return &suites[i];
	return NULL;
}

bool tap_tls_known(const tap_tls_terms *t)
{
	const suite *s = suite_find(t->suite);

	if (!s || t->version < TAP_TLS_10 || t->version > TAP_TLS_13)
		return false;
	if ((t->version == TAP_TLS_13) != (t->suite >> 8 == 0x13))
		return false;
	return t->version >= TAP_TLS_12 ||
	       (s->mode == MODE_CBC && !strcmp(s->mac, "SHA1"));
}

static void derive(const char *kdf, const OSSL_PARAM *params, uint8_t *out,
		   size_t n)
{
	EVP_KDF *k = EVP_KDF_fetch(NULL, kdf, NULL);
	EVP_KDF_CTX *c = EVP_KDF_CTX_new(k);

	g_assert(EVP_KDF_derive(c, out, n, params) == 1);
	EVP_KDF_CTX_free(c);
	EVP_KDF_free(k);
}

static OSSL_PARAM octets(const char *name, span s)
{
	return OSSL_PARAM_construct_octet_string(
		name, (void *)(uintptr_t)s.p, s.left);
}

static OSSL_PARAM text(const char *name, const char *value)
{
	return OSSL_PARAM_construct_utf8_string(name,
						(char *)(uintptr_t)value, 0);
}

/* ---- up to TLS 1.2 ---- */

/* RFC 5246 6.3; RFC 2246 5 mixes two hashes instead. */
static void key_block(const tap_tls_terms *t, const suite *s,
		      const secret *master, uint8_t *out, size_t n)
{
	const OSSL_PARAM params[] = {
		text(OSSL_KDF_PARAM_DIGEST,
		     t->version == TAP_TLS_12 ? s->hash : "MD5-SHA1"),
		octets(OSSL_KDF_PARAM_SECRET, secret_peek(master)),
		octets(OSSL_KDF_PARAM_SEED, span_str("key expansion")),
		octets(OSSL_KDF_PARAM_SEED, span_of(t->server,
						    sizeof(t->server))),
		octets(OSSL_KDF_PARAM_SEED, span_of(t->client,
						    sizeof(t->client))),
		OSSL_PARAM_construct_end(),
	};

	derive("TLS1-PRF", params, out, n);
}

/* RFC 5246 6.3: both MAC keys, both keys, both IVs, the client's first. */
static void cut_block(tap_tls_key *k, span block, bool from_server)
{
	struct {
		uint8_t *to;
		size_t n;
	} part[] = {{k->mac_key, k->n_mac}, {k->key, k->n_key},
		    {k->iv, k->n_iv}};

	for (size_t i = 0; i < G_N_ELEMENTS(part); i++) {
		span client, server;
		bool whole = span_cut(&block, part[i].n, &client) &&
			     span_cut(&block, part[i].n, &server) &&
			     span_bytes(from_server ? &server : &client,
					part[i].to, part[i].n);

		g_assert(whole);
	}
}

static void begin_12(tap_tls_key *k, const tap_tls_terms *t, const secret *s,
		     bool from_server)
{
	uint8_t block[2 * (MAC_MAX + 32 + BLOCK_MAX)];
	const size_t n = 2 * (k->n_mac + k->n_key + k->n_iv);

	key_block(t, k->suite, s, block, n);
	cut_block(k, span_of(block, n), from_server);
	OPENSSL_cleanse(block, sizeof(block));
}

/* ---- TLS 1.3 ---- */

/* RFC 8446 7.1: HKDF-Expand-Label without a context. */
static void expand(const tap_tls_key *k, const char *label, uint8_t *out,
		   size_t n)
{
	uint8_t info[64];
	put o = put_into(info, sizeof(info));
	int expand_only = EVP_KDF_HKDF_MODE_EXPAND_ONLY;
	OSSL_PARAM params[5];

	put_u16(&o, (uint16_t)n);
	put_u8(&o, (uint8_t)(6 + strlen(label)));
	put_bytes(&o, "tls13 ", 6);
	put_bytes(&o, label, strlen(label));
	put_u8(&o, 0);
	params[0] = text(OSSL_KDF_PARAM_DIGEST, k->suite->hash);
	params[1] = octets(OSSL_KDF_PARAM_KEY, secret_peek(&k->traffic));
	params[2] = octets(OSSL_KDF_PARAM_INFO, put_done(&o));
	params[3] = OSSL_PARAM_construct_int(OSSL_KDF_PARAM_MODE,
					     &expand_only);
	params[4] = OSSL_PARAM_construct_end();
	derive("HKDF", params, out, n);
}

static void begin_13(tap_tls_key *k)
{
	expand(k, "key", k->key, k->n_key);
	expand(k, "iv", k->iv, NONCE);
	k->seq = 0;
}

void tap_tls_key_update(tap_tls_key *k)
{
	uint8_t next[SECRET_MAX];

	g_assert(k->version == TAP_TLS_13);
	expand(k, "traffic upd", next, k->traffic.len);
	memcpy(k->traffic.b, next, k->traffic.len);
	OPENSSL_cleanse(next, sizeof(next));
	begin_13(k);
}

/* ---- both ---- */

static size_t hash_length(const char *name)
{
	return (size_t)EVP_MD_get_size(EVP_get_digestbyname(name));
}

tap_tls_key *tap_tls_key_new(const tap_tls_terms *t, const secret *s,
			     bool from_server)
{
	const suite *is = suite_find(t->suite);
	tap_tls_key *k;

	if (!tap_tls_known(t) ||
	    s->len != (t->version == TAP_TLS_13 ? hash_length(is->hash) : 48))
		return NULL;
	k = g_new0(tap_tls_key, 1);
	k->suite = is;
	k->version = t->version;
	k->mac_last = t->mac_last;
	k->cipher = EVP_CIPHER_fetch(NULL, is->cipher, NULL);
	k->ctx = EVP_CIPHER_CTX_new();
	g_assert(k->cipher && k->ctx);
	k->n_key = (size_t)EVP_CIPHER_get_key_length(k->cipher);
	switch ((mode)is->mode) {
	case MODE_CBC:
		k->mac = EVP_get_digestbyname(is->mac);
		k->n_mac = hash_length(is->mac);
		k->n_iv = (size_t)EVP_CIPHER_get_iv_length(k->cipher);
		break;
	case MODE_GCM:
		k->n_iv = t->version == TAP_TLS_13 ? NONCE : 4;
		break;
	case MODE_CHACHA:
		k->n_iv = NONCE;
		break;
	}
	if (t->version == TAP_TLS_13) {
		k->traffic = *s;
		begin_13(k);
	} else {
		begin_12(k, t, s, from_server);
	}
	return k;
}

void tap_tls_key_free(tap_tls_key *k)
{
	if (!k)
		return;
	EVP_CIPHER_CTX_free(k->ctx);
	EVP_CIPHER_free(k->cipher);
	OPENSSL_cleanse(k, sizeof(*k));
	g_free(k);
}

static span head_of(const tap_tls_key *k, uint8_t buf[HEAD], uint8_t type,
		    uint16_t version, size_t length)
{
	put o = put_into(buf, HEAD);

	put_u64(&o, k->seq);
	put_u8(&o, type);
	put_u16(&o, version);
	put_u16(&o, (uint16_t)length);
	return put_done(&o);
}

/* The nonce, and the additional data. RFC 5288 3 carries 8 octets of the nonce
 * in the record; RFC 7905 and 8446 5.3 make it of the sequence number. */
static bool open_aead(tap_tls_key *k, uint8_t type, uint16_t version,
		      span in, uint8_t *out, size_t *n)
{
	uint8_t nonce[NONCE], head[HEAD];
	const bool carried = k->n_iv < NONCE;
	span aad, cut;
	int made = 0, last = 0;

	aad = head_of(k, head, type, version, in.left);
	memcpy(nonce, k->iv, NONCE);
	if (carried && !span_bytes(&in, nonce + 4, 8))
		return false;
	for (unsigned i = 0; !carried && i < 8; i++)
		nonce[4 + i] ^= (uint8_t)(k->seq >> (56 - 8 * i));
	if (in.left < TAG || !span_cut(&in, in.left - TAG, &cut))
		return false;
	if (k->version != TAP_TLS_13)
		aad = head_of(k, head, type, version, cut.left);
	else if (!span_skip(&aad, 8))	/* the number is in the nonce alone */
		return false;
	g_assert(EVP_DecryptInit_ex2(k->ctx, k->cipher, k->key, nonce, NULL) &&
		 EVP_CIPHER_CTX_ctrl(k->ctx, EVP_CTRL_AEAD_SET_TAG, TAG,
				     (void *)(uintptr_t)in.p) &&
		 EVP_DecryptUpdate(k->ctx, NULL, &made, aad.p, (int)aad.left) &&
		 EVP_DecryptUpdate(k->ctx, out, &made, cut.p, (int)cut.left));
	*n = cut.left;
	return EVP_DecryptFinal_ex(k->ctx, out + made, &last) == 1;
}

/* RFC 5246 6.2.3.1: of the sequence number, the header and the content. */
static bool mac_right(const tap_tls_key *k, span head, span body, span want)
{
	uint8_t all[HEAD + TAP_TLS_RECORD_MAX], mac[EVP_MAX_MD_SIZE];
	put o = put_into(all, sizeof(all));

	put_span(&o, head);
	put_span(&o, body);
	return !o.full && HMAC(k->mac, k->mac_key, (int)k->n_mac, o.p, o.n,
			       mac, NULL) &&
	       want.left == k->n_mac &&
	       !CRYPTO_memcmp(mac, want.p, want.left);
}

static bool decrypt(tap_tls_key *k, const uint8_t *iv, span in, uint8_t *out)
{
	int made = 0;

	return in.left && in.left % k->n_iv == 0 &&
	       EVP_DecryptInit_ex2(k->ctx, k->cipher, k->key, iv, NULL) &&
	       EVP_CIPHER_CTX_set_padding(k->ctx, 0) &&
	       EVP_DecryptUpdate(k->ctx, out, &made, in.p, (int)in.left) &&
	       (size_t)made == in.left;
}

/* RFC 5246 6.2.3.2: each octet of the padding is its length. */
static bool unpad(span *s)
{
	uint8_t pad;

	if (!s->left)
		return false;
	pad = s->p[s->left - 1];
	if (s->left < pad + 1u)
		return false;
	for (size_t i = s->left - pad - 1; i < s->left; i++)
		if (s->p[i] != pad)
			return false;
	s->left -= pad + 1u;
	return true;
}

static bool open_cbc(tap_tls_key *k, uint8_t type, uint16_t version, span in,
		     uint8_t *out, size_t *n)
{
	uint8_t iv[BLOCK_MAX], head[HEAD];
	span cut = in, mac, body;

	if (k->mac_last && (in.left < k->n_mac ||
			    !span_cut(&in, in.left - k->n_mac, &cut) ||
			    !mac_right(k, head_of(k, head, type, version,
						  cut.left), cut, in)))
		return false;
	memcpy(iv, k->iv, k->n_iv);
	if (k->version >= TAP_TLS_11 && !span_bytes(&cut, iv, k->n_iv))
		return false;
	if (!decrypt(k, iv, cut, out))
		return false;
	body = mac = span_of(out, cut.left);
	if (!unpad(&body))
		return false;
	if (!k->mac_last) {
		mac.left = body.left;
		if (mac.left < k->n_mac ||
		    !span_cut(&mac, mac.left - k->n_mac, &body) ||
		    !mac_right(k, head_of(k, head, type, version, body.left),
			       body, mac))
			return false;
	}
	*n = body.left;
	if (k->version == TAP_TLS_10 && span_skip(&cut, cut.left - k->n_iv))
		memcpy(k->iv, cut.p, k->n_iv);
	return true;
}

/* RFC 8446 5.2: the real type is the last octet that is not zero. */
static bool inner_type(const uint8_t *out, size_t *n, uint8_t *type)
{
	while (*n && !out[*n - 1])
		--*n;
	if (!*n)
		return false;
	*type = out[--*n];
	return true;
}

bool tap_tls_key_open(tap_tls_key *k, uint8_t *type, uint16_t version,
		      span record, uint8_t *out, size_t *n)
{
	const bool cbc = k->suite->mode == MODE_CBC;

	if (record.left > TAP_TLS_RECORD_MAX)
		return false;
	if (!(cbc ? open_cbc : open_aead)(k, *type, version, record, out, n))
		return false;
	if (k->version == TAP_TLS_13 && !inner_type(out, n, type))
		return false;
	k->seq++;
	return true;
}
