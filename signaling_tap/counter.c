#include "signaling_tap/counter.h"

#include "signaling_tap/tap.h"

G_DEFINE_QUARK(tap_error, tap_error)

const char *tap_counter_name(unsigned i)
{
	static const char *const names[] = {
#define X(id, name) name,
		TAP_COUNTERS(X)
#undef X
	};

	return i < G_N_ELEMENTS(names) ? names[i] : NULL;
}
