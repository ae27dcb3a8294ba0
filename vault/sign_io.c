#include "vault/vault.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <unistd.h>

static bool bad_key(GError **err, const char *path, const char *why)
{
	g_set_error(err, VLT_ERROR, VLT_ERROR_KEY, "%s: %s", path, why);
	return false;
}

static EVP_PKEY *key_read(const char *path, GError **err)
{
	FILE *f = fopen(path, "re");
	EVP_PKEY *k;

	if (!f) {
		bad_key(err, path, g_strerror(errno));
		return NULL;
	}
	k = PEM_read_PrivateKey(f, NULL, NULL, NULL);
	fclose(f);
	if (k && EVP_PKEY_is_a(k, "ED25519"))
		return k;
	EVP_PKEY_free(k);
	bad_key(err, path, "this is no Ed25519 private key in PEM");
	return NULL;
}

bool vlt_sign(const char *path, const void *text, size_t n,
	      uint8_t out[static VLT_SIGNATURE], GError **err)
{
	EVP_PKEY *k = key_read(path, err);
	EVP_MD_CTX *c = k ? EVP_MD_CTX_new() : NULL;
	size_t size = VLT_SIGNATURE;
	bool ok = c && EVP_DigestSignInit(c, NULL, NULL, NULL, k) == 1 &&
		  EVP_DigestSign(c, out, &size, text, n) == 1 &&
		  size == VLT_SIGNATURE;

	EVP_MD_CTX_free(c);
	EVP_PKEY_free(k);
	return ok || (k && bad_key(err, path, "signing failed"));
}

static FILE *create(const char *path, mode_t mode, GError **err)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);

	if (fd < 0)
		bad_key(err, path, g_strerror(errno));
	return fd < 0 ? NULL : fdopen(fd, "w");
}

static bool finish(FILE *f, bool ok, const char *path, GError **err)
{
	ok = ok && fflush(f) == 0 && fsync(fileno(f)) == 0;
	if (fclose(f) == 0 && ok)
		return true;
	unlink(path);
	return bad_key(err, path, "could not be written");
}

static bool pair_write(EVP_PKEY *k, const char *priv, const char *pub,
		       GError **err)
{
	FILE *f = create(priv, 0600, err);

	if (!f ||
	    !finish(f,
		    PEM_write_PrivateKey(f, k, NULL, NULL, 0, NULL, NULL) == 1,
		    priv, err))
		return false;
	f = create(pub, 0644, err);
	if (f && finish(f, PEM_write_PUBKEY(f, k) == 1, pub, err))
		return true;
	unlink(priv);
	return false;
}

bool vlt_signing_keys(const char *path, GError **err)
{
	g_autofree char *priv = g_strconcat(path, ".key", NULL);
	g_autofree char *pub = g_strconcat(path, ".pub", NULL);
	EVP_PKEY *k = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
	bool ok = k ? pair_write(k, priv, pub, err)
		    : bad_key(err, path, "key generation failed");

	EVP_PKEY_free(k);
	return ok;
}
