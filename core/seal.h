/* seal.h - media keys sealed to the recorder's public key.
 *
 * sealed = version:8 sender-public:256 nonce:96 ciphertext tag:128
 * X25519 between a short-lived sender key and the recorder's key, HKDF-SHA256
 * (salt = both public keys, info = "edgetape keys v1"), AES-256-GCM. The
 * sender key lasts SEAL_USES messages, so that sealing costs no scalar
 * multiplication in the call path most of the time. */
#pragma once
#include <glib.h>

#include "core/put.h"
#include "core/span.h"

enum {
	SEAL_OVERHEAD = 1 + 32 + 12 + 16,
	SEAL_USES = 4096,
};

#define SEAL_ERROR (seal_error_quark())
typedef enum seal_error {
	SEAL_ERROR_CRYPTO,
} seal_error;
GQuark seal_error_quark(void);

/* Both belong to the thread that uses them. */
typedef struct seal_box seal_box;	/* the sealing side */
typedef struct seal_key seal_key;	/* the opening side: a private key */

/* The recorder's public key in PEM. Free with seal_box_free(). */
seal_box *seal_box_open(const char *path, GError **err);
void seal_box_free(seal_box *b);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(seal_box, seal_box_free)
/* Appends plain.left + SEAL_OVERHEAD octets; `bound` (the call's name) is
 * authenticated with it. */
bool seal_put(seal_box *b, put *o, span plain, span bound, GError **err);

/* The recorder's private key in PEM. Free with seal_key_free(). */
seal_key *seal_key_open(const char *path, GError **err);
/* A new key pair, for a replay, which needs none on disk. */
seal_key *seal_key_new(GError **err);
/* A box that seals for this key; free it. */
seal_box *seal_key_box(const seal_key *k, GError **err);
/* Whether the key opens what this box seals. */
bool seal_pair(seal_box *b, seal_key *k);
void seal_key_free(seal_key *k);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(seal_key, seal_key_free)
/* The plain text into `o`; false if it does not open. */
bool seal_get(seal_key *k, put *o, span sealed, span bound, GError **err);

/* Writes PATH.key (mode 0600) and PATH.pub; neither may exist. */
bool seal_generate(const char *path, GError **err);
