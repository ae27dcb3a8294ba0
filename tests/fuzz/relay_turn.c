/* Targets: relay_turn_peel relay_stun_get relay_attr_next relay_attr_find */
/* Targets: relay_attr_addr relay_stun_username relay_username_split */
#include <stdlib.h>

#include "relay_capture/turn.h"

static void inside(span part, const uint8_t *data, size_t size)
{
	if (part.left && (part.p < data || part.p + part.left > data + size))
		abort();
}

/* What is handed out lies in the input, whatever that is. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	span to, from;
	relay_unit u;

	for (int stream = 0; stream < 2; stream++) {
		relay_turn_peel(span_of(data, size), stream, &u);
		if (u.what == RELAY_WHAT_MEDIA) {
			inside(u.inner, data, size);
			if (u.inner.left < 8)
				abort();
		}
		if (u.what != RELAY_WHAT_CHECK)
			continue;
		inside(u.username, data, size);
		if (relay_username_split(u.username, &to, &from) != RELAY_OK)
			continue;
		inside(to, data, size);
		inside(from, data, size);
	}
	return 0;
}
