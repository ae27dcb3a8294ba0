#include "tests/support/tap_history.h"

#include "tests/support/tap_model.h"

typedef enum body { NO_BODY, SDP, FRAGMENT, DIGIT } body;

typedef struct move {
	const char *start;	/* method, or status and reason */
	const char *cseq;	/* method */
	body body;
} move;

static const move moves[] = {
	{"INVITE", "INVITE", SDP},	{"INVITE", "INVITE", SDP},
	{"INVITE", "INVITE", NO_BODY},	{"ACK", "ACK", NO_BODY},
	{"ACK", "ACK", SDP},		{"BYE", "BYE", NO_BODY},
	{"CANCEL", "CANCEL", NO_BODY},	{"PRACK", "PRACK", SDP},
	{"UPDATE", "UPDATE", SDP},	{"INFO", "INFO", FRAGMENT},
	{"INFO", "INFO", DIGIT},	{"REFER", "REFER", NO_BODY},
	{"MESSAGE", "MESSAGE", NO_BODY},
	{"100 Trying", "INVITE", NO_BODY},
	{"180 Ringing", "INVITE", NO_BODY},
	{"183 Progress", "INVITE", SDP},
	{"200 OK", "INVITE", SDP},	{"200 OK", "INVITE", SDP},
	{"200 OK", "INVITE", NO_BODY},	{"200 OK", "UPDATE", SDP},
	{"407 Who", "INVITE", NO_BODY},	{"486 Busy", "INVITE", NO_BODY},
	{"487 Gone", "INVITE", NO_BODY},	{"200 OK", "BYE", NO_BODY},
};

/* How long nothing happens, ms: within and beyond each of the tap's times. */
static const int64_t waits[] = {
	0, 0, 0, 10, 900, 4000, 6000, 31000, 33000, 299000, 301000, 14500000,
};

static void sdp_put(GString *s, unsigned version)
{
	static const char *const holds[] = {"", "a=inactive\r\n",
					    "a=sendonly\r\n", ""};

	g_string_append_printf(
		s, "v=0\r\no=- 1 %u IN IP4 192.0.2.1\r\ns=-\r\n"
		"c=IN IP4 %s\r\nt=0 0\r\nm=audio %u RTP/SAVP 0\r\n"
		"a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:"
		"WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGV%c|2^31\r\n"
		"a=candidate:1 1 UDP 9 192.0.2.1 4000 typ host\r\n"
		"a=candidate:2 1 UDP 1 203.0.113.9 5000 typ relay "
		"raddr 192.0.2.1 rport 4000\r\n%s", version,
		version == 7 ? "0.0.0.0" : "192.0.2.1", 4000 + version % 2,
		'a' + (int)(version / 2), holds[version % 4]);
}

static void body_put(GString *s, body b, unsigned version)
{
	GString *text = g_string_new(NULL);
	static const char *const types[] = {
		[SDP] = "application/sdp",
		[FRAGMENT] = "application/trickle-ice-sdpfrag",
		[DIGIT] = "application/dtmf-relay",
	};

	if (b == SDP)
		sdp_put(text, version);
	else if (b == FRAGMENT)
		g_string_append_printf(
			text, "a=ice-ufrag:x\r\nm=audio 9 RTP/SAVP 0\r\n"
			"a=candidate:3 1 UDP 9 192.0.2.%u 4000 typ host\r\n",
			version);
	else if (b == DIGIT)
		g_string_append_printf(text, "Signal=%u\r\n", version);
	if (b != NO_BODY)
		g_string_append_printf(s, "Content-Type: %s\r\n", types[b]);
	g_string_append_printf(s, "Content-Length: %zu\r\n\r\n%s", text->len,
			       text->str);
	g_string_free(text, TRUE);
}

/* `at[1]`: call, branch (0: none yet), who asks; `at[2]`: CSeq, SDP. */
static GString *message(const uint8_t at[4])
{
	const move *m = &moves[at[0] % G_N_ELEMENTS(moves)];
	unsigned call = at[1] & 3, branch = at[1] >> 2 & 7;
	bool back = branch && (at[1] >> 5) % 4 == 3;	/* the callee asks */
	bool request = !g_ascii_isdigit(m->start[0]);
	g_autofree char *to = branch ? g_strdup_printf(";tag=b%u", branch)
				     : g_strdup("");
	const char *caller = call & 1 ? "<sip:a>;tag=a"
				      : "<sip:alice@x>;tag=a";
	GString *s = g_string_new(NULL);

	g_string_append_printf(s, request ? "%s sip:bob@x SIP/2.0\r\n"
					  : "SIP/2.0 %s\r\n", m->start);
	if (back)
		g_string_append_printf(s, "From: <sip:bob@x>%s\r\nTo: %s\r\n",
				       to, caller);
	else
		g_string_append_printf(s, "From: %s\r\nTo: <sip:bob@x>%s\r\n",
				       caller, to);
	g_string_append_printf(s, "Call-ID: c%u\r\nCSeq: %u %s\r\n", call,
			       1 + (at[2] & 3), m->cseq);
	body_put(s, m->body, at[2] >> 2 & 7);
	return s;
}

uint64_t tap_history_play(span octets)
{
	clk_both now = {{1000 * CLK_NS_PER_S}, {1800000000 * CLK_NS_PER_S}};
	tap_model *t = tap_model_new();
	uint64_t calls;
	span at;

	while (span_cut(&octets, 4, &at)) {
		GString *m = message(at.p);
		const tap_source src = {span_str("fe1"), at.p[3] >> 7 == 0};
		int64_t wait = waits[(at.p[3] & 127) % G_N_ELEMENTS(waits)];

		tap_model_message(t, now, &src, span_of(m->str, m->len));
		g_string_free(m, TRUE);
		now.mono.ns += wait * CLK_NS_PER_MS;
		now.wall.ns += wait * CLK_NS_PER_MS;
	}
	calls = tap_model_calls(t);
	tap_model_over(t, now);
	return calls;
}
