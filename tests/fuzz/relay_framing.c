/* Targets: relay_reader_next relay_reader_next_data relay_reader_lose */
#include <stdlib.h>

#include "relay_capture/framing.h"

/* Whatever comes, what is cut lies in the octets, and each call that does not
 * ask for more gets on. */
static void read_all(relay_reader *r, span in, bool data)
{
	bool tried = false;

	while (in.left) {
		const size_t left = in.left;
		relay_cut c;
		relay_fit fits = data ? relay_reader_next_data(r, &in, true,
							       &c) :
					relay_reader_next(r, &in, &c);

		if (in.left > left)
			abort();
		if (fits == RELAY_FIT_LATER)
			return;
		if (fits == RELAY_FIT_NONE && tried && in.left == left)
			abort();
		tried = fits == RELAY_FIT_NONE;
		if (tried)
			continue;
		if (!c.all || c.head > c.len || c.len > c.all ||
		    !span_skip(&in, c.all))
			abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	span in = span_of(bytes, size), part;
	relay_reader all = {0}, data = {0};
	uint16_t n;

	while (span_u16(&in, &n)) {
		if (n >> 15) {
			relay_reader_lose(&all);
			relay_reader_lose(&data);
		}
		if (!span_cut(&in, n & 0x7fff, &part))
			part = in;
		read_all(&all, part, false);
		read_all(&data, part, true);
		if (part.p == in.p)
			break;
	}
	return 0;
}
