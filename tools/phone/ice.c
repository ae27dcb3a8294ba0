/* ice.c - libnice under the phone's main loop. */
#include "tools/phone/ice.h"

#include <nice/agent.h>

#include "core/addr.h"
#include "tools/phone/tls_io.h"

enum { COMPONENTS = 2 };	/* RTP and RTCP, as Lync has them */

struct phone_ice {
	const phone_opts *o;
	const phone_ice_events *events;
	void *ctx;
	NiceAgent *agent;
	guint stream;
	bool ready[COMPONENTS + 1];
	bool connected, concluded;
};

static const char *type_name(NiceCandidateType type)
{
	static const char *const names[] = {"host", "srflx", "prflx", "relay"};

	return names[type];
}

static void on_gathered(NiceAgent *agent, guint stream, gpointer ctx)
{
	phone_ice *i = ctx;

	(void)agent;
	(void)stream;
	i->events->gathered(i->ctx);
}

static void on_state(NiceAgent *agent, guint stream, guint component,
		     guint state, gpointer ctx)
{
	phone_ice *i = ctx;

	(void)agent;
	(void)stream;
	if (i->o->verbose)
		g_printerr("component %u: %s\n", component,
			   nice_component_state_to_string(state));
	if (state == NICE_COMPONENT_STATE_FAILED)
		i->events->failed(i->ctx, component);
	if (state == NICE_COMPONENT_STATE_READY)
		i->ready[component] = true;
	if (component == 1 && !i->connected &&
	    (state == NICE_COMPONENT_STATE_READY ||
	     state == NICE_COMPONENT_STATE_CONNECTED)) {
		i->connected = true;
		i->events->connected(i->ctx);
	}
	if (i->ready[1] && i->ready[2] && !i->concluded) {
		i->concluded = true;
		i->events->concluded(i->ctx);
	}
}

static void on_received(NiceAgent *agent, guint stream, guint component,
			guint n, gchar *data, gpointer ctx)
{
	phone_ice *i = ctx;

	(void)agent;
	(void)stream;
	i->events->received(i->ctx, component, (const uint8_t *)data, n);
}

static bool bad_option(GError **err, const char *what, const char *value)
{
	g_set_error(err, PHONE_ERROR, PHONE_ERROR_OPTION, "%s is not %s",
		    value, what);
	return false;
}

/* libnice takes the account of an MS-TURN relay as an MRAS gives it out. */
static void encode(const phone_ice *i, char **text)
{
	char *plain = *text;

	if (!i->o->lync)
		return;
	*text = g_base64_encode((const guchar *)plain, strlen(plain));
	g_free(plain);
}

/* USER:PASSWORD@IP:PORT */
static bool use_turn(phone_ice *i, GError **err)
{
	const char *at = strrchr(i->o->turn, '@');
	const char *colon = strchr(i->o->turn, ':');
	g_autofree char *user = NULL, *password = NULL;
	char ip[NET_ADDR_TEXT];
	net_addr server;

	if (!at || !colon || colon > at ||
	    !net_addr_parse_port(span_str(at + 1), &server))
		return bad_option(err, "USER:PASSWORD@IP:PORT", i->o->turn);
	user = g_strndup(i->o->turn, (gsize)(colon - i->o->turn));
	password = g_strndup(colon + 1, (gsize)(at - colon - 1));
	encode(i, &user);
	encode(i, &password);
	net_addr_ip_text(&server, ip);
	for (guint c = 1; c <= COMPONENTS; c++)
		nice_agent_set_relay_info(i->agent, i->stream, c, ip,
					  server.port, user, password,
					  i->o->turn_tcp ?
						  NICE_RELAY_TYPE_TURN_TCP :
						  NICE_RELAY_TYPE_TURN_UDP);
	return true;
}

static bool prepare(phone_ice *i, bool controlling, GError **err)
{
	GMainContext *loop = g_main_context_default();
	NiceAddress local;

	nice_address_init(&local);
	if (!nice_address_set_from_string(&local, i->o->bind))
		return bad_option(err, "an IP address", i->o->bind);
	g_object_set(i->agent, "controlling-mode", controlling, "upnp", FALSE,
		     "ice-tcp", i->o->lync && i->o->turn_tcp, "force-relay",
		     i->o->force_relay, NULL);
	nice_agent_add_local_address(i->agent, &local);
	i->stream = nice_agent_add_stream(i->agent, COMPONENTS);
	nice_agent_set_stream_name(i->agent, i->stream, "audio");
	if (i->o->turn && !use_turn(i, err))
		return false;
	g_signal_connect(i->agent, "candidate-gathering-done",
			 G_CALLBACK(on_gathered), i);
	g_signal_connect(i->agent, "component-state-changed",
			 G_CALLBACK(on_state), i);
	for (guint c = 1; c <= COMPONENTS; c++)
		nice_agent_attach_recv(i->agent, i->stream, c, loop,
				       on_received, i);
	if (!nice_agent_gather_candidates(i->agent, i->stream))
		return bad_option(err, "an address of this host", i->o->bind);
	return true;
}

phone_ice *phone_ice_new(const phone_opts *o, bool controlling,
			 const phone_ice_events *events, void *ctx,
			 GError **err)
{
	phone_ice *i = g_new0(phone_ice, 1);

	i->o = o;
	i->events = events;
	i->ctx = ctx;
	i->agent = nice_agent_new(g_main_context_default(),
				  o->lync ? NICE_COMPATIBILITY_OC2007R2 :
					    NICE_COMPATIBILITY_RFC5245);
	if (prepare(i, controlling, err))
		return i;
	phone_ice_free(i);
	return NULL;
}

static void on_closed(GObject *agent, GAsyncResult *result, gpointer closed)
{
	(void)agent;
	(void)result;
	*(bool *)closed = true;
}

/* Gives the relay's allocations back before it goes. */
void phone_ice_free(phone_ice *i)
{
	bool closed = false;

	if (!i)
		return;
	nice_agent_close_async(i->agent, on_closed, &closed);
	while (!closed)
		g_main_context_iteration(NULL, TRUE);
	g_object_unref(i->agent);
	g_free(i);
}

static void set_default(phone_sdp *s, guint component, const NiceCandidate *c)
{
	char ip[INET6_ADDRSTRLEN];

	nice_address_to_string(&c->addr, ip);
	g_free(s->ip[component - 1]);
	s->ip[component - 1] = g_strdup(ip);
	s->port[component - 1] = nice_address_get_port(&c->addr);
}

/* Told in the SDP, not trickled after it. */
static bool is_first(const phone_ice *i, const NiceCandidate *c)
{
	return !i->o->trickle || c->type == NICE_CANDIDATE_TYPE_RELAYED;
}

static void describe_some(phone_ice *i, phone_sdp *s, guint component,
			  bool first)
{
	GSList *list = nice_agent_get_local_candidates(i->agent, i->stream,
						       component);

	for (GSList *l = list; l; l = l->next)
		if (is_first(i, l->data) == first)
			g_ptr_array_add(s->candidates,
				nice_agent_generate_local_candidate_sdp(
					i->agent, l->data));
	g_slist_free_full(list, (GDestroyNotify)nice_candidate_free);
}

static void describe_default(phone_ice *i, phone_sdp *s, guint component)
{
	GSList *list = nice_agent_get_local_candidates(i->agent, i->stream,
						       component);
	bool relay = g_str_equal(i->o->destination, "relay");
	NiceCandidate *best = NULL;

	for (GSList *l = list; l; l = l->next) {
		NiceCandidate *c = l->data;
		bool is_relay = c->type == NICE_CANDIDATE_TYPE_RELAYED;

		if (!is_first(i, c))
			continue;
		if (!best || (is_relay == relay &&
			      (best->type == NICE_CANDIDATE_TYPE_RELAYED) !=
				      relay))
			best = c;
	}
	if (best)
		set_default(s, component, best);
	g_slist_free_full(list, (GDestroyNotify)nice_candidate_free);
}

static void describe_selected(phone_ice *i, phone_sdp *s, guint component,
			      GString *remote)
{
	NiceCandidate *l, *r;
	char ip[INET6_ADDRSTRLEN];

	if (!nice_agent_get_selected_pair(i->agent, i->stream, component, &l,
					  &r))
		return;
	g_ptr_array_add(s->candidates,
			nice_agent_generate_local_candidate_sdp(i->agent, l));
	set_default(s, component, l);
	nice_address_to_string(&r->addr, ip);
	g_string_append_printf(remote, "%s%u %s %u", remote->len ? " " : "",
			       component, ip,
			       nice_address_get_port(&r->addr));
}

void phone_ice_describe(phone_ice *i, phone_sdp *s, bool selected)
{
	g_autoptr(GString) remote = g_string_new(NULL);

	nice_agent_get_local_credentials(i->agent, i->stream, &s->ufrag,
					 &s->pwd);
	for (guint c = 1; c <= COMPONENTS; c++) {
		if (selected && i->concluded) {
			describe_selected(i, s, c, remote);
		} else {
			describe_some(i, s, c, true);
			describe_default(i, s, c);
		}
	}
	if (remote->len)
		s->remote = g_strdup(remote->str);
}

void phone_ice_describe_rest(phone_ice *i, phone_sdp *s)
{
	nice_agent_get_local_credentials(i->agent, i->stream, &s->ufrag,
					 &s->pwd);
	for (guint c = 1; c <= COMPONENTS; c++)
		describe_some(i, s, c, false);
}

/* How many libnice took. */
static int take_candidates(phone_ice *i, const phone_sdp *far)
{
	GSList *list[COMPONENTS + 1] = {NULL};
	int taken = 0;

	for (guint k = 0; k < far->candidates->len; k++) {
		NiceCandidate *c = nice_agent_parse_remote_candidate_sdp(
			i->agent, i->stream,
			g_ptr_array_index(far->candidates, k));

		if (c && c->component_id <= COMPONENTS)
			list[c->component_id] =
				g_slist_append(list[c->component_id], c);
		else if (c)
			nice_candidate_free(c);
	}
	for (guint c = 1; c <= COMPONENTS; c++) {
		if (list[c])
			taken += nice_agent_set_remote_candidates(
				i->agent, i->stream, c, list[c]);
		g_slist_free_full(list[c],
				  (GDestroyNotify)nice_candidate_free);
	}
	return taken;
}

void phone_ice_add(phone_ice *i, const phone_sdp *far)
{
	take_candidates(i, far);
}

bool phone_ice_begin(phone_ice *i, const phone_sdp *far, GError **err)
{
	nice_agent_set_remote_credentials(i->agent, i->stream, far->ufrag,
					  far->pwd);
	if (take_candidates(i, far) > 0)
		return true;
	g_set_error(err, PHONE_ERROR, PHONE_ERROR_SDP,
		    "no usable candidate in the far end's SDP");
	return false;
}

bool phone_ice_send(phone_ice *i, unsigned component, const void *data,
		    size_t n)
{
	return nice_agent_send(i->agent, i->stream, component, (guint)n,
			       data) == (gint)n;
}

static char *candidate_text(const NiceCandidate *c)
{
	char ip[INET6_ADDRSTRLEN];

	nice_address_to_string(&c->addr, ip);
	return g_strdup_printf("%s %s:%u", type_name(c->type), ip,
			       nice_address_get_port(&c->addr));
}

void phone_ice_pair(phone_ice *i, char **local, char **remote)
{
	NiceCandidate *l, *r;
	bool any = nice_agent_get_selected_pair(i->agent, i->stream, 1, &l,
						&r);

	*local = any ? candidate_text(l) : g_strdup("none");
	*remote = any ? candidate_text(r) : g_strdup("none");
}

bool phone_ice_is_relayed(phone_ice *i)
{
	NiceCandidate *l, *r;

	return nice_agent_get_selected_pair(i->agent, i->stream, 1, &l, &r) &&
	       (l->type == NICE_CANDIDATE_TYPE_RELAYED ||
		r->type == NICE_CANDIDATE_TYPE_RELAYED);
}
