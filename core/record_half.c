#include "core/record.h"
#include "core/record_text.h"

static void put_cand(put *o, const call_cand *c)
{
	put_u8(o, c->component);
	put_u8(o, c->type);
	put_u8(o, c->transport);
	put_u8(o, c->draft06);
	put_u32(o, c->priority);
	put_addr(o, &c->addr);
	put_addr(o, &c->raddr);
	put_str(o, c->id);
}

MUST_CHECK static bool get_cand(span *in, call_cand *c)
{
	return span_u8(in, &c->component) && span_u8(in, &c->type) &&
	       c->type <= CALL_CAND_UNTYPED && span_u8(in, &c->transport) &&
	       c->transport <= CALL_TRANSPORT_OTHER &&
	       get_bool(in, &c->draft06) && span_u32(in, &c->priority) &&
	       get_addr(in, &c->addr) && get_addr(in, &c->raddr) &&
	       get_str(in, c->id, sizeof(c->id));
}

static void put_payload(put *o, const call_payload *p)
{
	put_u8(o, p->pt);
	put_u8(o, p->channels);
	put_u32(o, p->clock);
	put_str(o, p->name);
	put_str(o, p->fmtp);
}

MUST_CHECK static bool get_payload(span *in, call_payload *p)
{
	return span_u8(in, &p->pt) && p->pt < 128 &&
	       span_u8(in, &p->channels) && span_u32(in, &p->clock) &&
	       get_str(in, p->name, sizeof(p->name)) &&
	       get_str(in, p->fmtp, sizeof(p->fmtp));
}

/* Everything but the key. */
static void put_crypto(put *o, const call_crypto *c)
{
	put_u32(o, c->tag);
	put_u8(o, c->scale);
	put_u8(o, c->mki_len);
	put_u32(o, c->mki);
	put_str(o, c->suite);
}

MUST_CHECK static bool get_crypto(span *in, call_crypto *c)
{
	return span_u32(in, &c->tag) && get_bool(in, &c->scale) &&
	       span_u8(in, &c->mki_len) && span_u32(in, &c->mki) &&
	       get_str(in, c->suite, sizeof(c->suite));
}

static void put_codecs(put *o, const call_media *m)
{
	put_u16(o, (uint16_t)m->payloads->len);
	for (guint i = 0; i < m->payloads->len; i++)
		put_payload(o, CALL_PAYLOAD(m, i));
	put_u16(o, (uint16_t)m->cryptos->len);
	for (guint i = 0; i < m->cryptos->len; i++)
		put_crypto(o, CALL_CRYPTO(m, i));
}

/* Where m= lines share a transport, payload types tell their packets apart. */
static void put_types(put *o, const call_media *m)
{
	put_u16(o, m ? (uint16_t)m->payloads->len : 0);
	for (guint i = 0; m && i < m->payloads->len; i++) {
		const call_payload number = {.pt = CALL_PAYLOAD(m, i)->pt};

		put_payload(o, &number);
	}
}

/* Capture looks for relayed addresses and for what checks are named by. Where
 * there are candidates at all one stays, for without any the SDP's own address
 * counts. */
static bool is_path(const call_media *m, guint i)
{
	const call_cand *c = CALL_CAND(m, i);

	return i == 0 || c->type == CALL_CAND_RELAY ||
	       (c->draft06 && strcmp(c->id, CALL_CAND(m, i - 1)->id) != 0);
}

static void put_paths(put *o, const call_media *m)
{
	uint16_t n = 0;

	for (guint i = 0; i < m->cands->len; i++)
		n = (uint16_t)(n + is_path(m, i));
	put_u16(o, n);
	for (guint i = 0; i < m->cands->len; i++)
		if (is_path(m, i))
			put_cand(o, CALL_CAND(m, i));
}

static void put_cands(put *o, const call_media *m)
{
	put_u16(o, (uint16_t)m->cands->len);
	for (guint i = 0; i < m->cands->len; i++)
		put_cand(o, CALL_CAND(m, i));
}

static void put_media(put *o, const call_half *h, const call_media *m,
		      bool whole)
{
	put_u8(o, m->index);
	put_u8(o, m->part);
	put_u8(o, m->flow);
	put_u8(o, m->rtcp_mux);
	put_u8(o, m->record);
	put_str(o, m->kind);
	put_str(o, m->proto);
	put_str(o, m->label);
	put_addr(o, &m->rtp);
	put_addr(o, &m->rtcp);
	put_str(o, m->ufrag);
	if (whole) {
		put_cands(o, m);
		put_codecs(o, m);
	} else {
		put_paths(o, m);
		put_types(o, call_media_shares(h, m) ? m : NULL);
		put_u16(o, 0);	/* no crypto line */
	}
	put_u16(o, (uint16_t)m->ssrcs->len);
	for (guint i = 0; i < m->ssrcs->len; i++) {
		put_u32(o, CALL_SSRCS(m, i)->lo);
		put_u32(o, CALL_SSRCS(m, i)->hi);
	}
}

MUST_CHECK static bool get_cands(span *in, GArray *to)
{
	uint16_t n;

	if (!span_u16(in, &n))
		return false;
	while (n-- > 0) {
		call_cand c = {0};

		if (!get_cand(in, &c))
			return false;
		g_array_append_val(to, c);
	}
	return true;
}

MUST_CHECK static bool get_payloads(span *in, GArray *to)
{
	uint16_t n;

	if (!span_u16(in, &n))
		return false;
	while (n-- > 0) {
		call_payload p = {0};

		if (!get_payload(in, &p))
			return false;
		g_array_append_val(to, p);
	}
	return true;
}

MUST_CHECK static bool get_cryptos(span *in, GArray *to)
{
	uint16_t n;

	if (!span_u16(in, &n))
		return false;
	while (n-- > 0) {
		call_crypto c = {0};

		if (!get_crypto(in, &c))
			return false;
		g_array_append_val(to, c);
	}
	return true;
}

MUST_CHECK static bool get_ssrcs(span *in, GArray *to)
{
	uint16_t n;

	if (!span_u16(in, &n))
		return false;
	while (n-- > 0) {
		call_ssrcs s;

		if (!span_u32(in, &s.lo) || !span_u32(in, &s.hi))
			return false;
		g_array_append_val(to, s);
	}
	return true;
}

MUST_CHECK static bool get_media(span *in, call_media *m)
{
	return span_u8(in, &m->index) && span_u8(in, &m->part) &&
	       span_u8(in, &m->flow) && m->flow <= CALL_INACTIVE &&
	       get_bool(in, &m->rtcp_mux) && get_bool(in, &m->record) &&
	       get_str(in, m->kind, sizeof(m->kind)) &&
	       get_str(in, m->proto, sizeof(m->proto)) &&
	       get_str(in, m->label, sizeof(m->label)) &&
	       get_addr(in, &m->rtp) && get_addr(in, &m->rtcp) &&
	       get_str(in, m->ufrag, sizeof(m->ufrag)) &&
	       get_cands(in, m->cands) && get_payloads(in, m->payloads) &&
	       get_cryptos(in, m->cryptos) && get_ssrcs(in, m->ssrcs);
}

static void put_half(put *o, const call_half *h, bool whole)
{
	put_u32(o, h->serial);
	put_u8(o, h->side);
	put_u8(o, h->answer);
	put_u8(o, h->early);
	put_str(o, h->branch);
	put_u16(o, (uint16_t)h->media->len);
	for (guint i = 0; i < h->media->len; i++)
		put_media(o, h, CALL_MEDIA(h, i), whole);
}

void rec_half_put(put *o, const call_half *h)
{
	put_half(o, h, true);
}

void rec_half_put_paths(put *o, const call_half *h)
{
	put_half(o, h, false);
}

call_half *rec_half_get(span in)
{
	g_autoptr(call_half) h = call_half_new();
	uint16_t n;

	if (!span_u32(&in, &h->serial) || !span_u8(&in, &h->side) ||
	    h->side > CALL_UNKNOWN || !get_bool(&in, &h->answer) ||
	    !get_bool(&in, &h->early) ||
	    !get_str(&in, h->branch, sizeof(h->branch)) || !span_u16(&in, &n))
		return NULL;
	while (n-- > 0)
		if (!get_media(&in, call_half_add_media(h)))
			return NULL;
	return g_steal_pointer(&h);
}

void rec_keys_put(put *o, const call_half *h)
{
	for (guint i = 0; i < h->media->len; i++) {
		const call_media *m = CALL_MEDIA(h, i);

		for (guint k = 0; k < m->cryptos->len; k++) {
			span key = secret_peek(&CALL_CRYPTO(m, k)->key);

			put_u8(o, (uint8_t)i);
			put_u8(o, (uint8_t)k);
			put_u8(o, (uint8_t)key.left);
			put_span(o, key);
		}
	}
}

bool rec_keys_get(span in, call_half *h)
{
	while (in.left) {
		uint8_t i, k, n;
		span key;

		if (!span_u8(&in, &i) || !span_u8(&in, &k) ||
		    !span_u8(&in, &n) || !span_cut(&in, n, &key) ||
		    i >= h->media->len ||
		    k >= CALL_MEDIA(h, i)->cryptos->len ||
		    !secret_set(&CALL_CRYPTO(CALL_MEDIA(h, i), k)->key, key))
			return false;
	}
	return true;
}
