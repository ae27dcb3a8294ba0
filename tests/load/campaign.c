#include "tests/load/campaign.h"

#include <signal.h>
#include <stdatomic.h>
#include <sys/wait.h>

#include "signaling_tap/tap.h"

enum {
	EVERY_TICKS = 5,	/* a new call */
	KILL_TICKS = 60,	/* on average, between two kills */
	ANSWER_TICKS = 10,
	PATIENCE_S = 120,	/* without a message that a tap took */
	CUT_TICKS = 50,
	LATE_TICKS = 100,	/* 2 s: a message that took its time */
	STALE_TICKS = 400,	/* 8 s: behind one that failed, too */
	COPIES_S = 25,		/* a copy that is older is no copy any more */
	REORDER_TICKS = 15,	/* 300 ms; missing is what 500 do not bring */
};

/* Longer a Front End does not wait for a verdict, or for a heartbeat. */
#define DEADLINE_S 1.0
#define LAG_S 0.15
#define AT_ONCE 0.03	/* of the verdicts: the tap dies right behind them */

static const char *const role_name[CAMPAIGN_ROLES] = {"capture", "tap",
						      "render"};

/* A packet that is late. */
typedef struct straggler {
	unsigned due, n, i;
	call_side side;
} straggler;

const char *campaign_role_name(int role)
{
	return role_name[role];
}

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

static bool just_told(const campaign_call *c, unsigned tick)
{
	return c->told && tick + 1 - c->told < CUT_TICKS;
}

/* Of one that has just ended capture may not have written so. */
static void excuse_all(campaign *p, unsigned tick)
{
	for (unsigned n = 0; n < p->calls; n++) {
		campaign_call *c = &p->call[n];

		c->excused |= c->answered && (c->next != LOAD_STEPS ||
					      just_told(c, tick));
	}
}

/* The keys told last may not be written yet, and nobody says again what the tap
 * has not read. */
static void cut_all(campaign *p, unsigned tick)
{
	for (unsigned n = 0; n < p->calls; n++) {
		campaign_call *c = &p->call[n];

		c->cut |= just_told(c, tick);
		c->unread |= c->late && c->late_for == p->role[CAMPAIGN_TAP];
	}
}

static void kill_role(campaign *p, int i, unsigned tick)
{
	p->kills++;
	if (i == CAMPAIGN_CAPTURE)
		excuse_all(p, tick);
	if (i == CAMPAIGN_TAP)
		cut_all(p, tick);
	kill(p->role[i], SIGKILL);
	waitpid(p->role[i], NULL, 0);
	g_usleep(20000);
	p->role[i] = load_rig_start(&p->rig, role_name[i]);
}

/* The worker of capture loses nothing; its supervisor is started here without
 * anybody who keeps its rings. */
static void kill_one(campaign *p, unsigned tick)
{
	int i = g_rand_int_range(p->rand, 0, CAMPAIGN_ROLES + 1);
	pid_t worker = child_of(p->role[CAMPAIGN_CAPTURE]);

	if (i == CAMPAIGN_ROLES) {
		p->kills += worker != 0;
		if (worker)
			kill(worker, SIGKILL);
		return;
	}
	kill_role(p, i, tick);
}

/* ---- signalling ---- */

typedef struct dial {
	const load_rig *rig;
	load_fe *fe;
	atomic_bool done;
} dial;

static void *dial_main(void *arg)
{
	dial *d = arg;

	d->fe = load_fe_try_new(d->rig);
	atomic_store(&d->done, true);
	return NULL;
}

static void dial_begin(campaign *p)
{
	p->dial = g_new0(dial, 1);
	p->dial->rig = &p->rig;
	p->dialling = g_thread_new("dial", dial_main, p->dial);
}

static void dial_end(campaign *p)
{
	if (!p->dial)
		return;
	g_thread_join(p->dialling);
	p->fe = p->dial->fe;
	g_clear_pointer(&p->dial, g_free);
}

/* A tap that stands still lets nobody in, and calls do not wait for it. */
static bool connect_fe(campaign *p)
{
	if (p->fe)
		return true;
	if (!p->stalls)
		p->fe = load_fe_try_new(&p->rig);
	else if (!p->dial)
		dial_begin(p);
	else if (atomic_load(&p->dial->done))
		dial_end(p);
	return p->fe != NULL;
}

/* What it was asked will be asked again. */
static void hang_up(campaign *p)
{
	g_clear_pointer(&p->fe, load_fe_free);
	for (unsigned n = 0; n < p->calls; n++)
		p->call[n].asked = 0;
}

static void note_verdict(campaign *p, unsigned n, load_step step, int verdict)
{
	if (step == LOAD_INVITE && p->call[n].next == LOAD_INVITE)
		p->call[n].passed = verdict == TAP_PASS;
}

/* False: the tap is not there; a proxy would send it again. */
bool campaign_tell(campaign *p, unsigned n, load_step step)
{
	g_autofree char *m = load_talk(n, step);
	int verdict = LOAD_FE_GONE;

	if (connect_fe(p))
		verdict = load_fe_ask(p->fe, m);
	if (verdict < 0)
		hang_up(p);
	note_verdict(p, n, step, verdict);
	return verdict >= 0;
}

/* The same where the tap may stand still: it is asked again at the next tick.
 * In the end the message goes on without its word, and it reads it late. */
static bool tell_meanwhile(campaign *p, unsigned n, load_step step)
{
	campaign_call *c = &p->call[n];
	g_autofree char *m = load_talk(n, step);
	int verdict;

	if (!c->asked) {
		if (!connect_fe(p) || !(c->asked = load_fe_begin(p->fe, m))) {
			hang_up(p);
			return false;
		}
		c->asked_s = load_now_s();
	}
	verdict = load_fe_verdict(p->fe, c->asked, 0);
	if (verdict == LOAD_FE_GONE)
		hang_up(p);
	if (verdict == LOAD_FE_GONE ||
	    (verdict < 0 && load_now_s() - c->asked_s < DEADLINE_S))
		return false;
	c->asked = 0;
	if (verdict < 0) {
		c->late = true;
		c->late_for = p->role[CAMPAIGN_TAP];
	}
	if (verdict < 0 && campaign_tap_stands(p))
		hang_up(p);
	note_verdict(p, n, step, verdict);
	return true;
}

static bool tell(campaign *p, unsigned n, load_step step)
{
	return p->stalls ? tell_meanwhile(p, n, step)
			 : campaign_tell(p, n, step);
}

/* Nobody waits for what is said to a copy. */
static bool tell_copy(campaign *p, unsigned n, load_step step)
{
	g_autofree char *m = load_talk(n, step);

	if (!p->stalls)
		return campaign_tell(p, n, step);
	return connect_fe(p) && load_fe_begin(p->fe, m);
}

static load_step after_invite(const campaign_call *c)
{
	switch (c->kind) {
	case KIND_CANCELLED:
		return LOAD_CANCEL;
	case KIND_BUSY:
		return LOAD_BUSY;
	case KIND_FORKED:
		return LOAD_RINGING;
	case KIND_FULL:
	case KIND_LOSSY:
	case KIND_ONE_SIDED:
	case KIND_SILENT:
	case KIND_COUNT:
		break;
	}
	return c->swapped ? LOAD_ACK : LOAD_OK;
}

static load_step after(const campaign_call *c, load_step step)
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
		return c->kind == KIND_FORKED ? LOAD_RINGING : LOAD_BYE;
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
static bool is_up(const campaign_call *c)
{
	return c->answered && (c->next == LOAD_BYE || c->next == LOAD_RINGING);
}

static unsigned roll(campaign *p, unsigned from, unsigned to)
{
	return (unsigned)g_rand_int_range(p->rand, (int)from, (int)to);
}

static void note_told(campaign *p, campaign_call *c, unsigned tick)
{
	c->told = tick + 1;
	p->told_s = load_now_s();
}

static void go_on(campaign *p, campaign_call *c, load_step step, unsigned tick)
{
	note_told(p, c, tick);
	c->answered |= step == LOAD_OK;
	c->next = after(c, step);
	c->due = tick + ANSWER_TICKS + roll(p, 0, 9);
	if (step == LOAD_OK)
		c->due = tick + 1;
	if (is_up(c) && !c->ends)
		c->ends = tick + CAMPAIGN_PACKETS + 10;
	if (c->next == LOAD_RINGING && c->answered)
		c->due = tick + CAMPAIGN_PACKETS / 2;
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
	campaign_call *c = &p->call[n];

	if (tick < c->stale)
		return;
	/* On a slow machine ticks are longer, and 64*T1 is not. */
	if (load_now_s() - c->tried_s > COPIES_S) {
		c->stale = 0;
		p->untold++;
		return;
	}
	if (p->deaths && !c->haunted && chance(p, 0.5))
		kill_role(p, CAMPAIGN_TAP, tick);
	c->haunted = true;
	if (tell_copy(p, n, c->kind == KIND_FORKED ? LOAD_RINGING
			    : c->answered	   ? LOAD_OK
						   : LOAD_INVITE))
		c->stale = 0;
}

/* The tap that hears again of the phone that lost is another one. */
static void strike(campaign *p, campaign_call *c, load_step step, unsigned tick)
{
	if (step != LOAD_RINGING || !c->answered || c->struck || !p->deaths)
		return;
	c->struck = true;
	if (chance(p, 0.5))
		kill_role(p, CAMPAIGN_TAP, tick);
}

static void speak_up(campaign *p, unsigned n, unsigned tick)
{
	campaign_call *c = &p->call[n];
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
		/* It had said so: it holds. */
		kill_role(p, CAMPAIGN_TAP, tick);
	if (chance(p, 0.3) && !tell_copy(p, n, step))	/* doubled */
		return;
	go_on(p, c, step, tick);
}

/* ---- media ---- */

static bool left_out(campaign *p, const campaign_call *c, unsigned i)
{
	/* The first and the last are there, so that every loss is a gap. */
	return c->kind == KIND_LOSSY && i > 5 && i < CAMPAIGN_PACKETS - 5 &&
	       chance(p, 0.05);
}

static void send_one(campaign *p, unsigned n, call_side side, unsigned i)
{
	const uint8_t *f = load_media_frame(&p->m, n, side, i);

	p->call[n].on_wire[side][i] = true;
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
	campaign_call *c = &p->call[n];
	bool talks = is_up(c) && !c->passed && c->kind != KIND_SILENT;

	if (!talks || c->sent == CAMPAIGN_PACKETS)
		return;
	for (int side = 0; side < (c->kind == KIND_ONE_SIDED ? 1 : 2); side++) {
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
	p->call = g_new0(campaign_call, p->calls + 1);	/* and the last one */
	p->late = g_array_new(FALSE, FALSE, sizeof(straggler));
	for (unsigned n = 0; n < p->calls; n++) {
		unsigned r = roll(p, 0, 11);

		p->call[n].kind = r < 4 ? KIND_FULL
				  : r < 6 ? KIND_LOSSY : r - 4;
		p->call[n].due = n * EVERY_TICKS;
		p->call[n].swapped = chance(p, 0.1);
		p->call[n].tried = LOAD_STEPS;
	}
}

/* A sender that stood still sends later, not faster. One that did so for long
 * is to blame for what comes too late. */
static void await_tick(campaign *p, unsigned tick, double *due)
{
	const double lag = load_now_s() - *due;

	p->lag_s = MAX(p->lag_s, lag);
	if (lag > LAG_S)
		excuse_all(p, tick);
	*due = MAX(*due, load_now_s() - CAMPAIGN_TICK_MS / 1000.0);
	load_sleep_until(*due);
	*due += CAMPAIGN_TICK_MS / 1000.0;
}

void campaign_perform(campaign *p)
{
	double due = p->told_s = load_now_s();

	for (unsigned tick = 0; !all_over(p); tick++) {
		await_tick(p, tick, &due);
		for (unsigned n = 0; n < p->calls; n++) {
			if (tick < n * EVERY_TICKS)
				break;
			send_media(p, n, tick);
			speak_up(p, n, tick);
		}
		send_late(p, tick);
		campaign_stalls_tick(p);
		if (p->deaths && chance(p, 1.0 / KILL_TICKS))
			kill_one(p, tick);
		if (load_now_s() - p->told_s > PATIENCE_S)
			load_die("the calls do not end");
	}
	campaign_stalls_end(p);
	dial_end(p);
}

void campaign_open(campaign *p, unsigned seed)
{
	p->rand = g_rand_new_with_seed(seed);
	plan(p);
	p->m = (load_media){.calls = p->calls, .packets = CAMPAIGN_PACKETS};
	load_media_make(&p->m, NULL, 0);
	load_rig_open(&p->rig, "edge0", "wav");
	p->rig.verbose = true;	/* no key in any of it */
	campaign_stalls_open(p);
	for (int i = 0; i < CAMPAIGN_ROLES; i++)
		p->role[i] = load_rig_start(&p->rig, role_name[i]);
	load_rig_await_tap(&p->rig);
}

void campaign_close(campaign *p)
{
	for (int i = 0; i < CAMPAIGN_ROLES; i++)
		if (p->role[i])
			load_rig_stop(p->role[i]);
	if (p->fe)
		load_fe_free(p->fe);
	load_rig_close(&p->rig);
	load_media_free(&p->m);
	g_array_unref(p->late);
	g_array_unref(p->stopped);
	g_free(p->call);
	g_rand_free(p->rand);
}
