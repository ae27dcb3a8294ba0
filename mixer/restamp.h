/* restamp.h - gives Ogg pages a fixed serial number. */
#pragma once
#include <glib.h>
#include <stdint.h>

/* Takes the next bytes of a stream of Ogg pages (RFC 3533, 6) and appends to
 * `out` those that are now whole, with `serial` and a new checksum. `held`
 * keeps the rest; what is not Ogg passes as it is. */
void mix_restamp(GByteArray *held, const uint8_t *p, size_t n, uint32_t serial,
		 GByteArray *out);
