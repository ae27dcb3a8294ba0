#include "signaling_tap/sdp.h"

#include <glib.h>
#include <stdio.h>

/* Up to `c`, which is eaten, or the whole. */
static span field(span *in, uint8_t c)
{
	span out;

	if (span_until(in, c, &out))
		return out;
	out = *in;
	*in = (span){in->p + in->left, 0};
	return out;
}

/* What of the session parameters (RFC 4568 6.3) changes packets. */
typedef struct params {
	bool clear;		/* authentic and not encrypted (6.3.2) */
	uint64_t kdr;		/* keys last 2^kdr packets (6.3.1) */
} params;

/* Other parameters change no packet (UNENCRYPTED_SRTCP is stated in each report
 * itself, WSH and FEC_ORDER concern the receiver, FEC_KEY another stream), or
 * make one that does not authenticate. */
static bool params_read(span in, params *out)
{
	span word;

	while (span_word(&in, &word)) {
		out->clear |= span_caseeq(word, "UNENCRYPTED_SRTP");
		if (span_casestarts(word, "KDR=") && span_skip(&word, 4) &&
		    !span_number(word, CALL_KDR_MAX, &out->kdr))
			return false;
	}
	return true;
}

/* "AES_CM_128_HMAC_SHA1_80", or "NULL_HMAC_SHA1_80" where nothing is encrypted,
 * or "AES_CM_128_HMAC_SHA1_80 KDR=6". */
static bool suite_put(span suite, const params *p, char *to, size_t size)
{
	static const char cm[] = "AES_CM_128_";
	int n;

	if (p->clear && (!span_casestarts(suite, cm) ||
			 !span_skip(&suite, sizeof(cm) - 1)))
		return false;
	n = snprintf(to, size, "%s%.*s", p->clear ? "NULL_" : "",
		     (int)MIN(suite.left, size), (const char *)suite.p);
	if (p->kdr && n > 0 && (size_t)n < size)
		n += snprintf(to + n, size - (size_t)n, " KDR=%u",
			      (unsigned)p->kdr);
	return n > 0 && (size_t)n < size;
}

bool tap_crypto_read(span value, bool scale, tap_crypto_line *out)
{
	span word, suite;
	params p = {0};
	uint64_t tag;

	*out = (tap_crypto_line){.common.scale = scale};
	/* RFC 4568 9.1: 1*9DIGIT */
	if (!span_word(&value, &word) || !span_number(word, 999999999, &tag))
		return false;
	if (scale && (!span_word(&value, &word) ||
		      (!span_caseeq(word, "client") &&
		       !span_caseeq(word, "server"))))
		return false;
	if (!span_word(&value, &suite) || !span_word(&value, &out->keys))
		return false;
	out->common.tag = (uint32_t)tag;
	return params_read(value, &p) &&
	       suite_put(suite, &p, out->common.suite,
			 sizeof(out->common.suite));
}

/* One more than the value of a digit, 0 for what is none. A table, because the
 * digits of a key cannot be guessed: a branch for each kind of them is wrong
 * every other time. */
static const uint8_t base64_digits[128] = {
	['+'] = 63, ['/'] = 64,
	['0'] = 53, 54, 55, 56, 57, 58, 59, 60, 61, 62,
	['A'] = 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18,
	19, 20, 21, 22, 23, 24, 25, 26,
	['a'] = 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40, 41, 42,
	43, 44, 45, 46, 47, 48, 49, 50, 51, 52,
};

static int base64_value(uint8_t c)
{
	return c < sizeof(base64_digits) ? base64_digits[c] - 1 : -1;
}

/* Padding may be missing, as MS-SDPEXT does; nothing else may. */
static bool base64_decode(span in, secret *out)
{
	uint8_t to[SECRET_MAX];
	uint32_t bits = 0;
	unsigned have = 0;
	size_t n = 0;
	bool ok;

	for (int pads = 0; pads < 2; pads++)
		if (in.left && in.p[in.left - 1] == '=')
			in.left--;
	while (in.left) {
		uint8_t c;
		int v;

		if (!span_u8(&in, &c) || (v = base64_value(c)) < 0 ||
		    n == sizeof(to))
			return false;
		bits = bits << 6 | (uint32_t)v;
		have += 6;
		if (have >= 8) {
			have -= 8;
			to[n++] = (uint8_t)(bits >> have);
		}
	}
	ok = n > 0 && secret_set(out, span_of(to, n));
	explicit_bzero(to, sizeof(to));
	return ok;
}

/* "|1:4" is an MKI, "|2^31" or "|1048576" a lifetime (RFC 4568 9.2). */
static bool option_read(span s, call_crypto *c)
{
	span value;
	uint64_t mki, len;

	if (!span_until(&s, ':', &value))
		return s.left > 0;
	if (!span_number(value, UINT32_MAX, &mki) ||
	    !span_number(s, 128, &len) || len == 0 || len > 4 ||
	    (len < 4 && mki >> (8 * len)))
		return false;
	c->mki = (uint32_t)mki;
	c->mki_len = (uint8_t)len;
	return true;
}

static bool key_read(span one, call_crypto *c)
{
	span info;

	if (!span_casestarts(one, "inline:") || !span_skip(&one, 7))
		return false;
	info = field(&one, '|');
	if (!base64_decode(info, &c->key))
		return false;
	while (one.left)
		if (!option_read(field(&one, '|'), c))
			return false;
	return true;
}

bool tap_crypto_next(tap_crypto_line *l, call_crypto *out)
{
	span keys = l->keys, one;

	if (!keys.left)
		return false;
	one = field(&keys, ';');
	*out = l->common;
	if (!key_read(one, out)) {
		secret_clear(&out->key);
		return false;
	}
	l->keys = keys;
	return true;
}
