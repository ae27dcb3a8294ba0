/* What is said of calls whose end nobody saw. Their signalling stops, as if the
 * Front End had died, and so do their packets: the media may have gone on past
 * the relay. Such a recording is whole only when both parties' RTCP took leave
 * and nothing came afterwards. A replay of a capture: no network and no root.
 * Speaks TAP. */
#include <json-glib/json-glib.h>
#include <stdio.h>
#include <string.h>

#include "tests/load/media.h"
#include "tests/load/talk.h"

enum { BEGIN_S = 1700000000, PACKETS = 150, TOO_EARLY = 90 };

#define UNSEEN "the end of the call was not seen"

/* Each is a call: what of its end is there to be seen. */
static const struct ending {
	const char *what;
	bool answer, media, bye;
	unsigned goodbyes;	/* of each side, behind so many packets; or 0 */
	bool one_sided;		/* only the caller's */
	const char *outcome, *why;
} endings[] = {
	{"BYE", true, true, true, 0, false, "RECORDED", ""},
	{"nothing at all", true, true, false, 0, false, "PARTIAL", UNSEEN},
	{"both parties' RTCP BYE", true, true, false, PACKETS, false,
	 "RECORDED", ""},
	{"the caller's RTCP BYE alone", true, true, false, PACKETS, true,
	 "PARTIAL", UNSEEN},
	{"RTCP BYE, and media after it", true, true, false, TOO_EARLY, false,
	 "PARTIAL", UNSEEN},
	{"no answer, no end", false, false, false, 0, false, "NOT_RECORDED",
	 "no answer to the call was seen"},
};
enum { CALLS = sizeof(endings) / sizeof(endings[0]) };

static void add_step(GString *log, unsigned call, load_step step, double at)
{
	g_autofree char *m = load_talk(call, step);

	g_string_append_printf(log, "### %.6f call %u\n%s\n", at, call, m);
}

static void write_signalling(const char *path)
{
	const double end = BEGIN_S + (PACKETS + 5) * LOAD_PACKET_MS / 1000.0;
	g_autoptr(GString) log = g_string_new(NULL);

	for (unsigned c = 0; c < CALLS; c++)
		add_step(log, c, LOAD_INVITE, BEGIN_S - 0.5);
	for (unsigned c = 0; c < CALLS; c++)
		if (endings[c].answer)
			add_step(log, c, LOAD_OK, BEGIN_S - 0.3);
	for (unsigned c = 0; c < CALLS; c++)
		if (endings[c].bye)
			add_step(log, c, LOAD_BYE, end);
	if (!g_file_set_contents(path, log->str, (gssize)log->len, NULL))
		load_die("%s: cannot be written", path);
}

/* The media of one call stops the capture of none: all stand in one file, and
 * what a call does not say is left out. */
static void write_frame(FILE *f, const void *head, const void *p, uint32_t n)
{
	const uint32_t size[2] = {n, n};

	if (fwrite(head, 8, 1, f) != 1 || fwrite(size, 8, 1, f) != 1 ||
	    fwrite(p, n, 1, f) != 1)
		load_die("the capture cannot be written");
}

static void write_goodbye(FILE *f, const void *head, unsigned call, int side)
{
	uint8_t p[LOAD_GOODBYE];

	load_media_goodbye(call, (call_side)side, p);
	write_frame(f, head, p, sizeof(p));
}

static void write_party(FILE *f, const load_media *m, unsigned c, int side,
			unsigned i)
{
	const struct ending *e = &endings[c];
	const uint8_t *p = load_media_frame(m, c, (call_side)side, i);

	if (!e->media)
		return;
	write_frame(f, p - 16, p, LOAD_FRAME);
	if (i + 1 == e->goodbyes && (side == CALL_CALLER || !e->one_sided))
		write_goodbye(f, p - 16, c, side);
}

static void write_media(const char *path)
{
	load_media m = {.calls = CALLS, .packets = PACKETS};
	FILE *f = fopen(path, "wb");

	load_media_make(&m, NULL, BEGIN_S);
	if (!f || fwrite(m.pcap, LOAD_PCAP_HEAD, 1, f) != 1)
		load_die("%s: cannot be written", path);
	for (unsigned i = 0; i < PACKETS; i++)
		for (unsigned c = 0; c < CALLS; c++)
			for (int s = CALL_CALLER; s <= CALL_CALLEE; s++)
				write_party(f, &m, c, s, i);
	if (fclose(f) != 0)
		load_die("%s: cannot be written", path);
	load_media_free(&m);
}

static JsonNode *replay(const load_rig *r)
{
	g_autofree char *sig = load_rig_path(r, "signalling.txt");
	g_autofree char *pcap = load_rig_path(r, "edge.pcap");
	g_autofree char *out = load_rig_path(r, "out");
	g_autofree char *json = NULL;
	char *argv[] = {r->program, (char *)(uintptr_t)"replay",
			(char *)(uintptr_t)"--json", (char *)(uintptr_t)"-s",
			sig, (char *)(uintptr_t)"-m", pcap,
			(char *)(uintptr_t)"-o", out, NULL};
	JsonNode *root;

	write_signalling(sig);
	write_media(pcap);
	if (!g_spawn_sync(NULL, argv, NULL, G_SPAWN_STDERR_TO_DEV_NULL, NULL,
			  NULL, &json, NULL, NULL, NULL) ||
	    !(root = json_from_string(json, NULL)) ||
	    !JSON_NODE_HOLDS_ARRAY(root))
		load_die("the replay says nothing");
	return root;
}

static JsonObject *sidecar_of(JsonNode *all, unsigned call)
{
	g_autofree char *id = g_strdup_printf("AF9Ab1909x%ux", call);
	JsonArray *a = json_node_get_array(all);

	for (guint i = 0; i < json_array_get_length(a); i++) {
		JsonObject *o = json_array_get_object_element(a, i);
		JsonObject *c = json_object_get_object_member(o, "call");

		if (g_str_has_suffix(json_object_get_string_member(
					     c, "call_id"), id))
			return o;
	}
	load_die("call %u is not in the replay", call);
}

static bool as_it_was(JsonNode *all, unsigned n)
{
	const struct ending *e = &endings[n];
	JsonObject *o = sidecar_of(all, n);
	const char *outcome = json_object_get_string_member(o, "outcome");
	const char *why = json_object_get_string_member(o, "why");
	const bool ok = !strcmp(outcome, e->outcome) && !strcmp(why, e->why);

	printf("%sok %u - %s is to be seen: %s\n", ok ? "" : "not ", n + 1,
	       e->what, e->outcome);
	if (!ok)
		printf("# %s, %s\n", outcome, why);
	return ok;
}

int main(void)
{
	unsigned bad = 0;
	JsonNode *all;
	load_rig rig;

	load_rig_open(&rig, "lo", "wav");
	all = replay(&rig);
	for (unsigned n = 0; n < CALLS; n++)
		bad += !as_it_was(all, n);
	printf("1..%u\n", (unsigned)CALLS);
	json_node_unref(all);
	load_rig_close(&rig);
	return bad != 0;
}
