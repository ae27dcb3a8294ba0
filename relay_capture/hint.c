/* Between two packets of a call nothing of it is in a near cache: table, path,
 * call and memory of copies would each be waited for, one after the other, and
 * that is most of what a packet costs. So the frames of a group are walked step
 * by step before they are looked at, each step asking for what the next one
 * reads: the waits of a group become one. Nothing is changed and nothing is
 * concluded. */
#include "relay_capture/tap.h"

typedef struct hint {
	span media;
	uint32_t hash;
	const relay_flow *flow;
	const relay_call *call;
} hint;

/* The common frames only: one UDP datagram, with no tunnel around it. */
static bool look(int link, span frame, hint *to)
{
	uint16_t type;
	relay_path p;
	relay_unit u;
	relay_udp d;
	relay_ip ip;

	if (relay_link_peel(link, &frame, &type) != RELAY_OK ||
	    relay_ip_get(type, frame, &ip) != RELAY_OK ||
	    ip.proto != RELAY_IP_UDP || relay_ip_is_fragment(&ip) ||
	    relay_udp_get(ip.payload, &d) != RELAY_OK)
		return false;
	relay_turn_peel(d.payload, false, &u);
	if (u.what != RELAY_WHAT_MEDIA)
		return false;
	ip.src.port = d.src;
	ip.dst.port = d.dst;
	relay_path_set(&p, &ip.src, &ip.dst, &u);
	*to = (hint){.media = u.inner, .hash = relay_path_hash(&p)};
	return true;
}

static void ask(const void *p, size_t n)
{
	for (size_t i = 0; i < n; i += 64)
		__builtin_prefetch((const uint8_t *)p + i, 1);
}

static void ask_for_flow(const relay_tap *r, hint *h)
{
	h->flow = relay_flow_first(r->flows, h->hash);
	if (h->flow)
		ask(h->flow, offsetof(relay_flow, ssrc));
}

static void ask_for_call(hint *h)
{
	if (h->flow)
		h->call = h->flow->claim.call;
	if (h->call)
		ask(h->call, offsetof(relay_call, tally.copies));
}

static void ask_for_memory(const hint *h)
{
	if (!h->call)
		return;
	__builtin_prefetch(h->call->user, 0);
	relay_dedup_hint(&h->call->dedup, h->media);
	relay_dedup_hint(&h->call->early, h->media);
}

void relay_hint(const relay_tap *r, int link, const span *frame, unsigned n)
{
	hint h[RELAY_GROUP];
	unsigned k = 0;

	g_assert(n <= RELAY_GROUP);
	for (unsigned i = 0; i < n; i++) {
		if (!look(link, frame[i], &h[k]))
			continue;
		relay_flow_hint(r->flows, h[k++].hash);
	}
	for (unsigned i = 0; i < k; i++)
		ask_for_flow(r, &h[i]);
	for (unsigned i = 0; i < k; i++)
		ask_for_call(&h[i]);
	for (unsigned i = 0; i < k; i++)
		ask_for_memory(&h[i]);
}
