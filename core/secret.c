#include "core/secret.h"

#include <openssl/crypto.h>

bool secret_set(secret *s, span from)
{
	secret_clear(s);
	if (from.left > SECRET_MAX)
		return false;
	if (from.left)
		memcpy(s->b, from.p, from.left);
	s->len = from.left;
	return true;
}

void secret_clear(secret *s)
{
	OPENSSL_cleanse(s, sizeof(*s));
}

bool secret_same(const secret *a, const secret *b)
{
	return a->len == b->len && !CRYPTO_memcmp(a->b, b->b, SECRET_MAX);
}
