/* story.h - what a call's session records say, put together. Pure. */
#pragma once
#include <glib.h>

#include "core/record.h"
#include "core/seal.h"
#include "signaling_tap/keypad.h"

typedef struct story_control {
	rec_mark mark;
	uint8_t side;
	clk_mono at;
	char *actor, *text;
} story_control;
void story_control_clear(story_control *c);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(story_control, story_control_clear)

typedef struct story {
	char *name;		/* of the journal's directory */
	char *call_id, *from_tag, *source;
	uint32_t cseq;		/* of its latest first INVITE; 0: not known */
	uint8_t *memory;	/* what the tap keeps beside this, or NULL */
	uint16_t memory_n, memory_room;	/* octets in use, and there */
	bool settled;		/* noted only so that its copies are known */
	GHashTable *facts;	/* GRefString -> GRefString */
	bool decided, record;
	bool audio, video;	/* which streams are recorded */
	char *rule, *reason;
	clk_both begun, answered, ended;
	bool has_answer, has_end;
	bool ending, cancelled;	/* failed or cancelled, and nothing followed */
	clk_both ending_at;
	uint16_t ending_status;
	bool paused;		/* by an officer; as of the last record */
	bool pause_ends;	/* a pause, not a stop */
	clk_both paused_at;
	char *paused_why;
	bool held[2];		/* by each side; as of the last record */
	tap_keypad keypad[2];	/* of each side: the beginning of a code */
	uint32_t marks;		/* bits 1 << rec_mark: each that was seen */
	uint8_t end_cause, end_side;
	uint16_t end_status;
	char *end_text;
	GArray *forks;		/* of rec_fork; NULL: none yet */
	GPtrArray *halves;	/* of call_half, keys inside */
	unsigned keys, bad_keys;	/* halves whose keys did (not) open */
	char *key_trouble;	/* why the last bad ones did not */
	unsigned malformed;	/* records that could not be read */
} story;

story *story_new(const char *name);
void story_free(story *s);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(story, story_free)

/* One session record. Returns the half that is complete now (lent), for the
 * decoder; else NULL. A JRN_MARK is decoded into `control`, whose mark is 0
 * for every other record. Without `key` the keys stay sealed. */
const call_half *story_record(story *s, const jrn_rec *r, seal_key *key,
			      story_control *control);

/* What an event says of the call, for who has no record of it: story_record()
 * does the same. */
void story_decide(story *s, const rec_decision *d);
void story_progress(story *s, clk_both at, const rec_progress *p);
void story_mark(story *s, clk_both at, const rec_control *c);
void story_end(story *s, clk_both at, const rec_end *e);
void story_remember(story *s, span memory);
span story_memory(const story *s);	/* lent; empty: none */
/* 0: nothing was heard of it. */
uint8_t story_fork_state(const story *s, const char *branch);
/* The fork's sound is no part of the call: another one answered, and not under
 * another tag with the same key. */
bool story_fork_lost(const story *s, const char *branch);

/* False: the tap gave up waiting, or was not there. */
bool story_end_seen(const story *s);

/* A later value replaces the earlier. */
void story_put_fact(story *s, span name, span value);
/* "" when nobody told. */
const char *story_fact(const story *s, const char *name);
/* "caller" or "callee": the URI, or the number. */
const char *story_party(const story *s, const char *side);
