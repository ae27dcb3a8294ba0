/* Targets: dec_parts_rtp, dec_parts_rtcp, dec_srtp_open_rtp,
 * dec_srtp_open_rtcp
 *
 * First octet: suite and MKI length; the rest is the packet. Nobody without
 * the key makes a packet that opens. */
#include <stdlib.h>

#include "decoder/srtp.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static const char *const suites[] = {
	"AES_CM_128_HMAC_SHA1_80", "AES_256_CM_HMAC_SHA1_32",
	"AEAD_AES_128_GCM", "NULL_HMAC_SHA1_80"};

static dec_srtp *transform(unsigned which)
{
	static dec_srtp *made[4];
	const dec_suite *s = dec_suite_find(suites[which]);
	secret master = {.len = (size_t)s->key + s->salt};

	for (size_t i = 0; i < master.len; i++)
		master.b[i] = (uint8_t)(i * 29 + 7);
	if (!made[which])
		made[which] = dec_srtp_new(s, &master, 0, false);
	return made[which];
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static uint8_t out[1 << 16];
	uint32_t index;
	dec_srtp *k;
	size_t got, mki;
	dec_rtp h;
	span in;

	if (n < 1 || n > sizeof(out))
		return 0;
	k = transform(data[0] & 3);
	mki = data[0] >> 2 & 7;
	in = span_of(data + 1, n - 1);
	if (dec_rtp_parse(in, &h) == DEC_OK &&
	    dec_srtp_open_rtp(k, in, &h, mki, data[0], out, &got) &&
	    got > in.left)
		abort();
	if (dec_srtp_open_rtcp(k, in, mki, out, &got, &index) &&
	    got > in.left)
		abort();
	return 0;
}
