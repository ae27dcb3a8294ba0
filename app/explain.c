#include "app/explain.h"

#include <inttypes.h>
#include <string.h>

static const char *const sides[] = {"caller", "callee", "unknown"};

static const char *const types[] = {"host", "srflx", "prflx", "relay",
				    "untyped"};

static const char *or(const char *text, const char *other)
{
	return text && *text ? text : other;
}

void explain_line(const render_result *r, FILE *to)
{
	const story *s = r->story;
	char begun[32];

	clk_wall_iso(s->begun.wall, begun);
	fprintf(to, "%s  %s -> %s  %.2f s  %s%s%s\n  %s\n", begun,
		or(story_party(s, "caller"), "?"),
		or(story_party(s, "callee"), "?"),
		(double)r->mix.duration / 1e9, r->outcome, *r->why ? ": " : "",
		r->why, or(s->call_id, "(no Call-ID)"));
}

static void candidates(const call_media *m, FILE *to)
{
	static const char *const transports[] = {"UDP", "TCP-PASS", "TCP-ACT",
						 "TCP-SO", "TCP", "other"};

	for (guint i = 0; i < m->cands->len; i++) {
		const call_cand *c = CALL_CAND(m, i);
		char addr[NET_ADDR_TEXT];

		net_addr_text(&c->addr, addr);
		fprintf(to, "      candidate %u %s %s %s\n", c->component,
			transports[c->transport], types[c->type], addr);
	}
}

static void cryptos(const call_media *m, FILE *to)
{
	for (guint i = 0; i < m->cryptos->len; i++) {
		const call_crypto *c = CALL_CRYPTO(m, i);

		fprintf(to, "      %s %u %s%s\n",
			c->scale ? "cryptoscale" : "crypto", c->tag, c->suite,
			c->key.len ? "" : " (its key did not open)");
		if (c->mki_len)
			fprintf(to, "        MKI %u in %u octets\n", c->mki,
				c->mki_len);
	}
}

static void half(const call_half *h, FILE *to)
{
	fprintf(to, "  %s %u of the %s%s%s\n", h->answer ? "answer" : "offer",
		h->serial, sides[h->side], *h->branch ? ", fork " : "",
		h->branch);
	for (guint i = 0; i < h->media->len; i++) {
		const call_media *m = CALL_MEDIA(h, i);
		char rtp[NET_ADDR_TEXT];

		net_addr_text(&m->rtp, rtp);
		fprintf(to, "    %s %s to %s, ufrag %s\n", m->kind, m->proto,
			rtp, or(m->ufrag, "none"));
		candidates(m, to);
		cryptos(m, to);
	}
}

static const call_half *half_of(const story *s, uint32_t serial)
{
	for (guint i = 0; i < s->halves->len; i++) {
		const call_half *h = g_ptr_array_index(s->halves, i);

		if (h->serial == serial)
			return h;
	}
	return NULL;
}

/* Which line of which offer or answer had the key. */
static void key(const story *s, const dec_stream_totals *t, FILE *to)
{
	const call_half *h = half_of(s, t->key_serial);

	if (!t->encrypted) {
		fprintf(to, "    not encrypted\n");
		return;
	}
	fprintf(to, "    opened by crypto %u of %s %u, %s", t->key_tag,
		h && h->answer ? "answer" : "offer", t->key_serial, t->suite);
	if (t->mki)
		fprintf(to, ", MKI in %u octets", t->mki);
	fputc('\n', to);
}

static void stream(const render_result *r, const dec_stream_totals *t, FILE *to)
{
	fprintf(to, "  %s: SSRC %08x, %s; from %.3f to %.3f s\n",
		sides[t->side], t->ssrc, or(t->codecs, "no codec"),
		(double)clk_since(t->first, r->begin.mono) / 1e9,
		(double)clk_since(t->last, r->begin.mono) / 1e9);
	key(r->story, t, to);
	fprintf(to, "    %" PRIu64 " packets, %" PRIu64 " lost, %" PRIu64
		    " late, %" PRIu64 " undecodable, %" PRIu64 " gaps\n",
		t->packets, t->lost, t->late, t->undecodable, t->gaps);
}

/* The candidate with this address, in the first half that has it. */
static const call_cand *offered_at(const call_half *h, const net_addr *a)
{
	for (guint k = 0; k < h->media->len; k++) {
		const call_media *m = CALL_MEDIA(h, k);

		for (guint c = 0; c < m->cands->len; c++)
			if (net_addr_same(&CALL_CAND(m, c)->addr, a))
				return CALL_CAND(m, c);
	}
	return NULL;
}

static const call_cand *candidate_at(const story *s, const net_addr *a,
				     uint8_t *side)
{
	for (guint i = 0; i < s->halves->len; i++) {
		const call_half *h = g_ptr_array_index(s->halves, i);
		const call_cand *c = offered_at(h, a);

		if (!c)
			continue;
		*side = h->side;
		return c;
	}
	return NULL;
}

static void end(const story *s, const net_addr *a, FILE *to)
{
	char text[NET_ADDR_TEXT];
	const call_cand *c;
	uint8_t side = CALL_UNKNOWN;

	net_addr_text(a, text);
	c = candidate_at(s, a, &side);
	fputs(text, to);
	if (c)
		fprintf(to, " (%s's %s)", sides[side], types[c->type]);
}

static void path(const story *s, const rec_flow *f, FILE *to)
{
	static const char *const legs[] = {
		[PKT_LEG_UNKNOWN] = "a leg that is not known",
		[PKT_LEG_FROM_CLIENT] = "from the client into the relay",
		[PKT_LEG_RELAYED] = "out of a relayed address",
		[PKT_LEG_TO_RELAYED] = "into a relayed address",
		[PKT_LEG_TO_CLIENT] = "from the relay to the client",
		[PKT_LEG_PLAIN] = "without a relay",
	};

	fputs("  ", to);
	end(s, &f->src, to);
	fputs(" > ", to);
	end(s, &f->dst, to);
	fprintf(to, "\n    %s: %" PRIu64 " of the %s, %" PRIu64 " stored\n",
		f->leg < G_N_ELEMENTS(legs) ? legs[f->leg] : "?", f->packets,
		sides[f->side], f->stored);
}

static void gap(const render_result *r, const render_gap *g, FILE *to)
{
	fprintf(to, "  %s: %.3f s at %.3f s, %" PRIu64 " packets, %s\n",
		sides[g->side], (double)g->length_ns / 1e9,
		(double)(clk_since(g->at, r->begin.mono) - g->length_ns) / 1e9,
		g->packets, sidecar_cause(g->cause));
}

static uint64_t copies_of(const rec_tally *t)
{
	uint64_t n = 0;

	for (size_t i = 0; i < REC_LEGS; i++)
		n += t->copies[i];
	return n;
}

static void capture(const captured_sums *c, FILE *to)
{
	const rec_tally *t = &c->all;

	fprintf(to, "capture: %" PRIu64 " stored, of which %" PRIu64
		    " came before the description; %" PRIu64 " copies",
		t->stored, t->late, copies_of(t));
	for (uint8_t i = 0; i < REC_LEGS; i++)
		if (t->copies[i])
			fprintf(to, ", %" PRIu64 " %s", t->copies[i],
				captured_leg_name(i));
	fprintf(to, "; %" PRIu64 " not to be recorded\n", t->not_recorded);
	fprintf(to, "  meanwhile: %" PRIu64 " frames, %" PRIu64 " of media "
		    "that no call claimed, %" PRIu64 " malformed, %" PRIu64
		    " gaps in TCP, %" PRIu64 " lost fragments\n",
		t->frames, t->unclaimed, t->malformed, t->tcp_gaps,
		t->fragments_lost);
	fprintf(to, "  lost: %" PRIu64, captured_lost(c));
	for (unsigned i = 0; i < REC_PLACES; i++)
		if (c->lost[i])
			fprintf(to, ", %" PRIu64 " by %s", c->lost[i],
				captured_place_name(i));
	fputc('\n', to);
}

void explain_all(const render_result *r, FILE *to)
{
	const story *s = r->story;

	explain_line(r, to);
	fprintf(to, "decision\n  %s by rule \"%s\": %s\n",
		s->record ? "record" : "do not record", or(s->rule, "none"),
		or(s->reason, "no reason was given"));
	fprintf(to, "signalling, by %s\n", or(s->source, "?"));
	for (guint i = 0; i < s->halves->len; i++)
		half(g_ptr_array_index(s->halves, i), to);
	if (s->bad_keys)
		fprintf(to, "  %s\n", s->key_trouble);
	fprintf(to, "streams\n");
	for (guint i = 0; i < r->streams->len; i++)
		stream(r, &g_array_index(r->streams, dec_stream_totals, i), to);
	fprintf(to, "packets: %" PRIu64 " captured, %" PRIu64
		    " did not authenticate, %" PRIu64 " without a key\n",
		r->packets, r->dec.fate[DEC_AUTH_FAIL],
		r->dec.fate[DEC_NO_KEY]);
	capture(&r->capture, to);
	if (r->flows->len)
		fprintf(to, "paths: a packet is seen on several, and stored "
			    "once\n");
	for (guint i = 0; i < r->flows->len; i++)
		path(s, &g_array_index(r->flows, rec_flow, i), to);
	fprintf(to, "gaps: %u\n", r->gaps->len);
	for (guint i = 0; i < r->gaps->len; i++)
		gap(r, &g_array_index(r->gaps, render_gap, i), to);
}
