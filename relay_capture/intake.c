#include "relay_capture/peel.h"
#include "relay_capture/tap.h"

/* The messages that are whole now, in the stream from src to dst. */
static void messages(relay_tap *r, relay_stream *s, const net_addr *src,
		     const net_addr *dst, clk_both at)
{
	const uint64_t gaps = relay_streams_gaps(r->streams);
	relay_counter what;
	span message;

	while (relay_stream_next(s, &message)) {
		what = relay_payload(r, src, dst, message, true, at);
		relay_bump(r, RELAY_TCP_STORED + what, 1);
		relay_bump(r, RELAY_TCP_MESSAGES, 1);
	}
	/* Where it was noticed: a stream may come by several interfaces. */
	if (relay_streams_gaps(r->streams) != gaps)
		relay_bump(r, RELAY_TCP_GAPS,
			   relay_streams_gaps(r->streams) - gaps);
}

static relay_counter segment(relay_tap *r, const relay_peeled *p, clk_both at)
{
	relay_stream *s = relay_streams_add(r->streams, &p->src, &p->dst,
					    &p->segment, r->from,
					    at.mono);

	if (s)
		messages(r, s, &p->src, &p->dst, at);
	return RELAY_SEGMENT;
}

void relay_streams_round(relay_tap *r, clk_mono limit, clk_both now)
{
	const unsigned from = r->from;
	net_addr src, dst;
	relay_stream *s;

	while ((s = relay_streams_late(r->streams, limit))) {
		r->from = relay_stream_ends(s, &src, &dst);
		messages(r, s, &src, &dst, now);
	}
	r->from = from;
}

void relay_frame(relay_tap *r, int link, span frame, clk_both at)
{
	relay_counter what;
	relay_peeled p;

	relay_tick_due(r, at);
	if (relay_peel(r->frags, link, frame, at.mono, &p, &what))
		what = p.stream ? segment(r, &p, at)
				: relay_payload(r, &p.src, &p.dst, p.payload,
						false, at);
	relay_bump(r, what, 1);
	relay_bump(r, RELAY_FRAMES, 1);
}
