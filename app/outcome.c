#include "app/render.h"
#include "catalog/cat.h"

#include <string.h>

static bool has_audio(const story *s)
{
	for (guint i = 0; i < s->halves->len; i++) {
		const call_half *h = g_ptr_array_index(s->halves, i);

		for (guint k = 0; k < h->media->len; k++)
			if (!strcmp(CALL_MEDIA(h, k)->kind, "audio"))
				return true;
	}
	return false;
}

/* What the line was when it first came, which may be with a later offer; "" if
 * that is not known. */
static const char *kind_of(const story *s, uint8_t media)
{
	for (guint i = 0; i < s->halves->len; i++) {
		const call_half *h = g_ptr_array_index(s->halves, i);

		for (guint k = 0; k < h->media->len; k++)
			if (CALL_MEDIA(h, k)->index == media)
				return CALL_MEDIA(h, k)->kind;
	}
	return "";
}

/* Or may be. */
static bool is_audio(const story *s, uint8_t media)
{
	const char *kind = kind_of(s, media);

	return !*kind || !strcmp(kind, "audio");
}

/* Bit 0: the caller was heard (in a call without audio: seen), bit 1: the
 * callee. */
static unsigned sides_heard(const render_result *r)
{
	bool audio = has_audio(r->story);
	unsigned sides = 0;

	for (guint i = 0; i < r->streams->len; i++) {
		const dec_stream_totals *t =
			&g_array_index(r->streams, dec_stream_totals, i);

		if (t->side < CALL_UNKNOWN && t->packets &&
		    (!audio || is_audio(r->story, t->media)))
			sides |= 1u << t->side;
	}
	return sides;
}

/* The tap saw ICE settle on a pair without a relay. */
static char *why_escaped(const render_result *r)
{
	const char *side = story_fact(r->story, "escaped");

	if (!*side)
		return NULL;
	return g_strdup_printf("media went past the relay, as the %s says",
			       side);
}

/* The party whose SDP named no relay, for a stream that was to be recorded: its
 * media had to take another path. */
static char *why_no_relay(const render_result *r)
{
	const char *side = story_fact(r->story, "no-relay");

	if (!*side)
		return NULL;
	return g_strdup_printf("the %s offered no relay candidate", side);
}

/* Nobody saw the end of the call, so it may have continued without the relay,
 * unless the RTCP of both parties said goodbye. */
static bool end_unseen(const render_result *r)
{
	return !story_end_seen(r->story) &&
	       !(r->goodbye[CALL_CALLER] && r->goodbye[CALL_CALLEE]);
}

/* From when to when no capture ran; NULL: it was always there. */
static char *why_away(const render_result *r)
{
	const captured_away *a;
	clk_wall from, to;
	char text[2][32];

	if (!r->aways->len)
		return NULL;
	a = &g_array_index(r->aways, captured_away, 0);
	from.ns = r->begin.wall.ns + clk_since(a->from, r->begin.mono);
	to.ns = r->begin.wall.ns + clk_since(a->to, r->begin.mono);
	clk_wall_iso(from, text[0]);
	clk_wall_iso(to, text[1]);
	if (r->aways->len == 1)
		return g_strdup_printf("capture was away from %s to %s",
				       text[0], text[1]);
	return g_strdup_printf("capture was away %u times, first from %s to %s",
			       r->aways->len, text[0], text[1]);
}

/* Why nothing at all was heard. */
static char *why_nothing(const render_result *r)
{
	const story *s = r->story;
	char *other = why_escaped(r);

	if (other)
		return other;
	if (!s->has_answer)
		return g_strdup(end_unseen(r) ? "no answer to the call was seen"
					      : "the call was not answered");
	if (!r->packets && (other = why_away(r)))
		return other;
	if (!r->packets && (other = why_no_relay(r)))
		return other;
	if (s->bad_keys)
		return g_strdup_printf("no key: %s", s->key_trouble);
	if (r->packets && r->packets == r->dec.fate[DEC_NO_KEY])
		return g_strdup("no key: the signalling has none that could "
				"open the media");
	if (r->packets)
		return g_strdup("no packet authenticates under the call's "
				"keys");
	return g_strdup("no media crossed the relay");
}

static char *why_one_sided(const render_result *r, const char *silent)
{
	g_autofree char *no_relay = why_no_relay(r);

	return g_strdup_printf("nothing was heard of the %s%s%s", silent,
			       no_relay ? "; " : "", no_relay ? no_relay : "");
}

/* What is missing from a recording, most telling first; NULL: nothing. */
static char *why_partial(const render_result *r, unsigned sides)
{
	if (r->aways->len)
		return why_away(r);
	if (sides != 3)
		return why_one_sided(r, sides & 1 ? "callee" : "caller");
	if (*story_fact(r->story, "escaped"))
		return why_escaped(r);
	if (r->stopped_ns)
		return g_strdup_printf(
			"no media crossed the relay for %.0f s, and the call "
			"went on", (double)r->stopped_ns / CLK_NS_PER_S);
	if (r->undecodable->len)
		return g_strdup_printf(
			"no decoder for %s; the packets are kept",
			(char *)g_ptr_array_index(r->undecodable, 0));
	if (r->lost_by_us)
		return g_strdup("capture lost packets");
	if (r->gaps->len)
		return g_strdup_printf("%u gaps", r->gaps->len);
	if (r->dec.fate[DEC_AUTH_FAIL] || r->dec.fate[DEC_NO_KEY])
		return g_strdup("packets without a key that fits");
	if (r->journal.troubles->len)
		return g_strdup("the journal is damaged");
	if (end_unseen(r))
		return g_strdup("the end of the call was not seen");
	return NULL;
}

/* On demand: `edgetape keep` deletes what nobody wanted. */
static bool nobody_asked(const story *s)
{
	cat_mode mode = CAT_ALWAYS;
	uint32_t asks = 0;

	if (s->reason && s->record)
		mode = cat_told_find(span_str(s->reason)).mode;
	if (mode == CAT_ON_DEMAND)
		asks = 1u << REC_START | 1u << REC_RESUME;
	else if (mode == CAT_BUFFERED)
		asks = 1u << REC_START | 1u << REC_TAG;
	return s->has_answer && asks && !(s->marks & asks);
}

void render_judge(render_result *r)
{
	const story *s = r->story;
	unsigned sides = r->only_rang ? 0 : sides_heard(r);

	if (s->decided && !s->record) {
		r->outcome = "EXEMPT";
		r->why = g_strdup(s->reason);
	} else if (nobody_asked(s)) {
		r->outcome = "EXEMPT";
		r->why = g_strdup("on demand, and nobody asked for it");
	} else if (!sides && s->end_cause == REC_REFUSED) {
		r->outcome = "BLOCKED";
		r->why = g_strdup_printf("refused with status %u: %s",
					 s->end_status, s->end_text);
	} else if (!sides) {
		r->outcome = "NOT_RECORDED";
		r->why = why_nothing(r);
	} else {
		r->why = why_partial(r, sides);
		r->outcome = r->why ? "PARTIAL" : "RECORDED";
	}
	if (!r->why)
		r->why = g_strdup("");
}
