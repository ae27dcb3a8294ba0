#include "decoder/call_impl.h"

#include "decoder/rtcp.h"

static void tell_report(dec_call *c, const dec_source *s, const dec_sr *sr,
			clk_mono at)
{
	pcm_report r = {.ntp = sr->ntp, .arrival = at};
	dec_voice *v;

	if (!s->track || !c->out.sink.report)
		return;
	v = dec_track_voice(s->track);
	r.stream = dec_voice_totals(v)->stream;
	if (dec_voice_extend(v, sr->ts, &r.ts))
		c->out.sink.report(c->out.user, &r);
}

static void tell_bye(dec_call *c, const dec_source *s, clk_mono at)
{
	if (s->track)
		dec_out_event(&c->out,
			      dec_voice_totals(dec_track_voice(s->track)),
			      (dec_event){.kind = DEC_BYE, .at = at});
}

/* What one participant reports about itself. Its packets may come singly and
 * carry extensions: neither is an error. */
static void read_compound(dec_call *c, const dec_source *s, span in,
			  clk_mono at)
{
	dec_rtcp p;
	dec_sr sr;
	uint32_t ssrc;

	while (dec_rtcp_next(&in, &p)) {
		if (dec_rtcp_sr(&p, &sr) && sr.ssrc == s->ssrc)
			tell_report(c, s, &sr, at);
		for (unsigned i = 0; dec_rtcp_bye(&p, i, &ssrc); i++)
			if (ssrc == s->ssrc)
				tell_bye(c, s, at);
	}
}

static dec_fate settle(dec_call *c, dec_source *s, const pkt *p, span clear,
		       uint32_t index)
{
	if (dec_window_look(&s->rtcp, index) != DEC_PLACE_NEW)
		return DEC_DUPLICATE;
	dec_window_take(&s->rtcp, index);
	read_compound(c, s, clear, p->at.mono);
	return DEC_CONTROL;
}

static bool open_by(dec_call *c, const pkt *p, dec_lock lock, span *clear,
		    uint32_t *index)
{
	dec_srtp *k = lock.key ? dec_key_srtp(&c->ring, lock.key) : NULL;
	size_t n;

	if (!k || !dec_srtp_open_rtcp(k, p->bytes, lock.mki, c->clear, &n,
				      index))
		return false;
	*clear = span_of(c->clear, n);
	return true;
}

static bool open_known(dec_call *c, const pkt *p, uint32_t ssrc,
		       dec_source **opened, span *clear, uint32_t *index)
{
	for (size_t i = 0; i < c->sources->len; i++) {
		dec_source *s = g_ptr_array_index(c->sources, i);

		if (s->ssrc != ssrc ||
		    (!open_by(c, p, s->lock, clear, index) &&
		     !open_by(c, p, s->before, clear, index)))
			continue;
		*opened = s;
		return true;
	}
	return false;
}

static bool try_keys(dec_call *c, const pkt *p, dec_lock *found, span *clear,
		     uint32_t *index)
{
	const dec_hint hint = {p->side, p->media};
	dec_key *keys[DEC_KEYS_MAX];
	const size_t n = dec_keyring_order(&c->ring, hint, keys);
	size_t mki[DEC_FORMS];

	for (size_t i = 0; i < n; i++) {
		dec_key_forms(keys[i], mki);
		for (size_t j = 0; j < DEC_FORMS; j++) {
			*found = (dec_lock){keys[i], mki[j]};
			if (open_by(c, p, *found, clear, index))
				return true;
		}
	}
	return false;
}

static dec_fate take_plain(dec_call *c, const pkt *p, uint32_t ssrc)
{
	const dec_source *s = dec_call_source(c, ssrc, p->side, p->media);

	if (p->side == CALL_UNKNOWN || !dec_ptmap_plain(&c->out.map, p->media))
		return DEC_HELD;
	if (s)
		read_compound(c, s, p->bytes, p->at.mono);
	return DEC_CONTROL;
}

dec_fate dec_call_control(dec_call *c, const pkt *p)
{
	span in = p->bytes, clear;
	uint32_t ssrc, index;
	dec_source *s;
	dec_lock lock;

	if (!span_skip(&in, 4) || !span_u32(&in, &ssrc) ||
	    p->bytes.p[0] >> 6 != 2)
		return DEC_MALFORMED;
	if (open_known(c, p, ssrc, &s, &clear, &index))
		return settle(c, s, p, clear, index);
	if (!try_keys(c, p, &lock, &clear, &index))
		return take_plain(c, p, ssrc);
	s = dec_call_source(c, ssrc, lock.key->side, lock.key->media);
	/* RTP settles which key the source is locked to. */
	if (!s)
		s = dec_call_lock(c, ssrc, lock.key->side, lock.key->media,
				  lock);
	if (!s)
		return DEC_REFUSED;
	return settle(c, s, p, clear, index);
}
