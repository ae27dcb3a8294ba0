#include "decoder/kdf.h"

#include <glib.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>

/* RFC 3711 4.3.2 */
enum label {
	LABEL_RTP_KEY,
	LABEL_RTP_AUTH,
	LABEL_RTP_SALT,
	LABEL_RTCP_KEY,
	LABEL_RTCP_AUTH,
	LABEL_RTCP_SALT,
};

static const EVP_CIPHER *cipher_of(size_t key)
{
	if (key == 16)
		return EVP_aes_128_ctr();
	return key == 24 ? EVP_aes_192_ctr() : EVP_aes_256_ctr();
}

/* RFC 3711 4.3.3: AES in counter mode, started at (label || r) XOR salt, with
 * the label above the 48 bits of r. SRTCP's r, of 31 bits, takes as much
 * room: what it is added to is where all stacks that have no rate look. */
static void prf(EVP_CIPHER_CTX *ctx, const uint8_t start[static DEC_SALT_MAX],
		enum label label, uint8_t *out, int n)
{
	uint8_t iv[16] = {0};
	int made = 0;

	memcpy(iv, start, DEC_SALT_MAX);
	iv[7] ^= (uint8_t)label;
	memset(out, 0, (size_t)n);
	g_assert(EVP_EncryptInit_ex(ctx, NULL, NULL, NULL, iv) &&
		 EVP_EncryptUpdate(ctx, out, &made, out, n) && made == n);
	OPENSSL_cleanse(iv, sizeof(iv));
}

bool dec_kdf(const dec_suite *s, const secret *master, bool rtcp, uint64_t r,
	     dec_session *out)
{
	const enum label first = rtcp ? LABEL_RTCP_KEY : LABEL_RTP_KEY;
	span in = secret_peek(master), key, salt;
	uint8_t start[DEC_SALT_MAX] = {0};
	EVP_CIPHER_CTX *ctx;

	if (!span_cut(&in, s->key, &key) || !span_cut(&in, s->salt, &salt) ||
	    in.left)
		return false;
	/* RFC 7714 11: a salt of 12 octets gets two zero octets behind it. */
	memcpy(start, salt.p, salt.left);
	for (int i = DEC_SALT_MAX - 1; r; r >>= 8)
		start[i--] ^= (uint8_t)r;
	ctx = EVP_CIPHER_CTX_new();
	g_assert(ctx && EVP_EncryptInit_ex(ctx, cipher_of(s->key), NULL, key.p,
					   NULL));
	prf(ctx, start, first + LABEL_RTP_KEY, out->key, s->key);
	prf(ctx, start, first + LABEL_RTP_AUTH, out->auth, DEC_AUTH_KEY);
	prf(ctx, start, first + LABEL_RTP_SALT, out->salt, s->salt);
	EVP_CIPHER_CTX_free(ctx);
	OPENSSL_cleanse(start, sizeof(start));
	return true;
}
