/* stream.h - TCP streams of relays, in order: TURN (RFC 5766, 11.5 padding),
 * MS-TURN (02/03 framing, pseudo-TLS), RFC 4571. One direction each.
 *
 * Capture may begin in the middle and may miss segments: then the stream goes
 * on at the next segment, which media nearly always begins with a message. */
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
/* A segment of the direction src -> dst. Then take the messages. NULL: it is
 * no stream of ours, or it has ended. */
relay_stream *relay_streams_add(relay_streams *t, const net_addr *src,
				const net_addr *dst, const relay_segment *s,
				clk_mono now);
/* The next whole message without TCP's framing, lent until the next call. */
bool relay_stream_next(relay_stream *s, span *message);
/* Times that a stream went on behind missing octets. */
uint64_t relay_streams_gaps(const relay_streams *t);
