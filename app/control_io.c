#include "app/control.h"

#include <gio/gunixsocketaddress.h>
#include <json-glib/json-glib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/clock.h"
#include "signaling_tap/keypad.h"

enum { LINE_MAX_OCTETS = 4096 };

struct control {
	GSocketService *service;
	char *path;
	control_config cfg;
};

/* One connected client. */
typedef struct client {
	control *control;
	GSocketConnection *connection;
	GDataInputStream *in;
	char actor[32];
	bool speaks;		/* for others: root, or our own user */
} client;

static void client_free(client *c)
{
	g_object_unref(c->in);
	g_object_unref(c->connection);
	g_free(c);
}

/* ---- answers ---- */

static JsonObject *answer(bool ok)
{
	JsonObject *o = json_object_new();

	json_object_set_boolean_member(o, "ok", ok);
	return o;
}

static JsonObject *refuse(const char *why)
{
	JsonObject *o = answer(false);

	json_object_set_string_member(o, "error", why);
	return o;
}

typedef struct listing {
	const control *control;
	JsonArray *calls;
} listing;

static const char *name_of(const control *c, const tap_live *l)
{
	return c->cfg.name(c->cfg.user, l->own);
}

/* Of a call that began with an earlier tap, the sink knows the parties. */
static char *party_of(const control *c, const tap_live *l, span known,
		      const char *side)
{
	return known.left ? span_dup(known)
			  : g_strdup(c->cfg.party(c->cfg.user, l->own, side));
}

static void add_call(void *user, const tap_live *l)
{
	listing *to = user;
	g_autofree char *caller = party_of(to->control, l, l->caller, "caller");
	g_autofree char *callee = party_of(to->control, l, l->callee, "callee");
	JsonObject *o = json_object_new();

	json_object_set_string_member(o, "call_id", l->call_id);
	json_object_set_string_member(o, "id", name_of(to->control, l));
	json_object_set_string_member(o, "caller", caller);
	json_object_set_string_member(o, "callee", callee);
	json_object_set_boolean_member(o, "recorded", l->recorded);
	json_object_set_boolean_member(o, "paused", l->paused);
	json_object_set_boolean_member(o, "unasked", l->unasked);
	json_array_add_object_element(to->calls, o);
}

static JsonObject *list(const client *c)
{
	JsonObject *o = answer(true);
	listing to = {c->control, json_array_new()};

	tap_calls_live(c->control->cfg.calls, add_call, &to);
	json_object_set_array_member(o, "calls", to.calls);
	return o;
}

typedef struct wanted {
	const control *control;
	const char *name;	/* Call-ID, or the journal's name */
	bool part;		/* or a part of that name, as in the ledger */
	uint64_t call;
	unsigned n;
} wanted;

static void match(void *user, const tap_live *l)
{
	wanted *w = user;

	const char *name = name_of(w->control, l);

	if (w->part ? !strstr(name, w->name)
		    : strcmp(w->name, l->call_id) && strcmp(w->name, name))
		return;
	w->call = l->call;
	w->n++;
}

static void find(wanted *w)
{
	tap_calls_live(w->control->cfg.calls, match, w);
	if (w->n || !*w->name)
		return;
	w->part = true;
	tap_calls_live(w->control->cfg.calls, match, w);
}

static const char *member(JsonObject *o, const char *name)
{
	JsonNode *n = json_object_get_member(o, name);

	if (!n || json_node_get_value_type(n) != G_TYPE_STRING)
		return "";
	return json_node_get_string(n);
}

static JsonObject *act(const client *c, JsonObject *request, rec_mark mark)
{
	const char *actor = c->speaks ? member(request, "actor") : "";
	const rec_control what = {
		.mark = (uint8_t)mark,
		.side = CALL_UNKNOWN,
		.actor = span_str(*actor ? actor : c->actor),
		.text = span_str(member(request, "reason")),
	};
	wanted w = {.control = c->control, .name = member(request, "call")};
	bool changed = false;
	JsonObject *o;

	find(&w);
	if (w.n == 0) {
		g_autofree char *why = g_strdup_printf(
			"there is no such call in progress: %s", w.name);

		return refuse(why);
	}
	if (w.n > 1)
		return refuse(w.part ? "several calls have this in their names"
				     : "several calls have this Call-ID; name "
				       "the journal");
	if (!tap_calls_control(c->control->cfg.calls, clk_now(), w.call, &what,
			       c->control->cfg.longest_s, &changed))
		return refuse("this call is not recorded");
	o = answer(true);
	json_object_set_boolean_member(o, "changed", changed);
	return o;
}

static JsonObject *do_request(const client *c, const char *line)
{
	g_autoptr(JsonParser) p = json_parser_new();
	JsonObject *request;
	const char *verb;
	JsonNode *root;
	rec_mark mark;

	if (!json_parser_load_from_data(p, line, -1, NULL))
		return refuse("this is not JSON");
	root = json_parser_get_root(p);
	if (!root || !JSON_NODE_HOLDS_OBJECT(root))
		return refuse("a request is one object");
	request = json_node_get_object(root);
	verb = member(request, "do");
	if (!strcmp(verb, "list"))
		return list(c);
	if (tap_keypad_act(span_str(verb), &mark))
		return act(c, request, mark);
	return refuse("\"do\" is list, pause, resume, stop, start or mark");
}

/* ---- the socket ---- */

static void read_line(client *c);

static void on_line(GObject *source, GAsyncResult *result, gpointer user)
{
	client *c = user;
	gsize n = 0;
	g_autofree char *line = g_data_input_stream_read_line_finish(
			G_DATA_INPUT_STREAM(source), result, &n, NULL);
	g_autoptr(JsonObject) o = NULL;
	g_autoptr(JsonNode) node = json_node_new(JSON_NODE_OBJECT);
	g_autofree char *text = NULL;
	g_autofree char *out = NULL;

	if (!line || n > LINE_MAX_OCTETS) {
		client_free(c);
		return;
	}
	o = do_request(c, line);
	json_node_set_object(node, o);
	text = json_to_string(node, FALSE);
	out = g_strconcat(text, "\n", NULL);
	/* An answer fits the socket's buffer, or the client does not read. */
	if (!g_output_stream_write_all(
		    g_io_stream_get_output_stream(G_IO_STREAM(c->connection)),
		    out, strlen(out), NULL, NULL, NULL)) {
		client_free(c);
		return;
	}
	read_line(c);
}

static void read_line(client *c)
{
	g_data_input_stream_read_line_async(c->in, G_PRIORITY_DEFAULT, NULL,
					    on_line, c);
}

static gboolean on_client(GSocketService *service, GSocketConnection *conn,
			  GObject *source, gpointer user)
{
	GSocket *s = g_socket_connection_get_socket(conn);
	g_autoptr(GCredentials) who = g_socket_get_credentials(s, NULL);
	client *c = g_new0(client, 1);
	uid_t uid = (uid_t)-1;

	(void)service;
	(void)source;
	/* The call path must not wait for a client that does not read. */
	g_socket_set_blocking(s, FALSE);
	c->control = user;
	c->connection = g_object_ref(conn);
	c->in = g_data_input_stream_new(
			g_io_stream_get_input_stream(G_IO_STREAM(conn)));
	if (who)
		uid = g_credentials_get_unix_user(who, NULL);
	c->speaks = uid == 0 || uid == geteuid();
	g_snprintf(c->actor, sizeof(c->actor), "uid:%d", (int)uid);
	read_line(c);
	return TRUE;
}

control *control_new(const control_config *cfg, GError **err)
{
	g_autofree char *path = g_build_filename(cfg->run, "control.sock",
						 NULL);
	g_autoptr(GSocketAddress) at = g_unix_socket_address_new(path);
	control *c;

	g_mkdir_with_parents(cfg->run, 0750);
	unlink(path);
	c = g_new0(control, 1);
	c->cfg = *cfg;
	c->service = g_socket_service_new();
	if (!g_socket_listener_add_address(
		    G_SOCKET_LISTENER(c->service), at, G_SOCKET_TYPE_STREAM,
		    G_SOCKET_PROTOCOL_DEFAULT, NULL, NULL, err)) {
		g_prefix_error(err, "%s: ", path);
		control_free(c);
		return NULL;
	}
	c->path = g_steal_pointer(&path);
	chmod(c->path, 0660);
	g_signal_connect(c->service, "incoming", G_CALLBACK(on_client), c);
	g_socket_service_start(c->service);
	return c;
}

void control_free(control *c)
{
	if (!c)
		return;
	g_socket_service_stop(c->service);
	g_socket_listener_close(G_SOCKET_LISTENER(c->service));
	g_object_unref(c->service);
	if (c->path)
		unlink(c->path);
	g_free(c->path);
	g_free(c);
}

char *control_ask(const char *run, const char *request, GError **err)
{
	g_autofree char *path = g_build_filename(run, "control.sock", NULL);
	g_autofree char *line = g_strconcat(request, "\n", NULL);
	g_autoptr(GSocketAddress) at = g_unix_socket_address_new(path);
	g_autoptr(GSocketClient) to = g_socket_client_new();
	g_autoptr(GSocketConnection) conn = g_socket_client_connect(
			to, G_SOCKET_CONNECTABLE(at), NULL, err);
	g_autoptr(GDataInputStream) in = NULL;
	char *text;

	if (!conn) {
		g_prefix_error(err, "%s: does the tap run here? ", path);
		return NULL;
	}
	if (!g_output_stream_write_all(
		    g_io_stream_get_output_stream(G_IO_STREAM(conn)), line,
		    strlen(line), NULL, NULL, err))
		return NULL;
	in = g_data_input_stream_new(
			g_io_stream_get_input_stream(G_IO_STREAM(conn)));
	text = g_data_input_stream_read_line(in, NULL, NULL, err);
	if (!text && err && !*err)
		g_set_error(err, G_IO_ERROR, G_IO_ERROR_CLOSED,
			    "%s: no answer", path);
	return text;
}
