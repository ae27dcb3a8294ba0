#include "signaling_tap/digest.h"

#include <openssl/sha.h>

void tap_digest_add(tap_digest *d, span text)
{
	uint8_t chain[sizeof(d->b) + SHA256_DIGEST_LENGTH];
	uint8_t out[SHA256_DIGEST_LENGTH];

	memcpy(chain, d->b, sizeof(d->b));
	SHA256(text.p, text.left, chain + sizeof(d->b));
	SHA256(chain, sizeof(chain), out);
	memcpy(d->b, out, sizeof(d->b));
}
