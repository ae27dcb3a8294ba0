/* A call that is over, and nobody is left to tell capture: its worker died
 * before the BYE, and the tap that wrote the end in the journal died before the
 * next worker came. Neither party's media takes leave. All packets are there,
 * so the call is whole. Needs root, for a network namespace of its own. Speaks
 * TAP. */
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>

#include "tests/load/front_end.h"
#include "tests/load/talk.h"
#include "tests/load/yard.h"

enum {
	PACKETS = 150,		/* of each party */
	DEATH = 75,		/* of the worker, behind so many */
	PAUSE_MS = 300,		/* between the last packet and the BYE */
	PATIENCE = 300,		/* tenths of a second */
};

typedef struct scene {
	load_rig rig;
	load_media m;
	pid_t capture, tap, render;
	int out;
} scene;

static void speak(scene *s)
{
	const double begun = load_now_s();

	for (unsigned i = 0; i < PACKETS; i++) {
		load_sleep_until(begun + i * LOAD_PACKET_MS / 1000.0);
		for (int side = 0; side < 2; side++)
			load_yard_send(s->out, load_media_frame(
					&s->m, 0, (call_side)side, i));
		if (i != DEATH)
			continue;
		/* The supervisor holds the rings, but starts nobody. */
		kill(s->capture, SIGSTOP);
		kill(load_yard_worker(s->capture), SIGKILL);
	}
	g_usleep(PAUSE_MS * 1000);
}

static void tell(load_fe *fe, load_step step)
{
	g_autofree char *m = load_talk(0, step);

	if (load_fe_ask(fe, m) < 0)
		load_die("the tap has gone");
}

/* Until the ledger has its end, or an outcome. */
static cat_entry *await_row(cat_db *db, bool outcome)
{
	for (int i = 0; i < PATIENCE; i++) {
		cat_entry *e = load_yard_row(db, 0);

		if (e && (outcome ? e->outcome != CAT_PENDING
				  : e->end == CAT_END_BYE))
			return e;
		cat_entry_free(e);
		g_usleep(100000);
	}
	return NULL;
}

static cat_entry *perform(scene *s)
{
	g_autofree char *path = load_rig_path(&s->rig, "catalog/catalog.db");
	g_autoptr(cat_entry) ended = NULL;
	g_autoptr(cat_db) db = NULL;
	load_fe *fe = load_fe_new(&s->rig);
	cat_entry *e;

	for (load_step step = LOAD_INVITE; step <= LOAD_ACK; step++)
		tell(fe, step);
	speak(s);
	tell(fe, LOAD_BYE);
	db = cat_open(path, NULL);
	if (!db || !(ended = await_row(db, false)))
		load_die("the call does not end");
	kill(s->tap, SIGKILL);
	waitpid(s->tap, NULL, 0);
	kill(s->capture, SIGCONT);
	e = await_row(db, true);
	load_fe_free(fe);
	return e;
}

int main(void)
{
	scene s = {.m = {.calls = 1, .packets = PACKETS}};
	load_score score = {0};
	g_autoptr(cat_entry) e = NULL;

	s.out = load_yard_open();
	if (s.out < 0)
		return 0;
	load_media_make(&s.m, NULL, 0);
	load_rig_open(&s.rig, "edge0", "wav");
	s.capture = load_rig_start(&s.rig, "capture");
	s.tap = load_rig_start(&s.rig, "tap");
	s.render = load_rig_start(&s.rig, "render");
	load_rig_await_tap(&s.rig);
	e = perform(&s);
	load_score_say(&score, e && e->outcome == CAT_RECORDED,
		       "capture never heard that it is over, and it is whole");
	if (e)
		printf("# %s, %s\n", cat_outcome_name(e->outcome),
		       e->reason ? e->reason : "-");
	printf("1..%u\n", score.tests);
	load_rig_stop(s.capture);
	load_rig_stop(s.render);
	load_rig_close(&s.rig);
	load_media_free(&s.m);
	return score.bad != 0;
}
