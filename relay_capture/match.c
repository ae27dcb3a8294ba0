#include "relay_capture/tap.h"

/* Which ends of a path can belong to a party. An end that cannot is the
 * relay's own port, which everybody shares. */
typedef struct ends {
	const net_addr *from, *to;	/* NULL: the relay, or unknown */
	uint8_t leg;		/* pkt_leg, as far as the framing tells */
} ends;

static bool is_relay_port(const relay_tap *r, uint16_t port)
{
	for (size_t i = 0; i < G_N_ELEMENTS(r->conf.ports); i++)
		if (port && r->conf.ports[i] == port)
			return true;
	return false;
}

static ends ends_of(const relay_tap *r, const relay_path *p)
{
	bool from_relay = is_relay_port(r, p->src.port);
	bool to_relay = is_relay_port(r, p->dst.port);
	const net_addr *peer = p->peer.family ? &p->peer : NULL;

	if (p->wrap == RELAY_WRAP_SEND)
		return (ends){&p->src, peer, PKT_LEG_FROM_CLIENT};
	if (p->wrap == RELAY_WRAP_DATA)
		return (ends){peer, &p->dst, PKT_LEG_TO_CLIENT};
	if (to_relay && !from_relay)
		return (ends){&p->src, NULL, PKT_LEG_FROM_CLIENT};
	if (from_relay && !to_relay)
		return (ends){NULL, &p->dst, PKT_LEG_TO_CLIENT};
	if (from_relay)
		return (ends){NULL, NULL, PKT_LEG_UNKNOWN};
	return (ends){&p->src, &p->dst, PKT_LEG_UNKNOWN};
}

static const relay_claim *claim_of(const relay_tap *r, const net_addr *a)
{
	return a ? relay_claims_addr(r->claims, a) : NULL;
}

static uint8_t leg_of(const ends *e, const relay_claim *from,
		      const relay_claim *to)
{
	if (e->leg != PKT_LEG_UNKNOWN || !e->from)
		return e->leg;
	if (from && from->why == PKT_WHY_RELAYED)
		return PKT_LEG_RELAYED;
	if (to && to->why == PKT_WHY_RELAYED)
		return PKT_LEG_TO_RELAYED;
	return PKT_LEG_PLAIN;
}

/* The claim on the far end of a TURN leg only says whom the client talks to.*/
static relay_claim seen_from(const relay_claim *c, bool is_peer)
{
	relay_claim seen = *c;

	if (is_peer && seen.rank < RELAY_RANK_PEER) {
		seen.rank = RELAY_RANK_PEER;
		seen.why = PKT_WHY_PEER;
	}
	return seen;
}

relay_claim relay_match_path(const relay_tap *r, const relay_path *p,
			     uint32_t ssrc, uint8_t *leg)
{
	ends e = ends_of(r, p);
	const relay_claim *from = claim_of(r, e.from);
	const relay_claim *to = claim_of(r, e.to), *by_ssrc;
	relay_claim sender = {.call = NULL}, receiver = {.call = NULL};

	*leg = leg_of(&e, from, to);
	if (from)
		sender = seen_from(from, p->wrap == RELAY_WRAP_DATA);
	if (to) {
		receiver = seen_from(to, p->wrap == RELAY_WRAP_SEND);
		receiver.side = relay_other_side(receiver.side);
	}
	if (sender.call && sender.call == receiver.call &&
	    sender.side != receiver.side)
		sender.side = receiver.side = CALL_UNKNOWN;
	if (receiver.call && relay_claim_better(r->claims, &receiver, &sender))
		sender = receiver;
	if (sender.call && sender.rank < RELAY_RANK_SSRC)
		return sender;
	by_ssrc = relay_claims_ssrc(r->claims, ssrc);
	if (by_ssrc && relay_claim_better(r->claims, by_ssrc, &sender))
		return *by_ssrc;
	return sender;
}

/* Also under the address that a relay behind NAT has on the wire. */
static void claim_addr(relay_tap *r, const net_addr *a, const relay_claim *what)
{
	net_addr real;

	if (!a->family || !a->port || net_addr_is_any(a))
		return;
	relay_claims_add_addr(r->claims, a, what);
	for (size_t i = 0; i < G_N_ELEMENTS(r->conf.nats); i++) {
		if (!net_addr_same_ip(&r->conf.nats[i].shown, a))
			continue;
		real = r->conf.nats[i].real;
		real.port = a->port;
		relay_claims_add_addr(r->claims, &real, what);
	}
}

static void learn(relay_tap *r, const net_addr *a, relay_claim what)
{
	const relay_claim *known = relay_claims_addr(r->claims, a);

	if (known && known->call == what.call && known->rank <= what.rank)
		return;
	/* A claim of the description says more than "learnt". */
	if (known && known->call == what.call && known->side == what.side &&
	    known->rank <= RELAY_RANK_RELAYED)
		return;
	if (what.call->learnt == RELAY_LEARNT_MAX)
		return;
	if (!relay_claims_add_addr(r->claims, a, &what))
		return;
	what.call->learnt++;
	r->generation++;
	r->unsettled = true;
}

static relay_alloc *alloc_at(const relay_tap *r, const net_addr *relayed)
{
	return &r->allocs[net_addr_hash(relayed) & (r->conf.allocs - 1)];
}

/* The client that allocated a relay candidate, if its allocation was seen. */
static void claim_client(relay_tap *r, const net_addr *relayed,
			 const relay_claim *what)
{
	const relay_alloc *a = alloc_at(r, relayed);

	if (net_addr_same(&a->relayed, relayed))
		learn(r, &a->client, *what);
}

static relay_claim claim_as(relay_call *c, uint8_t side, uint8_t media,
			    relay_rank rank, pkt_why why)
{
	return (relay_claim){.call = c, .side = side, .media = media,
			     .rank = (uint8_t)rank, .why = (uint8_t)why};
}

/* draft-06: the username half is the candidate-id, decoded. */
static void claim_draft06(relay_tap *r, const call_cand *cand,
			  const relay_claim *ufrag)
{
	g_autofree char *padded = g_strconcat(cand->id, "=", NULL);
	gsize len;
	g_autofree guchar *raw = g_base64_decode(padded, &len);

	relay_claims_add_ufrag(r->claims, span_of(raw, len), ufrag);
}

/* RFC 8843 9.2. The offerer's side of it may have been described before it was
 * known that lines share: with claims of their own. */
static uint8_t line_of(relay_call *c, const call_half *half,
		       const call_media *m)
{
	if (m->index >= 64 || !call_media_shares(half, m))
		return m->index;
	if (!c->bundle) {
		c->bundle = g_new0(relay_bundle, 1);
		memset(c->bundle->line_of, RELAY_MEDIA_UNKNOWN,
		       sizeof(c->bundle->line_of));
	}
	c->bundle->lines |= UINT64_C(1) << m->index;
	for (guint i = 0; i < m->payloads->len; i++)
		c->bundle->line_of[CALL_PAYLOAD(m, i)->pt & 127] = m->index;
	return RELAY_MEDIA_UNKNOWN;
}

static void claim_cand(relay_tap *r, relay_call *c, const call_half *half,
		       uint8_t line, const call_cand *cand)
{
	relay_claim what = claim_as(c, half->side, line, RELAY_RANK_CHECK,
				    PKT_WHY_UFRAG);

	if (cand->draft06)
		claim_draft06(r, cand, &what);
	if (cand->type != CALL_CAND_RELAY)
		return;
	what = claim_as(c, half->side, line, RELAY_RANK_RADDR,
			PKT_WHY_RADDR);
	claim_addr(r, &cand->raddr, &what);
	what = claim_as(c, half->side, line, RELAY_RANK_RELAYED,
			PKT_WHY_RELAYED);
	claim_addr(r, &cand->addr, &what);
	claim_client(r, &cand->addr, &what);
}

static void match_media(relay_tap *r, relay_call *c, const call_half *half,
			const call_media *m)
{
	const uint8_t line = line_of(c, half, m);
	relay_claim what = claim_as(c, half->side, line, RELAY_RANK_CHECK,
				    PKT_WHY_UFRAG);

	relay_claims_add_ufrag(r->claims, span_str(m->ufrag), &what);
	for (guint i = 0; i < m->cands->len; i++)
		claim_cand(r, c, half, line, CALL_CAND(m, i));
	what = claim_as(c, half->side, m->index, RELAY_RANK_SSRC, PKT_WHY_SSRC);
	for (guint i = 0; i < m->ssrcs->len; i++)
		relay_claims_add_ssrcs(r->claims, CALL_SSRCS(m, i), &what);
	if (m->cands->len || m->rtp.port == 0)
		return;
	/* No ICE: the SDP's own addresses are where the media goes. */
	what = claim_as(c, half->side, line, RELAY_RANK_SDP, PKT_WHY_SDP);
	claim_addr(r, &m->rtp, &what);
	claim_addr(r, &m->rtcp, &what);
}

void relay_match_half(relay_tap *r, relay_call *c, const call_half *half)
{
	const call_media *m;

	for (guint i = 0; i < half->media->len; i++) {
		m = CALL_MEDIA(half, i);
		relay_call_record(c, m->index, m->record);
		match_media(r, c, half, m);
	}
	relay_call_record(c, RELAY_MEDIA_UNKNOWN, false);
	relay_call_record(c, RELAY_MEDIA_UNKNOWN, c->record[0] | c->record[1] |
			  c->record[2] | c->record[3]);
	r->generation++;
}

relay_claim relay_match_check(relay_tap *r, const relay_path *p, span username)
{
	ends e = ends_of(r, p);
	relay_claim sender = {.call = NULL}, end;
	span to, from;

	if (relay_username_split(username, &to, &from) != RELAY_OK)
		return sender;
	sender = relay_claims_check(r->claims, to, from);
	if (!sender.call)
		return sender;
	end = claim_as(sender.call, sender.side, sender.media,
		       RELAY_RANK_CHECK, PKT_WHY_LEARNT);
	if (e.from)
		learn(r, e.from, end);
	end.side = relay_other_side(sender.side);
	if (e.to)
		learn(r, e.to, end);
	return sender;
}

/* RELAY_NEWS_RELAYED comes to the client, RELAY_NEWS_PEER from it. */
void relay_match_news(relay_tap *r, const relay_path *p,
		      const relay_unit *unit)
{
	const relay_claim *known = relay_claims_addr(r->claims, &unit->peer);
	relay_claim client;

	if (unit->news == RELAY_NEWS_RELAYED)
		*alloc_at(r, &unit->peer) =
			(relay_alloc){unit->peer, p->dst};
	if (!known || known->rank > RELAY_RANK_RELAYED)
		return;
	if (unit->news == RELAY_NEWS_RELAYED) {
		client = claim_as(known->call, known->side, known->media,
				  RELAY_RANK_RELAYED, PKT_WHY_RELAYED);
		learn(r, &p->dst, client);
	} else {
		client = claim_as(known->call, relay_other_side(known->side),
				  known->media, RELAY_RANK_PEER, PKT_WHY_PEER);
		learn(r, &p->src, client);
	}
}
