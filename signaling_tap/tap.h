/* tap.h - SIP from the Front Ends in; verdicts and session records out. What
 * listens for it is in server.h.
 *
 *	server_io -> hep -> calls -> sink (rec_event of each call)
 *	    ^                 |
 *	    +---- verdict ----+-- ice_rewriter
 *
 * All of it belongs to one thread, MAIN. Only server_io.c does I/O; the rest
 * is given the time and the bytes, so that replay is the same code. */
#pragma once
#include <glib.h>

#include "core/record.h"

struct ice_plan;	/* ice_rewriter/ice.h */

#define TAP_ERROR (tap_error_quark())
typedef enum tap_error {
	TAP_ERROR_RULE,		/* a rule cannot be read */
	TAP_ERROR_TLS,		/* certificate, key, CA or revocation list */
	TAP_ERROR_LISTEN,
} tap_error;
GQuark tap_error_quark(void);

/* A party. Spans are lent; empty if unknown. */
typedef struct tap_party {
	span uri;	/* "sip:alice@example.com": nothing after the host */
	span name;	/* display name, without quotes */
	span tel;	/* "tel:+4930123456", from From/To or asserted */
	span asserted;	/* sip: URI of P-Asserted-Identity */
	span epid;	/* Lync's endpoint id */
	span agent;	/* User-Agent or Server */
} tap_party;

/* What a decision is based on: the first INVITE of a call. */
typedef struct tap_facts {
	clk_both at;		/* when it came, also for a stream that joins
				 * later */
	span source;		/* the Front End that sent it */
	bool inline_source;	/* it obeys the verdict */
	span call_id, from_tag;
	tap_party caller, callee;
	span conversation;	/* Ms-Conversation-ID */
	span conference;	/* id of the conference that is called */
	span replaces, referred_by, history;
	span type;		/* "audio", "video", "sharing", "im", "other" */
	span record;		/* what the record header of a trusted source
				 * asks for, in lower case */
} tap_facts;

/* Fills in `out`; its texts must live until the next call. False: nobody is
 * recorded here, and `out` may stay as it is. */
typedef bool tap_decide(void *user, const tap_facts *f, rec_decision *out);

/* One event of one call; everything in `e` is lent during the call. A call's
 * first event is JRN_BEGIN, its last JRN_END. `*own` belongs to the sink, for
 * the writer of the call's journal, and is NULL at first. If the sink keeps it
 * after JRN_END, it still gets halves that come late, and JRN_CLOSE when no
 * more can come and it has to let go. It gets no halves of calls that are not
 * recorded. If a verdict depends on an event, the event comes first: capture is
 * armed before the answer leaves. */
typedef void tap_sink(void *user, uint64_t call, void **own,
		      const rec_event *e);

/* What else has to be known to continue a call, after each message that is not
 * a repeat: for tap_resume.memory. `own` is the sink's; `memory` is lent. */
typedef void tap_keep(void *user, void *own, span memory);

/* A Front End whose messages are rewritten by another method. */
typedef struct tap_rewriting {
	const char *front_end;	/* its name, as in tap_source.name */
	const struct ice_plan *plan;
} tap_rewriting;

typedef struct tap_config {
	tap_decide *decide;
	void *decide_user;
	tap_sink *sink;
	void *sink_user;
	tap_keep *keep;		/* with sink_user; NULL: not wanted */
	const struct ice_plan *plan;	/* NULL: observe, never rewrite. Must
					 * outlive the calls */
	const tap_rewriting *methods;	/* ends with front_end NULL; or NULL.
					 * Must outlive the calls */
	uint16_t no_relay_status;	/* 0: allow a recorded call without a
					 * relay candidate; else refuse it with
					 * this status */
	bool leave_answers;	/* leave answers to offers without a relay
				 * candidate unchanged */
	unsigned idle_s;	/* a call without messages for this long ends by
				 * REC_TIMEOUT; 0: 4 hours */
	unsigned max_calls;	/* 0: 100,000 */
	const char *record_header;	/* in requests; NULL: none. It and the
					 * list are lent */
	char *const *record_sources;	/* the Front Ends that may send it; NULL
					 * at the end */
} tap_config;

typedef struct tap_calls tap_calls;

typedef enum tap_verdict {
	TAP_PASS,	/* the message passes unchanged */
	TAP_REPLACED,	/* this one replaces it */
	TAP_REFUSE,	/* the request is answered with the status */
} tap_verdict;

typedef struct tap_answer {
	tap_verdict verdict;
	span message;		/* TAP_REPLACED: valid until the next call */
	size_t body_at;		/* where the body begins in it */
	uint16_t status;	/* TAP_REFUSE */
	const char *reason;	/* one sentence, static or "" */
} tap_answer;

/* Where a message comes from. */
typedef struct tap_source {
	span name;
	bool rewrites;	/* waits for the verdict; false: it sent only a copy */
} tap_source;

/* MAIN. The configuration is copied. Free with tap_calls_free(). */
tap_calls *tap_calls_new(const tap_config *cfg);
/* Calls in progress are dropped without JRN_END: the next tap resumes them. */
void tap_calls_free(tap_calls *c);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(tap_calls, tap_calls_free)
/* MAIN. One complete SIP message. What cannot be read passes and is counted. */
void tap_calls_message(tap_calls *c, clk_both now, const tap_source *src,
		       span message, tap_answer *out);
/* MAIN. Ends calls whose time is up; to be called about once a second. */
void tap_calls_tick(tap_calls *c, clk_both now);
/* MAIN. Ends all calls by REC_TIMEOUT, at the end of a replay. */
void tap_calls_end_all(tap_calls *c, clk_both now);
unsigned tap_calls_count(const tap_calls *c);

/* A call that was in progress when an earlier tap ended, from its journal and
 * (for what is in no journal) its memory. It continues as if it had been seen
 * from the beginning, without JRN_BEGIN. */
typedef struct tap_resume {
	const char *call_id, *from_tag, *source;
	clk_both begun;
	bool record;
	bool audio, video;	/* what is recorded of it */
	bool answered;
	bool ending;		/* REC_ENDING, and nothing followed: */
	bool cancelled;
	uint16_t ending_status;
	clk_both ending_at;
	const rec_end *ended;	/* it has ended, but END was not reported; or
				 * NULL */
	bool told;		/* END was reported: only halves will be */
	clk_both ended_at;
	uint32_t cseq;		/* of its latest first INVITE; 0: unknown */
	bool paused;
	clk_mono resume_at;	/* when the pause ends by itself; 0: never */
	rec_ask ask;
	bool asked;
	bool held[2];		/* by each side */
	const GPtrArray *halves;	/* of call_half; keys are not needed */
	const GArray *forks;	/* of rec_fork; or NULL */
	GHashTable *facts;	/* name -> value, both char *; or NULL */
	span memory;		/* the last one that tap_keep got; or empty */
	void *own;		/* the sink's; NULL for a call that is over:
				 * nothing is reported, only its copies are
				 * recognised */
} tap_resume;
/* MAIN. Everything is copied. */
void tap_calls_resume(tap_calls *c, clk_both now, const tap_resume *r);

/* A call in progress. Lent. */
typedef struct tap_live {
	uint64_t call;
	const char *call_id;
	span caller, callee;	/* URIs */
	bool recorded, paused;
	bool unasked;		/* on demand, and nobody has asked yet */
	void *own;		/* the sink's */
} tap_live;
typedef void tap_live_each(void *user, const tap_live *l);
/* MAIN. In no order. */
void tap_calls_live(const tap_calls *c, tap_live_each *each, void *user);
/* MAIN. REC_PAUSE, REC_STOP, REC_RESUME, REC_START or REC_TAG. False: there is
 * no such recorded call in progress. `*changed` is false if it was so already;
 * then nothing is reported. A pause ends by itself after `longest_s`; 0:
 * never. */
bool tap_calls_control(tap_calls *c, clk_both now, uint64_t call,
		       const rec_control *what, unsigned longest_s,
		       bool *changed);

/* Counters of everything seen and refused, for `edgetape stats`: i counts from
 * 0; the name is NULL after the last. */
const char *tap_counter_name(unsigned i);
uint64_t tap_calls_counter(const tap_calls *c, unsigned i);
