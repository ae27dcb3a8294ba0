/* campaign.h - the calls of a ledger campaign, and what is done to them. */
#pragma once
#include "tests/load/front_end.h"
#include "tests/load/talk.h"
#include "tests/load/yard.h"

enum {
	CAMPAIGN_TICK_MS = 20,
	CAMPAIGN_PACKETS = 150,	/* of each party: 3 s */
	CAMPAIGN_LAST_S = 60,	/* patience: for one row more, for a tap */
};

typedef enum campaign_role {
	CAMPAIGN_CAPTURE,
	CAMPAIGN_TAP,
	CAMPAIGN_RENDER,
	CAMPAIGN_ROLES
} campaign_role;

typedef enum campaign_kind {
	KIND_FULL,
	KIND_LOSSY,		/* some packets never reach the edge */
	KIND_ONE_SIDED,
	KIND_SILENT,		/* answered, no media */
	KIND_CANCELLED,
	KIND_BUSY,
	KIND_FORKED,		/* two phones; the other one's ringing comes
				 * again in mid-call, perhaps to a new tap */
	KIND_COUNT,
} campaign_kind;

typedef struct campaign_call {
	campaign_kind kind;
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
	uint64_t asked;		/* its message that waits for a verdict, or 0 */
	double asked_s;		/* since when */
	bool late;		/* a message went on without the tap's word: */
	pid_t late_for;		/* this one's */
	bool unread;		/* the tap died, perhaps before it read that */
	bool on_wire[2][CAMPAIGN_PACKETS];
} campaign_call;

typedef struct campaign {
	load_rig rig;
	load_fe *fe;
	struct dial *dial;	/* for the next one, while calls go on */
	GThread *dialling;
	load_media m;
	pid_t role[CAMPAIGN_ROLES];
	int out;
	campaign_call *call;
	GArray *late;		/* of straggler */
	unsigned calls, kills, deaths;
	unsigned stalls;	/* whether any are wanted */
	unsigned stops, slows;	/* how many there were */
	GArray *stopped;	/* processes that stand still now */
	double slow_until;	/* of the disk; 0: it is not slow */
	double lag_s;		/* of the longest tick */
	double told_s;		/* when a tap last took a message */
	unsigned untold;	/* copies that would have come too late */
	GRand *rand;
	load_score score;
} campaign;

const char *campaign_role_name(int role);
/* Draws the calls, opens the rig and starts the roles. `calls`, `deaths` and
 * `out` are set. */
void campaign_open(campaign *p, unsigned seed);
void campaign_close(campaign *p);
/* Until all calls are over. */
void campaign_perform(campaign *p);
/* A message of call n. False: the tap is not there; a proxy would send it
 * again. */
bool campaign_tell(campaign *p, unsigned n, load_step step);
/* What the ledger says of each call is so. */
void campaign_rows(campaign *p);
/* The files are what their journals give, and have every packet of the calls
 * that are said to be whole; with nobody killed, of all calls. */
void campaign_sound(campaign *p);
/* The rig is open, and no role has started. */
void campaign_stalls_open(campaign *p);
void campaign_stalls_tick(campaign *p);
/* All go on. */
void campaign_stalls_end(campaign *p);
/* The tap is among those that stand still. */
bool campaign_tap_stands(const campaign *p);
/* The row tells of sound. */
bool campaign_heard(const campaign_call *c);
const char *campaign_kind_name(campaign_kind kind);
/* The keys of the calls stand nowhere that the recorder left behind, nor in
 * the cores of its processes; in the end these are dead. */
void campaign_keys(campaign *p);
