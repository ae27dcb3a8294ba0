#include <json-glib/json-glib.h>
#include <string.h>

#include "app/ledger.h"

/* Strings of an object; NULL if there are none of that name. */
static const char *text_of(JsonObject *o, const char *name)
{
	JsonNode *n = o ? json_object_get_member(o, name) : NULL;

	return n && JSON_NODE_HOLDS_VALUE(n) &&
			       json_node_get_value_type(n) == G_TYPE_STRING
		       ? json_node_get_string(n)
		       : NULL;
}

static double number_of(JsonObject *o, const char *name)
{
	JsonNode *n = o ? json_object_get_member(o, name) : NULL;

	if (!n || !JSON_NODE_HOLDS_VALUE(n))
		return 0;
	return json_node_get_double(n);
}

static JsonObject *object_of(JsonObject *o, const char *name)
{
	JsonNode *n = o ? json_object_get_member(o, name) : NULL;

	return n && JSON_NODE_HOLDS_OBJECT(n) ? json_node_get_object(n) : NULL;
}

static JsonArray *array_of(JsonObject *o, const char *name)
{
	JsonNode *n = o ? json_object_get_member(o, name) : NULL;

	return n && JSON_NODE_HOLDS_ARRAY(n) ? json_node_get_array(n) : NULL;
}

/* The i-th object of an array; NULL if it is something else. */
static JsonObject *element(JsonArray *a, guint i)
{
	JsonNode *n = json_array_get_element(a, i);

	return JSON_NODE_HOLDS_OBJECT(n) ? json_node_get_object(n) : NULL;
}

static clk_wall when_of(JsonObject *o, const char *name, bool *known)
{
	const char *text = text_of(o, name);
	g_autoptr(GDateTime) t =
		text ? g_date_time_new_from_iso8601(text, NULL) : NULL;

	*known = t != NULL;
	return (clk_wall){t ? (g_date_time_to_unix(t) * CLK_NS_PER_S +
			       g_date_time_get_microsecond(t) * 1000LL) : 0};
}

static void facts_take(story *s, JsonObject *facts)
{
	JsonObjectIter i;
	const char *name;
	JsonNode *n;

	if (!facts)
		return;
	json_object_iter_init(&i, facts);
	while (json_object_iter_next(&i, &name, &n))
		if (text_of(facts, name))
			story_put_fact(s, span_str(name),
				       span_str(text_of(facts, name)));
}

static uint8_t cause_of(JsonObject *end)
{
	static const struct {
		const char *name;
		uint8_t cause;
	} causes[] = {
		{"bye", REC_BYE},	    {"cancelled", REC_CANCELLED},
		{"failed", REC_FAILED},	    {"refused", REC_REFUSED},
		{"timeout", REC_TIMEOUT},   {"replaced", REC_REPLACED},
	};

	for (size_t i = 0; i < G_N_ELEMENTS(causes); i++)
		if (!g_strcmp0(text_of(end, "cause"), causes[i].name))
			return causes[i].cause;
	return 0;
}

/* The story as render knew it, as far as a ledger row needs it. */
static story *story_of(JsonObject *root)
{
	JsonObject *call = object_of(root, "call");
	JsonObject *decision = object_of(root, "decision");
	JsonObject *end = object_of(call, "end");
	story *s = story_new(text_of(call, "id"));
	bool known;

	s->call_id = g_strdup(text_of(call, "call_id"));
	s->source = g_strdup(text_of(call, "source"));
	s->rule = g_strdup(text_of(decision, "rule"));
	s->reason = g_strdup(text_of(decision, "reason"));
	s->begun.wall = when_of(call, "begun", &known);
	s->answered.wall = when_of(call, "answered", &s->has_answer);
	s->ended.wall = when_of(call, "ended", &s->has_end);
	s->end_cause = cause_of(end);
	s->end_status = (uint16_t)number_of(end, "status");
	facts_take(s, object_of(call, "facts"));
	return s;
}

static uint8_t side_of(JsonObject *o)
{
	const char *side = text_of(o, "side");

	if (!g_strcmp0(side, "caller"))
		return CAT_CALLER;
	return g_strcmp0(side, "callee") ? CAT_CALL : CAT_CALLEE;
}

static void gaps_take(cat_entry *e, JsonArray *gaps)
{
	for (guint i = 0; gaps && i < json_array_get_length(gaps); i++) {
		JsonObject *g = element(gaps, i);
		const char *cause = text_of(g, "cause");

		cat_entry_gap(e, side_of(g), cause ? cause : "unknown",
			      (int64_t)number_of(g, "at_ms"),
			      (int64_t)number_of(g, "length_ms"),
			      (int64_t)number_of(g, "packets"));
	}
}

static void files_take(cat_entry *e, JsonObject *recording, const char *path)
{
	g_autofree char *dir = g_path_get_dirname(path);
	JsonArray *files = array_of(recording, "files");

	for (guint i = 0; files && i < json_array_get_length(files); i++) {
		JsonObject *f = element(files, i);
		const char *name = text_of(f, "name");
		const char *sha256 = text_of(f, "sha256");
		g_autofree char *full =
			name ? g_build_filename(dir, name, NULL) : NULL;

		if (full)
			cat_entry_file(e, full, sha256 ? sha256 : "",
				       (int64_t)number_of(f, "bytes"),
				       (unsigned)number_of(f, "channels"));
	}
}

static uint64_t count_of(JsonObject *o, const char *name)
{
	return (uint64_t)CLAMP(number_of(o, name), 0, 9e15);
}

static void capture_take(cat_entry *e, JsonObject *capture)
{
	JsonObject *copies = object_of(capture, "copies");
	JsonObject *lost = object_of(capture, "lost");
	JsonObject *interval = object_of(capture, "interval");
	captured_sums c = {0};

	c.all.stored = count_of(capture, "stored");
	c.all.late = count_of(capture, "late");
	c.all.not_recorded = count_of(capture, "not_recorded");
	for (uint8_t i = 0; i < REC_LEGS; i++)
		c.all.copies[i] = count_of(copies, captured_leg_name(i));
	for (unsigned i = 1; i < REC_PLACES; i++)
		c.lost[i] = count_of(lost, captured_place_name(i));
	c.all.frames = count_of(interval, "frames");
	c.all.unclaimed = count_of(interval, "unclaimed");
	c.all.malformed = count_of(interval, "malformed");
	c.all.tcp_gaps = count_of(interval, "tcp_gaps");
	c.all.fragments_lost = count_of(interval, "fragments_lost");
	ledger_counts(e, &c);
}

static bool is_sidecar(JsonObject *root)
{
	const char *id = text_of(object_of(root, "call"), "id");

	return id && *id && text_of(root, "outcome") &&
	       object_of(root, "decision");
}

static cat_entry *entry_of(JsonObject *root, const char *path)
{
	g_autoptr(story) s = story_of(root);
	JsonObject *recording = object_of(root, "recording");
	cat_entry *e = ledger_from_story(s);
	bool known;

	cat_entry_known(e);
	ledger_outcome(e, text_of(root, "outcome"), text_of(root, "why"));
	e->sidecar = g_strdup(path);
	e->duration_ms = (int64_t)number_of(recording, "duration_ms");
	if (!e->ended_ms)
		e->ended_ms = when_of(recording, "end", &known).ns /
			      CLK_NS_PER_MS;
	gaps_take(e, array_of(root, "gaps"));
	files_take(e, recording, path);
	capture_take(e, object_of(root, "capture"));
	return e;
}

/* Lent by `p`; NULL on error. */
static JsonObject *root_of(JsonParser *p, const char *path, GError **err)
{
	JsonNode *root;

	if (!json_parser_load_from_file(p, path, err))
		return NULL;
	root = json_parser_get_root(p);
	if (root && JSON_NODE_HOLDS_OBJECT(root) &&
	    is_sidecar(json_node_get_object(root)))
		return json_node_get_object(root);
	g_set_error(err, CAT_ERROR, CAT_ERROR_VALUE,
		    "%s: this is not the sidecar of a recording", path);
	return NULL;
}

cat_entry *ledger_from_sidecar(const char *path, GError **err)
{
	g_autoptr(JsonParser) p = json_parser_new();
	JsonObject *root = root_of(p, path, err);

	return root ? entry_of(root, path) : NULL;
}

static bool holds_word(JsonArray *a, const char *word)
{
	for (guint i = 0; a && i < json_array_get_length(a); i++)
		if (!g_strcmp0(json_array_get_string_element(a, i), word))
			return true;
	return false;
}

bool ledger_told_read(const char *path, ledger_told *out, GError **err)
{
	g_autoptr(JsonParser) p = json_parser_new();
	JsonObject *root = root_of(p, path, err);
	JsonObject *recording = object_of(root, "recording");
	JsonArray *silenced = array_of(recording, "silenced");
	JsonArray *undecodable = array_of(root, "undecodable");
	bool known;

	*out = (ledger_told){0};
	if (!root)
		return false;
	out->begin_ms = when_of(recording, "begin", &known).ns / CLK_NS_PER_MS;
	out->answered_ms = when_of(object_of(root, "call"), "answered",
				   &known).ns / CLK_NS_PER_MS;
	out->packets = (int64_t)count_of(object_of(root, "packets"), "media");
	out->undecodable = undecodable ? json_array_get_length(undecodable) : 0;
	out->mute_hold = holds_word(silenced, "hold");
	out->mute_dtmf = holds_word(silenced, "dtmf");
	return true;
}
