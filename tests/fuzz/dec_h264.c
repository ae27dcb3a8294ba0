/* Targets: dec_h264_packet, dec_nal_open, dec_nal_next, dec_nal_pacsi_don,
 * dec_nal_pacsi_prid, dec_layers_choose */
#include <stdlib.h>

#include "decoder/h264.h"

static void sink(void *user, const dec_h264_unit *u)
{
	volatile uint8_t sum = 0;

	if (u->data.left < 5)
		abort();
	for (size_t i = 0; i < u->data.left; i++)
		sum = (uint8_t)(sum + u->data.p[i]);
	++*(unsigned *)user;
}

/* Packets: source, sequence, time, length, payload. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	unsigned units = 0, packets = 0;
	dec_h264 *h = dec_h264_new(300, sink, &units);
	span in = span_of(data, size), payload;
	uint8_t ssrc, seq, ts, len;

	while (span_u8(&in, &ssrc) && span_u8(&in, &seq) && span_u8(&in, &ts) &&
	       span_u8(&in, &len) &&
	       span_cut(&in, len < in.left ? len : in.left, &payload)) {
		(void)dec_h264_packet(h, ssrc, seq, ts * 100u, payload);
		packets++;
	}
	dec_h264_flush(h);
	if (units > packets || dec_h264_others(h) > packets)
		abort();
	dec_h264_free(h);
	return 0;
}
