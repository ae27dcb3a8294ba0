/* Targets: tap_tlsview_feed, tap_keylog_new, tap_tls_key_open,
 * tap_tls_begins */
#include "signaling_tap/tlsview.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

MUST_CHECK static bool cut_16(span *in, span *out)
{
	uint16_t len;

	return span_u16(in, &len) && span_cut(in, len, out);
}

/* A key log (16-bit length before it), then what the ends sent: which one, a
 * 16-bit length, octets. What is read is never more than what was sent. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	g_autoptr(tap_keylog) k = NULL;
	span in = span_of(data, n), text, piece;
	GByteArray *plain[2], *sent[2];
	span rest[2] = {{NULL, 0}, {NULL, 0}};
	tap_tlsview *v;
	unsigned bad;
	uint8_t end;

	if (!cut_16(&in, &text))
		return 0;
	k = tap_keylog_new(text, &bad);
	g_assert((k == NULL) == (bad > 0));
	v = tap_tlsview_new(k);
	for (unsigned i = 0; i < 2; i++) {
		plain[i] = g_byte_array_new();
		sent[i] = g_byte_array_new();
	}
	while (span_u8(&in, &end) && cut_16(&in, &piece)) {
		const unsigned i = end & 1;
		size_t used;

		g_byte_array_append(sent[i], piece.p, (guint)piece.left);
		used = sent[i]->len - piece.left - rest[i].left;
		rest[i] = span_of(sent[i]->data, sent[i]->len);
		if (!span_skip(&rest[i], used))
			g_assert_not_reached();
		tap_tlsview_feed(v, i, &rest[i], plain[i]);
		g_assert(plain[i]->len <= sent[i]->len);
	}
	for (unsigned i = 0; i < 2; i++) {
		g_byte_array_unref(plain[i]);
		g_byte_array_unref(sent[i]);
	}
	tap_tlsview_free(v);
	return 0;
}
