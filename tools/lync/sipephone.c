/* sipephone.c - pidgin-sipe without Pidgin: a Lync client that registers, makes
 * or takes one audio call, says a WAV, writes what it hears, and ends.
 *
 * SIP, SDP, keys and ICE are pidgin-sipe's and libnice's; libpurple asks us
 * only where sound comes from and where it goes. */
#include <dlfcn.h>
#include <glib-unix.h>
#include <gmodule.h>
#include <gst/gst.h>
#include <libxml/parser.h>
#include <purple.h>
#include <stdio.h>

#include "tools/lync/sound.h"
#include "tools/phone/opts.h"
#include "tools/phone/report.h"

enum {
	SETTLE_MS = 2000,	/* from signing on to the relay's credentials */
	RING_MS = 500,
	PARTING_MS = 1500,	/* for the BYE and its answer */
};

typedef struct phone {
	phone_opts o;
	char *certificate, *home, *codec;

	GMainLoop *loop;
	PurpleAccount *account;
	PurpleMedia *media;
	guint clock;
	bool connected;
	char *local, *remote, *codecs, *why;
	bool relayed;
} phone;

/* Debian 12's libxml2 never calls the SAX1 call-backs of a handler that has
 * SAX2's mark but none of its functions. pidgin-sipe's is such a one, so that
 * all XML it gets would parse to nothing. This definition comes before the
 * library's (-rdynamic) and takes the mark off. */
G_MODULE_EXPORT int xmlSAXUserParseMemory(xmlSAXHandlerPtr sax, void *ctx,
					   const char *text, int n)
{
	int (*real)(xmlSAXHandlerPtr, void *, const char *, int) =
		dlsym(RTLD_NEXT, "xmlSAXUserParseMemory");
	xmlSAXHandler own = *sax;

	if (!own.startElementNs)
		own.initialized = 1;
	return real(&own, ctx, text, n);
}

static void stop(phone *p, const char *why)
{
	if (!p->why)
		p->why = g_strdup(why);
	g_main_loop_quit(p->loop);
}

static void on_no_sound(void *user, const char *why)
{
	stop(user, why);
}

/* libpurple on GLib's main loop. */

typedef struct watch {
	PurpleInputFunction func;
	gpointer ctx;
} watch;

static gboolean on_io(GIOChannel *channel, GIOCondition ready, gpointer ctx)
{
	watch *w = ctx;
	int fd = g_io_channel_unix_get_fd(channel);
	PurpleInputCondition what = 0;

	if (ready & (G_IO_IN | G_IO_HUP | G_IO_ERR))
		what |= PURPLE_INPUT_READ;
	if (ready & (G_IO_OUT | G_IO_HUP | G_IO_ERR | G_IO_NVAL))
		what |= PURPLE_INPUT_WRITE;
	w->func(w->ctx, fd, what);
	return G_SOURCE_CONTINUE;
}

static guint add_io(int fd, PurpleInputCondition what,
		    PurpleInputFunction func, gpointer ctx)
{
	GIOCondition on = G_IO_HUP | G_IO_ERR;
	GIOChannel *channel = g_io_channel_unix_new(fd);
	watch *w = g_new(watch, 1);
	guint id;

	*w = (watch){func, ctx};
	if (what & PURPLE_INPUT_READ)
		on |= G_IO_IN;
	if (what & PURPLE_INPUT_WRITE)
		on |= G_IO_OUT | G_IO_NVAL;
	id = g_io_add_watch_full(channel, G_PRIORITY_DEFAULT, on, on_io, w,
				 g_free);
	g_io_channel_unref(channel);
	return id;
}

static PurpleEventLoopUiOps loop_ops = {
	.timeout_add = g_timeout_add,
	.timeout_remove = g_source_remove,
	.input_add = add_io,
	.input_remove = g_source_remove,
	.timeout_add_seconds = g_timeout_add_seconds,
};

static const char *type_name(PurpleMediaCandidateType type)
{
	switch (type) {
	case PURPLE_MEDIA_CANDIDATE_TYPE_HOST:
		return "host";
	case PURPLE_MEDIA_CANDIDATE_TYPE_SRFLX:
		return "srflx";
	case PURPLE_MEDIA_CANDIDATE_TYPE_PRFLX:
		return "prflx";
	case PURPLE_MEDIA_CANDIDATE_TYPE_RELAY:
		return "relay";
	case PURPLE_MEDIA_CANDIDATE_TYPE_MULTICAST:
		return "multicast";
	}
	return "?";
}

static char *candidate_text(PurpleMediaCandidate *c, phone *p)
{
	g_autofree char *ip = purple_media_candidate_get_ip(c);
	PurpleMediaCandidateType type =
		purple_media_candidate_get_candidate_type(c);

	p->relayed |= type == PURPLE_MEDIA_CANDIDATE_TYPE_RELAY;
	return g_strdup_printf("%s %s:%u", type_name(type), ip,
			       purple_media_candidate_get_port(c));
}

/* Names what was agreed on. */
static void note_codecs(PurpleMedia *m, const gchar *session, phone *p)
{
	GList *list = purple_media_get_codecs(m, session);
	g_autoptr(GString) names = g_string_new(NULL);

	for (GList *l = list; l; l = l->next) {
		g_autofree char *name =
			purple_media_codec_get_encoding_name(l->data);

		g_string_append_printf(names, "%s%s", names->len ? "," : "",
				       name);
	}
	purple_media_codec_list_free(list);
	g_free(p->codecs);
	p->codecs = g_string_free(g_steal_pointer(&names), FALSE);
}

static void on_pair(PurpleMedia *m, gchar *session, gchar *who,
		    PurpleMediaCandidate *local, PurpleMediaCandidate *remote,
		    phone *p)
{
	(void)who;
	if (purple_media_candidate_get_component_id(local) != 1)
		return;
	note_codecs(m, session, p);
	p->relayed = false;
	g_free(p->local);
	g_free(p->remote);
	p->local = candidate_text(local, p);
	p->remote = candidate_text(remote, p);
}

static gboolean on_parted(gpointer ctx)
{
	stop(ctx, "bye");
	return G_SOURCE_REMOVE;
}

static gboolean on_clock(gpointer ctx)
{
	phone *p = ctx;

	p->clock = 0;
	if (!p->media) {
		stop(p, "no call");
		return G_SOURCE_REMOVE;
	}
	purple_media_stream_info(p->media, PURPLE_MEDIA_INFO_HANGUP, NULL,
				 NULL, TRUE);
	g_timeout_add(PARTING_MS, on_parted, p);
	return G_SOURCE_REMOVE;
}

static void set_clock(phone *p, int secs)
{
	g_clear_handle_id(&p->clock, g_source_remove);
	p->clock = g_timeout_add_seconds((guint)secs, on_clock, p);
}

static void on_info(PurpleMedia *m, PurpleMediaInfoType type, gchar *session,
		    gchar *who, gboolean local, phone *p)
{
	(void)m;
	(void)session;
	(void)who;
	if (type == PURPLE_MEDIA_INFO_ACCEPT && !p->connected) {
		p->connected = true;
		/* The caller hangs up; we do when it does not. */
		set_clock(p, p->o.call ? p->o.secs : p->o.secs + 10);
	}
	if (type == PURPLE_MEDIA_INFO_REJECT && !local)
		stop(p, "refused");
}

static void on_state(PurpleMedia *m, PurpleMediaState state, gchar *session,
		     gchar *who, phone *p)
{
	(void)m;
	if (state != PURPLE_MEDIA_STATE_END || session || who)
		return;
	p->media = NULL;
	g_timeout_add(PARTING_MS, on_parted, p);
}

static void on_error(PurpleMedia *m, const gchar *error, phone *p)
{
	(void)m;
	(void)p;
	g_printerr("sipephone: %s\n", error);
}

static gboolean on_rung(gpointer ctx)
{
	phone *p = ctx;

	if (p->media)
		purple_media_stream_info(p->media, PURPLE_MEDIA_INFO_ACCEPT,
					 NULL, NULL, TRUE);
	return G_SOURCE_REMOVE;
}

static gboolean on_media(PurpleMediaManager *manager, PurpleMedia *m,
			 PurpleAccount *account, gchar *who, phone *p)
{
	(void)manager;
	(void)account;
	(void)who;
	p->media = m;
	g_signal_connect(m, "stream-info", G_CALLBACK(on_info), p);
	g_signal_connect(m, "state-changed", G_CALLBACK(on_state), p);
	g_signal_connect(m, "error", G_CALLBACK(on_error), p);
	g_signal_connect(m, "candidate-pair-established", G_CALLBACK(on_pair),
			 p);
	if (!p->o.call)
		g_timeout_add(RING_MS, on_rung, p);
	return TRUE;
}

static gboolean on_settled(gpointer ctx)
{
	phone *p = ctx;
	g_autofree char *to = NULL;

	puts("ready");
	fflush(stdout);
	if (!p->o.call)
		return G_SOURCE_REMOVE;
	to = g_strdup_printf("sip:%s@%s", p->o.call, p->o.domain);
	if (!purple_prpl_initiate_media(p->account, to,
					PURPLE_MEDIA_AUDIO))
		stop(p, "pidgin-sipe does not make the call");
	return G_SOURCE_REMOVE;
}

static void on_signed_on(PurpleConnection *c, phone *p)
{
	(void)c;
	g_timeout_add(SETTLE_MS, on_settled, p);
}

static void on_refused(PurpleConnection *c, PurpleConnectionError code,
		       const gchar *text, phone *p)
{
	(void)c;
	(void)code;
	stop(p, text);
}

static gboolean on_signal(gpointer ctx)
{
	set_clock(ctx, 0);
	return G_SOURCE_CONTINUE;
}

/* ---- setting up ---- */

/* libpurple trusts a certificate that it has seen before. */
static bool trust(const phone *p, GError **err)
{
	g_autofree char *dir = g_build_filename(p->home, "certificates",
						"x509", "tls_peers", NULL);
	g_auto(GStrv) host = g_strsplit(p->o.server, ":", 2);
	g_autofree char *path = g_build_filename(dir, host[0], NULL);
	g_autofree char *pem = NULL;
	gsize n;

	g_mkdir_with_parents(dir, 0700);
	return g_file_get_contents(p->certificate, &pem, &n, err) &&
	       g_file_set_contents(path, pem, (gssize)n, err);
}

/* Farstream offers what it finds payloaders for, and keeps what it found in a
 * file. Choosing among agreed codecs at run time would race with the sound. */
static void keep_one_codec(const phone *p)
{
	g_autofree char *keep = g_strdup_printf("rtp%spay", p->codec);
	g_autofree char *found = g_build_filename(p->home, "codecs", NULL);
	GList *list = gst_element_factory_list_get_elements(
		GST_ELEMENT_FACTORY_TYPE_PAYLOADER, GST_RANK_NONE);

	for (GList *l = list; l; l = l->next)
		if (g_ascii_strcasecmp(GST_OBJECT_NAME(l->data), keep) != 0)
			gst_registry_remove_feature(gst_registry_get(),
						    l->data);
	gst_plugin_feature_list_free(list);
	g_setenv("FS_AUDIO_CODECS_CACHE", found, TRUE);
}

static void sign_on(phone *p)
{
	g_autofree char *uri = g_strdup_printf("%s@%s", p->o.user, p->o.domain);
	g_autofree char *name = g_strdup_printf("%s,%s", uri, uri);
	PurpleAccount *a = purple_account_new(name, "prpl-sipe");

	purple_account_set_password(a, "any");
	purple_account_set_string(a, "server", p->o.server);
	purple_account_set_string(a, "transport", "tls");
	purple_account_set_string(a, "authentication", "ntlm");
	purple_account_set_string(a, "encryption-policy", "required");
	purple_account_set_bool(a, "sso", FALSE);
	purple_account_set_bool(a, "dont-publish", TRUE);
	purple_accounts_add(a);
	purple_account_set_enabled(a, "sipephone", TRUE);
	purple_savedstatus_activate(
		purple_savedstatus_new(NULL, PURPLE_STATUS_AVAILABLE));
	p->account = a;
}

static bool phone_open(phone *p, GError **err)
{
	PurpleMediaManager *manager;

	if (!trust(p, err) ||
	    !sound_open(p->o.play, p->o.heard, on_no_sound, p, err))
		return false;
	if (p->codec)
		keep_one_codec(p);
	p->loop = g_main_loop_new(NULL, FALSE);
	purple_util_set_user_dir(p->home);
	purple_debug_set_enabled(g_getenv("PURPLE_DEBUG") != NULL);
	purple_eventloop_set_ui_ops(&loop_ops);
	if (!purple_core_init("sipephone")) {
		g_set_error(err, G_FILE_ERROR, G_FILE_ERROR_FAILED,
			    "libpurple does not start");
		return false;
	}
	purple_set_blist(purple_blist_new());
	manager = purple_media_manager_get();
	purple_media_manager_set_ui_caps(
		manager, PURPLE_MEDIA_CAPS_AUDIO |
				 PURPLE_MEDIA_CAPS_AUDIO_SINGLE_DIRECTION |
				 PURPLE_MEDIA_CAPS_MODIFY_SESSION |
				 PURPLE_MEDIA_CAPS_CHANGE_DIRECTION);
	sound_offer();
	g_signal_connect(manager, "init-media", G_CALLBACK(on_media), p);
	purple_signal_connect(purple_connections_get_handle(), "signed-on", p,
			      PURPLE_CALLBACK(on_signed_on), p);
	purple_signal_connect(purple_connections_get_handle(),
			      "connection-error", p,
			      PURPLE_CALLBACK(on_refused), p);
	return true;
}

static void phone_run(phone *p)
{
	set_clock(p, p->o.wait);
	g_unix_signal_add(SIGINT, on_signal, p);
	g_unix_signal_add(SIGTERM, on_signal, p);
	sign_on(p);
	g_main_loop_run(p->loop);
	sound_close();
}

static bool report(const phone *p, GError **err)
{
	g_autoptr(JsonBuilder) b = phone_report_new();

	phone_report_text(b, "user", p->o.user);
	phone_report_text(b, "role", p->o.call ? "caller" : "callee");
	phone_report_text(b, "end", p->why);
	phone_report_text(b, "local", p->local);
	phone_report_text(b, "remote", p->remote);
	phone_report_text(b, "path", !p->local	? "none" :
				     p->relayed ? "relay" :
						  "direct");
	phone_report_text(b, "codecs", p->codecs);
	phone_report_real(b, "heard", sound_heard());
	return phone_report_write(b, p->o.json, err);
}

static bool read_options(phone *p, int *argc, char ***argv, GError **err)
{
	const GOptionEntry entries[] = {
		{"certificate", 0, 0, G_OPTION_ARG_FILENAME, &p->certificate,
		 "the Front End's own", "PEM"},
		{"home", 0, 0, G_OPTION_ARG_FILENAME, &p->home,
		 "directory of libpurple", "DIR"},
		{"codec", 0, 0, G_OPTION_ARG_STRING, &p->codec,
		 "have no other: PCMU, PCMA, SIREN, SPEEX", "NAME"},
		{0},
	};

	return phone_opts_parse(&p->o, "pidgin-sipe without Pidgin: a Lync "
				"client.", entries, gst_init_get_option_group(),
				argc, argv, err) &&
	       phone_opts_need("certificate", p->certificate, err) &&
	       phone_opts_need("home", p->home, err);
}

int main(int argc, char **argv)
{
	phone p = {0};
	g_autoptr(GError) err = NULL;

	if (!read_options(&p, &argc, &argv, &err) || !phone_open(&p, &err)) {
		g_printerr("sipephone: %s\n", err->message);
		return 2;
	}
	phone_run(&p);
	if (!report(&p, &err))
		g_printerr("sipephone: %s\n", err->message);
	/* libpurple has its own threads and no complete way to end them. */
	fflush(stdout);
	_exit(sound_heard() > 0 && !err ? 0 : 1);
}
