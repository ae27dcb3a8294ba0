#include "core/keyfile.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <unistd.h>

G_DEFINE_QUARK(keyfile_error, keyfile_error)

static bool fail(GError **err, const char *path, const char *why)
{
	g_set_error(err, KEYFILE_ERROR, KEYFILE_ERROR_FILE, "%s: %s", path,
		    why);
	return false;
}

typedef EVP_PKEY *read_fn(FILE *f, EVP_PKEY **k, pem_password_cb *cb, void *u);

static EVP_PKEY *key_read(const char *path, const char *algorithm,
			  read_fn *read, const char *kind, GError **err)
{
	FILE *f = fopen(path, "re");
	EVP_PKEY *k;

	if (!f) {
		fail(err, path, g_strerror(errno));
		return NULL;
	}
	k = read(f, NULL, NULL, NULL);
	fclose(f);
	ERR_clear_error();
	if (k && EVP_PKEY_is_a(k, algorithm))
		return k;
	EVP_PKEY_free(k);
	g_set_error(err, KEYFILE_ERROR, KEYFILE_ERROR_KIND,
		    "%s: this is no %s %s key in PEM (`edgetape keygen` makes "
		    "one)", path, algorithm, kind);
	return NULL;
}

EVP_PKEY *keyfile_private(const char *path, const char *algorithm,
			  GError **err)
{
	return key_read(path, algorithm, PEM_read_PrivateKey, "private", err);
}

EVP_PKEY *keyfile_public(const char *path, const char *algorithm, GError **err)
{
	return key_read(path, algorithm, PEM_read_PUBKEY, "public", err);
}

static FILE *create(const char *path, mode_t mode, GError **err)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);

	if (fd < 0)
		fail(err, path, g_strerror(errno));
	return fd < 0 ? NULL : fdopen(fd, "w");
}

static bool finish(FILE *f, bool ok, const char *path, GError **err)
{
	ok = ok && fflush(f) == 0 && fsync(fileno(f)) == 0;
	if (fclose(f) == 0 && ok)
		return true;
	unlink(path);
	return fail(err, path, "could not be written");
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

bool keyfile_generate(const char *path, const char *algorithm, GError **err)
{
	g_autofree char *priv = g_strconcat(path, ".key", NULL);
	g_autofree char *pub = g_strconcat(path, ".pub", NULL);
	EVP_PKEY *k = EVP_PKEY_Q_keygen(NULL, NULL, algorithm);
	bool ok;

	if (!k) {
		g_set_error(err, KEYFILE_ERROR, KEYFILE_ERROR_CRYPTO,
			    "%s: key generation failed", path);
		return false;
	}
	ok = pair_write(k, priv, pub, err);
	EVP_PKEY_free(k);
	return ok;
}
