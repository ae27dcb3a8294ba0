/* Targets: relay_cap_next relay_cap_packed */
#include <stdlib.h>

#include "relay_capture/capfile.h"

/* Every step moves on or ends; a frame lies in the input. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	span s = span_of(data, size);
	static relay_cap cap;
	relay_cap_frame f;
	size_t need, before;

	cap = (relay_cap){0};
	if (relay_cap_packed(s))
		return 0;
	for (int first = 1;; first = 0) {
		before = s.left;
		if (relay_cap_next(&cap, &s, &need, &f) != RELAY_OK)
			return 0;
		if (s.left >= before && !first)
			abort();
		if (f.present && (f.bytes.p < data ||
				  f.bytes.p + f.bytes.left > data + size))
			abort();
	}
}
