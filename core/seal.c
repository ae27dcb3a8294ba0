#include "core/seal.h"

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/rand.h>

#include "core/keyfile.h"
#include "core/secret.h"

#define ALGORITHM "X25519"

G_DEFINE_QUARK(seal_error, seal_error)

enum {
	VERSION = 1,
	POINT = 32,	/* X25519, RFC 7748 */
	NONCE = 12,
	TAG = 16,
	AES_KEY = 32,
};

struct seal_box {
	EVP_PKEY *to;			/* the recorder's public key */
	uint8_t to_raw[POINT];
	uint8_t sender[POINT];		/* public half of the sender key */
	secret aes;
	unsigned uses;			/* left before the sender key changes */
};

struct seal_key {
	EVP_PKEY *key;
	uint8_t raw[POINT];		/* public half */
	uint8_t last[POINT];		/* sender of the message read last: */
	secret aes;			/* most share it */
};

static bool crypto_fail(GError **err, const char *what)
{
	unsigned long e = ERR_get_error();
	const char *why = e ? ERR_reason_error_string(e) : NULL;

	g_set_error(err, SEAL_ERROR, SEAL_ERROR_CRYPTO, "%s: %s", what,
		    why ? why : "failed");
	ERR_clear_error();
	return false;
}

static bool raw_public(EVP_PKEY *k, uint8_t to[static POINT])
{
	size_t n = POINT;

	return EVP_PKEY_get_raw_public_key(k, to, &n) == 1 && n == POINT;
}

/* RFC 5869 over the X25519 secret; both public keys are the salt. */
static bool derive(EVP_PKEY *own, EVP_PKEY *peer,
		   const uint8_t sender[static POINT],
		   const uint8_t to[static POINT], secret *aes)
{
	static const char info[] = "edgetape keys v1";
	uint8_t shared[POINT], salt[2 * POINT], key[AES_KEY];
	size_t n = sizeof(shared), len = sizeof(key);
	EVP_PKEY_CTX *dh = EVP_PKEY_CTX_new(own, NULL);
	EVP_PKEY_CTX *kdf = EVP_PKEY_CTX_new_id(EVP_PKEY_HKDF, NULL);
	bool ok;

	memcpy(salt, sender, POINT);
	memcpy(salt + POINT, to, POINT);
	ok = dh && kdf && EVP_PKEY_derive_init(dh) == 1 &&
	     EVP_PKEY_derive_set_peer(dh, peer) == 1 &&
	     EVP_PKEY_derive(dh, shared, &n) == 1 &&
	     EVP_PKEY_derive_init(kdf) == 1 &&
	     EVP_PKEY_CTX_set_hkdf_md(kdf, EVP_sha256()) == 1 &&
	     EVP_PKEY_CTX_set1_hkdf_salt(kdf, salt, sizeof(salt)) == 1 &&
	     EVP_PKEY_CTX_set1_hkdf_key(kdf, shared, (int)n) == 1 &&
	     EVP_PKEY_CTX_add1_hkdf_info(kdf, (const uint8_t *)info,
					 sizeof(info) - 1) == 1 &&
	     EVP_PKEY_derive(kdf, key, &len) == 1 &&
	     secret_set(aes, span_of(key, len));
	OPENSSL_cleanse(shared, sizeof(shared));
	OPENSSL_cleanse(key, sizeof(key));
	EVP_PKEY_CTX_free(dh);
	EVP_PKEY_CTX_free(kdf);
	return ok;
}

static EVP_PKEY *generate(void)
{
	return EVP_PKEY_Q_keygen(NULL, NULL, ALGORITHM);
}

static seal_box *box_new_take(EVP_PKEY *to, GError **err)
{
	seal_box *b = g_new0(seal_box, 1);

	b->to = to;
	if (raw_public(to, b->to_raw))
		return b;
	crypto_fail(err, "recorder's public key");
	seal_box_free(b);
	return NULL;
}

seal_box *seal_box_open(const char *path, GError **err)
{
	EVP_PKEY *to = keyfile_public(path, ALGORITHM, err);

	return to ? box_new_take(to, err) : NULL;
}

void seal_box_free(seal_box *b)
{
	if (!b)
		return;
	EVP_PKEY_free(b->to);
	secret_clear(&b->aes);
	g_free(b);
}

static bool new_sender(seal_box *b, GError **err)
{
	EVP_PKEY *own = generate();
	bool ok = own && raw_public(own, b->sender) &&
		  derive(own, b->to, b->sender, b->to_raw, &b->aes);

	EVP_PKEY_free(own);
	if (!ok)
		return crypto_fail(err, "sender key");
	b->uses = SEAL_USES;
	return true;
}

bool seal_put(seal_box *b, put *o, span plain, span bound, GError **err)
{
	uint8_t nonce[NONCE], tag[TAG];
	EVP_CIPHER_CTX *c;
	int n = 0, last = 0;
	uint8_t *to;
	bool ok;

	if (b->uses == 0 && !new_sender(b, err))
		return false;
	if (o->full || plain.left + SEAL_OVERHEAD > o->size - o->n ||
	    RAND_bytes(nonce, sizeof(nonce)) != 1)
		return crypto_fail(err, "no room, or no randomness");
	put_u8(o, VERSION);
	put_bytes(o, b->sender, POINT);
	put_bytes(o, nonce, NONCE);
	to = o->p + o->n;
	c = EVP_CIPHER_CTX_new();
	ok = c &&
	     EVP_EncryptInit_ex(c, EVP_aes_256_gcm(), NULL, b->aes.b, nonce) &&
	     EVP_EncryptUpdate(c, NULL, &n, bound.p, (int)bound.left) &&
	     EVP_EncryptUpdate(c, to, &n, plain.p, (int)plain.left) &&
	     EVP_EncryptFinal_ex(c, to + n, &last) &&
	     EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_GCM_GET_TAG, TAG, tag);
	EVP_CIPHER_CTX_free(c);
	if (!ok)
		return crypto_fail(err, "sealing");
	o->n += plain.left;
	put_bytes(o, tag, TAG);
	b->uses--;
	return true;
}

static seal_key *key_new_take(EVP_PKEY *key, GError **err)
{
	seal_key *k = g_new0(seal_key, 1);

	k->key = key;
	if (key && raw_public(key, k->raw))
		return k;
	crypto_fail(err, "recorder's private key");
	seal_key_free(k);
	return NULL;
}

seal_key *seal_key_open(const char *path, GError **err)
{
	EVP_PKEY *key = keyfile_private(path, ALGORITHM, err);

	return key ? key_new_take(key, err) : NULL;
}

seal_key *seal_key_new(GError **err)
{
	return key_new_take(generate(), err);
}

seal_box *seal_key_box(const seal_key *k, GError **err)
{
	EVP_PKEY *to = EVP_PKEY_new_raw_public_key(EVP_PKEY_X25519, NULL,
						   k->raw, POINT);

	if (!to) {
		crypto_fail(err, "recorder's public key");
		return NULL;
	}
	return box_new_take(to, err);
}

bool seal_pair(seal_box *b, seal_key *k)
{
	uint8_t shut[SEAL_OVERHEAD + 4], open[4];
	put sealed = put_into(shut, sizeof(shut));
	put plain = put_into(open, sizeof(open));
	span bound = span_str("pair");

	return seal_put(b, &sealed, span_str("test"), bound, NULL) &&
	       seal_get(k, &plain, put_done(&sealed), bound, NULL) &&
	       span_eq(put_done(&plain), "test");
}

void seal_key_free(seal_key *k)
{
	if (!k)
		return;
	EVP_PKEY_free(k->key);
	secret_clear(&k->aes);
	g_free(k);
}

static bool know_sender(seal_key *k, const uint8_t sender[static POINT])
{
	EVP_PKEY *peer;
	bool ok;

	if (k->aes.len && !memcmp(k->last, sender, POINT))
		return true;
	peer = EVP_PKEY_new_raw_public_key(EVP_PKEY_X25519, NULL, sender,
					   POINT);
	ok = peer && derive(k->key, peer, sender, k->raw, &k->aes);
	EVP_PKEY_free(peer);
	memcpy(k->last, sender, POINT);
	return ok;
}

bool seal_get(seal_key *k, put *o, span sealed, span bound, GError **err)
{
	uint8_t version, sender[POINT], nonce[NONCE], tag[TAG];
	EVP_CIPHER_CTX *c;
	int n = 0, last = 0;
	span text;
	bool ok;

	if (!span_u8(&sealed, &version) || version != VERSION ||
	    !span_bytes(&sealed, sender, POINT) ||
	    !span_bytes(&sealed, nonce, NONCE) || sealed.left < TAG ||
	    !span_cut(&sealed, sealed.left - TAG, &text) ||
	    !span_bytes(&sealed, tag, TAG) || o->full ||
	    text.left > o->size - o->n)
		return crypto_fail(err, "sealed keys: malformed");
	if (!know_sender(k, sender))
		return crypto_fail(err, "sealed keys: sender key");
	c = EVP_CIPHER_CTX_new();
	ok = c &&
	     EVP_DecryptInit_ex(c, EVP_aes_256_gcm(), NULL, k->aes.b, nonce) &&
	     EVP_DecryptUpdate(c, NULL, &n, bound.p, (int)bound.left) &&
	     EVP_DecryptUpdate(c, o->p + o->n, &n, text.p, (int)text.left) &&
	     EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_GCM_SET_TAG, TAG, tag) &&
	     EVP_DecryptFinal_ex(c, o->p + o->n + n, &last) == 1;
	EVP_CIPHER_CTX_free(c);
	if (!ok)
		return crypto_fail(err, "sealed keys: they were sealed to "
					"another recorder, or changed");
	o->n += text.left;
	return true;
}

bool seal_generate(const char *path, GError **err)
{
	return keyfile_generate(path, ALGORITHM, err);
}
