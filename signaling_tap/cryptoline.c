#include "signaling_tap/sdp.h"

#include <glib.h>

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

bool tap_crypto_read(span value, bool scale, tap_crypto_line *out)
{
	span word, suite;
	uint64_t tag;

	*out = (tap_crypto_line){.common.scale = scale};
	/* RFC 4568 9.1: 1*9DIGIT */
	if (!span_word(&value, &word) || !span_number(word, 999999999, &tag))
		return false;
	if (scale && (!span_word(&value, &word) ||
		      (!span_caseeq(word, "client") &&
		       !span_caseeq(word, "server"))))
		return false;
	if (!span_word(&value, &suite) ||
	    suite.left >= sizeof(out->common.suite) ||
	    !span_word(&value, &out->keys))
		return false;
	out->common.tag = (uint32_t)tag;
	span_copy(suite, out->common.suite, sizeof(out->common.suite));
	return true;
}

static int base64_value(uint8_t c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	if (c == '+' || c == '/')
		return c == '+' ? 62 : 63;
	return -1;
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
