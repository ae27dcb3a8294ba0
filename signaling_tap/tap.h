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

/* Who a party is. Lent; what is not known is an empty span. */
typedef struct tap_party {
	span uri;	/* "sip:alice@example.com": nothing behind the host */
	span name;	/* display name, without quotes */
	span tel;	/* "tel:+4930123456", from From/To or asserted */
	span asserted;	/* sip: URI of P-Asserted-Identity */
	span epid;	/* Lync's endpoint id */
	span agent;	/* User-Agent or Server */
} tap_party;

/* What a decision is made from: the first INVITE of a call. */
typedef struct tap_facts {
	clk_both at;		/* when it came, also for a stream that joins */
	span source;		/* the Front End that told us */
	bool inline_source;	/* it will do as the verdict says */
	span call_id, from_tag;
	tap_party caller, callee;
	span conversation;	/* Ms-Conversation-ID */
	span conference;	/* id of the conference the call leads to */
	span replaces, referred_by, history;
	span type;		/* "audio", "video", "sharing", "im", "other" */
	span record;		/* what the record header of a trusted source
				 * asks, in lower case */
} tap_facts;

/* Fills all of `out`; its texts must live until the next call. False: nobody
 * is recorded here, and `out` may be left as it is. */
typedef bool tap_decide(void *user, const tap_facts *f, rec_decision *out);

/* One event of one call; everything in `e` is lent for the time of the call.
 * The first event of a call is JRN_BEGIN, its end JRN_END. `*own` is the
 * sink's, NULL at the beginning: for the writer of the call's journal. A sink
 * that still has one after JRN_END is told halves that come late, and when no
 * more will, by JRN_CLOSE, that it has to let go. Halves of calls that are not
 * recorded are not told. When a verdict depends on an
 * event, the event comes first: capture is armed before the answer leaves. */
typedef void tap_sink(void *user, uint64_t call, void **own,
		      const rec_event *e);

/* What else there is to know of a call that goes on, after each message that
 * was no repeat: for tap_resume.memory. `own` is the sink's, `memory` lent. */
typedef void tap_keep(void *user, void *own, span memory);

/* A Front End whose messages are rewritten in another way. */
typedef struct tap_rewriting {
	const char *front_end;	/* its name, as tap_source.name has it */
	const struct ice_plan *plan;
} tap_rewriting;

typedef struct tap_config {
	tap_decide *decide;
	void *decide_user;
	tap_sink *sink;
	void *sink_user;
	tap_keep *keep;		/* with sink_user; NULL: nobody asks */
	const struct ice_plan *plan;	/* NULL: observe, never rewrite. The
					 * caller keeps it alive */
	const tap_rewriting *methods;	/* front_end NULL at the end, or NULL;
					 * the caller keeps them alive */
	uint16_t no_relay_status;	/* 0: allow a recorded call that has no
					 * relay candidate; else refuse so */
	bool leave_answers;	/* to offers that had no relay candidate, as
				 * they are */
	unsigned idle_s;	/* a call of which nothing is heard so long
				 * ends by REC_TIMEOUT; 0: 4 hours */
	unsigned max_calls;	/* 0: 100,000 */
	const char *record_header;	/* in requests; NULL: none. It and the
					 * list are lent */
	char *const *record_sources;	/* whose; NULL at the end */
} tap_config;

typedef struct tap_calls tap_calls;

typedef enum tap_verdict {
	TAP_PASS,	/* the message goes on as it is */
	TAP_REPLACED,	/* this one goes on instead */
	TAP_REFUSE,	/* the request is answered with the status */
} tap_verdict;

typedef struct tap_answer {
	tap_verdict verdict;
	span message;		/* TAP_REPLACED: lent until the next call */
	size_t body_at;		/* where the body begins in it */
	uint16_t status;	/* TAP_REFUSE */
	const char *reason;	/* one sentence, static or "" */
} tap_answer;

/* Where a message comes from. */
typedef struct tap_source {
	span name;
	bool rewrites;	/* waits for the verdict; else only a copy came */
} tap_source;

/* MAIN. The configuration is copied. Free with tap_calls_free(). */
tap_calls *tap_calls_new(const tap_config *cfg);
/* Calls in progress are dropped without JRN_END: a restart resumes them. */
void tap_calls_free(tap_calls *c);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(tap_calls, tap_calls_free)
/* MAIN. One whole SIP message. What cannot be read passes and is counted. */
void tap_calls_message(tap_calls *c, clk_both now, const tap_source *src,
		       span message, tap_answer *out);
/* MAIN. Ends calls whose time is up; call it about once a second. */
void tap_calls_tick(tap_calls *c, clk_both now);
/* MAIN. Ends all calls by REC_TIMEOUT: a replay is over. */
void tap_calls_end_all(tap_calls *c, clk_both now);
unsigned tap_calls_count(const tap_calls *c);

/* A call that was in progress when an earlier tap ended, as its journal and,
 * of what is in none, the memory tell: goes on as if it had been seen from its
 * beginning, without JRN_BEGIN. */
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
	const rec_end *ended;	/* it is over, but END was not told; or NULL */
	clk_both ended_at;
	uint32_t cseq;		/* of its latest first INVITE; 0: not known */
	bool paused;
	clk_mono resume_at;	/* when the pause ends by itself; 0: never */
	rec_ask ask;
	bool asked;
	bool held[2];		/* by each side */
	const GPtrArray *halves;	/* of call_half; keys are not needed */
	const GArray *forks;	/* of rec_fork; or NULL */
	GHashTable *facts;	/* name -> value, both char *; or NULL */
	span memory;		/* as tap_keep had it last; or empty */
	void *own;		/* the sink's; NULL, and it is over: nothing is
				 * told, only its copies are known */
} tap_resume;
/* MAIN. Everything is copied. */
void tap_calls_resume(tap_calls *c, clk_both now, const tap_resume *r);

/* A call in progress. Lent. */
typedef struct tap_live {
	uint64_t call;
	const char *call_id;
	span caller, callee;	/* URIs */
	bool recorded, paused;
	bool unasked;		/* on demand, and nobody did so far */
	void *own;		/* the sink's */
} tap_live;
typedef void tap_live_each(void *user, const tap_live *l);
/* MAIN. In no order. */
void tap_calls_live(const tap_calls *c, tap_live_each *each, void *user);
/* MAIN. REC_PAUSE, REC_STOP, REC_RESUME, REC_START or REC_TAG. False: there is
 * no such recorded call in progress. `*changed` is false when it was so
 * already, and then nothing is told. A pause ends by itself after `longest_s`,
 * 0: never. */
bool tap_calls_control(tap_calls *c, clk_both now, uint64_t call,
		       const rec_control *what, unsigned longest_s,
		       bool *changed);

/* Counters of everything seen and refused, for `edgetape stats`: i runs from
 * 0; the name is NULL behind the last. */
const char *tap_counter_name(unsigned i);
uint64_t tap_calls_counter(const tap_calls *c, unsigned i);
