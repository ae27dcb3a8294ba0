/* stream.h - TCP streams of relays, in order, and the messages in them
 * (framing.h). One direction each.
 *
 * Segments may come in any order, cut and repeated with other boundaries, as
 * long as not more than 32 KiB lie between them. Capture may begin in the
 * middle and may miss segments: then the stream goes on at the next message
 * that can be told to begin there. */
#pragma once
#include "core/addr.h"
#include "core/clock.h"
#include "relay_capture/frame.h"

typedef struct relay_stream relay_stream;
typedef struct relay_streams relay_streams;

/* At most `max` directions, a power of two; a buffer each while a message is
 * not whole. */
relay_streams *relay_streams_new(unsigned max);
void relay_streams_free(relay_streams *t);
/* A segment of the direction src -> dst, which came by this interface. Then
 * take the messages. NULL: it is no stream of ours, or it has ended. */
relay_stream *relay_streams_add(relay_streams *t, const net_addr *src,
				const net_addr *dst, const relay_segment *s,
				unsigned iface, clk_mono now);
/* The next whole message without TCP's framing, lent until the next call. The
 * segment must still be there. */
bool relay_stream_next(relay_stream *s, span *message);
/* A stream that has waited long enough for a segment: take the messages behind
 * it. NULL: there is none. */
relay_stream *relay_streams_late(relay_streams *t, clk_mono now);
/* Whose stream it is; the result is the interface of its latest segment. */
unsigned relay_stream_ends(const relay_stream *s, net_addr *src,
			   net_addr *dst);
/* Times that a stream went on behind missing octets. */
uint64_t relay_streams_gaps(const relay_streams *t);
