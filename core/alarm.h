/* alarm.h - what is wrong at this moment, each thing under a name that stays.
 *
 * Whoever sees a trouble says so as often as it looks; it is told once when it
 * is new and once when it has not been said for a while. Pure. */
#pragma once
#include <glib.h>
#include <stdbool.h>

#include "core/clock.h"
#include "core/span.h"

typedef enum alarm_id {
	ALARM_CAPTURE_DOWN,
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
	uint16_t hold_s;	/* not said for so long, it is over */
	const char *means, *act;	/* a sentence each */
} alarm_kind;

/* The table; ALARM_IDS rows. */
const alarm_kind *alarm_table(void);

/* One that is set, or a line that tells of one. */
typedef struct alarm_line {
	bool set;		/* false: it is over */
	alarm_id id;
	int64_t at_ms;		/* when it was set, or was over; UTC */
	const char *role;	/* who saw it */
	const char *about;	/* a call, a peer, a file: "" for none */
	const char *text;
} alarm_line;

enum {
	ALARMS_MAX = 256,	/* set at once in one role; more are not told */
	ALARM_ABOUT = 128,
	ALARM_TEXT = 256,
};

typedef struct alarms alarms;
typedef void alarm_told(void *user, const alarm_line *l);

/* `role` and `user` are lent. Free with alarms_free(). */
alarms *alarms_new(const char *role, alarm_told *told, void *user);
void alarms_free(alarms *a);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(alarms, alarms_free)
/* There is this trouble now. What is set already is not told again. `about`
 * may be "". */
void alarms_say(alarms *a, alarm_id id, const char *about, clk_both now,
		const char *fmt, ...) G_GNUC_PRINTF(5, 6);
/* Ends what was not said for its time. */
void alarms_tick(alarms *a, clk_both now);
/* Those that are set, a line each; free it. */
char *alarms_print(const alarms *a);
/* What an earlier process of this role had set; it is not told again. */
void alarms_adopt(alarms *a, span text, clk_both now);

/* "1732...\tset\trender\tno-media\tabout\ttext\n"; control characters in the
 * texts become blanks. */
void alarm_line_put(GString *to, const alarm_line *l);
/* The next line. Those that cannot be read are passed over; false at the end.
 * The texts of `out` are in `buf`. */
typedef struct alarm_text {
	char role[32], about[ALARM_ABOUT], text[ALARM_TEXT];
} alarm_text;
MUST_CHECK bool alarm_line_get(span *in, alarm_text *buf, alarm_line *out);
