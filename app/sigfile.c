#include "app/sigfile.h"

#include "relay_capture/frame.h"
#include "relay_capture/source.h"
#include "signaling_tap/hep3.h"
#include "signaling_tap/tap.h"

enum {
	STREAM_MAX = 1 << 20,	/* octets of one TCP direction kept waiting */
};

/* One direction of a TCP connection; in-order segments only, because a
 * capture beside a Front End has them so. A hole starts the stream anew. */
typedef struct stream {
	net_addr src, dst;
	uint32_t next;		/* sequence number awaited */
	GByteArray *bytes;
	size_t used;		/* of it, given away already */
} stream;

struct sigfile {
	GMappedFile *map;	/* of a text log */
	span text;
	relay_file *capture;
	GPtrArray *streams;	/* of stream */
	stream *current;	/* may hold further whole messages */
	clk_both at;		/* of the frame read last */
	unsigned count;
};

static void stream_free(void *p)
{
	stream *s = p;

	g_byte_array_unref(s->bytes);
	g_free(s);
}

static bool is_capture(span s)
{
	uint32_t magic;

	if (!span_u32(&s, &magic))
		return false;
	return magic == 0xa1b2c3d4 || magic == 0xd4c3b2a1 ||
	       magic == 0xa1b23c4d || magic == 0x4d3cb2a1 ||
	       magic == 0x0a0d0d0a;
}

sigfile *sigfile_open(const char *path, GError **err)
{
	g_autoptr(sigfile) f = g_new0(sigfile, 1);

	f->map = g_mapped_file_new(path, FALSE, err);
	if (!f->map)
		return NULL;
	f->text = span_of(g_mapped_file_get_contents(f->map),
			  g_mapped_file_get_length(f->map));
	if (is_capture(f->text)) {
		f->capture = relay_file_open(path, err);
		f->streams = g_ptr_array_new_with_free_func(stream_free);
		if (!f->capture)
			return NULL;
	}
	return g_steal_pointer(&f);
}

static bool next_logged(sigfile *f, clk_both *at, span *message)
{
	tap_logged l;

	if (!tap_textlog_next(&f->text, &l))
		return false;
	*at = clk_from_wall(l.at.ns);
	*message = l.message;
	return true;
}

static stream *stream_of(sigfile *f, const net_addr *src, const net_addr *dst)
{
	stream *s;

	for (guint i = 0; i < f->streams->len; i++) {
		s = g_ptr_array_index(f->streams, i);
		if (net_addr_same(&s->src, src) && net_addr_same(&s->dst, dst))
			return s;
	}
	s = g_new0(stream, 1);
	s->src = *src;
	s->dst = *dst;
	s->bytes = g_byte_array_new();
	g_ptr_array_add(f->streams, s);
	return s;
}

static void stream_restart(stream *s, uint32_t seq)
{
	g_byte_array_set_size(s->bytes, 0);
	s->used = 0;
	s->next = seq;
}

static void take_segment(sigfile *f, const relay_ip *ip,
			 const relay_segment *g)
{
	net_addr src = ip->src, dst = ip->dst;
	span data = g->payload;
	uint32_t old;
	stream *s;

	src.port = g->src;
	dst.port = g->dst;
	s = stream_of(f, &src, &dst);
	if (g->syn) {
		stream_restart(s, g->seq + 1);
		return;
	}
	if (!s->bytes->len && !s->used)
		s->next = g->seq;
	old = s->next - g->seq;		/* octets seen before */
	if (old < UINT32_MAX / 2 && !span_skip(&data, MIN(old, data.left)))
		return;
	if (old >= UINT32_MAX / 2 || s->bytes->len > STREAM_MAX)
		stream_restart(s, g->seq);
	g_byte_array_append(s->bytes, data.p, (guint)data.left);
	s->next += (uint32_t)data.left;
	f->current = s;
}

/* The SIP message of a HEP3 frame, which tells when it was seen; empty when
 * the frame is about something else. */
static tap_cut cut_hep(span *in, span *message, clk_both *at)
{
	enum { SIP = 1 };
	tap_frame f;
	span frame;

	switch (tap_hep_cut(in, &frame)) {
	case TAP_HEP_SHORT:
		return TAP_CUT_SHORT;
	case TAP_HEP_BAD:
		return TAP_CUT_BAD;
	case TAP_HEP_OK:
		break;
	}
	*message = span_of(NULL, 0);
	if (tap_frame_read(frame, &f) != TAP_HEP_OK || f.protocol != SIP)
		return TAP_CUT_OK;
	*message = f.payload;
	if (f.seconds)
		*at = clk_from_wall(f.seconds * CLK_NS_PER_S +
				    f.micros * 1000LL);
	return TAP_CUT_OK;
}

static tap_cut cut_message(span *in, span *message, clk_both *at)
{
	tap_cut c;

	do
		c = span_starts(*in, "HEP3") ? cut_hep(in, message, at)
					     : tap_sip_cut(in, message);
	while (c == TAP_CUT_OK && !message->left);
	return c;
}

/* What no message begins with is thrown away: a capture may start anywhere. */
static bool next_of_stream(sigfile *f, clk_both *at, span *message)
{
	stream *s = f->current;
	span in, whole;

	if (!s)
		return false;
	in = span_of(s->bytes->data + s->used, s->bytes->len - s->used);
	switch (cut_message(&in, message, at)) {
	case TAP_CUT_OK:
		s->used = s->bytes->len - in.left;
		return true;
	case TAP_CUT_SHORT:
		whole = span_of(s->bytes->data, s->bytes->len);
		if (s->used && span_skip(&whole, s->used)) {
			g_byte_array_remove_range(s->bytes, 0, (guint)s->used);
			s->used = 0;
		}
		break;
	case TAP_CUT_BAD:
		stream_restart(s, s->next);
		break;
	}
	f->current = NULL;
	return false;
}

/* True when a UDP message stands in `message`. */
static bool take_frame(sigfile *f, int link, span frame, clk_both *at,
		       span *message)
{
	uint16_t ethertype;
	relay_segment g;
	relay_udp u;
	relay_ip ip;

	if (relay_link_peel(link, &frame, &ethertype) != RELAY_OK ||
	    relay_ip_get(ethertype, frame, &ip) != RELAY_OK)
		return false;
	if (ip.proto == RELAY_IP_TCP &&
	    relay_segment_get(ip.payload, &g) == RELAY_OK)
		take_segment(f, &ip, &g);
	if (ip.proto != RELAY_IP_UDP ||
	    relay_udp_get(ip.payload, &u) != RELAY_OK)
		return false;
	return cut_message(&u.payload, message, at) == TAP_CUT_OK;
}

static bool next_captured(sigfile *f, clk_both *at, span *message)
{
	span frame;
	int link;

	for (;;) {
		*at = f->at;
		if (next_of_stream(f, at, message))
			return true;
		if (relay_file_next(f->capture, &link, &frame, &f->at) !=
		    RELAY_NEXT_FRAME)
			return false;
		*at = f->at;
		if (take_frame(f, link, frame, at, message))
			return true;
	}
}

bool sigfile_next(sigfile *f, clk_both *at, span *message)
{
	bool any = f->capture ? next_captured(f, at, message)
			      : next_logged(f, at, message);

	f->count += any;
	return any;
}

unsigned sigfile_count(const sigfile *f)
{
	return f->count;
}

const char *sigfile_trouble(const sigfile *f)
{
	return f->capture ? relay_file_trouble(f->capture) : NULL;
}

void sigfile_free(sigfile *f)
{
	if (!f)
		return;
	relay_file_free(f->capture);
	g_clear_pointer(&f->streams, g_ptr_array_unref);
	g_clear_pointer(&f->map, g_mapped_file_unref);
	g_free(f);
}
