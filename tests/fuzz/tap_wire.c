/* Targets: tap_wire_datagram, tap_wire_segment, tap_wire_next, tap_tcp_add */
#include "signaling_tap/wire.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

/* Segments: flags (1 SYN, 2 the other direction, 4 a datagram, 8 another
 * connection), the number's low octet times 16, a 16-bit length, octets. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	g_autoptr(tap_wire) w = tap_wire_new(NULL);
	span in = span_of(data, n), message;
	clk_both at, now = clk_from_wall(0);
	uint8_t flags, seq;
	uint16_t len;
	tap_segment s;

	while (span_u8(&in, &flags) && span_u8(&in, &seq) &&
	       span_u16(&in, &len) &&
	       span_cut(&in, len, &s.payload)) {
		const uint8_t here[4] = {10, 0, 0, 1}, there[4] = {10, 0, 0, 2};
		const net_addr a = net_addr_from(4, here, flags & 8 ? 1 : 2);
		const net_addr b = net_addr_from(4, there, 5060);

		now.mono.ns += CLK_NS_PER_S;
		s.src = flags & 2 ? b : a;
		s.dst = flags & 2 ? a : b;
		s.seq = (uint32_t)seq * 16;
		s.syn = flags & 1;
		if (flags & 4)
			tap_wire_datagram(w, s.payload, now);
		else
			tap_wire_segment(w, &s, now);
		while (tap_wire_next(w, &at, &message))
			g_assert(message.left > 0);
	}
	return 0;
}
