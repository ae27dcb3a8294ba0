/* tap_script.h - messages in, the told events out as lines of text. */
#pragma once
#include "signaling_tap/tap.h"

typedef struct tap_script {
	tap_calls *calls;
	GString *told;		/* one line an event */
	GPtrArray *halves;	/* of char *: "serial side kinds keys cands" */
	clk_both now;		/* moves on by tap_script_wait() */
	tap_answer answer;	/* to the latest message */
	bool keeps;		/* its own after the end, as a journal does */
	bool record;		/* what the script's own rule decides */
	uint16_t refuse;	/* and its rec_decision.refuse */
	rec_ask ask;		/* and .ask */
	char *trusted[2];	/* whose header X-Record is heard: nobody's */
	unsigned decisions;
	clk_both began;		/* of the latest JRN_BEGIN */
	clk_both decided_at;	/* the time that the latest was asked for */
} tap_script;

/* With `plan` NULL nothing is rewritten. */
tap_script *tap_script_new(const struct ice_plan *plan, uint16_t no_relay);
void tap_script_free(tap_script *s);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(tap_script, tap_script_free)
/* From a Front End that waits; LF becomes CR LF, Content-Length is added. */
void tap_script_send(tap_script *s, const char *head, const char *body);
/* Bytes as they are, from a source of that kind. */
void tap_script_raw(tap_script *s, span message, bool rewrites);
void tap_script_wait(tap_script *s, double seconds);
uint64_t tap_script_counter(const tap_script *s, const char *name);
/* Takes what was told since the last time. Free with g_free(). */
char *tap_script_take(tap_script *s);

/* A message as a string. Free with g_string_free(). */
GString *tap_script_message(const char *head, const char *body);
