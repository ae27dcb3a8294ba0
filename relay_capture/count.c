#include "relay_capture/count.h"

#include <glib.h>

static const char *const names[RELAY_COUNTERS] = {
	[RELAY_STORED] = "stored",
	[RELAY_DUPLICATE] = "duplicate",
	[RELAY_NOT_RECORDED] = "not-recorded",
	[RELAY_HELD] = "held",
	[RELAY_UNHELD] = "unheld",
	[RELAY_CONTROL] = "control",
	[RELAY_OTHER_PAYLOAD] = "other-payload",
	[RELAY_SEGMENT] = "tcp-segment",
	[RELAY_FRAGMENT] = "ip-fragment",
	[RELAY_NOT_IP] = "not-ip",
	[RELAY_NOT_UDP] = "not-udp",
	[RELAY_BAD_FRAME] = "bad-frame",
	[RELAY_BAD_TURN] = "bad-turn",
	[RELAY_FRAMES] = "frames",
	[RELAY_TCP_STORED] = "tcp-stored",
	[RELAY_TCP_DUPLICATE] = "tcp-duplicate",
	[RELAY_TCP_NOT_RECORDED] = "tcp-not-recorded",
	[RELAY_TCP_HELD] = "tcp-held",
	[RELAY_TCP_UNHELD] = "tcp-unheld",
	[RELAY_TCP_CONTROL] = "tcp-control",
	[RELAY_TCP_OTHER] = "tcp-other-payload",
	[RELAY_TCP_BAD] = "tcp-bad-turn",
	[RELAY_LATE_STORED] = "late-stored",
	[RELAY_LATE_DUPLICATE] = "late-duplicate",
	[RELAY_LATE_NOT_RECORDED] = "late-not-recorded",
	[RELAY_EXPIRED] = "expired",
	[RELAY_TCP_MESSAGES] = "tcp-messages",
	[RELAY_ORPHANS] = "orphans",
	[RELAY_FLOWS_BORN] = "flows-born",
	[RELAY_FLOWS_EVICTED] = "flows-evicted",
	[RELAY_FLOWS_FULL] = "flows-full",
	[RELAY_CHECKS] = "checks",
	[RELAY_TCP_GAPS] = "tcp-gaps",
	[RELAY_FRAGMENTS_LOST] = "fragments-lost",
};

const char *relay_counter_name(relay_counter c)
{
	g_assert(c < RELAY_COUNTERS);
	return names[c];
}
