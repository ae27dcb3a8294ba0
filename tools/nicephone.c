/* nicephone.c - a telephone for the demo and the tests: SIP over TLS, ICE by
 * libnice, SDES-SRTP by libsrtp2. It registers, makes or takes one call, says
 * a WAV, writes what it hears and what happened, and ends. */
#include <glib-unix.h>
#include <srtp2/srtp.h>
#include <stdio.h>

#include "tools/phone/ice.h"
#include "tools/phone/media.h"
#include "tools/phone/press.h"
#include "tools/phone/report.h"
#include "tools/phone/sip.h"
#include "tools/phone/tls_io.h"

typedef struct phone {
	phone_opts o;
	GMainLoop *loop;
	phone_sip *sip;
	phone_ice *ice;
	phone_media *media;
	bool registered, gathered, called, trickled;
	phone_sdp *held;	/* with --trickle, until the fragment is here */
	bool connected;		/* ICE has a pair for RTP */
	bool answered;
	guint clock;		/* ends the call, or the wait for one */
	unsigned sdps;		/* seen so far, for their files */
	gint64 started, answered_at, connected_at;
	int status;		/* of the SIP side; 0 after a BYE */
	char *why;
	char *local, *remote;	/* the selected pair */
	bool relayed;
} phone;

static double seconds(const phone *p, gint64 when)
{
	return when ? (double)(when - p->started) / G_USEC_PER_SEC : -1;
}

/* PREFIX.1.sent.sdp, PREFIX.2.got.sdp, ... for who compares them. */
static void keep_sdp(phone *p, const char *way, const char *sdp)
{
	g_autoptr(GError) err = NULL;
	g_autofree char *path = NULL;

	if (!p->o.sdp)
		return;
	path = g_strdup_printf("%s.%u.%s.sdp", p->o.sdp, ++p->sdps, way);
	if (!g_file_set_contents(path, sdp, -1, &err))
		g_printerr("nicephone: %s\n", err->message);
}

static void stop(phone *p, int status, const char *why)
{
	if (p->why)
		return;
	p->status = status;
	p->why = g_strdup(why);
	g_main_loop_quit(p->loop);
}

/* `far` is the offer that we answer, or NULL. */
static char *our_sdp(phone *p, const phone_sdp *far, bool again, GError **err)
{
	g_autoptr(phone_sdp) s = phone_sdp_new();
	char *text;

	if (!phone_media_describe(p->media, far, s, err))
		return NULL;
	phone_ice_describe(p->ice, s, again);
	if (!s->ip[0] || !s->ip[1]) {
		g_set_error(err, PHONE_ERROR, PHONE_ERROR_SDP,
			    "no candidate of our own");
		return NULL;
	}
	text = phone_sdp_text(s);
	keep_sdp(p, "sent", text);
	return text;
}

static gboolean on_clock(gpointer ctx)
{
	phone *p = ctx;

	p->clock = 0;
	phone_sip_hang_up(p->sip);
	/* A peer that does not answer our BYE must not keep us. */
	if (!p->why)
		p->clock = g_timeout_add_seconds(3, (GSourceFunc)on_clock, p);
	return G_SOURCE_REMOVE;
}

static void set_clock(phone *p, int secs)
{
	g_clear_handle_id(&p->clock, g_source_remove);
	p->clock = g_timeout_add_seconds((guint)secs, on_clock, p);
}

static void go_on(phone *p)
{
	g_autoptr(GError) err = NULL;
	g_autofree char *sdp = NULL;

	if (!p->registered || !p->gathered || p->called)
		return;
	p->called = true;
	puts("ready");
	fflush(stdout);
	if (!p->o.call)
		return;
	sdp = our_sdp(p, NULL, false, &err);
	if (sdp)
		phone_sip_invite(p->sip, sdp);
	else
		stop(p, 500, err->message);
}

static void on_registered(void *ctx)
{
	phone *p = ctx;

	p->registered = true;
	go_on(p);
}

static void on_gathered(void *ctx)
{
	phone *p = ctx;

	p->gathered = true;
	go_on(p);
}

static void on_key(void *ctx, char key)
{
	const phone *p = ctx;

	phone_sip_press(p->sip, key);
}

/* The call is answered: media begins as soon as ICE has a pair. */
static void begin(phone *p)
{
	g_autoptr(GError) err = NULL;

	p->answered = true;
	p->answered_at = g_get_monotonic_time();
	if (p->o.call)
		set_clock(p, p->o.secs);
	else
		set_clock(p, p->o.secs + 10);	/* the caller should do it */
	if (p->o.press && !phone_press_begin(p->o.press, on_key, p, &err))
		g_printerr("nicephone: %s\n", err->message);
}

/* Checks begin; of candidates that are trickled, when all are here: whether a
 * path is found must not depend on who is faster. */
static bool begin_ice(phone *p, phone_sdp **far, GError **err)
{
	if (!p->o.trickle)
		return phone_ice_begin(p->ice, *far, err);
	p->held = g_steal_pointer(far);
	return true;
}

static char *on_offered(void *ctx, const char *text, bool again)
{
	phone *p = ctx;
	g_autoptr(GError) err = NULL;
	g_autoptr(phone_sdp) far = phone_sdp_parse(text, &err);
	g_autofree char *sdp = NULL;

	keep_sdp(p, "got", text);
	if (far)
		sdp = our_sdp(p, far, again, &err);
	if (!sdp || !phone_media_agree(p->media, far, &err) ||
	    (!again && !begin_ice(p, &far, &err))) {
		g_printerr("nicephone: %s\n", err->message);
		return NULL;
	}
	if (!again)
		begin(p);
	return g_steal_pointer(&sdp);
}

/* RFC 8840: the candidates that are no relays, once both know each other. */
static void trickle(phone *p)
{
	g_autoptr(phone_sdp) s = phone_sdp_new();
	g_autofree char *text = NULL;

	if (!p->o.trickle || p->trickled)
		return;
	p->trickled = true;
	phone_ice_describe_rest(p->ice, s);
	text = phone_sdp_fragment_text(s);
	keep_sdp(p, "sent", text);
	phone_sip_trickle(p->sip, text);
}

static void on_answered(void *ctx, const char *text, bool again)
{
	phone *p = ctx;
	g_autoptr(GError) err = NULL;
	g_autoptr(phone_sdp) far = phone_sdp_parse(text, &err);

	keep_sdp(p, "got", text);
	if (again)
		return;
	begin(p);
	if (!far || !phone_media_agree(p->media, far, &err) ||
	    !begin_ice(p, &far, &err)) {
		g_printerr("nicephone: %s\n", err->message);
		phone_sip_hang_up(p->sip);
		return;
	}
	trickle(p);
}

static void on_trickled(void *ctx, const char *text)
{
	phone *p = ctx;
	g_autoptr(phone_sdp) held = g_steal_pointer(&p->held);
	g_autoptr(phone_sdp) rest = phone_sdp_fragment_parse(text);
	g_autoptr(GError) err = NULL;

	keep_sdp(p, "got", text);
	if (held && !phone_ice_begin(p->ice, held, &err))
		g_printerr("nicephone: %s\n", err->message);
	phone_ice_add(p->ice, rest);
	trickle(p);
}

static void on_ended(void *ctx, int status, const char *why)
{
	stop(ctx, status, why);
}

static void on_connected(void *ctx)
{
	phone *p = ctx;

	p->connected = true;
	p->connected_at = g_get_monotonic_time();
}

static gboolean reinvite(gpointer ctx)
{
	phone *p = ctx;
	g_autoptr(GError) err = NULL;
	g_autofree char *sdp = our_sdp(p, NULL, true, &err);

	if (sdp)
		phone_sip_reinvite(p->sip, sdp);
	return G_SOURCE_REMOVE;
}

/* RFC 5245 9.1.2.1: the controlling side tells which pair it chose. */
static void on_concluded(void *ctx)
{
	phone *p = ctx;

	if (p->o.call && p->o.reinvite)
		g_timeout_add(300, reinvite, p);
}

static void on_failed(void *ctx, unsigned component)
{
	phone *p = ctx;

	g_printerr("nicephone: ICE failed for component %u\n", component);
	if (component == 1)
		phone_sip_hang_up(p->sip);
}

static void on_received(void *ctx, unsigned component, const uint8_t *data,
			size_t n)
{
	phone *p = ctx;

	(void)component;
	phone_media_take(p->media, data, n);
}

static bool send_media(void *ctx, unsigned component, const void *data,
		       size_t n)
{
	phone *p = ctx;

	return phone_ice_send(p->ice, component, data, n);
}

static gboolean on_tick(gpointer ctx)
{
	phone *p = ctx;

	if (p->connected && p->answered && !p->why)
		phone_media_tick(p->media);
	return G_SOURCE_CONTINUE;
}

static gboolean on_signal(gpointer ctx)
{
	phone *p = ctx;

	set_clock(p, 0);
	return G_SOURCE_CONTINUE;
}

static const phone_sip_events sip_events = {
	on_registered, on_offered, on_answered, on_trickled, on_ended,
};
static const phone_ice_events ice_events = {
	on_gathered, on_connected, on_concluded, on_failed, on_received,
};

static bool phone_open(phone *p, GError **err)
{
	p->loop = g_main_loop_new(NULL, FALSE);
	p->started = g_get_monotonic_time();
	p->media = phone_media_new(&p->o, send_media, p, err);
	if (!p->media)
		return false;
	p->ice = phone_ice_new(&p->o, p->o.call != NULL, &ice_events, p, err);
	if (!p->ice)
		return false;
	p->sip = phone_sip_new(&p->o, &sip_events, p, err);
	return p->sip != NULL;
}

static void phone_run(phone *p)
{
	set_clock(p, p->o.wait);
	g_timeout_add(5, on_tick, p);
	g_unix_signal_add(SIGINT, on_signal, p);
	g_unix_signal_add(SIGTERM, on_signal, p);
	g_main_loop_run(p->loop);
	phone_ice_pair(p->ice, &p->local, &p->remote);
	p->relayed = phone_ice_is_relayed(p->ice);
}

static void phone_close(phone *p)
{
	phone_sip_free(p->sip);
	phone_ice_free(p->ice);
	phone_media_free(p->media);
	phone_sdp_free(p->held);
	g_main_loop_unref(p->loop);
	g_free(p->why);
	g_free(p->local);
	g_free(p->remote);
}

static void describe(const phone *p, JsonBuilder *b)
{
	phone_media_count n = phone_media_counts(p->media);

	phone_report_text(b, "user", p->o.user);
	phone_report_text(b, "role", p->o.call ? "caller" : "callee");
	phone_report_int(b, "status", p->status);
	phone_report_text(b, "end", p->why);
	phone_report_real(b, "answered", seconds(p, p->answered_at));
	phone_report_real(b, "connected", seconds(p, p->connected_at));
	phone_report_text(b, "local", p->local);
	phone_report_text(b, "remote", p->remote);
	phone_report_text(b, "path", !p->connected ? "none" :
				     p->relayed	   ? "relay" :
						     "direct");
	phone_report_text(b, "codec", phone_media_codec(p->media));
	phone_report_int(b, "sent", n.sent);
	phone_report_int(b, "received", n.received);
	phone_report_int(b, "refused", n.refused);
	phone_report_int(b, "unsent", n.unsent);
	phone_report_int(b, "reports_sent", n.reports_sent);
	phone_report_int(b, "reports_received", n.reports_received);
}

static bool report(phone *p, GError **err)
{
	g_autoptr(JsonBuilder) b = phone_report_new();

	if (p->o.heard && !phone_media_save(p->media, err))
		return false;
	describe(p, b);
	return phone_report_write(b, p->o.json, err);
}

static void opts_clear(phone_opts *o)
{
	char *text[] = {o->user, o->domain, o->server, o->ca, o->bind,
			o->turn, o->call, o->play, o->heard, o->sdp, o->json,
			o->codecs, o->suite, o->destination, o->packets,
			o->header, o->press};

	for (size_t i = 0; i < G_N_ELEMENTS(text); i++)
		g_free(text[i]);
}

static void set_default(char **option, const char *value)
{
	if (!*option)
		*option = g_strdup(value);
}

static bool read_options(phone_opts *o, int *argc, char ***argv, GError **err)
{
	const GOptionEntry entries[] = {
		{"ca", 0, 0, G_OPTION_ARG_FILENAME, &o->ca,
		 "certificates to trust", "PEM"},
		{"bind", 'b', 0, G_OPTION_ARG_STRING, &o->bind,
		 "local address for media", "IP"},
		{"turn", 't', 0, G_OPTION_ARG_STRING, &o->turn,
		 "TURN relay", "USER:PASSWORD@IP:PORT"},
		{"turn-tcp", 0, 0, G_OPTION_ARG_NONE, &o->turn_tcp,
		 "go to the relay by TCP", NULL},
		{"lync", 0, 0, G_OPTION_ARG_NONE, &o->lync,
		 "speak MS-ICE2 and MS-TURN", NULL},
		{"codecs", 0, 0, G_OPTION_ARG_STRING, &o->codecs,
		 "PCMU,PCMA,G722 in order of preference", "LIST"},
		{"suite", 0, 0, G_OPTION_ARG_STRING, &o->suite,
		 "SRTP suite (AES_CM_128_HMAC_SHA1_80)", "NAME"},
		{"mki", 0, 0, G_OPTION_ARG_NONE, &o->mki,
		 "send an MKI of one octet", NULL},
		{"force-relay", 0, 0, G_OPTION_ARG_NONE, &o->force_relay,
		 "use only relay candidates", NULL},
		{"destination", 0, 0, G_OPTION_ARG_STRING, &o->destination,
		 "what m= and c= name: host (as Lync) or relay", "KIND"},
		{"trickle", 0, 0, G_OPTION_ARG_NONE, &o->trickle,
		 "tell candidates that are no relays by INFO", NULL},
		{"reinvite", 0, 0, G_OPTION_ARG_NONE, &o->reinvite,
		 "offer the chosen candidate after ICE, as Lync does", NULL},
		{"header", 0, 0, G_OPTION_ARG_STRING, &o->header,
		 "a header more in our INVITEs", "LINE"},
		{"press", 0, 0, G_OPTION_ARG_STRING, &o->press,
		 "press keys (INFO) so many seconds after the answer",
		 "S:KEYS,..."},
		{"sdp", 0, 0, G_OPTION_ARG_FILENAME, &o->sdp,
		 "keep each SDP in PREFIX.N.sent|got.sdp", "PREFIX"},
		{"packets", 0, 0, G_OPTION_ARG_FILENAME, &o->packets,
		 "write each RTP and RTCP packet that was sent, in "
		 "hexadecimal", "FILE"},
		{"verbose", 'v', 0, G_OPTION_ARG_NONE, &o->verbose,
		 "show every SIP message", NULL},
		{0},
	};

	if (!phone_opts_parse(o, "A telephone with ICE, TURN and SDES-SRTP "
			      "over SIP/TLS.", entries, NULL, argc, argv, err))
		return false;
	set_default(&o->codecs, "PCMU,PCMA,G722");
	set_default(&o->suite, "AES_CM_128_HMAC_SHA1_80");
	set_default(&o->destination, "host");
	return phone_opts_need("bind", o->bind, err);
}

int main(int argc, char **argv)
{
	phone p = {0};
	g_autoptr(GError) err = NULL;
	bool heard = false;

	srtp_init();
	if (!read_options(&p.o, &argc, &argv, &err)) {
		g_printerr("nicephone: %s\n", err->message);
		opts_clear(&p.o);
		return 2;
	}
	if (phone_open(&p, &err)) {
		phone_run(&p);
		heard = phone_media_counts(p.media).received > 0;
		if (p.status)
			g_printerr("nicephone: %s: %s\n", p.o.user, p.why);
		report(&p, &err);
	}
	if (err)
		g_printerr("nicephone: %s\n", err->message);
	phone_close(&p);
	opts_clear(&p.o);
	srtp_shutdown();
	return heard && !err ? 0 : 1;
}
