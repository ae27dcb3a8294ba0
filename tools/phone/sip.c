/* sip.c - a user agent of one dialog (RFC 3261 8, 12 and 13). */
#include "tools/phone/sip.h"

#include <string.h>

#include "tools/phone/msg.h"
#include "tools/phone/tls_io.h"

typedef enum sip_state {
	SIP_IDLE,	/* not registered yet */
	SIP_READY,
	SIP_CALLING,	/* INVITE sent */
	SIP_ANSWERED,	/* we sent 200, its ACK is due */
	SIP_UP,
	SIP_ENDING,	/* BYE or CANCEL sent */
	SIP_OVER,
} sip_state;

struct phone_sip {
	const phone_opts *o;
	const phone_sip_events *events;
	void *ctx;
	phone_tls *tls;
	GString *stream;
	sip_state state;
	bool confirmed;		/* the dialog has been answered */
	char *contact;
	/* The dialog. */
	char *call_id;
	char *local, *remote;	/* From and To values, tags included */
	char *target;		/* Request-URI of our requests */
	GString *route;		/* Route lines */
	unsigned cseq;
	char *branch;		/* of the latest INVITE, for its CANCEL */
	unsigned invite_cseq;
};

static char *token(void)
{
	return g_strdup_printf("%08x%08x", g_random_int(), g_random_int());
}

static void transmit(phone_sip *s, const GString *text)
{
	g_autoptr(GError) err = NULL;

	if (s->o->verbose)
		g_printerr(">>>\n%s\n", text->str);
	if (!phone_tls_send(s->tls, text->str, text->len, &err)) {
		s->state = SIP_OVER;
		s->events->ended(s->ctx, 503, err->message);
	}
}

#define FRAGMENT "application/trickle-ice-sdpfrag"

static void append_body(GString *t, const char *type, const char *body)
{
	if (body)
		g_string_append_printf(t, "Content-Type: %s\r\n", type);
	g_string_append_printf(t, "Content-Length: %zu\r\n\r\n%s",
			       body ? strlen(body) : 0, body ? body : "");
}

static void send_request(phone_sip *s, const char *method, unsigned cseq,
			 const char *branch, const char *extra,
			 const char *type, const char *body)
{
	g_autoptr(GString) t = g_string_new(NULL);

	g_string_append_printf(t, "%s %s SIP/2.0\r\n"
		"Via: SIP/2.0/TLS %s;branch=%s;rport\r\n"
		"Max-Forwards: 70\r\n%s"
		"From: %s\r\nTo: %s\r\nCall-ID: %s\r\nCSeq: %u %s\r\n"
		"User-Agent: nicephone\r\n%s",
		method, s->target, phone_tls_local(s->tls), branch,
		s->route->str, s->local, s->remote, s->call_id, cseq, method,
		extra);
	append_body(t, type, body);
	transmit(s, t);
}

/* A request of its own transaction. */
static void request(phone_sip *s, const char *method, const char *extra,
		    const char *type, const char *body)
{
	g_autofree char *id = token();
	g_autofree char *branch = g_strconcat("z9hG4bK", id, NULL);

	send_request(s, method, ++s->cseq, branch, extra, type, body);
	if (!strcmp(method, "INVITE")) {
		g_free(s->branch);
		s->branch = g_steal_pointer(&branch);
		s->invite_cseq = s->cseq;
	}
}

static void respond(phone_sip *s, const phone_msg *m, const char *status,
		    const char *sdp)
{
	g_autoptr(GString) t = g_string_new("SIP/2.0 ");

	g_string_append_printf(t, "%s\r\n", status);
	phone_msg_copy(m, "Via", t);
	phone_msg_copy(m, "Record-Route", t);
	phone_msg_copy(m, "From", t);
	if (s->call_id && s->local && !strcmp(m->method, "INVITE"))
		g_string_append_printf(t, "To: %s\r\n", s->local);
	else
		phone_msg_copy(m, "To", t);
	phone_msg_copy(m, "Call-ID", t);
	phone_msg_copy(m, "CSeq", t);
	g_string_append_printf(t, "Contact: <%s>\r\n", s->contact);
	append_body(t, "application/sdp", sdp);
	transmit(s, t);
}

static void begin_dialog(phone_sip *s, char *call_id, char *local,
			 char *remote, char *target)
{
	g_free(s->call_id);
	g_free(s->local);
	g_free(s->remote);
	g_free(s->target);
	s->call_id = call_id;
	s->local = local;
	s->remote = remote;
	s->target = target;
	g_string_truncate(s->route, 0);
}

static void send_register(phone_sip *s)
{
	g_autofree char *extra = g_strdup_printf(
		"Contact: <%s>\r\nExpires: 600\r\n", s->contact);
	g_autofree char *tag = token();

	begin_dialog(s, token(),
		     g_strdup_printf("<sip:%s@%s>;tag=%s", s->o->user,
				     s->o->domain, tag),
		     g_strdup_printf("<sip:%s@%s>", s->o->user, s->o->domain),
		     g_strconcat("sip:", s->o->domain, NULL));
	request(s, "REGISTER", extra, NULL, NULL);
}

static void end(phone_sip *s, int status, const char *why)
{
	if (s->state == SIP_OVER)
		return;
	s->state = SIP_OVER;
	s->events->ended(s->ctx, status, why);
}

/* The far end's Contact and the proxies' Record-Route lines. */
static void learn_route(phone_sip *s, const phone_msg *m, bool reversed)
{
	g_autofree char *contact = phone_msg_header(m, "Contact");
	g_autoptr(GString) lines = g_string_new(NULL);
	g_auto(GStrv) each = NULL;

	if (contact) {
		g_free(s->target);
		s->target = phone_msg_uri(contact);
	}
	if (s->confirmed)
		return;
	phone_msg_copy(m, "Record-Route", lines);
	each = g_strsplit(lines->str, "\r\n", -1);
	g_string_truncate(s->route, 0);
	for (char **l = each; *l; l++) {
		g_autofree char *line = NULL;

		if (!**l)
			continue;
		line = g_strdup_printf("Route:%s\r\n", strchr(*l, ':') + 1);
		if (reversed)
			g_string_prepend(s->route, line);
		else
			g_string_append(s->route, line);
	}
}

static void acknowledge(phone_sip *s, const phone_msg *m, bool same_branch)
{
	g_autofree char *id = token();
	g_autofree char *branch = g_strconcat("z9hG4bK", id, NULL);

	send_request(s, "ACK", m->cseq, same_branch ? s->branch : branch, "",
		     NULL, NULL);
}

/* RFC 3261 17.1.1.3: the ACK of a refusal repeats the To of the refusal. */
static void invite_failed(phone_sip *s, const phone_msg *m)
{
	g_autofree char *why = g_strndup(m->head + 8,
					 strcspn(m->head + 8, "\r"));

	if (!s->confirmed) {
		g_free(s->remote);
		s->remote = phone_msg_header(m, "To");
	}
	acknowledge(s, m, true);
	if (!s->confirmed)
		end(s, m->status, why);
}

static void invite_answered(phone_sip *s, const phone_msg *m)
{
	bool again = s->confirmed;

	g_free(s->remote);
	s->remote = phone_msg_header(m, "To");
	learn_route(s, m, true);
	s->confirmed = true;
	acknowledge(s, m, false);
	if (s->state == SIP_ENDING) {	/* the CANCEL came too late */
		request(s, "BYE", "", NULL, NULL);
		return;
	}
	s->state = SIP_UP;
	s->events->answered(s->ctx, m->body, again);
}

static void got_response(phone_sip *s, const phone_msg *m)
{
	g_autofree char *id = phone_msg_header(m, "Call-ID");

	if (m->status < 200 || !id || strcmp(id, s->call_id))
		return;
	if (!strcmp(m->method, "REGISTER")) {
		if (m->status >= 300) {
			end(s, m->status, "not registered");
		} else if (s->state == SIP_IDLE) {
			s->state = SIP_READY;
			s->events->registered(s->ctx);
		}
	} else if (!strcmp(m->method, "INVITE") && m->cseq == s->invite_cseq) {
		if (m->status < 300)
			invite_answered(s, m);
		else
			invite_failed(s, m);
	} else if (!strcmp(m->method, "BYE")) {
		end(s, 0, "hung up");
	}
}

static void take_call(phone_sip *s, const phone_msg *m)
{
	g_autofree char *to = phone_msg_header(m, "To");
	g_autofree char *tag = token();

	begin_dialog(s, phone_msg_header(m, "Call-ID"),
		     g_strdup_printf("%s;tag=%s", to, tag),
		     phone_msg_header(m, "From"), NULL);
	learn_route(s, m, false);
	s->cseq = 0;
}

static void got_invite(phone_sip *s, const phone_msg *m)
{
	g_autofree char *id = phone_msg_header(m, "Call-ID");
	bool again = s->confirmed && id && !strcmp(id, s->call_id);
	g_autofree char *sdp = NULL;

	if (!again && (s->state != SIP_READY || s->o->call)) {
		respond(s, m, "486 Busy Here", NULL);
		return;
	}
	if (!again) {
		take_call(s, m);
		respond(s, m, "180 Ringing", NULL);
	}
	sdp = s->events->offered(s->ctx, m->body, again);
	if (!sdp) {
		respond(s, m, "488 Not Acceptable Here", NULL);
		return;
	}
	respond(s, m, "200 OK", sdp);
	if (!again)
		s->state = SIP_ANSWERED;
	s->confirmed = true;
}

static void got_cancel(phone_sip *s, const phone_msg *m)
{
	respond(s, m, "200 OK", NULL);
	if (!s->confirmed)
		end(s, 487, "cancelled");
}

static void got_info(phone_sip *s, const phone_msg *m)
{
	g_autofree char *type = phone_msg_header(m, "Content-Type");

	respond(s, m, "200 OK", NULL);
	if (type && !g_ascii_strcasecmp(type, FRAGMENT))
		s->events->trickled(s->ctx, m->body);
}

static void got_request(phone_sip *s, const phone_msg *m)
{
	if (!strcmp(m->method, "INVITE")) {
		got_invite(s, m);
	} else if (!strcmp(m->method, "ACK")) {
		if (s->state == SIP_ANSWERED)
			s->state = SIP_UP;
	} else if (!strcmp(m->method, "BYE")) {
		respond(s, m, "200 OK", NULL);
		end(s, 0, "the other end hung up");
	} else if (!strcmp(m->method, "CANCEL")) {
		got_cancel(s, m);
	} else if (!strcmp(m->method, "OPTIONS")) {
		respond(s, m, "200 OK", NULL);
	} else if (!strcmp(m->method, "INFO")) {
		got_info(s, m);
	} else {
		respond(s, m, "405 Method Not Allowed", NULL);
	}
}

static void received(void *ctx, const char *data, size_t n)
{
	phone_sip *s = ctx;

	if (!n) {
		end(s, 503, "the server closed the connection");
		return;
	}
	g_string_append_len(s->stream, data, (gssize)n);
	while (s->state != SIP_OVER) {
		g_autoptr(phone_msg) m = phone_msg_take(s->stream);

		if (!m)
			return;
		if (s->o->verbose)
			g_printerr("<<<\n%s\r\n%s\n", m->head, m->body);
		if (m->status)
			got_response(s, m);
		else
			got_request(s, m);
	}
}

phone_sip *phone_sip_new(const phone_opts *o, const phone_sip_events *events,
			 void *ctx, GError **err)
{
	phone_sip *s = g_new0(phone_sip, 1);

	s->o = o;
	s->events = events;
	s->ctx = ctx;
	s->stream = g_string_new(NULL);
	s->route = g_string_new(NULL);
	s->tls = phone_tls_open(o->server, o->domain, o->ca, received, s, err);
	if (!s->tls) {
		phone_sip_free(s);
		return NULL;
	}
	s->contact = g_strdup_printf("sip:%s@%s;transport=tls", o->user,
				     phone_tls_local(s->tls));
	send_register(s);
	return s;
}

void phone_sip_free(phone_sip *s)
{
	if (!s)
		return;
	phone_tls_close(s->tls);
	g_string_free(s->stream, TRUE);
	g_string_free(s->route, TRUE);
	g_free(s->contact);
	g_free(s->call_id);
	g_free(s->local);
	g_free(s->remote);
	g_free(s->target);
	g_free(s->branch);
	g_free(s);
}

/* "bob" means sip:bob@our-domain. */
static char *full_uri(const phone_sip *s, const char *who)
{
	if (g_str_has_prefix(who, "sip:"))
		return g_strdup(who);
	return g_strdup_printf("sip:%s@%s", who, s->o->domain);
}

static void invite(phone_sip *s, const char *sdp)
{
	g_autofree char *extra = g_strdup_printf(
		"Contact: <%s>\r\n%s%s", s->contact,
		s->o->header ? s->o->header : "", s->o->header ? "\r\n" : "");

	request(s, "INVITE", extra, "application/sdp", sdp);
}

void phone_sip_invite(phone_sip *s, const char *sdp)
{
	g_autofree char *uri = full_uri(s, s->o->call);
	g_autofree char *tag = token();

	begin_dialog(s, token(),
		     g_strdup_printf("<sip:%s@%s>;tag=%s", s->o->user,
				     s->o->domain, tag),
		     g_strdup_printf("<%s>", uri), g_strdup(uri));
	s->state = SIP_CALLING;
	invite(s, sdp);
}

void phone_sip_reinvite(phone_sip *s, const char *sdp)
{
	if (s->state == SIP_UP)
		invite(s, sdp);
}

void phone_sip_trickle(phone_sip *s, const char *fragment)
{
	request(s, "INFO", "Info-Package: trickle-ice\r\n"
			   "Content-Disposition: Info-Package\r\n",
		FRAGMENT, fragment);
}

void phone_sip_press(phone_sip *s, char key)
{
	g_autofree char *body = g_strdup_printf(
		"Signal=%c\r\nDuration=160\r\n", key);

	if (s->state == SIP_UP)
		request(s, "INFO", "", "application/dtmf-relay", body);
}

void phone_sip_hang_up(phone_sip *s)
{
	if (s->state == SIP_CALLING) {
		s->state = SIP_ENDING;
		send_request(s, "CANCEL", s->invite_cseq, s->branch, "", NULL,
			     NULL);
	} else if (s->state == SIP_UP || s->state == SIP_ANSWERED) {
		s->state = SIP_ENDING;
		request(s, "BYE", "", NULL, NULL);
	} else if (s->state != SIP_ENDING) {
		end(s, 408, "no call came about");
	}
}

bool phone_sip_is_up(const phone_sip *s)
{
	return s->state == SIP_UP;
}
