/* The ledger against the truth: calls of many kinds (answered, cancelled, busy,
 * forked, without media, one-sided, with packets missing), their messages and
 * packets doubled, delayed, out of order and long after their time, while the
 * roles are killed at random and started again. Then there
 * is one row for each call, and what it says is so. LEDGER_CALLS (50) calls,
 * LEDGER_SEED (1), LEDGER_KILLS=0 for none; what fails is told with the seed.
 * The keys of the calls are known here, so they are looked for in all that the
 * recorder left behind.
 * Of every call the row and how it ended have to be true. What is not asked
 * for is the sound of a call whose keys were still on their way to its journal
 * when the tap was killed (up to a second after a message): then RECORDED must
 * not be said of what is not whole, and no more. The same holds of one that
 * spoke while capture and its rings were dead.
 * Needs root, for a network namespace of its own. Speaks TAP. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "signaling_tap/tap.h"
#include "tests/load/canary.h"
#include "tests/load/front_end.h"
#include "tests/load/talk.h"
#include "tests/load/yard.h"

enum {
	TICK_MS = 20,
	PACKETS = 150,		/* of each party: 3 s */
	EVERY_TICKS = 5,	/* a new call */
	KILL_TICKS = 60,	/* on average, between two kills */
	ANSWER_TICKS = 10,
	PATIENCE_S = 120,	/* without a message that a tap took */
	LAST_S = 40,		/* for one row more */
	CUT_TICKS = 50,
	LATE_TICKS = 100,	/* 2 s: a message that took its time */
	STALE_TICKS = 400,	/* 8 s: behind one that failed, too */
	COPIES_S = 25,		/* a copy that is older is no copy any more */
	REORDER_TICKS = 15,	/* 300 ms; missing is what 500 do not bring */
	ROLES = 3,
	TAP = 1,
	RENDER = 2,
};

#define AT_ONCE 0.03	/* of the verdicts: the tap dies right behind them */

typedef enum kind {
	FULL,
	LOSSY,			/* some packets never reach the edge */
	ONE_SIDED,
	SILENT,			/* answered, no media */
	CANCELLED,
	BUSY,
	FORKED,			/* two phones; the other one's ringing comes
				 * again in mid-call, perhaps to a new tap */
	KINDS,
} kind;

static const char *const kind_name[KINDS] = {
	"full", "lossy", "one-sided", "silent", "cancelled", "busy", "forked"};
static const char *const roles[ROLES] = {"capture", "tap", "render"};

typedef struct call {
	kind kind;
	unsigned due;		/* tick of its next message */
	load_step next;		/* LOAD_STEPS: it is over */
	unsigned sent;		/* packets' place, of each party */
	unsigned missing;	/* packets left out on purpose */
	bool passed;		/* the tap would not record it */
	bool excused;		/* capture died while it spoke */
	unsigned told;		/* tick of its last message */
	load_step tried;	/* the step that was tried last ... */
	double tried_s;		/* ... and since when: a tap may have taken it
				 * and died without a word */
	bool cut;		/* the tap died right after a message */
	bool swapped;		/* its ACK is told before its 200 */
	bool answered;		/* the 200 is told */
	bool struck;		/* the tap was killed for its ringing */
	unsigned ends;		/* tick at which it hangs up */
	unsigned stale;		/* tick at which an old message comes again */
	bool haunted;		/* the tap was killed for that message */
} call;

/* A packet that is late. */
typedef struct straggler {
	unsigned due, n, i;
	call_side side;
} straggler;

typedef struct campaign {
	load_rig rig;
	load_fe *fe;
	load_media m;
	pid_t role[ROLES];
	int out;
	call *call;
	GArray *late;		/* of straggler */
	unsigned calls, kills, deaths;
	double told_s;		/* when a tap last took a message */
	unsigned untold;	/* copies that would have come too late */
	GRand *rand;
	load_score score;
} campaign;

static bool chance(campaign *p, double of)
{
	return g_rand_double(p->rand) < of;
}

/* ---- deaths ---- */

static pid_t child_of(pid_t p)
{
	g_autofree char *path = g_strdup_printf("/proc/%d/task/%d/children", p,
						p);
	g_autofree char *text = NULL;

	if (!g_file_get_contents(path, &text, NULL, NULL) || !*text)
		return 0;
	return (pid_t)g_ascii_strtoll(text, NULL, 10);
}

static void excuse_all(campaign *p)
{
	for (unsigned n = 0; n < p->calls; n++)
		p->call[n].excused |= p->call[n].answered &&
				      p->call[n].next != LOAD_STEPS;
}

/* The keys told last may not be written yet. */
static void cut_all(campaign *p, unsigned tick)
{
	for (unsigned n = 0; n < p->calls; n++) {
		call *c = &p->call[n];

		c->cut |= c->told && tick + 1 - c->told < CUT_TICKS;
	}
}

static void kill_role(campaign *p, int i, unsigned tick)
{
	p->kills++;
	if (i == 0)
		excuse_all(p);
	if (i == TAP)
		cut_all(p, tick);
	kill(p->role[i], SIGKILL);
	waitpid(p->role[i], NULL, 0);
	g_usleep(20000);
	p->role[i] = load_rig_start(&p->rig, roles[i]);
}

/* The worker of capture loses nothing; its supervisor is started here without
 * anybody who keeps its rings. */
static void kill_one(campaign *p, unsigned tick)
{
	int i = g_rand_int_range(p->rand, 0, ROLES + 1);
	pid_t worker = child_of(p->role[0]);

	if (i == ROLES) {
		p->kills += worker != 0;
		if (worker)
			kill(worker, SIGKILL);
		return;
	}
	kill_role(p, i, tick);
}

/* ---- signalling ---- */

/* False: the tap is not there; a proxy would send it again. */
static bool tell(campaign *p, unsigned n, load_step step)
{
	g_autofree char *m = load_talk(n, step);
	int verdict = -1;

	if (!p->fe)
		p->fe = load_fe_try_new(&p->rig);
	if (p->fe)
		verdict = load_fe_ask(p->fe, m);
	if (verdict < 0 && p->fe) {
		load_fe_free(p->fe);
		p->fe = NULL;
	}
	if (step == LOAD_INVITE && p->call[n].next == LOAD_INVITE)
		p->call[n].passed = verdict == TAP_PASS;
	return verdict >= 0;
}

static load_step after_invite(const call *c)
{
	switch (c->kind) {
	case CANCELLED:
		return LOAD_CANCEL;
	case BUSY:
		return LOAD_BUSY;
	case FORKED:
		return LOAD_RINGING;
	case FULL:
	case LOSSY:
	case ONE_SIDED:
	case SILENT:
	case KINDS:
		break;
	}
	return c->swapped ? LOAD_ACK : LOAD_OK;
}

static load_step after(const call *c, load_step step)
{
	switch (step) {
	case LOAD_INVITE:
		return after_invite(c);
	case LOAD_RINGING:
		return c->answered ? LOAD_BYE : LOAD_OK;
	case LOAD_OK:
		return c->swapped ? LOAD_BYE : LOAD_ACK;
	case LOAD_ACK:
		if (!c->answered)
			return LOAD_OK;
		return c->kind == FORKED ? LOAD_RINGING : LOAD_BYE;
	case LOAD_CANCEL:
		return LOAD_CANCELLED;
	case LOAD_BYE:
	case LOAD_CANCELLED:
	case LOAD_BUSY:
	case LOAD_STEPS:
		break;
	}
	return LOAD_STEPS;
}

/* Its media may flow. */
static bool is_up(const call *c)
{
	return c->answered && (c->next == LOAD_BYE || c->next == LOAD_RINGING);
}

static unsigned roll(campaign *p, unsigned from, unsigned to)
{
	return (unsigned)g_rand_int_range(p->rand, (int)from, (int)to);
}

static void note_told(campaign *p, call *c, unsigned tick)
{
	c->told = tick + 1;
	p->told_s = load_now_s();
}

static void go_on(campaign *p, call *c, load_step step, unsigned tick)
{
	note_told(p, c, tick);
	c->answered |= step == LOAD_OK;
	c->next = after(c, step);
	c->due = tick + ANSWER_TICKS + roll(p, 0, 9);
	if (step == LOAD_OK)
		c->due = tick + 1;
	if (is_up(c) && !c->ends)
		c->ends = tick + PACKETS + 10;
	if (c->next == LOAD_RINGING && c->answered)
		c->due = tick + PACKETS / 2;
	if (c->next == LOAD_BYE)
		c->due = c->ends;
	if (chance(p, 0.05))
		c->due += roll(p, 1, LATE_TICKS);
	if (c->next == LOAD_STEPS && chance(p, 0.2))
		c->stale = tick + roll(p, 5, STALE_TICKS);
}

/* A copy that took a longer way: it says nothing new, to a tap that was started
 * since neither. */
static void repeat(campaign *p, unsigned n, unsigned tick)
{
	call *c = &p->call[n];

	if (tick < c->stale)
		return;
	/* On a slow machine ticks are longer, and 64*T1 is not. */
	if (load_now_s() - c->tried_s > COPIES_S) {
		c->stale = 0;
		p->untold++;
		return;
	}
	if (p->deaths && !c->haunted && chance(p, 0.5))
		kill_role(p, TAP, tick);
	c->haunted = true;
	if (tell(p, n, c->kind == FORKED ? LOAD_RINGING
		       : c->answered	 ? LOAD_OK
					 : LOAD_INVITE))
		c->stale = 0;
}

/* The tap that hears again of the phone that lost is another one. */
static void strike(campaign *p, call *c, load_step step, unsigned tick)
{
	if (step != LOAD_RINGING || !c->answered || c->struck || !p->deaths)
		return;
	c->struck = true;
	if (chance(p, 0.5))
		kill_role(p, TAP, tick);
}

static void speak_up(campaign *p, unsigned n, unsigned tick)
{
	call *c = &p->call[n];
	load_step step = c->next;

	if (c->stale)
		repeat(p, n, tick);
	if (step == LOAD_STEPS || tick < c->due)
		return;
	if (c->tried != step)
		c->tried_s = load_now_s();
	c->tried = step;
	strike(p, c, step, tick);
	if (!tell(p, n, step))
		return;
	note_told(p, c, tick);
	if (p->deaths && chance(p, AT_ONCE))
		kill_role(p, TAP, tick);	/* it had said so: it holds */
	if (chance(p, 0.3) && !tell(p, n, step))	/* doubled */
		return;
	go_on(p, c, step, tick);
}

/* ---- media ---- */

static bool left_out(campaign *p, const call *c, unsigned i)
{
	/* The first and the last are there, so that every loss is a gap. */
	return c->kind == LOSSY && i > 5 && i < PACKETS - 5 &&
	       chance(p, 0.05);
}

static void send_one(campaign *p, unsigned n, call_side side, unsigned i)
{
	const uint8_t *f = load_media_frame(&p->m, n, side, i);

	for (int times = chance(p, 0.1) ? 2 : 1; times; times--)
		load_yard_send(p->out, f);
}

static void send_late(campaign *p, unsigned tick)
{
	for (guint k = p->late->len; k-- > 0;) {
		const straggler h = g_array_index(p->late, straggler, k);

		if (tick < h.due)
			continue;
		g_array_remove_index_fast(p->late, k);
		send_one(p, h.n, h.side, h.i);
	}
}

/* Out of order, but before anybody gives it up. */
static void send_some_day(campaign *p, unsigned n, call_side side, unsigned i,
			  unsigned tick)
{
	const straggler h = {tick + roll(p, 1, REORDER_TICKS), n, i, side};

	if (chance(p, 0.03))
		g_array_append_val(p->late, h);
	else
		send_one(p, n, side, i);
}

static void send_media(campaign *p, unsigned n, unsigned tick)
{
	call *c = &p->call[n];
	bool talks = is_up(c) && !c->passed && c->kind != SILENT;

	if (!talks || c->sent == PACKETS)
		return;
	for (int side = 0; side < (c->kind == ONE_SIDED ? 1 : 2); side++) {
		if (left_out(p, c, c->sent))
			c->missing++;
		else
			send_some_day(p, n, (call_side)side, c->sent, tick);
	}
	c->sent++;
}

static bool all_over(const campaign *p)
{
	for (unsigned n = 0; n < p->calls; n++)
		if (p->call[n].next != LOAD_STEPS || p->call[n].stale)
			return false;
	return !p->late->len;
}

static void plan(campaign *p)
{
	p->call = g_new0(call, p->calls + 1);	/* and the last one */
	p->late = g_array_new(FALSE, FALSE, sizeof(straggler));
	for (unsigned n = 0; n < p->calls; n++) {
		unsigned r = roll(p, 0, 11);

		p->call[n].kind = r < 4 ? FULL : r < 6 ? LOSSY : r - 4;
		p->call[n].due = n * EVERY_TICKS;
		p->call[n].swapped = chance(p, 0.1);
		p->call[n].tried = LOAD_STEPS;
	}
}

static void perform(campaign *p)
{
	const double begun = p->told_s = load_now_s();

	for (unsigned tick = 0; !all_over(p); tick++) {
		load_sleep_until(begun + tick * TICK_MS / 1000.0);
		for (unsigned n = 0; n < p->calls; n++) {
			if (tick < n * EVERY_TICKS)
				break;
			send_media(p, n, tick);
			speak_up(p, n, tick);
		}
		send_late(p, tick);
		if (p->deaths && chance(p, 1.0 / KILL_TICKS))
			kill_one(p, tick);
		if (load_now_s() - p->told_s > PATIENCE_S)
			load_die("the calls do not end");
	}
}

/* ---- the truth ---- */

static unsigned settled(const campaign *p, cat_db *db)
{
	unsigned all = 0;

	for (unsigned n = 0; n < p->calls; n++) {
		g_autoptr(cat_entry) e = load_yard_row(db, n);

		all += e && e->outcome != CAT_PENDING;
	}
	return all;
}

/* As long as there are more from time to time. */
static void await_rows(campaign *p, cat_db *db)
{
	unsigned most = 0;

	for (int i = 0; i < LAST_S && most < p->calls; i++) {
		unsigned n = settled(p, db);

		if (n > most)
			i = 0;
		most = MAX(n, most);
		if (most < p->calls)
			g_usleep(1000000);
	}
}

static int64_t gap_packets(const cat_entry *e)
{
	int64_t n = 0;

	for (guint i = 0; e->gaps && i < e->gaps->len; i++)
		n += g_array_index(e->gaps, cat_gap, i).packets;
	return n;
}

/* What is wrong with the row; NULL: it is true. */
static const char *lie(const call *c, const cat_entry *e)
{
	bool whole = c->kind == FULL || c->kind == FORKED;
	bool heard = whole || c->kind == LOSSY || c->kind == ONE_SIDED;

	if (!e)
		return "it has no row";
	if (e->outcome == CAT_PENDING)
		return "its outcome stays open";
	if (c->kind == CANCELLED && e->end != CAT_END_CANCELLED)
		return "it was cancelled";
	if (c->kind == BUSY && e->end != CAT_END_UNANSWERED)
		return "it was not answered";
	if (c->kind != CANCELLED && c->kind != BUSY && e->end != CAT_END_BYE)
		return "it ended by BYE";
	if (!heard || c->passed)
		return e->outcome == CAT_NOT_RECORDED
			       ? NULL : "nothing of it was recorded";
	if (c->excused || c->cut)
		return e->outcome == CAT_RECORDED &&
				       (c->missing || c->kind == ONE_SIDED)
			       ? "packets are missing" : NULL;
	if (whole && e->outcome != CAT_RECORDED)
		return "all of it was there";
	if (c->kind == ONE_SIDED)
		return e->outcome == CAT_PARTIAL ? NULL : "a side is missing";
	if (c->missing && e->outcome != CAT_PARTIAL)
		return "packets are missing";
	return gap_packets(e) == c->missing ? NULL
					    : "its gaps are not the truth";
}

static void compare(campaign *p)
{
	g_autofree char *path = load_rig_path(&p->rig, "catalog/catalog.db");
	g_autoptr(GError) err = NULL;
	g_autoptr(cat_db) db = cat_open(path, &err);
	const cat_query all = {.limit = 1000000};
	g_autoptr(GPtrArray) rows = NULL;
	unsigned lies = 0;

	if (!db)
		load_die("%s", err->message);
	await_rows(p, db);
	for (unsigned n = 0; n < p->calls; n++) {
		const call *c = &p->call[n];
		g_autoptr(cat_entry) e = load_yard_row(db, n);
		const char *what = lie(c, e);

		if (!what)
			continue;
		lies++;
		printf("# call %u (%s%s%s%s, %u left out): %s; row: %s, %s, "
		       "%s, %d packets in gaps\n", n, kind_name[c->kind],
		       c->passed ? ", passed" : "",
		       c->excused ? ", excused" : "",
		       c->cut ? ", cut" : "", c->missing, what,
		       e ? cat_outcome_name(e->outcome) : "-",
		       e ? cat_end_name(e->end) : "-",
		       e && e->reason ? e->reason : "-",
		       e ? (int)gap_packets(e) : 0);
	}
	rows = cat_ledger_search(db, &all, NULL);
	load_score_say(&p->score, lies == 0,
		       "every call has a row that is true");
	load_score_say(&p->score, rows && rows->len == p->calls,
		       "and no row is of no call");
}

/* ---- the keys ---- */

static void plant(campaign *p, const canary *c, const char *text,
		  const char *what)
{
	g_autofree char *path = load_rig_path(&p->rig, "spool/planted");
	g_autofree char *said = g_strdup_printf("one that is planted %s is "
						"found", what);

	g_file_set_contents(path, text, -1, NULL);
	load_score_say(&p->score, canary_files(c, p->rig.dir) == 1, said);
	unlink(path);
}

static void plant_all(campaign *p, const canary *c, unsigned n)
{
	static const char *const what[] = {"in base64", "in base64 behind one "
					   "octet", "in base64 behind two"};
	uint8_t blob[40] = {'x', 'y'};
	GString *hex = g_string_new("key ");

	load_key(n, CALL_CALLEE, blob + 2);
	for (int i = 0; i < 3; i++) {
		g_autofree char *b64 = g_base64_encode(blob + 2 - i, 30 + i);

		plant(p, c, b64, what[i]);
	}
	for (int i = 2; i < 32; i++)
		g_string_append_printf(hex, "%02X", blob[i]);
	plant(p, c, hex->str, "in hex");
	g_string_free(hex, TRUE);
}

static void look_at_rest(campaign *p)
{
	unsigned calls = MIN(p->calls, 50);
	canary *c = canary_new(0, calls);
	bool shown = false;

	load_score_say(&p->score, canary_files(c, p->rig.dir) == 0,
	       "no key of a call stands in any file");
	for (int i = 0; i < ROLES; i++)
		shown |= canary_shown(c, p->role[i]);
	load_score_say(&p->score, !shown,
		       "nor in an environment or a command line");
	plant_all(p, c, calls - 1);
	canary_free(c);
}

/* A call that nobody ends: its keys are in memory. */
static canary *begin_last(campaign *p)
{
	canary *c = canary_new(p->calls, 1);
	bool held = false;

	for (load_step s = LOAD_INVITE; s <= LOAD_ACK; s++)
		for (int i = 0; i < LAST_S && !tell(p, p->calls, s); i++)
			g_usleep(1000000);
	for (int i = 0; i < 10 * LAST_S && !held; i++) {
		g_usleep(100000);
		held = canary_alive(c, p->role[RENDER]);
	}
	load_score_say(&p->score, held,
		       "render holds the keys of a call in progress");
	return c;
}

static void look_into_cores(campaign *p, const canary *c)
{
	pid_t open = canary_careless(p->calls, p->rig.dir);
	bool seen;

	g_usleep(200000);
	seen = canary_core(c, open, p->rig.dir) == 1;
	for (int i = 0; i < ROLES; i++) {
		g_autofree char *what = g_strdup_printf(
			"no core that a debugger makes of %s holds them%s",
			roles[i], seen ? "" : " # SKIP gcore makes none here");

		load_score_say(&p->score, !seen || !canary_core(c, p->role[i],
								p->rig.dir),
			       what);
	}
	kill(open, SIGKILL);
	waitpid(open, NULL, 0);
}

/* A role gives up its right to leave a core, which it had when it was started.
 * That none appears is then true whatever the kernel does; where Landlock hides
 * the directory none would anyhow, so the right is what is looked at. */
static void crash(campaign *p)
{
	pid_t open = canary_careless(p->calls, p->rig.dir);
	bool cores;

	load_score_say(&p->score, canary_may_dump(open),
		       "who does not give up its right to a core has it");
	for (int i = 0; i < ROLES; i++) {
		g_autofree char *what = g_strdup_printf(
			"%s and what it started have none", roles[i]);

		load_score_say(&p->score, !canary_may_dump(p->role[i]), what);
	}
	g_usleep(200000);
	cores = canary_dumps(open);
	for (int i = 0; i < ROLES; i++) {
		g_autofree char *what = g_strdup_printf(
			"%s leaves no core when it crashes%s", roles[i],
			cores ? "" : " # SKIP nobody does here");

		load_score_say(&p->score, !canary_dumps(p->role[i]), what);
		p->role[i] = 0;
	}
}

static void look_for_keys(campaign *p)
{
	canary *c;

	look_at_rest(p);
	c = begin_last(p);
	load_score_say(&p->score, canary_files(c, p->rig.dir) == 0,
		       "and no file does");
	look_into_cores(p, c);
	crash(p);
	canary_free(c);
}

int main(void)
{
	unsigned seed = load_env("LEDGER_SEED", 1);
	campaign p = {.calls = load_env("LEDGER_CALLS", 50),
		      .deaths = load_env("LEDGER_KILLS", 1)};

	canary_allow_cores();
	p.out = load_yard_open();
	if (p.out < 0)
		return 0;
	p.rand = g_rand_new_with_seed(seed);
	plan(&p);
	p.m = (load_media){.calls = p.calls, .packets = PACKETS};
	load_media_make(&p.m, NULL, 0);
	load_rig_open(&p.rig, "edge0", "wav");
	p.rig.verbose = true;	/* no key in any of it */
	for (int i = 0; i < ROLES; i++)
		p.role[i] = load_rig_start(&p.rig, roles[i]);
	load_rig_await_tap(&p.rig);
	perform(&p);
	printf("# seed %u: %u calls, %u kills; %u copies were not sent, this "
	       "machine is too slow\n", seed, p.calls, p.kills, p.untold);
	compare(&p);
	look_for_keys(&p);
	for (int i = 0; i < ROLES; i++)
		if (p.role[i])
			load_rig_stop(p.role[i]);
	printf("1..%u\n", p.score.tests);
	if (p.fe)
		load_fe_free(p.fe);
	load_rig_close(&p.rig);
	load_media_free(&p.m);
	return p.score.bad != 0;
}
