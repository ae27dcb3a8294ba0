/* window.h - times of the week, such as "mon-fri 08:00-18:00". Pure. */
#pragma once
#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "core/span.h"

typedef struct cat_window {
	uint8_t days;		/* bit 0: Monday, bit 6: Sunday */
	uint16_t from, to;	/* minutes; to <= from: across midnight, and the
				 * days are those on which it begins */
} cat_window;

/* A local time, as a clock on the wall shows it. */
typedef struct cat_local {
	uint16_t year;
	uint8_t month, day;	/* from 1 */
	uint8_t weekday;	/* 0: Monday */
	uint16_t minute;	/* of the day */
} cat_local;

/* "mon-fri 08:00-18:00", "sat,sun", "22:00-06:00"; 24:00 ends a day. */
MUST_CHECK bool cat_window_parse(span text, cat_window *out);
/* At most 48 octets with the NUL. */
enum { CAT_WINDOW_TEXT = 48 };
void cat_window_print(const cat_window *w, char to[static CAT_WINDOW_TEXT]);
/* Inline, because a decision evaluates it for each rule. */
static inline bool cat_window_holds(const cat_window *w, const cat_local *t)
{
	unsigned yesterday = t->weekday ? t->weekday - 1u : 6;
	bool today = w->days >> t->weekday & 1;

	if (w->from < w->to)
		return today && t->minute >= w->from && t->minute < w->to;
	return (today && t->minute >= w->from) ||
	       ((w->days >> yesterday & 1) && t->minute < w->to);
}

/* The local time of a zone at `at` (s UTC). Reads no clock. */
void cat_local_at(GTimeZone *zone, int64_t at, cat_local *out);
/* "YYYYMMDD" as a number; 0 if it is not a date. */
uint32_t cat_day_parse(span text);
uint32_t cat_day_of(const cat_local *t);
