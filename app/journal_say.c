#include "app/journal_say.h"

#include "app/captured.h"
#include "core/record.h"

#define NAME(names, i) name_of(names, G_N_ELEMENTS(names), i)

static const char *const sides[] = {"caller", "callee", "unknown"};
static const char *const whys[] = {
	[PKT_WHY_NONE] = "none",     [PKT_WHY_UFRAG] = "ufrag",
	[PKT_WHY_RADDR] = "raddr",   [PKT_WHY_RELAYED] = "relayed",
	[PKT_WHY_PEER] = "peer",     [PKT_WHY_SSRC] = "ssrc",
	[PKT_WHY_SDP] = "sdp",	     [PKT_WHY_LEARNT] = "learnt",
};
static const char *const states[] = {
	[REC_RINGING] = "ringing",	 [REC_EARLY] = "early",
	[REC_ANSWERED] = "answered",	 [REC_CONFIRMED] = "confirmed",
	[REC_FORK_LOST] = "fork-lost",	 [REC_ENDING] = "ending",
	[REC_RETRIED] = "retried",
};
static const char *const marks[] = {
	[REC_HOLD] = "hold",	     [REC_RETRIEVE] = "retrieve",
	[REC_START] = "start",	     [REC_STOP] = "stop",
	[REC_PAUSE] = "pause",	     [REC_RESUME] = "resume",
	[REC_TAG] = "tag",	     [REC_TRANSFER] = "transfer",
	[REC_TRANSFERRED] = "transferred", [REC_DTMF] = "dtmf",
	[REC_UNTRANSFERRED] = "untransferred",
};
static const char *const causes[] = {
	[REC_BYE] = "bye",	     [REC_CANCELLED] = "cancelled",
	[REC_FAILED] = "failed",     [REC_REFUSED] = "refused",
	[REC_TIMEOUT] = "timeout",   [REC_REPLACED] = "replaced",
};
static const char *const types[] = {
	[JRN_BEGIN] = "begin",	[JRN_FACT] = "fact",
	[JRN_DECISION] = "decision", [JRN_HALF] = "half",
	[JRN_KEYS] = "keys",	[JRN_STATE] = "state",
	[JRN_MARK] = "mark",	[JRN_END] = "end",
	[JRN_PACKET] = "packet", [JRN_FLOW] = "flow",
	[JRN_LOSS] = "loss",	[JRN_CLOSE] = "close",
	[JRN_TALLY] = "tally",	[JRN_WATCH] = "watch",
};

/* A later version may know more of them. */
static const char *name_of(const char *const *names, size_t n, unsigned i)
{
	return i < n && names[i] ? names[i] : "unknown";
}

const char *journal_type_name(uint16_t type)
{
	return NAME(types, type);
}

static void add_text(JsonObject *o, const char *name, span v)
{
	g_autofree char *raw = span_dup(v);
	g_autofree char *text = g_utf8_make_valid(raw, -1);

	json_object_set_string_member(o, name, text);
}

static void add_addr(JsonObject *o, const char *name, const net_addr *a)
{
	char text[NET_ADDR_TEXT];

	net_addr_text(a, text);
	json_object_set_string_member(o, name, text);
}

static void add_number(JsonObject *o, const char *name, uint64_t v)
{
	json_object_set_int_member(o, name, (gint64)v);
}

static void add_ssrc(JsonObject *o, uint32_t ssrc)
{
	char text[16];

	g_snprintf(text, sizeof(text), "%08x", ssrc);
	json_object_set_string_member(o, "ssrc", text);
}

static void add_hex(JsonObject *o, span b)
{
	g_autoptr(GString) s = g_string_sized_new(2 * b.left + 1);

	for (size_t i = 0; i < b.left; i++)
		g_string_append_printf(s, "%02x", b.p[i]);
	json_object_set_string_member(o, "hex", s->str);
}

static JsonObject *media_object(const call_media *m)
{
	JsonObject *j = json_object_new();

	json_object_set_string_member(j, "kind", m->kind);
	json_object_set_string_member(j, "proto", m->proto);
	json_object_set_boolean_member(j, "record", m->record);
	add_addr(j, "rtp", &m->rtp);
	json_object_set_string_member(j, "ufrag", m->ufrag);
	add_number(j, "candidates", m->cands->len);
	add_number(j, "payloads", m->payloads->len);
	add_number(j, "cryptos", m->cryptos->len);
	return j;
}

static bool say_half(JsonObject *o, span payload)
{
	g_autoptr(call_half) h = rec_half_get(payload);
	JsonArray *media;

	if (!h)
		return false;
	media = json_array_new();
	add_number(o, "serial", h->serial);
	json_object_set_string_member(o, "side", NAME(sides, h->side));
	json_object_set_boolean_member(o, "answer", h->answer);
	json_object_set_string_member(o, "branch", h->branch);
	for (guint i = 0; i < h->media->len; i++)
		json_array_add_object_element(media,
					      media_object(CALL_MEDIA(h, i)));
	json_object_set_array_member(o, "media", media);
	return true;
}

/* The fixed header (RFC 3550 5.1, 6.4.1) is never encrypted. */
static void add_rtp(JsonObject *o, span b)
{
	bool rtcp = pkt_is_rtcp(b);
	uint16_t head, seq;
	uint32_t stamp, ssrc;

	json_object_set_string_member(o, "protocol", rtcp ? "rtcp" : "rtp");
	if (!span_u16(&b, &head) || !span_u16(&b, &seq) ||
	    !span_u32(&b, &stamp))
		return;
	if (rtcp) {
		add_number(o, "pt", head & 0xff);
		add_ssrc(o, stamp);
		return;
	}
	add_number(o, "pt", head & 0x7f);
	add_number(o, "seq", seq);
	add_number(o, "timestamp", stamp);
	if (span_u32(&b, &ssrc))
		add_ssrc(o, ssrc);
}

static bool say_packet(JsonObject *o, const jrn_rec *r, bool hex)
{
	pkt p;

	if (!rec_packet_get(r, &p))
		return false;
	json_object_set_string_member(o, "side", NAME(sides, p.side));
	add_number(o, "media", p.media);
	json_object_set_string_member(o, "leg", captured_leg_name(p.leg));
	json_object_set_string_member(o, "why", NAME(whys, p.why));
	add_number(o, "path", p.flow);
	add_rtp(o, p.bytes);
	add_number(o, "octets", p.bytes.left);
	if (hex)
		add_hex(o, p.bytes);
	return true;
}

static bool say_flow(JsonObject *o, span payload)
{
	rec_flow f;

	if (!rec_flow_get(payload, &f))
		return false;
	add_number(o, "path", f.flow);
	json_object_set_string_member(o, "leg", captured_leg_name(f.leg));
	json_object_set_string_member(o, "side", NAME(sides, f.side));
	add_number(o, "media", f.media);
	add_addr(o, "src", &f.src);
	add_addr(o, "dst", &f.dst);
	add_number(o, "packets", f.packets);
	add_number(o, "stored", f.stored);
	return true;
}

static bool say_loss(JsonObject *o, span payload)
{
	rec_loss l;

	if (!rec_loss_get(payload, &l))
		return false;
	json_object_set_string_member(o, "place", captured_place_name(l.place));
	add_number(o, "packets", l.packets);
	json_object_set_int_member(o, "from_ns", l.from.ns);
	json_object_set_int_member(o, "to_ns", l.to.ns);
	return true;
}

static bool say_tally(JsonObject *o, span payload)
{
	JsonObject *copies;
	rec_tally t;

	if (!rec_tally_get(payload, &t))
		return false;
	json_object_set_int_member(o, "from_ns", t.from.ns);
	add_number(o, "stored", t.stored);
	add_number(o, "late", t.late);
	add_number(o, "not_recorded", t.not_recorded);
	copies = json_object_new();
	for (unsigned i = 0; i < REC_LEGS; i++)
		add_number(copies, captured_leg_name(i), t.copies[i]);
	json_object_set_object_member(o, "copies", copies);
	add_number(o, "frames", t.frames);
	add_number(o, "unclaimed", t.unclaimed);
	add_number(o, "malformed", t.malformed);
	add_number(o, "tcp_gaps", t.tcp_gaps);
	add_number(o, "fragments_lost", t.fragments_lost);
	return true;
}

static bool say_watch(JsonObject *o, const jrn_rec *r)
{
	rec_watch w;

	if (!rec_watch_get(r->payload, &w))
		return false;
	json_object_set_int_member(o, "since_ns", r->at.mono.ns - w.age_ns);
	return true;
}

static bool say_begin(JsonObject *o, span payload)
{
	rec_begin b;

	if (!rec_begin_get(payload, &b))
		return false;
	add_text(o, "call_id", b.call_id);
	add_text(o, "from_tag", b.from_tag);
	add_text(o, "source", b.source);
	return true;
}

static bool say_fact(JsonObject *o, span payload)
{
	rec_fact f;

	if (!rec_fact_get(payload, &f))
		return false;
	add_text(o, "name", f.name);
	add_text(o, "value", f.value);
	return true;
}

static bool say_decision(JsonObject *o, span payload)
{
	rec_decision d;

	if (!rec_decision_get(payload, &d))
		return false;
	json_object_set_boolean_member(o, "record", d.record);
	json_object_set_boolean_member(o, "audio", d.audio);
	json_object_set_boolean_member(o, "video", d.video);
	add_text(o, "rule", d.rule);
	add_text(o, "reason", d.reason);
	return true;
}

static bool say_state(JsonObject *o, span payload)
{
	rec_progress p;

	if (!rec_progress_get(payload, &p))
		return false;
	json_object_set_string_member(o, "state", NAME(states, p.state));
	add_number(o, "status", p.status);
	add_text(o, "branch", p.branch);
	return true;
}

static bool say_mark(JsonObject *o, span payload)
{
	rec_control c;

	if (!rec_control_get(payload, &c))
		return false;
	json_object_set_string_member(o, "mark", NAME(marks, c.mark));
	json_object_set_string_member(o, "side", NAME(sides, c.side));
	add_text(o, "actor", c.actor);
	add_text(o, "text", c.text);
	return true;
}

static bool say_end(JsonObject *o, span payload)
{
	rec_end e;

	if (!rec_end_get(payload, &e))
		return false;
	json_object_set_string_member(o, "cause", NAME(causes, e.cause));
	json_object_set_string_member(o, "side", NAME(sides, e.side));
	add_number(o, "status", e.status);
	add_text(o, "text", e.text);
	return true;
}

static bool say(JsonObject *o, const jrn_rec *r, bool hex)
{
	switch ((jrn_type)r->type) {
	case JRN_BEGIN:
		return say_begin(o, r->payload);
	case JRN_FACT:
		return say_fact(o, r->payload);
	case JRN_DECISION:
		return say_decision(o, r->payload);
	case JRN_HALF:
		return say_half(o, r->payload);
	case JRN_KEYS:
		add_number(o, "sealed_octets", r->payload.left);
		return true;
	case JRN_STATE:
		return say_state(o, r->payload);
	case JRN_MARK:
		return say_mark(o, r->payload);
	case JRN_END:
		return say_end(o, r->payload);
	case JRN_PACKET:
		return say_packet(o, r, hex);
	case JRN_FLOW:
		return say_flow(o, r->payload);
	case JRN_LOSS:
		return say_loss(o, r->payload);
	case JRN_TALLY:
		return say_tally(o, r->payload);
	case JRN_WATCH:
		return say_watch(o, r);
	case JRN_CLOSE:
		return true;
	}
	add_number(o, "number", r->type);
	add_number(o, "octets", r->payload.left);
	return true;
}

void journal_say(const jrn_rec *r, bool hex, JsonObject *to)
{
	if (!say(to, r, hex))
		json_object_set_boolean_member(to, "unreadable", TRUE);
}
