#include "decoder/suite.h"

/* RFC 4568 6.2, RFC 6188 4, RFC 7714 14.1; the NULL ciphers as deployed. The
 * 32-bit suites shorten the tag of RTP only (RFC 3711 5.2, RFC 4568 6.2.2). */
static const dec_suite suites[] = {
	{"AES_CM_128_HMAC_SHA1_80", DEC_CIPHER_CM, 16, 14, 10, 10},
	{"AES_CM_128_HMAC_SHA1_32", DEC_CIPHER_CM, 16, 14, 4, 10},
	{"AES_192_CM_HMAC_SHA1_80", DEC_CIPHER_CM, 24, 14, 10, 10},
	{"AES_192_CM_HMAC_SHA1_32", DEC_CIPHER_CM, 24, 14, 4, 10},
	{"AES_256_CM_HMAC_SHA1_80", DEC_CIPHER_CM, 32, 14, 10, 10},
	{"AES_256_CM_HMAC_SHA1_32", DEC_CIPHER_CM, 32, 14, 4, 10},
	{"AEAD_AES_128_GCM", DEC_CIPHER_GCM, 16, 12, 16, 16},
	{"AEAD_AES_256_GCM", DEC_CIPHER_GCM, 32, 12, 16, 16},
	{"NULL_HMAC_SHA1_80", DEC_CIPHER_NULL, 16, 14, 10, 10},
	{"NULL_HMAC_SHA1_32", DEC_CIPHER_NULL, 16, 14, 4, 10},
};

const dec_suite *dec_suite_find(const char *name)
{
	for (size_t i = 0; i < sizeof(suites) / sizeof(*suites); i++)
		if (strcmp(suites[i].name, name) == 0)
			return &suites[i];
	return NULL;
}

static size_t hmac_tag(const dec_suite *s, size_t tag)
{
	return s->cipher == DEC_CIPHER_GCM ? 0 : tag;
}

/* Everything behind the body, whose length is known now, in wire order. */
static bool cut_tail(span in, size_t body, size_t word, size_t mki, size_t tag,
		     dec_parts *out)
{
	return span_cut(&in, body, &out->body) &&
	       span_cut(&in, word, &out->word) &&
	       span_cut(&in, mki, &out->mki) && span_cut(&in, tag, &out->tag);
}

static dec_verdict cut(const dec_suite *s, span in, size_t head, size_t word,
		       size_t mki, size_t tag, dec_parts *out)
{
	const span whole = in;
	const size_t hmac = hmac_tag(s, tag), tail = word + mki + hmac;

	if (!span_cut(&in, head, &out->head) || in.left < tail ||
	    in.left - tail < tag - hmac)
		return DEC_SHORT;
	if (!cut_tail(in, in.left - tail, word, mki, hmac, out))
		return DEC_SHORT;
	out->covered = span_of(whole.p, whole.left - mki - hmac);
	return DEC_OK;
}

dec_verdict dec_parts_rtp(const dec_suite *s, span packet, size_t head,
			  size_t mki, dec_parts *out)
{
	return cut(s, packet, head, 0, mki, s->rtp_tag, out);
}

dec_verdict dec_parts_rtcp(const dec_suite *s, span packet, size_t mki,
			   dec_parts *out)
{
	return cut(s, packet, 8, 4, mki, s->rtcp_tag, out);
}
