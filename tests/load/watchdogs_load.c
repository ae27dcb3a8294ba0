/* What the watchdogs see: calls that are answered and silent, whose media stops
 * and comes back or does not, that no key opens, that have no relay; media of
 * no call, and a Front End that falls silent. Each alarm is set once, listed,
 * told to the hook and over when its cause is, except that those of single
 * events stand longer than this waits; and the ledger tells the truth of each
 * call. Needs root, for a network namespace of its own. Speaks TAP. */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "signaling_tap/tap.h"
#include "tests/load/front_end.h"
#include "tests/load/talk.h"
#include "tests/load/yard.h"

enum {
	TICK_MS = 20,
	TICKS_S = 1000 / TICK_MS,
	STOP = 2 * TICKS_S,	/* the media of two calls stops */
	LOOK = 27 * TICKS_S / 2,		/* all alarms are set */
	BACK = 14 * TICKS_S,		/* one's comes back */
	END = 17 * TICKS_S,
	LAST_S = 30,			/* for alarms to be over, and rows */
	ROLES = 3,
};

enum { HEALTHY, SILENT, STOPPED, BENT, RETURNS, NO_RELAY, CALLS,
       ORPHAN = CALLS, MEDIA };

static const char *const roles[ROLES] = {"capture", "tap", "render"};

typedef struct scene {
	load_rig rig;
	load_fe *fe;
	load_media m;
	pid_t role[ROLES];
	GPid watch;
	int out;
	char *hooked;
	cat_db *db;
	load_score score;
} scene;

/* ---- the recorder ---- */

static void write_file(const char *path, const char *text, mode_t mode)
{
	if (!g_file_set_contents(path, text, -1, NULL) || chmod(path, mode))
		load_die("%s: cannot be written", path);
}

static void configure(scene *s)
{
	g_autofree char *dropins = g_strconcat(s->rig.conf, ".d", NULL);
	g_autofree char *more = g_build_filename(dropins, "more.conf", NULL);
	g_autofree char *hook = load_rig_path(&s->rig, "hook");
	g_autofree char *text = g_strdup_printf(
		"[capture]\npre-roll=1\n[alarms]\nhook=%s\n", hook);
	g_autofree char *script = NULL;

	s->hooked = load_rig_path(&s->rig, "hooked");
	script = g_strdup_printf(
		"#!/bin/sh\necho \"$EDGETAPE_EVENT $EDGETAPE_ALARM "
		"$EDGETAPE_ABOUT\" >>%s\n", s->hooked);
	write_file(hook, script, 0755);
	g_mkdir_with_parents(dropins, 0755);
	write_file(more, text, 0644);
}

static void start(scene *s)
{
	char *argv[] = {s->rig.program, (char *)(uintptr_t)"alarms",
			(char *)(uintptr_t)"watch", (char *)(uintptr_t)"-c",
			s->rig.conf, NULL};

	for (int i = 0; i < ROLES; i++)
		s->role[i] = load_rig_start(&s->rig, roles[i]);
	if (!g_spawn_async(NULL, argv, NULL,
			   G_SPAWN_DO_NOT_REAP_CHILD |
				   G_SPAWN_STDERR_TO_DEV_NULL,
			   NULL, NULL, &s->watch, NULL))
		load_die("alarms watch does not start");
	load_rig_await_tap(&s->rig);
	s->fe = load_fe_new(&s->rig);
}

/* ---- calls ---- */

/* Without the lines that name a relay; Content-Length is told anew. */
static char *without_relay(const char *message)
{
	g_auto(GStrv) halves = g_strsplit(message, "\r\n\r\n", 2);
	g_auto(GStrv) lines = g_strsplit(halves[1], "\r\n", -1);
	g_autoptr(GString) body = g_string_new(NULL);
	char *length = strstr(halves[0], "Content-Length: ");

	for (char **l = lines; *l; l++)
		if (**l && !strstr(*l, " typ relay "))
			g_string_append_printf(body, "%s\r\n", *l);
	*length = '\0';
	return g_strdup_printf("%sContent-Length: %zu\r\n\r\n%s", halves[0],
			       body->len, body->str);
}

static void tell(scene *s, unsigned n, load_step step)
{
	g_autofree char *m = load_talk(n, step);
	g_autofree char *other = n == NO_RELAY && step == LOAD_INVITE
					 ? without_relay(m) : NULL;

	if (load_fe_ask(s->fe, other ? other : m) < 0)
		load_die("the tap has gone");
}

static bool speaks(unsigned n, unsigned i)
{
	switch (n) {
	case SILENT:
	case NO_RELAY:
		return false;
	case STOPPED:
		return i < STOP;
	case RETURNS:
		return i < STOP || i >= BACK;
	}
	return true;
}

static void send_one(scene *s, unsigned n, call_side side, unsigned i)
{
	uint8_t f[LOAD_FRAME];

	memcpy(f, load_media_frame(&s->m, n, side, i), LOAD_FRAME);
	if (n == BENT)
		f[LOAD_FRAME - 1] ^= 1;		/* of the tag */
	load_yard_send(s->out, f);
}

static void send_all(scene *s, unsigned i)
{
	for (unsigned n = 0; n < MEDIA; n++)
		for (int side = 0; side < 2 && speaks(n, i); side++)
			send_one(s, n, (call_side)side, i);
}

/* ---- what is told ---- */

static char *listed(scene *s)
{
	char *argv[] = {s->rig.program, (char *)(uintptr_t)"alarms",
			(char *)(uintptr_t)"list", (char *)(uintptr_t)"--json",
			(char *)(uintptr_t)"-c", s->rig.conf, NULL};
	char *out = NULL;
	int status;

	if (!g_spawn_sync(NULL, argv, NULL, G_SPAWN_STDERR_TO_DEV_NULL, NULL,
			  NULL, &out, NULL, &status, NULL))
		load_die("alarms list does not start");
	return out;
}

/* How often the hook was told so. */
static unsigned told(const scene *s, const char *line)
{
	g_autofree char *text = NULL;
	unsigned n = 0;

	if (!g_file_get_contents(s->hooked, &text, NULL, NULL))
		return 0;
	for (char *p = text; (p = strstr(p, line)); p++)
		n += p == text || p[-1] == '\n';
	return n;
}

static const struct watchdog {
	const char *name;
	unsigned times;		/* that it is set */
	bool level;		/* over when its cause is */
} dogs[] = {
	{"no-media", 2, true},		/* SILENT and NO_RELAY */
	{"media-stopped", 2, true},	/* STOPPED and RETURNS */
	{"undecryptable", 1, true},
	{"front-end-silent", 1, true},
	{"orphan-media", 2, false},	/* two streams */
	{"no-relay", 1, false},
};

static unsigned told_of(const scene *s, const char *event, const char *name)
{
	g_autofree char *line = g_strdup_printf("%s %s ", event, name);

	return told(s, line);
}

static void look(scene *s)
{
	g_autofree char *json = listed(s);

	for (size_t i = 0; i < G_N_ELEMENTS(dogs); i++) {
		g_autofree char *word = g_strdup_printf("\"%s\"", dogs[i].name);
		g_autofree char *what = g_strdup_printf("%s is listed",
							dogs[i].name);

		load_score_say(&s->score, strstr(json, word), what);
	}
	load_score_say(&s->score, !told_of(s, "over", "media-stopped"),
		       "none is over yet");
}

static bool all_over(const scene *s)
{
	for (size_t i = 0; i < G_N_ELEMENTS(dogs); i++)
		if (dogs[i].level && told_of(s, "over", dogs[i].name) <
					     dogs[i].times)
			return false;
	return true;
}

static void judge_alarms(scene *s)
{
	for (size_t i = 0; i < G_N_ELEMENTS(dogs); i++) {
		unsigned set = told_of(s, "set", dogs[i].name);
		unsigned over = told_of(s, "over", dogs[i].name);
		g_autofree char *what = g_strdup_printf(
			"%s: the hook is told %u times, and that it is over",
			dogs[i].name, dogs[i].times);

		if (!dogs[i].level)
			*strstr(what, ", and") = '\0';
		load_score_say(&s->score, set == dogs[i].times &&
				  (!dogs[i].level || over == set), what);
	}
}

/* ---- the ledger ---- */

static void judge_call(scene *s, unsigned n, cat_outcome outcome,
		       const char *reason)
{
	g_autoptr(cat_entry) e = load_yard_row(s->db, n);
	g_autofree char *what = g_strdup_printf(
		"call %u: %s%s%s", n, cat_outcome_name(outcome),
		*reason ? ", " : "", reason);
	bool ok = e && e->outcome == outcome &&
		  strstr(e->reason ? e->reason : "", reason);

	load_score_say(&s->score, ok, what);
	if (!ok)
		printf("# row: %s, %s\n",
		       e ? cat_outcome_name(e->outcome) : "-",
		       e && e->reason ? e->reason : "-");
}

/* 15 s of each party, from the third second on. */
static bool gap_is_named(scene *s)
{
	g_autoptr(cat_entry) e = load_yard_row(s->db, STOPPED);
	unsigned sides = 0;

	for (guint i = 0; e && e->gaps && i < e->gaps->len; i++) {
		const cat_gap *g = &g_array_index(e->gaps, cat_gap, i);

		if (!strcmp(g->cause, "media-stopped") &&
		    ABS(g->at_ms - 2000) < 1000 &&
		    ABS(g->length_ms - 15000) < 2000)
			sides |= 1u << g->side;
	}
	return sides == (1u << CAT_CALLER | 1u << CAT_CALLEE);
}

static bool all_judged(scene *s)
{
	for (unsigned n = 0; n < CALLS; n++) {
		g_autoptr(cat_entry) e = load_yard_row(s->db, n);

		if (!e || e->outcome == CAT_PENDING)
			return false;
	}
	return true;
}

static void judge_calls(scene *s)
{
	judge_call(s, HEALTHY, CAT_RECORDED, "");
	judge_call(s, SILENT, CAT_NOT_RECORDED, "no media crossed the relay");
	judge_call(s, STOPPED, CAT_PARTIAL,
		   "s, and the call went on");
	load_score_say(&s->score, gap_is_named(s),
		       "and how long, of which party");
	judge_call(s, BENT, CAT_NOT_RECORDED, "no packet authenticates");
	judge_call(s, RETURNS, CAT_PARTIAL,
		   "no media crossed the relay for 12 s");
	judge_call(s, NO_RELAY, CAT_NOT_RECORDED,
		   "the caller offered no relay candidate");
}

/* ---- */

static void perform(scene *s)
{
	double begun;

	for (unsigned n = 0; n < CALLS; n++) {
		tell(s, n, LOAD_INVITE);
		tell(s, n, LOAD_OK);
		tell(s, n, LOAD_ACK);
	}
	begun = load_now_s();
	for (unsigned i = 0; i < END; i++) {
		load_sleep_until(begun + i * TICK_MS / 1000.0);
		send_all(s, i);
		if (i == LOOK)
			look(s);
	}
	for (unsigned n = 0; n < CALLS; n++)
		tell(s, n, LOAD_BYE);
}

/* The Front End goes on speaking, and says what it has said. */
static void wind_up(scene *s)
{
	g_autofree char *path = load_rig_path(&s->rig, "catalog/catalog.db");
	g_autoptr(GError) err = NULL;

	s->db = cat_open(path, &err);
	if (!s->db)
		load_die("%s", err->message);
	for (int i = 0; i < LAST_S && !(all_over(s) && all_judged(s)); i++) {
		g_usleep(1000000);
		tell(s, HEALTHY, LOAD_BYE);
	}
	judge_alarms(s);
	judge_calls(s);
	cat_close(s->db);
}

int main(void)
{
	scene s = {.m = {.calls = MEDIA, .packets = END}};

	s.out = load_yard_open();
	if (s.out < 0)
		return 0;
	load_media_make(&s.m, NULL, 0);
	load_rig_open(&s.rig, "edge0", "wav");
	configure(&s);
	start(&s);
	perform(&s);
	wind_up(&s);
	printf("1..%u\n", s.score.tests);
	load_fe_free(s.fe);
	for (int i = 0; i < ROLES; i++)
		load_rig_stop(s.role[i]);
	load_rig_stop(s.watch);
	load_rig_close(&s.rig);
	load_media_free(&s.m);
	g_free(s.hooked);
	return s.score.bad != 0;
}
