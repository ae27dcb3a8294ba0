#include "signaling_tap/facts.h"

#include "signaling_tap/uri.h"

/* Facts of caller and callee are in the same order. */
enum {
	URI = TAP_F_CALLER_URI,
	NAME = TAP_F_CALLER_NAME,
	TEL = TAP_F_CALLER_TEL,
	ASSERTED = TAP_F_CALLER_ASSERTED,
	EPID = TAP_F_CALLER_EPID,
	AGENT = TAP_F_CALLER_AGENT,
	CALLEE = TAP_F_CALLEE_URI - TAP_F_CALLER_URI,
};

typedef struct gatherer {
	tap_facts_set *set;
	tap_fact_told *told;
	void *user;
} gatherer;

const char *tap_fact_name(tap_fact f)
{
	static const char *const names[] = {
#define X(id, name) name,
		TAP_FACTS(X)
#undef X
	};

	return names[f];
}

bool tap_facts_put(tap_facts_set *s, tap_fact f, const char *text)
{
	if (!text[0] || g_strcmp0(s->text[f], text) == 0)
		return false;
	g_clear_pointer(&s->text[f], g_ref_string_release);
	s->text[f] = g_ref_string_new_intern(text);
	return true;
}

void tap_facts_clear(tap_facts_set *s)
{
	for (unsigned i = 0; i < TAP_FACT_COUNT; i++)
		g_clear_pointer(&s->text[i], g_ref_string_release);
}

span tap_facts_peek(const tap_facts_set *s, tap_fact f)
{
	return s->text[f] ? span_str(s->text[f]) : (span){0};
}

static void note(const gatherer *g, unsigned f, const char *text)
{
	if (tap_facts_put(g->set, (tap_fact)f, text) && g->told)
		g->told(g->user, (tap_fact)f);
}

/* The first value stays: later messages of a dialog may be relayed by somebody
 * who changes names. */
static void note_first(const gatherer *g, unsigned f, const char *text)
{
	if (!g->set->text[f])
		note(g, f, text);
}

static void note_span(const gatherer *g, unsigned f, span value)
{
	char text[TAP_FACT_MAX];

	tap_header_text(value, text, sizeof(text));
	note_first(g, f, text);
}

static void party_gather(const gatherer *g, unsigned of, span name, span uri,
			 span params)
{
	char text[TAP_FACT_MAX];
	tap_uri u;
	span epid;

	if (tap_uri_parse(uri, &u)) {
		tap_uri_canonical(&u, text, sizeof(text));
		note_first(g, URI + of, text);
		tap_uri_number(&u, text, sizeof(text));
		note_first(g, TEL + of, text);
	}
	note_span(g, NAME + of, name);
	if (tap_param_find(params, "epid", &epid))
		note_span(g, EPID + of, epid);
}

/* RFC 3325 9.1: one or two values, at most one of them a tel URI; Lync puts
 * both into one header field. */
static void asserted_gather(const gatherer *g, unsigned of, const tap_sip *m)
{
	char text[TAP_FACT_MAX];
	span in = m->headers, v;
	tap_nameaddr a;
	tap_header h;
	tap_uri u;

	while (tap_header_next(&in, &h)) {
		if (h.id != TAP_H_ASSERTED)
			continue;
		v = h.value;
		while (tap_nameaddr_next(&v, &a)) {
			note_span(g, NAME + of, a.name);
			if (!tap_uri_parse(a.uri, &u))
				continue;
			tap_uri_canonical(&u, text, sizeof(text));
			if (g_str_has_prefix(text, "sip:"))
				note_first(g, ASSERTED + of, text);
			tap_uri_number(&u, text, sizeof(text));
			note_first(g, TEL + of, text);
		}
	}
}

/* "sip:org@d;gruu;opaque=app:conf:audio-video:id:ABC" (lync-wire.md 1.7). */
static void conference_gather(const gatherer *g, span uri)
{
	static const char conf[] = "app:conf:", id[] = ":id:";
	const uint8_t *hit = uri.left ? memmem(uri.p, uri.left, conf,
					       sizeof(conf) - 1) : NULL;
	span rest;
	size_t n = 0;

	if (!hit)
		return;
	rest = span_behind(uri, (span){hit, sizeof(conf) - 1});
	hit = rest.left ? memmem(rest.p, rest.left, id, sizeof(id) - 1) : NULL;
	if (!hit)
		return;
	rest = span_behind(rest, (span){hit, sizeof(id) - 1});
	while (n < rest.left && !strchr(";?>: ", rest.p[n]))
		n++;
	note_span(g, TAP_F_CONFERENCE, (span){rest.p, n});
}

/* Each diversion is a value of its own, in one field or in several (RFC 7044
 * 5), and a response may have more of them than the request. */
static void history_gather(const gatherer *g, const tap_sip *m)
{
	const char *known = g->set->text[TAP_F_HISTORY];
	char text[TAP_FACT_MAX];
	span in = m->headers;
	tap_header h;
	size_t n = 0;

	if (!m->has[TAP_H_HISTORY])
		return;
	while (tap_header_next(&in, &h)) {
		if (h.id != TAP_H_HISTORY || n + 3 > sizeof(text))
			continue;
		if (n)
			n += (size_t)g_snprintf(text + n, sizeof(text) - n,
						", ");
		tap_header_text(h.value, text + n, sizeof(text) - n);
		n += strlen(text + n);
	}
	if (!known || n > strlen(known))
		note(g, TAP_F_HISTORY, text);
}

static void links_gather(const gatherer *g, const tap_sip *m)
{
	static const struct {
		uint8_t header, fact;
	} links[] = {
		{TAP_H_CONVERSATION, TAP_F_CONVERSATION},
		{TAP_H_REPLACES, TAP_F_REPLACES},
		{TAP_H_REFERRED_BY, TAP_F_REFERRED_BY},
		{TAP_H_CLIENT_DIAGNOSTICS, TAP_F_DIAGNOSTICS},
	};

	for (size_t i = 0; i < G_N_ELEMENTS(links); i++)
		if (m->has[links[i].header])
			note_span(g, links[i].fact, m->first[links[i].header]);
	history_gather(g, m);
	conference_gather(g, m->uri);
	conference_gather(g, m->from_uri);
	conference_gather(g, m->to_uri);
	if (m->has[TAP_H_CONTACT])
		conference_gather(g, m->first[TAP_H_CONTACT]);
	if (m->has[TAP_H_FOCUS])
		conference_gather(g, m->first[TAP_H_FOCUS]);
}

static void direction_note(const gatherer *g)
{
	bool from = g->set->text[TAP_F_CALLER_TEL];
	bool to = g->set->text[TAP_F_CALLEE_TEL];

	if (g_strcmp0(g->set->text[TAP_F_CALLEE_URI],
		      g->set->text[TAP_F_CALLEE_TEL]) == 0 && to)
		note(g, TAP_F_DIRECTION, "to-pstn");
	else if (g_strcmp0(g->set->text[TAP_F_CALLER_URI],
			   g->set->text[TAP_F_CALLER_TEL]) == 0 && from)
		note(g, TAP_F_DIRECTION, "from-pstn");
	else
		note(g, TAP_F_DIRECTION, "sip");
}

void tap_facts_gather(tap_facts_set *s, const tap_sip *m, uint8_t side,
		      tap_fact_told *told, void *user)
{
	const gatherer g = {s, told, user};
	unsigned sender = side == CALL_CALLER ? 0 : CALLEE;
	/* From names the sender of the request, in its responses too. */
	unsigned from = m->request ? sender : CALLEE - sender;

	/* Provisional 100 and failures are made by servers on the way. */
	if (!m->request && (m->status <= 100 || m->status >= 300)) {
		if (m->has[TAP_H_CLIENT_DIAGNOSTICS])
			note_span(&g, TAP_F_DIAGNOSTICS,
				  m->first[TAP_H_CLIENT_DIAGNOSTICS]);
		return;
	}
	party_gather(&g, from, m->from_name, m->from_uri, m->from_params);
	party_gather(&g, CALLEE - from, m->to_name, m->to_uri, m->to_params);
	asserted_gather(&g, sender, m);
	if (m->has[TAP_H_USER_AGENT])
		note_span(&g, AGENT + sender, m->first[TAP_H_USER_AGENT]);
	else if (!m->request && m->has[TAP_H_SERVER])
		note_span(&g, AGENT + sender, m->first[TAP_H_SERVER]);
	links_gather(&g, m);
	direction_note(&g);
}

static void party_view(const tap_facts_set *s, unsigned of, tap_party *out)
{
	out->uri = tap_facts_peek(s, (tap_fact)(URI + of));
	out->name = tap_facts_peek(s, (tap_fact)(NAME + of));
	out->tel = tap_facts_peek(s, (tap_fact)(TEL + of));
	out->asserted = tap_facts_peek(s, (tap_fact)(ASSERTED + of));
	out->epid = tap_facts_peek(s, (tap_fact)(EPID + of));
	out->agent = tap_facts_peek(s, (tap_fact)(AGENT + of));
}

void tap_facts_view(const tap_facts_set *s, tap_facts *out)
{
	party_view(s, 0, &out->caller);
	party_view(s, CALLEE, &out->callee);
	out->conversation = tap_facts_peek(s, TAP_F_CONVERSATION);
	out->conference = tap_facts_peek(s, TAP_F_CONFERENCE);
	out->replaces = tap_facts_peek(s, TAP_F_REPLACES);
	out->referred_by = tap_facts_peek(s, TAP_F_REFERRED_BY);
	out->history = tap_facts_peek(s, TAP_F_HISTORY);
	out->type = tap_facts_peek(s, TAP_F_TYPE);
	out->record = tap_facts_peek(s, TAP_F_RECORD);
}
