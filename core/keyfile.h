/* keyfile.h - key pairs in PEM: PATH.key, readable only by its owner, and
 * PATH.pub. */
#pragma once
#include <glib.h>
#include <openssl/evp.h>
#include <stdbool.h>

#define KEYFILE_ERROR (keyfile_error_quark())
typedef enum keyfile_error {
	KEYFILE_ERROR_FILE,	/* cannot be read or written */
	KEYFILE_ERROR_KIND,	/* no key in it, or one of another algorithm */
	KEYFILE_ERROR_CRYPTO,
} keyfile_error;
GQuark keyfile_error_quark(void);

/* ANY. `algorithm` is OpenSSL's name: "X25519", "ED25519". Free the key with
 * EVP_PKEY_free(). */
EVP_PKEY *keyfile_private(const char *path, const char *algorithm,
			  GError **err);
EVP_PKEY *keyfile_public(const char *path, const char *algorithm,
			 GError **err);
/* A new pair on disk. Overwrites nothing; a failure leaves neither file. */
bool keyfile_generate(const char *path, const char *algorithm, GError **err);
