/* cmd_live.c - the calls in progress, and control of their recording. */
#include "app/officer.h"

#include <json-glib/json-glib.h>
#include <stdio.h>

#include "app/control.h"

/* The answer to a request; NULL when there is none or it says no. */
static JsonObject *ask(const officer *o, JsonObject *request, GError **err)
{
	g_autoptr(JsonNode) node = json_node_new(JSON_NODE_OBJECT);
	g_autoptr(JsonParser) p = json_parser_new();
	g_autofree char *text = NULL;
	g_autofree char *line = NULL;
	JsonObject *answer;

	json_node_set_object(node, request);
	text = json_to_string(node, FALSE);
	line = control_ask(conf_text(o->conf, CONF_RUN), text, err);
	if (!line || !json_parser_load_from_data(p, line, -1, err))
		return NULL;
	answer = json_node_get_object(json_parser_get_root(p));
	if (json_object_get_boolean_member_with_default(answer, "ok", FALSE))
		return json_object_ref(answer);
	g_set_error(err, CAT_ERROR, CAT_ERROR_VALUE,
		    "%s; `edgetape live` shows those that are",
		    json_object_get_string_member_with_default(answer, "error",
							       "refused"));
	return NULL;
}

static const char *text_of(JsonObject *o, const char *name)
{
	return json_object_get_string_member_with_default(o, name, "");
}

static bool is(JsonObject *call, const char *what)
{
	return json_object_get_boolean_member_with_default(call, what, FALSE);
}

static const char *state_of(JsonObject *call)
{
	if (!is(call, "recorded"))
		return "no";
	if (is(call, "unasked"))
		return "on demand";
	return is(call, "paused") ? "paused" : "yes";
}

static int list(officer *o, char **args, GError **err)
{
	static const char *const columns[] = {"caller", "callee", "recording",
					      "<journal", "!call", NULL};
	g_autoptr(JsonObject) request = json_object_new();
	g_autoptr(JsonObject) answer = NULL;
	g_autoptr(table) t = table_new(columns);
	JsonArray *calls;

	(void)args;
	json_object_set_string_member(request, "do", "list");
	answer = ask(o, request, err);
	if (!answer)
		return APP_FAIL;
	calls = json_object_get_array_member(answer, "calls");
	for (guint i = 0; i < json_array_get_length(calls); i++) {
		JsonObject *c = json_array_get_object_element(calls, i);
		table_address(t, text_of(c, "caller"));
		table_address(t, text_of(c, "callee"));
		table_text(t, state_of(c));
		table_text(t, text_of(c, "id"));
		table_text(t, text_of(c, "call_id"));
	}
	table_print(t, o->form, "no call is in progress", stdout);
	return APP_OK;
}

static int act(officer *o, const char *verb, const char *result, char **args,
	       GError **err)
{
	g_autoptr(JsonObject) request = json_object_new();
	g_autoptr(JsonObject) answer = NULL;
	g_autofree char *reason = officer_join(args + 1);

	if (!app_no_clash("live", (const app_clash[]){
		    {"the words after CALL", "--reason", *reason,
		     *o->actor.reason}, {0}}))
		return APP_USAGE;
	json_object_set_string_member(request, "do", verb);
	json_object_set_string_member(request, "call", args[0]);
	json_object_set_string_member(request, "reason",
				      *reason ? reason : o->actor.reason);
	json_object_set_string_member(request, "actor", o->actor.name);
	answer = ask(o, request, err);
	if (!answer)
		return APP_FAIL;
	officer_done(o, args[0],
		     json_object_get_boolean_member_with_default(
			     answer, "changed", FALSE)
			     ? result
			     : "was so already");
	return APP_OK;
}

static int do_pause(officer *o, char **args, GError **err)
{
	return act(o, "pause", "is paused", args, err);
}

static int do_resume(officer *o, char **args, GError **err)
{
	return act(o, "resume", "is recorded again", args, err);
}

static int do_stop(officer *o, char **args, GError **err)
{
	return act(o, "stop", "is stopped", args, err);
}

static int do_start(officer *o, char **args, GError **err)
{
	return act(o, "start", "is recorded", args, err);
}

static int do_mark(officer *o, char **args, GError **err)
{
	return act(o, "mark", "is marked", args, err);
}

int cmd_live(int argc, char **argv)
{
	static const officer_verb verbs[] = {
		{"list", "", "the calls in progress", 0, 0, list, NULL},
		{"pause", "CALL [WHY...]", "silence until resume", 1, -1,
		 do_pause, NULL},
		{"resume", "CALL [WHY...]", "continue recording", 1, -1,
		 do_resume, NULL},
		{"stop", "CALL [WHY...]", "silence until start", 1,
		 -1, do_stop, NULL},
		{"start", "CALL [WHY...]", "continue after a stop; record a "
					   "call on demand", 1, -1,
		 do_start, NULL},
		{"mark", "CALL TEXT...", "a mark in the timeline", 2, -1,
		 do_mark, NULL},
	};

	return officer_run("live",
			   "The calls in progress. CALL is a Call-ID, or the "
			   "name of the call's journal\nor a part of it that no "
			   "other of them has. Each act is noted in the\n"
			   "recording's timeline and in the audit log.",
			   verbs, G_N_ELEMENTS(verbs), NULL, argc, argv);
}
