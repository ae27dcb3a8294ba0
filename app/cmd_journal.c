/* cmd_journal.c - journal files, for a human or as JSON lines. */
#include "app/app.h"

#include <stdio.h>

#include "app/journal_say.h"
#include "core/journal_io.h"
#include "core/record.h"

typedef struct total {
	uint64_t records, packets, lost;
	bool ended;		/* by the one who wrote it */
} total;

static gboolean as_json, with_hex;

static const char *kind_name(uint16_t kind)
{
	switch ((jrn_kind)kind) {
	case JRN_SESSION:
		return "session";
	case JRN_MEDIA:
		return "media";
	}
	return "unknown";
}

/* ---- JSON ---- */

static void print_object(JsonObject *o)
{
	g_autoptr(JsonNode) node = json_node_new(JSON_NODE_OBJECT);
	g_autofree char *text = NULL;

	json_node_set_object(node, o);
	text = json_to_string(node, FALSE);
	puts(text);
}

static JsonObject *object_new(const char *type, clk_both at)
{
	JsonObject *o = json_object_new();
	char iso[32];

	clk_wall_iso(at.wall, iso);
	json_object_set_string_member(o, "type", type);
	json_object_set_string_member(o, "at", iso);
	json_object_set_int_member(o, "mono_ns", at.mono.ns);
	return o;
}

static void head_json(const char *path, const jrn_header *h)
{
	g_autoptr(JsonObject) o = object_new("file", h->at);

	json_object_set_string_member(o, "path", path);
	json_object_set_string_member(o, "kind", kind_name(h->kind));
	json_object_set_int_member(o, "version", JRN_VERSION);
	print_object(o);
}

static void record_json(const jrn_rec *r)
{
	g_autoptr(JsonObject) o = object_new(journal_type_name(r->type), r->at);

	journal_say(r, with_hex, o);
	print_object(o);
}

static void total_json(const total *t, uint64_t torn)
{
	g_autoptr(JsonObject) o = json_object_new();

	json_object_set_string_member(o, "type", "total");
	json_object_set_int_member(o, "records", (gint64)t->records);
	json_object_set_int_member(o, "packets", (gint64)t->packets);
	json_object_set_int_member(o, "lost", (gint64)t->lost);
	json_object_set_boolean_member(o, "ended", t->ended);
	json_object_set_int_member(o, "torn_octets", (gint64)torn);
	print_object(o);
}

/* ---- text ---- */

static void head_text(const char *path, const jrn_header *h)
{
	char iso[32];

	clk_wall_iso(h->at.wall, iso);
	printf("%s: %s journal, version %d, begun %s\n", path,
	       kind_name(h->kind), JRN_VERSION, iso);
}

/* What callers wrote must not steer a terminal. */
static void print_plain(const char *text)
{
	for (const char *c = text; *c; c = g_utf8_next_char(c)) {
		gunichar u = g_utf8_get_char(c);

		if (g_unichar_iscntrl(u))
			printf("\\x%02x", u);
		else
			fwrite(c, 1, (size_t)(g_utf8_next_char(c) - c), stdout);
	}
}

static void print_value(const char *name, JsonNode *v)
{
	g_autofree char *json = NULL;

	if (JSON_NODE_HOLDS_VALUE(v) &&
	    json_node_get_value_type(v) == G_TYPE_STRING) {
		if (!*json_node_get_string(v))
			return;
		printf(" %s=", name);
		print_plain(json_node_get_string(v));
		return;
	}
	json = json_to_string(v, FALSE);
	printf(" %s=%s", name, json);
}

static void record_text(const jrn_rec *r)
{
	g_autoptr(JsonObject) o = json_object_new();
	g_autoptr(GList) names = NULL;
	char iso[32];

	journal_say(r, with_hex, o);
	names = json_object_get_members(o);
	clk_wall_iso(r->at.wall, iso);
	printf("%s  %-8s", iso, journal_type_name(r->type));
	for (GList *n = names; n; n = n->next)
		print_value(n->data, json_object_get_member(o, n->data));
	putchar('\n');
}

static void total_text(const total *t, uint64_t torn)
{
	printf("%" G_GUINT64_FORMAT " records, %" G_GUINT64_FORMAT " packets",
	       t->records, t->packets);
	if (t->lost)
		printf(", %" G_GUINT64_FORMAT " lost on the interface",
		       t->lost);
	puts(t->ended ? "; ended" :
			"; no end: its writer is at work, or died");
	if (torn)
		printf("then %" G_GUINT64_FORMAT " octets that are no whole "
		       "record\n", torn);
}

/* ---- both ---- */

static void print_head(const char *path, const jrn_header *h)
{
	if (as_json)
		head_json(path, h);
	else
		head_text(path, h);
}

static void print_record(const jrn_rec *r)
{
	if (as_json)
		record_json(r);
	else
		record_text(r);
}

static void print_total(const total *t, uint64_t torn)
{
	if (as_json)
		total_json(t, torn);
	else
		total_text(t, torn);
}

static void count(total *t, const jrn_rec *r)
{
	rec_loss l;

	t->records++;
	t->packets += r->type == JRN_PACKET;
	if (r->type == JRN_LOSS && rec_loss_get(r->payload, &l))
		t->lost += l.packets;
	t->ended = r->type == JRN_CLOSE || r->type == JRN_END;
}

static int complain(const char *path, const char *what)
{
	fflush(stdout);
	fprintf(stderr, "edgetape journal: %s: %s\n", path, what);
	return APP_FAIL;
}

/* Why there is no header. */
static int no_header(const char *path, const jrn_in *in)
{
	if (jrn_in_trouble(in))
		fprintf(stderr, "edgetape journal: %s\n", jrn_in_trouble(in));
	else if (jrn_in_torn(in))
		complain(path, "not a journal, or its header is torn");
	else
		complain(path, "empty");
	return APP_FAIL;
}

static int print_file(const char *path)
{
	g_autoptr(GError) err = NULL;
	g_autoptr(jrn_in) in = jrn_in_open(path, &err);
	total t = {0};
	jrn_verdict v;
	jrn_rec r;

	if (!in)
		return app_fail("journal", err);
	v = jrn_in_next(in, &r);
	if (!jrn_in_header(in))
		return no_header(path, in);
	print_head(path, jrn_in_header(in));
	for (; v == JRN_OK; v = jrn_in_next(in, &r)) {
		count(&t, &r);
		print_record(&r);
	}
	print_total(&t, jrn_in_torn(in));
	if (v == JRN_BAD) {
		fflush(stdout);
		fprintf(stderr, "edgetape journal: %s\n", jrn_in_trouble(in));
		return APP_FAIL;
	}
	if (jrn_in_torn(in))
		return complain(path, "torn inside its last record");
	return APP_OK;
}

/* All files of a call. */
static int print_call(const char *dir)
{
	static const jrn_kind kinds[] = {JRN_SESSION, JRN_MEDIA};
	int status = APP_OK;
	guint n = 0;

	for (size_t k = 0; k < G_N_ELEMENTS(kinds); k++) {
		g_autoptr(GError) err = NULL;
		g_autoptr(GPtrArray) files = jrn_files(dir, kinds[k], &err);

		if (!files)
			return app_fail("journal", err);
		for (guint i = 0; i < files->len; i++)
			status |= print_file(files->pdata[i]);
		n += files->len;
	}
	return n ? status : complain(dir, "no journal in this directory");
}

static int print(const char *path)
{
	return g_file_test(path, G_FILE_TEST_IS_DIR) ? print_call(path) :
						       print_file(path);
}

int cmd_journal(int argc, char **argv)
{
	static const GOptionEntry entries[] = {
		{"json", 0, 0, G_OPTION_ARG_NONE, &as_json,
		 "One JSON object per line", NULL},
		{"hex", 0, 0, G_OPTION_ARG_NONE, &with_hex,
		 "Packets' octets too", NULL},
		{NULL, 0, 0, 0, NULL, NULL, NULL},
	};
	int status;

	if (!app_options("journal", "FILE|DIRECTORY...",
			 "Prints the records of journal files, or of all files "
			 "of a call's directory.\nKeys stay sealed and packets "
			 "encrypted.",
			 entries, &argc, &argv, &status))
		return status;
	if (argc < 2) {
		fprintf(stderr, "edgetape journal: which file? See --help\n");
		return APP_USAGE;
	}
	status = APP_OK;
	for (int i = 1; i < argc; i++)
		status |= print(argv[i]);
	return status;
}
