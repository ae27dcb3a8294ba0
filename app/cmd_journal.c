/* cmd_journal.c - one journal file for a human, or as JSON lines. */
#include "app/app.h"

#include <json-glib/json-glib.h>
#include <stdio.h>

#include "core/journal_io.h"
#include "core/record.h"

static gboolean as_json;

static const char *type_name(uint16_t type)
{
	switch ((jrn_type)type) {
	case JRN_BEGIN:
		return "begin";
	case JRN_FACT:
		return "fact";
	case JRN_DECISION:
		return "decision";
	case JRN_HALF:
		return "half";
	case JRN_KEYS:
		return "keys";
	case JRN_STATE:
		return "state";
	case JRN_MARK:
		return "mark";
	case JRN_END:
		return "end";
	case JRN_PACKET:
		return "packet";
	case JRN_FLOW:
		return "flow";
	case JRN_LOSS:
		return "loss";
	case JRN_CLOSE:
		return "close";
	}
	return "unknown";
}

static void add(JsonObject *o, const char *name, span v)
{
	g_autofree char *raw = span_dup(v);
	g_autofree char *text = g_utf8_make_valid(raw, -1);

	json_object_set_string_member(o, name, text);
}

static void add_addr(JsonObject *o, const char *name, const net_addr *a)
{
	char text[NET_ADDR_TEXT];

	net_addr_text(a, text);
	json_object_set_string_member(o, name, text);
}

static bool say_half(JsonObject *o, span payload)
{
	g_autoptr(call_half) h = rec_half_get(payload);
	JsonArray *media;

	if (!h)
		return false;
	media = json_array_new();
	json_object_set_int_member(o, "serial", h->serial);
	json_object_set_int_member(o, "side", h->side);
	json_object_set_boolean_member(o, "answer", h->answer);
	json_object_set_string_member(o, "branch", h->branch);
	for (guint i = 0; i < h->media->len; i++) {
		const call_media *m = CALL_MEDIA(h, i);
		JsonObject *j = json_object_new();

		json_object_set_string_member(j, "kind", m->kind);
		json_object_set_string_member(j, "proto", m->proto);
		json_object_set_boolean_member(j, "record", m->record);
		add_addr(j, "rtp", &m->rtp);
		json_object_set_string_member(j, "ufrag", m->ufrag);
		json_object_set_int_member(j, "candidates", m->cands->len);
		json_object_set_int_member(j, "payloads", m->payloads->len);
		json_object_set_int_member(j, "cryptos", m->cryptos->len);
		json_array_add_object_element(media, j);
	}
	json_object_set_array_member(o, "media", media);
	return true;
}

static bool say_packet(JsonObject *o, const jrn_rec *r)
{
	pkt p;

	if (!rec_packet_get(r, &p))
		return false;
	json_object_set_int_member(o, "side", p.side);
	json_object_set_int_member(o, "media", p.media);
	json_object_set_int_member(o, "leg", p.leg);
	json_object_set_int_member(o, "why", p.why);
	json_object_set_int_member(o, "flow", p.flow);
	json_object_set_int_member(o, "octets", (gint64)p.bytes.left);
	return true;
}

static bool say_session(JsonObject *o, const jrn_rec *r)
{
	rec_begin b;
	rec_fact f;
	rec_decision d;
	rec_progress p;
	rec_control c;
	rec_end e;

	switch ((jrn_type)r->type) {
	case JRN_BEGIN:
		if (!rec_begin_get(r->payload, &b))
			return false;
		add(o, "call_id", b.call_id);
		add(o, "from_tag", b.from_tag);
		add(o, "source", b.source);
		return true;
	case JRN_FACT:
		if (!rec_fact_get(r->payload, &f))
			return false;
		add(o, "name", f.name);
		add(o, "value", f.value);
		return true;
	case JRN_DECISION:
		if (!rec_decision_get(r->payload, &d))
			return false;
		json_object_set_boolean_member(o, "record", d.record);
		add(o, "rule", d.rule);
		add(o, "reason", d.reason);
		return true;
	case JRN_STATE:
		if (!rec_progress_get(r->payload, &p))
			return false;
		json_object_set_int_member(o, "state", p.state);
		json_object_set_int_member(o, "status", p.status);
		add(o, "branch", p.branch);
		return true;
	case JRN_MARK:
		if (!rec_control_get(r->payload, &c))
			return false;
		json_object_set_int_member(o, "mark", c.mark);
		json_object_set_int_member(o, "side", c.side);
		add(o, "actor", c.actor);
		add(o, "text", c.text);
		return true;
	case JRN_END:
		if (!rec_end_get(r->payload, &e))
			return false;
		json_object_set_int_member(o, "cause", e.cause);
		json_object_set_int_member(o, "status", e.status);
		add(o, "text", e.text);
		return true;
	case JRN_HALF:
		return say_half(o, r->payload);
	case JRN_KEYS:
		json_object_set_int_member(o, "sealed_octets",
					   (gint64)r->payload.left);
		return true;
	case JRN_PACKET:
	case JRN_FLOW:
	case JRN_LOSS:
	case JRN_CLOSE:
		break;
	}
	return true;
}

static bool say_media(JsonObject *o, const jrn_rec *r)
{
	rec_flow f;
	rec_loss l;

	switch (r->type) {
	case JRN_PACKET:
		return say_packet(o, r);
	case JRN_FLOW:
		if (!rec_flow_get(r->payload, &f))
			return false;
		json_object_set_int_member(o, "flow", f.flow);
		add_addr(o, "src", &f.src);
		add_addr(o, "dst", &f.dst);
		json_object_set_int_member(o, "packets", (gint64)f.packets);
		json_object_set_int_member(o, "stored", (gint64)f.stored);
		return true;
	case JRN_LOSS:
		if (!rec_loss_get(r->payload, &l))
			return false;
		json_object_set_int_member(o, "place", l.place);
		json_object_set_int_member(o, "packets", (gint64)l.packets);
		return true;
	}
	return true;
}

static void say(const jrn_rec *r)
{
	g_autoptr(JsonObject) o = json_object_new();
	g_autoptr(JsonNode) node = json_node_new(JSON_NODE_OBJECT);
	g_autofree char *line = NULL;
	char iso[32];
	bool ok;

	clk_wall_iso(r->at.wall, iso);
	json_object_set_string_member(o, "at", iso);
	json_object_set_int_member(o, "mono_ns", r->at.mono.ns);
	json_object_set_string_member(o, "type", type_name(r->type));
	ok = r->type < JRN_PACKET ? say_session(o, r) : say_media(o, r);
	if (!ok)
		json_object_set_boolean_member(o, "unreadable", TRUE);
	json_node_set_object(node, o);
	line = json_to_string(node, FALSE);
	if (as_json)
		puts(line);
	else
		printf("%s %-8s %s\n", iso, type_name(r->type), line);
}

static int print(const char *path)
{
	g_autoptr(GError) err = NULL;
	g_autoptr(jrn_in) in = jrn_in_open(path, &err);
	jrn_verdict v;
	jrn_rec r;

	if (!in)
		return app_fail("journal", err);
	while ((v = jrn_in_next(in, &r)) == JRN_OK)
		say(&r);
	if (v == JRN_BAD) {
		fprintf(stderr, "edgetape journal: %s: %s\n", path,
			jrn_in_trouble(in));
		return APP_FAIL;
	}
	if (jrn_in_torn(in)) {
		fprintf(stderr,
			"edgetape journal: %s: %" G_GUINT64_FORMAT
			" octets behind the last whole record\n",
			path, jrn_in_torn(in));
		return APP_FAIL;
	}
	return APP_OK;
}

int cmd_journal(int argc, char **argv)
{
	static const GOptionEntry entries[] = {
		{"json", 0, 0, G_OPTION_ARG_NONE, &as_json,
		 "One JSON object a line", NULL},
		{NULL, 0, 0, 0, NULL, NULL, NULL},
	};
	int status;

	if (!app_options("journal", "FILE...",
			 "Prints the records of call journals. Keys stay "
			 "sealed and packets encrypted.",
			 entries, &argc, &argv, &status))
		return status;
	if (argc < 2) {
		fprintf(stderr, "edgetape journal: which file? See --help\n");
		return APP_USAGE;
	}
	status = APP_OK;
	for (int i = 1; i < argc; i++)
		status = MAX(status, print(argv[i]));
	return status;
}
