#include "vault/vault.h"

#include "core/keyfile.h"

#define ALGORITHM "ED25519"

bool vlt_sign(const char *path, const void *text, size_t n,
	      uint8_t out[static VLT_SIGNATURE], GError **err)
{
	EVP_PKEY *k = keyfile_private(path, ALGORITHM, err);
	EVP_MD_CTX *c = k ? EVP_MD_CTX_new() : NULL;
	size_t size = VLT_SIGNATURE;
	bool ok = c && EVP_DigestSignInit(c, NULL, NULL, NULL, k) == 1 &&
		  EVP_DigestSign(c, out, &size, text, n) == 1 &&
		  size == VLT_SIGNATURE;

	EVP_MD_CTX_free(c);
	EVP_PKEY_free(k);
	if (k && !ok)
		g_set_error(err, VLT_ERROR, VLT_ERROR_KEY, "%s: signing failed",
			    path);
	return ok;
}

bool vlt_signing_keys(const char *path, GError **err)
{
	return keyfile_generate(path, ALGORITHM, err);
}
