/* alarm.h - what is wrong at this moment, each kind under a name that never
 * changes.
 *
 * Whoever sees a problem says so each time it looks. It is reported once when
 * it is new, and once when nobody has said it for a while. Pure. */
#pragma once
#include <glib.h>
#include <stdbool.h>

#include "core/clock.h"
#include "core/span.h"

typedef enum alarm_id {
	ALARM_CAPTURE_DOWN,
	ALARM_NOT_LISTENING,
	ALARM_FRONT_END_SILENT,
	ALARM_FRONT_END_REFUSED,
	ALARM_NO_RELAY,
	ALARM_ESCAPED,
	ALARM_LATE,
	ALARM_RECORDS_LOST,
	ALARM_PACKETS_LOST,
	ALARM_CAPTURE_TROUBLE,
	ALARM_ORPHAN_MEDIA,
	ALARM_NO_MEDIA,
	ALARM_MEDIA_STOPPED,
	ALARM_UNDECRYPTABLE,
	ALARM_NOT_RENDERED,
	ALARM_RENDER_CRASH,
	ALARM_NOT_DELETED,
	ALARM_ROLE_DOWN,
	ALARM_DISK_LOW,
	ALARM_DISK_FULL,
	ALARM_CLOCK_STEP,
	ALARM_CLOCK_UNSYNCED,
	ALARM_CERTIFICATE,
	ALARM_IDS,
} alarm_id;

typedef struct alarm_kind {
	const char *name;	/* "no-media"; never changes */
	bool critical;		/* a recording is lost or soon will be */
	uint16_t hold_s;	/* not said for this long: it is over */
	const char *means, *act;	/* a sentence each */
} alarm_kind;

/* The table; ALARM_IDS rows. */
const alarm_kind *alarm_table(void);

/* An alarm that is set, or a line about one. */
typedef struct alarm_line {
	bool set;		/* false: it is over */
	alarm_id id;
	int64_t at_ms;		/* when it was set or was over; UTC */
	const char *role;	/* who saw it */
	const char *about;	/* a call, a peer, a file: "" for none */
	const char *text;
} alarm_line;

enum {
	ALARMS_MAX = 256,	/* set at once in one role; more are not
				 * reported */
	ALARM_ABOUT = 128,
	ALARM_TEXT = 256,
};

typedef struct alarms alarms;
typedef void alarm_told(void *user, const alarm_line *l);

/* `role` and `user` are borrowed. Free with alarms_free(). */
alarms *alarms_new(const char *role, alarm_told *told, void *user);
void alarms_free(alarms *a);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(alarms, alarms_free)
/* This problem exists now. One that is already set is not reported again.
 * `about` may be "". */
void alarms_say(alarms *a, alarm_id id, const char *about, clk_both now,
		const char *fmt, ...) G_GNUC_PRINTF(5, 6);
/* Ends alarms that were not said for their time. */
void alarms_tick(alarms *a, clk_both now);
/* All that are set, one line each; free it. */
char *alarms_print(const alarms *a);
/* Takes over what an earlier process of this role had set, without reporting it
 * again. */
void alarms_adopt(alarms *a, span text, clk_both now);

/* "1732...\tset\trender\tno-media\tabout\ttext\n"; control characters in the
 * texts become blanks. */
void alarm_line_put(GString *to, const alarm_line *l);
/* Reads the next line and skips those that cannot be read; false at the end.
 * The texts of `out` are in `buf`. */
typedef struct alarm_text {
	char role[32], about[ALARM_ABOUT], text[ALARM_TEXT];
} alarm_text;
MUST_CHECK bool alarm_line_get(span *in, alarm_text *buf, alarm_line *out);
