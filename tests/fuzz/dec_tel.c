/* Targets: dec_tel_parse
 *
 * The input is a run of packets of 8 octets: a timestamp and an event. */
#include <stdlib.h>

#include "decoder/dtmf.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	span in = span_of(data, n);
	dec_press press = {0}, done;
	unsigned packets = 0, presses = 0;
	uint32_t ts;
	dec_tel t;

	while (span_u32(&in, &ts) && dec_tel_parse(in, &t) == DEC_OK &&
	       span_skip(&in, 4)) {
		packets++;
		presses += dec_press_step(&press, ts, &t, &done);
		(void)dec_tel_digit(t.event);
	}
	presses += dec_press_flush(&press, &done);
	if (presses > packets)
		abort();
	return 0;
}
