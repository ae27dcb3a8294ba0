#include "signaling_tap/half.h"

#include "signaling_tap/fork.h"

/* Each address once, since both components and every refresh name it again; of
 * too many the oldest goes. */
static void relay_remember(tap_call *c, uint8_t side, const net_addr *a)
{
	net_addr **known = &c->relays[side];
	uint8_t *n = &c->relays_n[side];

	for (unsigned i = 0; i < *n; i++)
		if (net_addr_same_ip(&(*known)[i], a))
			return;
	if (*n == TAP_RELAYS) {
		memmove(*known, *known + 1, --*n * sizeof(**known));
		c->all->count.n[TAP_N_RELAYS_OVER_LIMIT]++;
	}
	*known = g_renew(net_addr, *known, *n + 1u);
	(*known)[(*n)++] = *a;
}

static void relays_remember(tap_call *c, uint8_t side, const call_media *md)
{
	for (guint k = 0; k < md->cands->len; k++)
		if (CALL_CAND(md, k)->type == CALL_CAND_RELAY)
			relay_remember(c, side, &CALL_CAND(md, k)->addr);
}

void tap_half_remember(tap_call *c, const call_half *h)
{
	for (guint i = 0; i < h->media->len; i++) {
		const call_media *md = CALL_MEDIA(h, i);

		relays_remember(c, h->side, md);
		if (md->part)
			continue;
		if (md->index < TAP_STREAMS)
			c->kinds[h->side][md->index] = md->kind[0];
		else
			c->all->count.n[TAP_N_STREAMS_OVER_LIMIT]++;
	}
}

static void streams_mark(const tap_call *c, call_half *h)
{
	for (guint i = 0; i < h->media->len; i++) {
		call_media *md = CALL_MEDIA(h, i);

		md->record = (c->audio && !strcmp(md->kind, "audio")) ||
			     (c->video && !strcmp(md->kind, "video"));
	}
}

/* RFC 3264 6 and RFC 3261 13: whether an SDP answers depends on where the
 * other one stood. `asked` is the side that sent the INVITE. */
bool tap_half_answers(const tap_call *c, const tap_msg *m)
{
	const tap_sip *s = m->sip;
	const uint8_t asked = s->request ? m->side : !m->side;
	bool known = c->offer_cseq[asked] != 0;
	bool offered = !known || c->offer_sdp[asked];

	if (s->request)
		return (s->method == TAP_ACK || s->method == TAP_PRACK) &&
		       known && !offered;
	return s->method != TAP_INVITE || offered;
}

static void hold_note(tap_call *c, const tap_msg *m, bool first)
{
	bool *held = &c->held[m->side];

	if (m->mine->answer || first || *held == m->about.held)
		return;
	*held = m->about.held;
	tap_call_tell_mark(c, m->at, *held ? REC_HOLD : REC_RETRIEVE, m->side,
			   (span){0});
}

static void change_note(tap_call *c, const tap_msg *m, const tap_digest *last)
{
	const tap_sip *s = m->sip;
	tap_change *change = &c->change[m->side];

	if (!s->request || !s->to_tag.left)
		return;
	*change = (tap_change){
		.cseq = s->cseq, .method = (uint8_t)s->method, .any = true,
		.held = c->held[m->side], .last = *last,
	};
}

void tap_half_refused(tap_call *c, const tap_msg *m)
{
	const uint8_t side = !m->side;	/* whose request it was */
	tap_change *change = &c->change[side];
	const tap_sip *s = m->sip;
	tap_fork *f = tap_fork_find(c, m->branch);

	if (!change->any || change->cseq != s->cseq ||
	    change->method != s->method)
		return;
	change->any = false;
	if (side == CALL_CALLER)
		c->last = change->last;
	else if (f)
		f->last = change->last;
	if (c->held[side] == change->held)
		return;
	c->held[side] = change->held;
	tap_call_tell_mark(c, m->at, change->held ? REC_HOLD : REC_RETRIEVE,
			   side, (span){0});
}

/* The caller's latest was for another branch: to this one it is news. */
static bool is_for_other(const tap_call *c, const tap_msg *m)
{
	const tap_digest all = {{0}}, to = tap_digest_of(m->branch);

	return m->side == CALL_CALLER && m->branch.left &&
	       !tap_digest_same(&c->last_to, &all) &&
	       !tap_digest_same(&c->last_to, &to);
}

void tap_half_take(tap_call *c, tap_msg *m)
{
	const tap_sip *s = m->sip;
	tap_fork *f = m->half ? tap_fork_get(c, m->branch) : NULL;
	tap_digest *last = &c->last, none = {{0}};
	rec_event e = {.type = JRN_HALF, .at = m->at};
	bool first;

	if (!m->half)
		return;
	if (m->side == CALL_CALLEE)
		last = f ? &f->last : &none;
	first = tap_digest_same(last, &none);
	if (tap_digest_same(last, &m->about.body) && !is_for_other(c, m))
		return;	/* a session refresh: nothing is new */
	change_note(c, m, last);
	*last = m->about.body;
	if (m->side == CALL_CALLER)
		c->last_to = m->branch.left ? tap_digest_of(m->branch) : none;
	m->mine->side = m->side;
	m->mine->answer = tap_half_answers(c, m);
	m->mine->early = !s->request && s->status < 200;
	m->mine->serial = ++c->serial;
	span_copy(m->branch, m->mine->branch, sizeof(m->mine->branch));
	streams_mark(c, m->mine);
	tap_half_remember(c, m->half);
	if (m->about.mismatch)
		tap_call_note(c, m->at, TAP_F_MISMATCH,
			      m->side == CALL_CALLER ? "caller" : "callee");
	e.half = m->half;
	if (c->record)
		tap_call_tell(c, &e);
	hold_note(c, m, first);
}

/* The m= line of the side's description to which the n-th line of that kind in
 * a fragment refers; TAP_STREAMS if there is none. */
static unsigned stream_of(const tap_call *c, uint8_t side, char kind,
			  unsigned n)
{
	for (unsigned i = 0; i < TAP_STREAMS; i++)
		if (c->kinds[side][i] == kind && n-- == 0)
			return i;
	return TAP_STREAMS;
}

static void fragment_place(const tap_call *c, call_half *h)
{
	unsigned seen[UINT8_MAX + 1] = {0};

	for (guint i = 0; i < h->media->len;) {
		call_media *md = CALL_MEDIA(h, i);
		uint8_t kind = (uint8_t)md->kind[0];
		unsigned at = stream_of(c, h->side, md->kind[0], seen[kind]++);

		if (at == TAP_STREAMS || !md->cands->len) {
			g_ptr_array_remove_index(h->media, i);
			continue;
		}
		md->index = (uint8_t)at;
		i++;
	}
}

void tap_half_trickle(tap_call *c, tap_msg *m)
{
	rec_event e = {.type = JRN_HALF, .at = m->at};

	m->mine->side = m->side;
	fragment_place(c, m->mine);
	if (!m->mine->media->len)
		return;
	m->mine->serial = ++c->serial;
	span_copy(m->branch, m->mine->branch, sizeof(m->mine->branch));
	streams_mark(c, m->mine);
	for (guint i = 0; i < m->half->media->len; i++)
		relays_remember(c, m->side, CALL_MEDIA(m->half, i));
	e.half = m->half;
	if (c->record)
		tap_call_tell(c, &e);
}
