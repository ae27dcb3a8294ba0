#include "signaling_tap/memory.h"

#include "signaling_tap/fork.h"

/* Raised when the bytes below change their meaning. */
enum { VERSION = 2 };

static void put_digest(put *o, const tap_digest *d)
{
	put_bytes(o, d->b, sizeof(d->b));
}

static bool get_digest(span *in, tap_digest *d)
{
	return span_bytes(in, d->b, sizeof(d->b));
}

static bool get_flag(span *in, bool *out)
{
	uint8_t v;

	if (!span_u8(in, &v) || v > 1)
		return false;
	*out = v;
	return true;
}

/* ---- each part, written and read ---- */

static void put_call(put *o, const tap_call *c)
{
	put_u8(o, c->inline_source);
	put_u16(o, c->refuse);
	put_u8(o, c->kind_audio);
	put_u8(o, c->kind_video);
	put_u8(o, c->cancelled);
	put_u32(o, c->serial);
	put_u32(o, c->cseq);
	put_u8(o, c->cseq_unknown);
	put_digest(o, &c->last);
	put_digest(o, &c->last_to);
}

static bool get_call(span *in, tap_call *c)
{
	return get_flag(in, &c->inline_source) && span_u16(in, &c->refuse) &&
	       get_flag(in, &c->kind_audio) && get_flag(in, &c->kind_video) &&
	       get_flag(in, &c->cancelled) && span_u32(in, &c->serial) &&
	       span_u32(in, &c->cseq) && get_flag(in, &c->cseq_unknown) &&
	       get_digest(in, &c->last) && get_digest(in, &c->last_to);
}

static void put_change(put *o, const tap_change *x)
{
	put_u8(o, x->any);
	put_u32(o, x->cseq);
	put_u8(o, x->method);
	put_u8(o, x->held);
	put_digest(o, &x->last);
}

static bool get_change(span *in, tap_change *x)
{
	return get_flag(in, &x->any) && span_u32(in, &x->cseq) &&
	       span_u8(in, &x->method) && get_flag(in, &x->held) &&
	       get_digest(in, &x->last);
}

static void put_relays(put *o, const net_addr *relays, uint8_t n)
{
	put_u8(o, n);
	for (uint8_t i = 0; i < n; i++) {
		put_u8(o, relays[i].family);
		put_bytes(o, relays[i].ip, sizeof(relays[i].ip));
		put_u16(o, relays[i].port);
	}
}

static bool get_relays(span *in, net_addr **relays, uint8_t *n)
{
	uint8_t count;

	g_clear_pointer(relays, g_free);
	*n = 0;
	if (!span_u8(in, &count) || count > TAP_RELAYS)
		return false;
	*relays = g_new0(net_addr, count);
	for (; *n < count; (*n)++) {
		net_addr *a = &(*relays)[*n];

		if (!span_u8(in, &a->family) ||
		    !span_bytes(in, a->ip, sizeof(a->ip)) ||
		    !span_u16(in, &a->port))
			return false;
	}
	return true;
}

static bool get_ids(span *in, char *out)
{
	uint16_t n;
	span ids;

	if (!span_u16(in, &n) || n >= TAP_RELAY_IDS || !span_cut(in, n, &ids))
		return false;
	span_copy(ids, out, TAP_RELAY_IDS);
	return true;
}

static void put_side(put *o, const tap_call *c, uint8_t side)
{
	put_u32(o, c->offer_cseq[side]);
	put_u8(o, c->offer_sdp[side]);
	put_u8(o, c->held[side]);
	put_u8(o, c->unforced[side]);
	put_bytes(o, c->kinds[side], sizeof(c->kinds[side]));
	put_change(o, &c->change[side]);
	put_relays(o, c->relays[side], c->relays_n[side]);
	put_u16(o, (uint16_t)strlen(c->relay_ids[side]));
	put_span(o, span_str(c->relay_ids[side]));
}

static bool get_side(span *in, tap_call *c, uint8_t side)
{
	return span_u32(in, &c->offer_cseq[side]) &&
	       get_flag(in, &c->offer_sdp[side]) &&
	       get_flag(in, &c->held[side]) &&
	       get_flag(in, &c->unforced[side]) &&
	       span_bytes(in, c->kinds[side], sizeof(c->kinds[side])) &&
	       get_change(in, &c->change[side]) &&
	       get_relays(in, &c->relays[side], &c->relays_n[side]) &&
	       get_ids(in, c->relay_ids[side]);
}

static void put_forks(put *o, const tap_call *c)
{
	put_u8(o, (uint8_t)c->forks->len);
	for (guint i = 0; i < c->forks->len; i++) {
		const tap_fork *f = TAP_FORK(c, i);
		const span tag = span_str(f->tag);

		put_u8(o, (uint8_t)tag.left);
		put_span(o, tag);
		put_digest(o, &f->last);
		put_u8(o, f->state);
	}
}

static bool get_forks(span *in, tap_call *c)
{
	uint8_t count, size;

	g_array_set_size(c->forks, 0);
	if (!span_u8(in, &count))
		return false;
	while (count--) {
		tap_fork *f;
		span tag;

		if (!span_u8(in, &size) || size > TAP_TAG_MAX ||
		    !span_cut(in, size, &tag) || !(f = tap_fork_get(c, tag)) ||
		    !get_digest(in, &f->last) || !span_u8(in, &f->state) ||
		    f->state > REC_FORK_LOST)
			return false;
	}
	return true;
}

/* The oldest first. */
static void put_seen(put *o, const tap_call *c)
{
	const unsigned n = MIN(c->seen_at, c->seen_n);

	put_u8(o, (uint8_t)n);
	for (unsigned i = c->seen_at - n; i != c->seen_at; i++) {
		put_digest(o, &c->seen[i % c->seen_n].key);
		put_digest(o, &c->seen[i % c->seen_n].version);
	}
}

static bool get_seen(span *in, tap_call *c)
{
	uint8_t n;

	if (!span_u8(in, &n) || n > TAP_SEEN)
		return false;
	for (; n; n--) {
		tap_seen seen;

		if (!get_digest(in, &seen.key) ||
		    !get_digest(in, &seen.version))
			return false;
		tap_seen_add(c, &seen);
	}
	return true;
}

/* ---- all of it ---- */

void tap_memory_put(put *o, const tap_call *c)
{
	put_u8(o, VERSION);
	put_call(o, c);
	for (uint8_t side = CALL_CALLER; side <= CALL_CALLEE; side++)
		put_side(o, c, side);
	put_forks(o, c);
	put_seen(o, c);
}

static bool get_all(span in, tap_call *c)
{
	uint8_t version;

	return span_u8(&in, &version) && version == VERSION &&
	       get_call(&in, c) && get_side(&in, c, CALL_CALLER) &&
	       get_side(&in, c, CALL_CALLEE) && get_forks(&in, c) &&
	       get_seen(&in, c) && !in.left;
}

/* Tried with a call of its own first. */
bool tap_memory_get(span in, tap_call *c)
{
	const tap_sip none = {.from_tag = span_str("")};
	tap_call *trial = tap_call_new(c->all, &none, none.from_tag);
	bool ok = get_all(in, trial);

	tap_call_free(trial);
	if (ok)
		ok = get_all(in, c);
	return ok;
}
