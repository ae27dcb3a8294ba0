/* record.h - the payloads of session and media records.
 *
 * Encoding and decoding of each record are in record.c; docs/journal.md lists
 * the bytes. Text is borrowed: from the caller when writing, from the payload
 * when reading. A decoder that fails leaves `out` undefined. */
#pragma once
#include <glib.h>

#include "core/call.h"
#include "core/journal.h"
#include "core/pkt.h"

/* Progress of a dialog or of one fork of it (RFC 3261 12 and 13). */
typedef enum rec_state {
	REC_RINGING = 1,	/* 180 */
	REC_EARLY,		/* provisional response with SDP */
	REC_ANSWERED,		/* 2xx to the first INVITE */
	REC_CONFIRMED,		/* ACK */
	REC_FORK_LOST,		/* another fork answered */
	REC_ENDING,		/* failed, or (status 0) CANCEL; the call ends
				 * if nothing follows */
	REC_RETRIED,		/* something followed */
} rec_state;

typedef enum rec_mark {
	REC_HOLD = 1,		/* side put the other on hold (SDP) */
	REC_RETRIEVE,
	REC_START,		/* START to RESUME: control of the recording */
	REC_STOP,
	REC_PAUSE,
	REC_RESUME,
	REC_TAG,		/* "this place", with a text */
	REC_TRANSFER,		/* REFER seen */
	REC_TRANSFERRED,
	REC_DTMF,		/* by INFO; `text` is the digit */
	REC_UNTRANSFERRED,	/* the transfer failed */
} rec_mark;

typedef enum rec_cause {
	REC_BYE = 1,
	REC_CANCELLED,		/* CANCEL or 487 */
	REC_FAILED,		/* final response >= 300 */
	REC_REFUSED,		/* by us */
	REC_TIMEOUT,		/* no BYE was seen; timer and media silence */
	REC_REPLACED,		/* the dialog continues as another one */
} rec_cause;

typedef struct rec_begin {
	span call_id;		/* SIP Call-ID */
	span from_tag;
	span source;		/* the Front End or file that reported it */
} rec_begin;

/* Names are listed in signaling_tap/README.md: "caller.uri", "callee.name", ...
 * A later fact of the same name replaces the earlier one. */
typedef struct rec_fact {
	span name, value;
} rec_fact;

/* For calls on demand. */
typedef enum rec_ask {
	REC_ASK_NONE,		/* recorded and kept */
	REC_ASK_KEEP,		/* recorded; kept if somebody asks */
	REC_ASK_START,		/* silent until somebody asks */
} rec_ask;

typedef struct rec_decision {
	bool record;
	bool audio, video;	/* which kinds of streams */
	span rule;		/* the rule as written, or "" */
	span reason;		/* one sentence for people */
	uint16_t refuse;	/* for the tap, not written: the SIP status if
				 * it cannot be recorded (with !record: at
				 * once), REC_PASS, or 0: as configured */
	rec_ask ask;		/* for the tap, not written */
} rec_decision;

enum { REC_PASS = 1 };		/* such a call is never refused */

typedef struct rec_progress {
	uint8_t state;		/* rec_state */
	uint16_t status;	/* SIP status code, 0 for ACK */
	span branch;		/* To-tag */
} rec_progress;

/* The state of a fork of a call. */
typedef struct rec_fork {
	char *tag;		/* To-tag */
	uint8_t state;		/* rec_state */
} rec_fork;

typedef struct rec_control {
	uint8_t mark;		/* rec_mark */
	uint8_t side;		/* call_side, or CALL_UNKNOWN for an officer */
	span actor;		/* who, "" for the party itself */
	span text;		/* why, the digit, the tag */
} rec_control;

typedef struct rec_end {
	uint8_t cause;		/* rec_cause */
	uint8_t side;		/* who hung up */
	uint16_t status;	/* SIP status, 0 if none */
	span text;
} rec_end;

/* Counts of one path since the file was begun. */
typedef struct rec_flow {
	uint32_t flow;		/* pkt.flow */
	uint8_t leg;		/* pkt_leg */
	uint8_t side;
	uint8_t media;
	net_addr src, dst;	/* outermost addresses on the wire */
	uint64_t packets;	/* seen on this path */
	uint64_t stored;	/* of which written: the first sighting */
} rec_flow;

typedef struct rec_loss {
	uint8_t place;		/* rec_place */
	uint64_t packets;	/* of the whole interface, not of this call */
	clk_mono from, to;
} rec_loss;

typedef enum rec_place {
	REC_LOSS_KERNEL = 1,	/* the kernel's ring was full */
	REC_LOSS_CARD,		/* the network card had no buffer for it */
	REC_LOSS_QUEUE,		/* capture's own queue to the writer was full */
	REC_LOSS_DISK,		/* the journal could not be written */
	REC_LOSS_DOWN,		/* capture was not running */
	REC_PLACES,
} rec_place;

enum { REC_LEGS = PKT_LEG_PLAIN + 1 };

/* What one capture process did for a call between `from` and now. */
typedef struct rec_tally {
	clk_mono from;
	uint64_t stored;
	uint64_t late;		/* of which seen before the call was known */
	uint64_t not_recorded;	/* of streams that are not recorded */
	uint64_t copies[REC_LEGS];	/* of stored ones, by pkt_leg */
	/* On all interfaces in that time: */
	uint64_t frames;	/* looked at */
	uint64_t unclaimed;	/* media that no call claimed */
	uint64_t malformed;
	uint64_t tcp_gaps, fragments_lost;
} rec_tally;

/* Since when everything that came was kept, by this process or for it by the
 * kernel: nanoseconds before the record, or after it if negative. */
typedef struct rec_watch {
	int64_t age_ns;
} rec_watch;

/* An event of one call on its way from the dialog machine to its writer. The
 * keys inside `half` are sealed by the writer and never written in clear. */
typedef struct rec_event {
	uint16_t type;		/* jrn_type of a session record */
	clk_both at;
	uint32_t cseq;		/* of the call's latest first INVITE; not
				 * written */
	union {
		rec_begin begin;
		rec_fact fact;
		rec_decision decision;
		const call_half *half;
		rec_progress progress;
		rec_control control;
		rec_end end;
	};
} rec_event;

void rec_begin_put(put *o, const rec_begin *r);
MUST_CHECK bool rec_begin_get(span in, rec_begin *out);
void rec_fact_put(put *o, const rec_fact *r);
MUST_CHECK bool rec_fact_get(span in, rec_fact *out);
void rec_decision_put(put *o, const rec_decision *r);
MUST_CHECK bool rec_decision_get(span in, rec_decision *out);
void rec_progress_put(put *o, const rec_progress *r);
MUST_CHECK bool rec_progress_get(span in, rec_progress *out);
void rec_control_put(put *o, const rec_control *r);
MUST_CHECK bool rec_control_get(span in, rec_control *out);
void rec_end_put(put *o, const rec_end *r);
MUST_CHECK bool rec_end_get(span in, rec_end *out);
void rec_flow_put(put *o, const rec_flow *r);
MUST_CHECK bool rec_flow_get(span in, rec_flow *out);
void rec_loss_put(put *o, const rec_loss *r);
MUST_CHECK bool rec_loss_get(span in, rec_loss *out);
void rec_tally_put(put *o, const rec_tally *r);
MUST_CHECK bool rec_tally_get(span in, rec_tally *out);
void rec_watch_put(put *o, const rec_watch *r);
MUST_CHECK bool rec_watch_get(span in, rec_watch *out);

/* The payload of the event's record; a half is written without its keys. */
void rec_event_put(put *o, const rec_event *e);

/* The half without its keys. NULL if malformed; free with call_half_free(). */
void rec_half_put(put *o, const call_half *h);
/* What capture needs to recognise the call's packets: the same without payload
 * types and crypto lines, and of the candidates only the relayed ones, one for
 * each draft-06 id, and the first. */
void rec_half_put_paths(put *o, const call_half *h);
call_half *rec_half_get(span in);

/* All keys of a half, in clear. They are sealed into a JRN_KEYS record, which
 * is the half's serial (32 bits) and then the sealed bytes. */
enum { REC_KEYS_MAX = 16384 };
void rec_keys_put(put *o, const call_half *h);
/* Puts keys into the redacted half to which they belong; false if they do not
 * fit. */
MUST_CHECK bool rec_keys_get(span in, call_half *h);

/* A JRN_PACKET's fixed part; the packet itself follows it in the record. */
enum { REC_PACKET_HEAD = 8 };
void rec_packet_put_head(put *o, const pkt *p);
/* `at` is taken from the frame. */
MUST_CHECK bool rec_packet_get(const jrn_rec *r, pkt *out);

/* What the tap sends to capture: the name of the call's journal directory
 * (16-bit length, text) and then one framed record, JRN_HALF as written by
 * rec_half_put_paths(), or JRN_END. With the name REC_ARM_NOBODY and an empty
 * record it announces the halves of all calls in progress, or ends that
 * list. */
#define REC_ARM_NOBODY "*"
enum { REC_ARM_LIST = JRN_BEGIN, REC_ARM_ALL = JRN_CLOSE };
void rec_arm_put(put *o, const char *call, uint16_t type, clk_both at,
		 span payload);
MUST_CHECK bool rec_arm_get(span in, span *call, jrn_rec *out);

/* "20261121T222800Z-<16 hex>": when the call began and a digest of Call-ID and
 * From-tag, so that the same call always has the same name. */
enum { REC_NAME = 40 };
void rec_call_name(clk_wall begun, span call_id, span from_tag,
		   char to[static REC_NAME]);
