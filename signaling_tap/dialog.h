/* dialog.h - one call: a dialog, its forks, and the events of both. */
#pragma once
#include "signaling_tap/facts.h"
#include "signaling_tap/sdp.h"
#include "signaling_tap/uri.h"

enum {
	TAP_FORKS_MAX = 32,
	TAP_SEEN = 32,		/* messages remembered to recognise repeats */
	TAP_SEEN_FIRST = 4,	/* room for them at first */
	TAP_GONE_S = 32,	/* an ended call's memory: RFC 3261 64*T1 */
	TAP_GRACE_S = 5,	/* after a failure: is it retried? */
	TAP_CROSSED_S = 32,	/* after a CANCEL: the final response may be an
				 * answer that crossed it (RFC 3261 9.1) */
	TAP_RING_S = 300,	/* an unanswered call ends after this silence */
	TAP_IDLE_S = 4 * 3600,
	TAP_CALLS_MAX = 100000,
	TAP_ID_MAX = 512,	/* octets of a Call-ID */
	TAP_TAG_MAX = 127,	/* of a tag: call_half.branch holds it */
	TAP_RELAY_IDS = 512,	/* octets; eleven of Lync's */
	TAP_RELAYS = 12,	/* relay candidates remembered of each side */
	TAP_STREAMS = 8,	/* m= lines remembered of each side */
};

typedef struct tap_fork {
	char *tag;
	tap_digest last;	/* body of the callee's latest SDP */
	uint8_t state;		/* rec_state, 0 before any */
} tap_fork;

/* A message that was handled: method or status, CSeq, tags; and the version of
 * its SDP, so that keys are not missed when somebody repeats a number. */
typedef struct tap_seen {
	tap_digest key, version;
} tap_seen;

/* What a side's latest offer inside the dialog changed; undone if the offer is
 * refused. */
typedef struct tap_change {
	uint32_t cseq;
	uint8_t method;		/* tap_method */
	bool any, held;		/* before it */
	tap_digest last;	/* before it */
} tap_change;

typedef struct tap_call {
	tap_digest id;		/* of Call-ID and caller's tag: the key */
	struct tap_calls *all;
	uint64_t number;
	void *own;		/* the sink's */
	bool paused;
	clk_mono resume_at;	/* 0: not by itself */
	rec_ask ask;
	bool asked;		/* somebody did */
	char *call_id, *tag;
	tap_facts_set facts;
	char *source;		/* the Front End that reported it first */
	bool inline_source;
	bool begun, ended;
	bool lapsed;		/* over by a failure that nothing followed; it
				 * ends when no answer can cross it any more */
	clk_both began;
	int64_t after_s;	/* wall clock: when an earlier call of the
				 * same name began; 0: there is none */
	bool silent;		/* instant messages, conference control */
	bool decided, record, audio, video;
	uint16_t refuse;	/* as in rec_decision */
	bool kind_audio, kind_video;	/* seen in its SDP so far */
	bool cancelled, replaced;
	clk_both heard;
	clk_mono due;		/* when `end` takes effect, or the call is
				 * forgotten; 0: never */
	rec_end end;
	clk_both end_at;
	uint8_t cause;		/* once it has lapsed or ended */
	uint32_t serial;	/* of the latest half */
	uint32_t cseq;		/* of the first INVITE */
	bool cseq_unknown;	/* resumed: no response to it was seen yet */
	uint32_t offer_cseq[2];	/* of each side's latest INVITE */
	bool offer_sdp[2];	/* it had SDP */
	bool held[2];		/* by each side */
	tap_change change[2];
	bool unforced[2];	/* that side's latest offer had no relay */
	tap_digest last;	/* body of the caller's latest SDP */
	tap_digest last_to;	/* the fork that it was for; none: all */
	GArray *forks;		/* of tap_fork */
	net_addr *relays[2];
	uint8_t relays_n[2];	/* at most TAP_RELAYS */
	char relay_ids[2][TAP_RELAY_IDS];	/* draft-06 ones, as words */
	char kinds[2][TAP_STREAMS];	/* first letter of each m= line */
	tap_seen *seen;		/* ring, of TAP_SEEN once there are so many */
	unsigned seen_at, seen_n;
} tap_call;

struct tap_calls {
	tap_config cfg;
	tap_counters count;
	GHashTable *table;	/* tap_digest -> tap_call, owned */
	uint64_t number;	/* of the latest call */
	tap_call *latest;	/* the latest message's; NULL: none */
	bool invited;		/* it was an INVITE... */
	bool began;		/* ...outside a dialog */
	clk_mono ticked;
	uint8_t *out;		/* the latest rewritten message */
	uint8_t *body;		/* and its body */
};

/* A message on its way through a call. */
typedef struct tap_msg {
	const tap_sip *sip;
	clk_both at;
	const tap_source *src;
	const call_half *half;	/* NULL: it has no SDP */
	call_half *mine;	/* the same, to be numbered */
	tap_sdp_about about;
	uint8_t side;		/* who sent it */
	span branch;		/* the fork: the callee's tag */
	bool repeated;
} tap_msg;

tap_digest tap_call_key(span call_id, span tag);
/* `tag` is the caller's. */
tap_call *tap_call_new(struct tap_calls *all, const tap_sip *first, span tag);
void tap_call_free(tap_call *c);
void tap_seen_add(tap_call *c, const tap_seen *m);
bool tap_call_has_fork(const tap_call *c, span tag);
/* Sets m->side and m->branch, and reports to the sink what is new. */
void tap_call_message(tap_call *c, tap_msg *m);
/* c->due has come. */
void tap_call_due(tap_call *c, clk_both now);
/* Neither over nor lapsed. */
bool tap_call_in_progress(const tap_call *c);
/* Nothing more is waited for: it ends. */
void tap_call_expire(tap_call *c, clk_both now);
/* Seconds in which something may follow an end by this status, 0: CANCEL. */
int64_t tap_call_grace(uint16_t status);
void tap_call_finish(tap_call *c, clk_both at, const rec_end *end);
/* Another call has replaced it; its BYE is then not a hang-up. */
void tap_call_replace(tap_call *c, clk_both at, const char *by);
/* JRN_MARK. */
void tap_call_mark(tap_call *c, clk_both at, const rec_control *what);
/* A pause that has lasted long enough ends. */
void tap_call_unpause_due(tap_call *c, clk_both now);
/* Events reach the sink while the call lives; halves also for TAP_GONE_S after
 * its end. */
void tap_call_tell(tap_call *c, const rec_event *e);
void tap_call_tell_fact(tap_call *c, clk_both at, tap_fact f);
void tap_call_tell_state(tap_call *c, clk_both at, rec_state state,
			 uint16_t status, span branch);
void tap_call_tell_mark(tap_call *c, clk_both at, rec_mark mark, uint8_t side,
			span text);
/* A fact found by the rewriter. */
void tap_call_note(tap_call *c, clk_both at, tap_fact f, const char *text);
/* For code that counts before a message is parsed. */
tap_counters *tap_calls_counters(struct tap_calls *c);
/* Of the latest message: its call is recorded. */
bool tap_calls_records(const struct tap_calls *c);
/* The latest message went on before its verdict was asked for. */
void tap_calls_missed(struct tap_calls *c, clk_both now);
/* The latest message's verdict is too late: returns the status with which to
 * refuse it, by the call's rule or else `otherwise`; 0 lets it pass. Ends a
 * call that the message began. */
uint16_t tap_calls_late(struct tap_calls *c, clk_both now, uint16_t otherwise);
/* When something has to happen if no message arrives. */
clk_mono tap_call_deadline(const tap_call *c);
