/* A capture that is silent while a call ends, for longer than a dead one is
 * waited for: it stands still, or its worker is dead and its supervisor stands
 * still, or all of it is dead and its rings are kept for the next one. What it
 * comes back to and writes belongs into the file. From one that is gone with
 * its rings nothing comes any more, and the call says so. All at once, each
 * with a recorder of its own, on one wire. Needs root, for a network namespace
 * of its own. Speaks TAP. */
#include <json-glib/json-glib.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/fdstore.h"
#include "tests/load/front_end.h"
#include "tests/load/talk.h"
#include "tests/load/yard.h"

enum {
	PACKETS = 150,		/* of each party */
	SILENT = 75,		/* capture, behind so many */
	AWAY_S = 40,		/* from then on */
	LAST_S = 30,		/* then for the rows */
};

typedef enum fate {
	STANDS,
	PCAP,		/* stands: one process, without rings of ours */
	WORKER_DIES,
	KEPT,
	GONE,
	FATES
} fate;

static const struct {
	const char *of;
	cat_outcome outcome;
	const char *reason;
} want[FATES] = {
	[STANDS] = {"it stands still", CAT_RECORDED, ""},
	[PCAP] = {"it uses libpcap and stands still", CAT_RECORDED, ""},
	[WORKER_DIES] = {"its worker is dead, and nobody makes another",
			 CAT_RECORDED, ""},
	[KEPT] = {"it is dead, and its rings are kept", CAT_RECORDED, ""},
	[GONE] = {"it is gone", CAT_PARTIAL, "capture was away from "},
};

typedef struct scene {
	load_rig rig;
	load_fe *fe;
	fdkeeper *keeper;
	pid_t capture, tap, render;
	cat_db *db;
} scene;

typedef struct stage {
	scene scene[FATES];
	load_media m;
	int out;
	load_score score;
} stage;

/* As `edgetape run` starts it. */
static void start_capture(scene *s)
{
	char **env = fdkeeper_environment(s->keeper);

	s->capture = fork();
	if (s->capture)
		return;
	load_rig_become(&s->rig, "capture");
	fdkeeper_hand_over(s->keeper);
	execle(s->rig.program, s->rig.program, "capture", "-c", s->rig.conf,
	       NULL, env);
	_exit(127);
}

static void use_pcap(const scene *s)
{
	g_autofree char *dropins = g_strconcat(s->rig.conf, ".d", NULL);
	g_autofree char *more = g_build_filename(dropins, "more.conf", NULL);

	g_mkdir_with_parents(dropins, 0755);
	if (!g_file_set_contents(more, "[capture]\nbackend=pcap\n", -1, NULL))
		load_die("%s: cannot be written", more);
}

static void open_scene(scene *s, fate f)
{
	load_rig_open(&s->rig, "edge0", "wav");
	if (f == PCAP)
		use_pcap(s);
	if (f == KEPT) {
		s->keeper = fdkeeper_new(NULL);
		start_capture(s);
	} else {
		s->capture = load_rig_start(&s->rig, "capture");
	}
	s->tap = load_rig_start(&s->rig, "tap");
	s->render = load_rig_start(&s->rig, "render");
}

static void await_scene(scene *s)
{
	g_autofree char *path = load_rig_path(&s->rig, "catalog/catalog.db");

	load_rig_await_tap(&s->rig);
	s->fe = load_fe_new(&s->rig);
	s->db = cat_open(path, NULL);
	if (!s->db)
		load_die("%s: no catalog", path);
}

static void close_scene(scene *s, fate f)
{
	if (f != GONE)
		load_rig_stop(s->capture);
	load_rig_stop(s->tap);
	load_rig_stop(s->render);
	cat_close(s->db);
	load_fe_free(s->fe);
	fdkeeper_free(s->keeper);
	load_rig_close(&s->rig);
}

static void tell(stage *g, load_step step)
{
	for (unsigned n = 0; n < FATES; n++) {
		g_autofree char *m = load_talk(n, step);

		if (load_fe_ask(g->scene[n].fe, m) < 0)
			load_die("the tap has gone");
	}
}

static void silence(scene *s, fate f)
{
	switch (f) {
	case STANDS:
		kill(s->capture, SIGSTOP);
		kill(load_yard_worker(s->capture), SIGSTOP);
		break;
	case PCAP:
		kill(s->capture, SIGSTOP);
		break;
	case WORKER_DIES:
		kill(s->capture, SIGSTOP);
		kill(load_yard_worker(s->capture), SIGKILL);
		break;
	case KEPT:
		fdkeeper_hear(s->keeper, s->capture);
		if (!fdkeeper_count(s->keeper))
			load_die("the rings are not kept");
		kill(s->capture, SIGKILL);
		waitpid(s->capture, NULL, 0);
		break;
	case GONE:
		kill(s->capture, SIGKILL);
		waitpid(s->capture, NULL, 0);
		break;
	case FATES:
		break;
	}
}

static void bring_back(scene *s, fate f)
{
	switch (f) {
	case STANDS:
		kill(load_yard_worker(s->capture), SIGCONT);
		kill(s->capture, SIGCONT);
		break;
	case PCAP:
	case WORKER_DIES:
		kill(s->capture, SIGCONT);
		break;
	case KEPT:
		start_capture(s);
		break;
	case GONE:
	case FATES:
		break;
	}
}

static void speak(stage *g)
{
	const double begun = load_now_s();

	for (unsigned i = 0; i < PACKETS; i++) {
		load_sleep_until(begun + i * LOAD_PACKET_MS / 1000.0);
		for (unsigned n = 0; n < FATES; n++)
			for (int side = 0; side < 2; side++)
				load_yard_send(g->out, load_media_frame(
						&g->m, n, (call_side)side, i));
		for (unsigned n = 0; i == SILENT && n < FATES; n++)
			silence(&g->scene[n], (fate)n);
	}
}

static bool is_done(const scene *s, unsigned n)
{
	g_autoptr(cat_entry) e = load_yard_row(s->db, n);

	return e && e->outcome != CAT_PENDING;
}

static void await(const stage *g, unsigned first, int seconds)
{
	bool all = false;

	for (int i = 0; i < 10 * seconds && !all; i++) {
		all = true;
		for (unsigned n = first; n < FATES; n++)
			all &= is_done(&g->scene[n], n);
		g_usleep(100000);
	}
}

/* Packets in the file. A new worker may write again what the dead one wrote, so
 * what capture counts is more. */
static int64_t heard(const cat_entry *e)
{
	JsonNode *root = NULL;
	g_autofree char *text = NULL;
	JsonArray *streams;
	int64_t n = 0;

	if (!e->sidecar || !g_file_get_contents(e->sidecar, &text, NULL, NULL))
		return 0;
	root = json_from_string(text, NULL);
	if (!root)
		return 0;
	streams = json_object_get_array_member(json_node_get_object(root),
					       "streams");
	for (guint i = 0; i < json_array_get_length(streams); i++)
		n += json_object_get_int_member(
			json_array_get_object_element(streams, i), "packets");
	json_node_unref(root);
	return n;
}

static void judge(stage *g, fate f)
{
	g_autoptr(cat_entry) e = load_yard_row(g->scene[f].db, f);
	const int64_t n = e ? heard(e) : 0;
	const char *why = e && e->reason ? e->reason : "-";
	g_autofree char *what = g_strdup_printf(
		"%s: %s%s", want[f].of, cat_outcome_name(want[f].outcome),
		f == GONE ? ", and why" : ", and every packet");
	const bool ok = e && e->outcome == want[f].outcome &&
			strstr(why, want[f].reason) &&
			(f == GONE ? n > SILENT : n == 2 * PACKETS);

	load_score_say(&g->score, ok, what);
	if (!ok)
		printf("# row: %s, %s; %d packets\n",
		       e ? cat_outcome_name(e->outcome) : "-", why, (int)n);
}

static void perform(stage *g)
{
	double back;

	for (load_step step = LOAD_INVITE; step <= LOAD_ACK; step++)
		tell(g, step);
	speak(g);
	back = load_now_s() + AWAY_S;
	tell(g, LOAD_BYE);
	await(g, GONE, AWAY_S);
	load_score_say(&g->score, is_done(&g->scene[GONE], GONE),
		       "of one that is gone nobody waits for a return");
	load_sleep_until(back);
	for (unsigned n = 0; n < FATES; n++)
		bring_back(&g->scene[n], (fate)n);
	await(g, 0, LAST_S);
	for (unsigned n = 0; n < FATES; n++)
		judge(g, (fate)n);
}

int main(void)
{
	stage g = {.m = {.calls = FATES, .packets = PACKETS}};

	g.out = load_yard_open();
	if (g.out < 0)
		return 0;
	load_media_make(&g.m, NULL, 0);
	for (unsigned n = 0; n < FATES; n++)
		open_scene(&g.scene[n], (fate)n);
	for (unsigned n = 0; n < FATES; n++)
		await_scene(&g.scene[n]);
	perform(&g);
	printf("1..%u\n", g.score.tests);
	for (unsigned n = 0; n < FATES; n++)
		close_scene(&g.scene[n], (fate)n);
	load_media_free(&g.m);
	return g.score.bad != 0;
}
