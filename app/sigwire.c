#include "app/sigwire.h"

#include <inttypes.h>

#include "relay_capture/peel.h"
#include "signaling_tap/wire.h"

enum { FRAGMENTED = 64 };	/* IP packets in pieces at once */

struct sigwire {
	relay_frags *frags;
	tap_wire *wire;
};

sigwire *sigwire_new(const tap_keylog *keys)
{
	sigwire *w = g_new0(sigwire, 1);

	w->frags = relay_frags_new(FRAGMENTED);
	w->wire = tap_wire_new(keys);
	return w;
}

void sigwire_free(sigwire *w)
{
	if (!w)
		return;
	relay_frags_free(w->frags);
	tap_wire_free(w->wire);
	g_free(w);
}

void sigwire_frame(sigwire *w, int link, span frame, clk_both at)
{
	relay_counter why;
	relay_peeled p;
	tap_segment s;

	if (!relay_peel(w->frags, link, frame, at.mono, &p, &why))
		return;
	if (!p.stream) {
		tap_wire_datagram(w->wire, p.payload, at);
		return;
	}
	s = (tap_segment){
		.src = p.src,
		.dst = p.dst,
		.seq = p.segment.seq,
		.syn = p.segment.syn,
		.payload = p.segment.payload,
	};
	tap_wire_segment(w->wire, &s, at);
}

bool sigwire_next(sigwire *w, clk_both *at, span *message)
{
	return tap_wire_next(w->wire, at, message);
}

static void G_GNUC_PRINTF(2, 3) add(GPtrArray *to, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	g_ptr_array_add(to, g_strdup_vprintf(fmt, ap));
	va_end(ap);
}

void sigwire_tell(const sigwire *w, GPtrArray *troubles, GPtrArray *notes)
{
	const tap_wire_stats *t = tap_wire_totals(w->wire);

	if (t->tls[TAP_TLS_UNKNOWN])
		add(troubles, "%" PRIu64 " TLS connections with a cipher "
				 "suite that is not known here (the last: "
				 "0x%04x, TLS version 0x%04x)",
		    t->tls[TAP_TLS_UNKNOWN], t->suite, t->version);
	if (t->tls[TAP_TLS_REFUSED])
		add(troubles, "%" PRIu64 " TLS connections did not open "
				 "with their keys from the key log",
		    t->tls[TAP_TLS_REFUSED]);
	if (t->tls[TAP_TLS_TORN])
		add(troubles, "%" PRIu64 " TLS connections could not be "
				 "read to their end: packets are missing",
		    t->tls[TAP_TLS_TORN]);
	if (t->tls[TAP_TLS_NO_KEY])
		add(notes, "%" PRIu64 " of %" PRIu64 " TLS connections have "
			      "no key in a key log (--tls-keys)",
		    t->tls[TAP_TLS_NO_KEY], t->tls[TAP_TLS_FINE]);
	if (t->tls[TAP_TLS_LATE])
		add(notes, "%" PRIu64 " of %" PRIu64 " TLS connections had "
			      "begun before the capture did, or lack packets "
			      "of their beginning",
		    t->tls[TAP_TLS_LATE], t->tls[TAP_TLS_FINE]);
}
