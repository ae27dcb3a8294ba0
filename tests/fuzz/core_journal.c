/* Targets: jrn_header_next jrn_rec_next rec_begin_get rec_fact_get */
/* Targets: rec_decision_get rec_progress_get rec_control_get rec_end_get */
/* Targets: rec_flow_get rec_loss_get rec_tally_get rec_half_get */
/* Targets: rec_packet_get rec_arm_get rec_watch_get */
#include <stdlib.h>

#include "core/record.h"

/* Every decoder sees every payload: a record's type is only a claim. A half
 * that decodes is encoded and decoded again. */
static void half(span in)
{
	static uint8_t buf[2 << 20];
	g_autoptr(call_half) h = rec_half_get(in), again = NULL;
	put o = put_into(buf, sizeof(buf));

	if (!h)
		return;
	rec_half_put(&o, h);
	if (o.full)
		abort();
	again = rec_half_get(put_done(&o));
	if (!again || again->media->len != h->media->len)
		abort();
}

static void payload(const jrn_rec *r)
{
	rec_begin begin;
	rec_fact fact;
	rec_decision decision;
	rec_progress progress;
	rec_control control;
	rec_end end;
	rec_flow flow;
	rec_loss loss;
	rec_tally tally;
	rec_watch watch;
	jrn_rec inner;
	pkt packet;
	span call;
	bool ok = false;

	ok |= rec_begin_get(r->payload, &begin);
	ok |= rec_fact_get(r->payload, &fact);
	ok |= rec_decision_get(r->payload, &decision);
	ok |= rec_progress_get(r->payload, &progress);
	ok |= rec_control_get(r->payload, &control);
	ok |= rec_end_get(r->payload, &end);
	ok |= rec_flow_get(r->payload, &flow);
	ok |= rec_loss_get(r->payload, &loss);
	ok |= rec_tally_get(r->payload, &tally);
	ok |= rec_watch_get(r->payload, &watch);
	ok |= rec_arm_get(r->payload, &call, &inner);
	if (rec_packet_get(r, &packet) &&
	    packet.bytes.left + REC_PACKET_HEAD != r->payload.left)
		abort();
	half(r->payload);
	(void)ok;
}

/* The first octet chooses between a file and one bare payload, which spares
 * the fuzzer the checksum. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	span s = span_of(data, size);
	jrn_rec r = {.type = JRN_PACKET};
	jrn_header h;
	uint8_t bare;

	if (!span_u8(&s, &bare))
		return 0;
	if (bare & 1) {
		r.payload = s;
		payload(&r);
		return 0;
	}
	if (jrn_header_next(&s, &h) != JRN_OK)
		return 0;
	while (jrn_rec_next(&s, &r) == JRN_OK)
		payload(&r);
	return 0;
}
