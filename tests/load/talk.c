#include "tests/load/talk.h"

#include <string.h>

#include "tests/load/media.h"

static const char *const start[] = {
	[LOAD_INVITE] = "INVITE sip:bob@example.com SIP/2.0",
	[LOAD_OK] = "SIP/2.0 200 OK",
	[LOAD_ACK] = "ACK sip:bob@example.com SIP/2.0",
	[LOAD_BYE] = "BYE sip:bob@example.com SIP/2.0",
	[LOAD_CANCEL] = "CANCEL sip:bob@example.com SIP/2.0",
	[LOAD_CANCELLED] = "SIP/2.0 487 Request Terminated",
	[LOAD_BUSY] = "SIP/2.0 486 Busy Here",
	[LOAD_RINGING] = "SIP/2.0 180 Ringing",
};

static const char *const method[] = {
	[LOAD_INVITE] = "INVITE",    [LOAD_OK] = "INVITE",
	[LOAD_ACK] = "ACK",	     [LOAD_BYE] = "BYE",
	[LOAD_CANCEL] = "CANCEL",    [LOAD_CANCELLED] = "INVITE",
	[LOAD_BUSY] = "INVITE",	     [LOAD_RINGING] = "INVITE",
};

/* Another of the callee's phones rings than the one that answers. */
static const char *to_tag(load_step step)
{
	if (step == LOAD_INVITE || step == LOAD_CANCEL)
		return "";
	return step == LOAD_RINGING ? ";tag=c" : ";tag=b";
}

static char *message(unsigned call, load_step step, const char *type,
		     const char *body)
{
	g_autofree char *content = *type ? g_strdup_printf(
		"Content-Type: %s\r\n", type) : g_strdup("");

	return g_strdup_printf(
		"%s\r\nVia: SIP/2.0/TLS 192.0.2.1:5061;branch=z9hG4bK%u.%u;"
		"ms-received-port=5061;ms-received-cid=800\r\n"
		"Record-Route: <sip:pool.example:5061;transport=tls;"
		"opaque=state:T:F:Ci.R800;lr;ms-route-sig=abcdefghijklmnop>\r\n"
		"From: \"Alice Example\" <sip:alice%u@example.com>;tag=a%u;"
		"epid=48071abc53a0\r\n"
		"To: <sip:bob%u@example.com>%s;epid=dc3aa2322d81\r\n"
		"Call-ID: 2625gB978a4930iCB76m429CtAF9Ab1909x%ux\r\n"
		"CSeq: %u %s\r\nMax-Forwards: 70\r\n"
		"User-Agent: UCCAPI/16.0.4266.1001 OC/16.0.4266.1001\r\n"
		"Ms-Conversation-ID: AdFx0123456789abcdefgh==\r\n"
		"Supported: ms-dialog-route-set-update, timer, histinfo, "
		"ms-safe-transfer, ms-sender, ms-early-media, 100rel\r\n"
		"Contact: <sip:alice@example.com;opaque=user:epid:abc;gruu>\r\n"
		"%sContent-Length: %zu\r\n\r\n%s",
		start[step], call, step, call, call, call,
		to_tag(step),
		call,
		step == LOAD_BYE ? 2 : 1,
		method[step], content, strlen(body), body);
}

static char *file(const char *path)
{
	char *text;

	if (!g_file_get_contents(path, &text, NULL, NULL))
		load_die("%s is missing: run it where the sources are", path);
	return text;
}

static char *parts(const char *a, const char *b)
{
	return g_strconcat(
		"--b\r\nContent-Type: application/sdp\r\n"
		"Content-Disposition: session; handling=optional; "
		"ms-proxy-2007fallback\r\n\r\n", a,
		"\r\n--b\r\nContent-Type: application/sdp\r\n\r\n", b,
		"\r\n--b--\r\n", NULL);
}

char *load_lync(unsigned call, load_step step)
{
	g_autofree char *e1 = file("tests/golden/sdp/e1.sdp");
	g_autofree char *e2 = file("tests/golden/sdp/e2.sdp");
	g_autofree char *offer = parts(e2, e1);

	if (step == LOAD_INVITE)
		return message(call, step, "multipart/alternative;boundary=b",
			       offer);
	if (step == LOAD_OK)
		return message(call, step, "application/sdp", e1);
	return message(call, step, "", "");
}

static char *sdp(unsigned call, call_side side)
{
	char host[NET_ADDR_TEXT], relay[NET_ADDR_TEXT];
	net_addr h = load_host(call, side), r = load_relayed(call, side);
	g_autofree char *key = load_key_text(call, side);

	net_addr_ip_text(&h, host);
	net_addr_ip_text(&r, relay);
	return g_strdup_printf(
		"v=0\r\no=- 0 1 IN IP4 %s\r\ns=session\r\nc=IN IP4 %s\r\n"
		"b=CT:99980\r\nt=0 0\r\n"
		"m=audio %u RTP/SAVP 0 8 13 101\r\na=ice-ufrag:%c%04u\r\n"
		"a=ice-pwd:aT9xqJ99LfBUTOjYZBG9y5mC\r\n"
		"a=candidate:1 1 UDP 2130706431 192.168.20.25 50016 typ host "
		"\r\n"
		"a=candidate:1 2 UDP 2130705918 192.168.20.25 50017 typ host "
		"\r\n"
		"a=candidate:3 1 UDP 184548351 %s %u typ relay raddr %s rport "
		"%u \r\n"
		"a=candidate:3 2 UDP 184547838 %s %u typ relay raddr %s rport "
		"%u \r\n"
		"a=candidate:5 1 UDP 1694234623 %s %u typ srflx raddr "
		"192.168.20.25 rport 50002 \r\n"
		"a=crypto:2 AES_CM_128_HMAC_SHA1_80 inline:%s|2^31\r\n"
		"a=rtcp-mux\r\na=rtpmap:0 PCMU/8000\r\na=rtpmap:8 PCMA/8000\r\n"
		"a=rtpmap:13 CN/8000\r\na=rtpmap:101 telephone-event/8000\r\n"
		"a=ptime:20\r\n",
		relay, relay, r.port, side == CALL_CALLER ? 'a' : 'b', call,
		relay, r.port, host, h.port, relay, r.port + 1, host,
		h.port + 1, host, h.port, key);
}

char *load_talk(unsigned call, load_step step)
{
	g_autofree char *body = NULL;

	if (step != LOAD_INVITE && step != LOAD_OK)
		return message(call, step, "", "");
	body = sdp(call, step == LOAD_INVITE ? CALL_CALLER : CALL_CALLEE);
	return message(call, step, "application/sdp", body);
}
