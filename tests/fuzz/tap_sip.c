/* Targets: tap_sip_parse, tap_header_next, tap_sip_cut, tap_sip_put */
#include "signaling_tap/sip.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

/* With another body it is the same message. */
static void again(const tap_sip *m)
{
	static uint8_t buf[2 * TAP_SIP_MESSAGE_MAX];
	put o = put_into(buf, sizeof(buf));
	tap_sip_verdict v;
	tap_sip back;

	tap_sip_put(&o, m, span_str("new body"));
	g_assert(!o.full);
	v = tap_sip_parse(put_done(&o), &back);
	if (v == TAP_SIP_TOO_LONG || v == TAP_SIP_TOO_MANY)
		return;
	g_assert(v == TAP_SIP_OK);
	g_assert(span_same(back.from_tag, m->from_tag));
	g_assert(span_same(back.to_tag, m->to_tag));
	g_assert(span_same(back.first[TAP_H_CALL_ID],
			   m->first[TAP_H_CALL_ID]));
	g_assert(back.cseq == m->cseq && back.method == m->method);
	g_assert(span_eq(back.body, "new body"));
	g_assert(span_same(back.tail, m->tail));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	span in = span_of(data, n), one;
	char text[256];
	tap_header h;
	tap_sip m;

	if (tap_sip_parse(in, &m) == TAP_SIP_OK) {
		again(&m);
		while (tap_header_next(&m.headers, &h))
			tap_header_text(h.value, text, sizeof(text));
	}
	while (tap_sip_cut(&in, &one) == TAP_CUT_OK)
		g_assert(one.left > 0);
	return 0;
}
