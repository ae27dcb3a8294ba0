#include "signaling_tap/sdp.h"

#include "core/multipart.h"
#include "signaling_tap/sdpline.h"

static bool is_sdp(span type)
{
	return mime_is(type, "application/sdp") ||
	       mime_is(type, "application/gw-sdp");
}

/* RFC 8840 9: candidates that come later than their description. */
static bool is_fragment(span type)
{
	return mime_is(type, "application/trickle-ice-sdpfrag");
}

static bool is_carried(span content_type)
{
	return is_sdp(content_type) || is_fragment(content_type) ||
	       mime_is(content_type, "multipart/");
}

/* Lync's fallback for clients of 2007 says so in its disposition. */
static bool is_fallback(const mpart *p)
{
	span flag;

	return mime_param(p->disposition, "ms-proxy-2007fallback", &flag) ||
	       (p->disposition.left &&
		memmem(p->disposition.p, p->disposition.left,
		       "ms-proxy-2007fallback", 21));
}

/* A part that was put there to satisfy old servers: no port, no candidate. */
static void dummies_drop(call_half *half, guint from)
{
	for (guint i = half->media->len; i > from; i--) {
		const call_media *m = CALL_MEDIA(half, i - 1);

		if (!m->rtp.port && !m->cands->len)
			g_ptr_array_remove_index(half->media, i - 1);
	}
}

/* The SDP parts of a body, of those inside other parts too. */
typedef struct found {
	unsigned n;
	bool many, deep;	/* more, or deeper, than is looked at */
	mpart part[MPART_MAX];
} found;

static bool parts_find(found *f, span type, span body, unsigned depth)
{
	mpart_iter it;
	mpart_verdict v;
	mpart part;

	f->deep |= depth == TAP_SDP_DEPTH_MAX;
	if (f->deep || !mpart_begin(&it, type, body))
		return false;
	while ((v = mpart_next(&it, &part)) == MPART_OK) {
		if (f->n == MPART_MAX)
			break;
		if (is_sdp(part.type))
			f->part[f->n++] = part;
		else if (mime_is(part.type, "multipart/") &&
			 !parts_find(f, part.type, part.content, depth + 1))
			return false;
	}
	f->many |= v != MPART_END;
	return true;
}

static unsigned primary_of(const found *f)
{
	for (unsigned i = 0; i < f->n; i++)
		if (!is_fallback(&f->part[i]))
			return i;
	return 0;
}

static tap_sdp_verdict parts_read(tap_sdp_reader *r, span type, span body)
{
	unsigned primary;
	found f;
	guint had;
	bool all;

	f.n = 0;
	f.many = f.deep = false;
	all = parts_find(&f, type, body, 0);
	r->count->n[TAP_N_SDP_PARTS] += f.many;
	r->count->n[TAP_N_SDP_DEPTH] += f.deep;
	if (!all)
		return TAP_SDP_BAD;
	if (f.n == 0)
		return TAP_SDP_NONE;
	primary = primary_of(&f);
	if (!tap_sdp_part(r, f.part[primary].content))
		return TAP_SDP_BAD;
	for (unsigned i = 0; i < f.n; i++) {
		if (i == primary)
			continue;
		r->part++;
		had = r->half->media->len;
		if (!tap_sdp_part(r, f.part[i].content))
			r->count->n[TAP_N_SDP_BAD]++;
		dummies_drop(r->half, had);
	}
	return TAP_SDP_OK;
}

/* RFC 3264 8.4: by its offer a side holds the other when no audio stream lets
 * the other side send. */
static bool half_holds(const call_half *h)
{
	bool audio = false;

	for (guint i = 0; i < h->media->len; i++) {
		const call_media *m = CALL_MEDIA(h, i);

		if (m->part || strcmp(m->kind, "audio") || !m->rtp.port)
			continue;
		audio = true;
		if (m->flow == CALL_SENDRECV || m->flow == CALL_RECVONLY)
			return false;
	}
	return audio;
}

tap_sdp_verdict tap_sdp_read(span content_type, span body, call_half *half,
			     tap_sdp_about *about, tap_counters *count)
{
	tap_sdp_reader r;
	tap_sdp_verdict v;

	*about = (tap_sdp_about){0};
	if (!body.left || !is_carried(content_type))
		return TAP_SDP_NONE;
	tap_sdp_begin(&r, half, about, count);
	about->body = tap_digest_of(body);
	about->fragment = is_fragment(content_type);
	if (about->fragment || is_sdp(content_type)) {
		v = tap_sdp_part(&r, body) ? TAP_SDP_OK : TAP_SDP_BAD;
	} else {
		about->multipart = true;
		v = parts_read(&r, content_type, body);
	}
	about->version = tap_hash_done(&r.version);
	about->held = half_holds(half);
	if (v == TAP_SDP_BAD)
		count->n[TAP_N_SDP_BAD]++;
	return v;
}
