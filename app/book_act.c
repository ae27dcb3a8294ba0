/* book_act.c - acts on the recording of a call in progress. */
#include "app/book_impl.h"

static void log_act(book *b, const page *g, const rec_event *e)
{
	const char *verb = tap_keypad_verb((rec_mark)e->control.mark);
	g_autofree char *actor = span_dup(e->control.actor);
	g_autofree char *reason = span_dup(e->control.text);
	g_autofree char *action = g_strconcat("live.", verb, NULL);
	const cat_actor who = {*actor ? actor : "edgetape", reason, 0};

	if (verb)
		cat_watch_note(b->watch, &who, e->at.wall.ns / CLK_NS_PER_S,
			       action, g->story->name);
}

static cat_told told_of(const page *g)
{
	return cat_told_find(span_str(g->story->reason ? g->story->reason
						       : ""));
}

/* The next tap may hear the rest of the code. */
static rec_mark press(book *b, const page *g, const rec_event *e)
{
	tap_keypad *k = &g->story->keypad[e->control.side];
	const rec_mark mark = tap_keypad_press(k, b->cfg.keypad, e->at.mono,
					       (char)e->control.text.p[0]);

	if (g->note && b->cfg.keypad->n) {
		notes_press(b->notes, g->note);
		notes_write(b->notes);
	}
	return mark;
}

/* Codes count from the side whose rule it is: another party must not end what
 * records it. What has to be recorded is paused, but not stopped. */
static void on_digit(book *b, page *g, uint64_t call, const rec_event *e)
{
	uint8_t side = e->control.side;
	cat_told told = told_of(g);
	rec_control what = {.side = CALL_UNKNOWN};
	const char *name = side == CALL_CALLER ? "caller" : "callee";
	g_autofree char *text = NULL;

	if (side >= CALL_UNKNOWN || !(told.sides >> side & 1) ||
	    !e->control.text.left)
		return;
	what.mark = (uint8_t)press(b, g, e);
	if (!what.mark || (what.mark == REC_STOP && told.mandatory))
		return;
	text = g_strdup_printf("by the keys of the %s", name);
	what.actor = span_str(story_party(g->story, name));
	what.text = span_str(text);
	b->cfg.act(b->cfg.act_user, call, &what);
}

void book_on_mark(book *b, page *g, uint64_t call, const rec_event *e)
{
	if (e->control.mark == REC_DTMF)
		on_digit(b, g, call, e);
	else
		log_act(b, g, e);
}

/* In mid-call. What was never captured cannot be started. */
void book_on_header(book *b, page *g, uint64_t call, span value)
{
	bool wants = span_eq(value, "source") || span_eq(value, "destination");
	const rec_control what = {
		.mark = wants ? REC_START : REC_STOP,
		.side = CALL_UNKNOWN,
		.actor = span_str(g->story->source ? g->story->source : ""),
		.text = span_str("by the record header"),
	};

	if (!g->story->record || (!wants && (!span_eq(value, "disabled") ||
					     told_of(g).mandatory)))
		return;
	b->cfg.act(b->cfg.act_user, call, &what);
}
