/* alarm_post.h - a role's alarms: into the log when they change, and once a
 * second into RUN/<role>.alarms, where `edgetape alarms` and the watch of the
 * host find them. MAIN. */
#pragma once
#include "core/alarm.h"

typedef struct alarm_post alarm_post;

/* `role` is the file's name; alarms of an earlier process continue. */
alarm_post *alarm_post_new(const char *run, const char *role);
/* What is set stays in the file: the next process takes it up. */
void alarm_post_free(alarm_post *p);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(alarm_post, alarm_post_free)
/* Where to say what is wrong; lent. */
alarms *alarm_post_peek(alarm_post *p);
/* To be called about once a second: ends alarms that are over and writes the
 * file. */
void alarm_post_tick(alarm_post *p, clk_both now);

/* A counter of problems, with its value at the last look. */
typedef struct alarm_count {
	uint64_t seen;
} alarm_count;
/* Says so when the counter has grown. */
void alarm_post_grown(alarm_post *p, alarm_count *c, uint64_t now_at,
		      alarm_id id, clk_both now, const char *what);
