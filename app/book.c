#include "app/book.h"

#include <stdio.h>
#include <string.h>

#include "app/ledger.h"
#include "app/notes.h"

enum {
	REMEMBER_S = 32,	/* as the tap does: RFC 3261, 64*T1 */
	REMEMBERED = 20000,	/* calls, at most */
};

/* One call on its way. */
typedef struct page {
	void *next;		/* the next sink's own */
	story *story;		/* NULL: it is over */
	note *note;		/* from when its row was begun */
	bool changed;		/* since its row was told of it */
	tap_keypad keypad[2];	/* of each side */
	bool ticketed;		/* over, and waits for these: */
	uint64_t rows, records;	/* how much of each is to be on disk */
} page;

struct book {
	cat_watch *watch;
	notes *notes;
	book_config cfg;
	GHashTable *pages;	/* set of page: calls in progress */
	GQueue over;		/* of page: still noted */
	cat_verdict verdict;	/* the latest */
	char told[CAT_TOLD_MAX];
};

static void page_free(void *p)
{
	page *g = p;

	story_free(g->story);
	g_free(g);
}

book *book_new(const book_config *cfg, GError **err)
{
	cat_watch *w = cat_watch_new(cfg->path, err);
	book *b;

	if (!w)
		return NULL;
	b = g_new0(book, 1);
	b->watch = w;
	b->notes = notes_open(cfg->notes);
	b->cfg = *cfg;
	b->pages = g_hash_table_new_full(NULL, NULL, page_free, NULL);
	return b;
}

void book_free(book *b)
{
	if (!b)
		return;
	cat_watch_free(b->watch);
	notes_free(b->notes);
	g_hash_table_unref(b->pages);
	g_queue_clear_full(&b->over, page_free);
	g_free(b);
}

/* ---- the decision ---- */

static cat_party party_of(const tap_party *p)
{
	return (cat_party){p->uri, p->tel, p->asserted};
}

static rec_ask ask_of(cat_mode mode)
{
	switch (mode) {
	case CAT_ON_DEMAND:
		return REC_ASK_START;
	case CAT_BUFFERED:
		return REC_ASK_KEEP;
	case CAT_NEVER:
	case CAT_METADATA:
	case CAT_ALWAYS:
		break;
	}
	return REC_ASK_NONE;
}

static void decision_say(book *b, rec_decision *out)
{
	const cat_verdict *v = &b->verdict;

	cat_verdict_tell(v, v->reason, b->told);
	*out = (rec_decision){
		.record = v->record,
		.audio = v->record && v->audio,
		.video = v->record && v->video,
		.rule = span_str(v->rule),
		.reason = span_str(b->told),
		.refuse = v->record && v->refuse ? v->refuse : REC_PASS,
		.ask = ask_of(v->mode),
	};
}

bool book_decide(book *b, const tap_facts *f, rec_decision *out)
{
	const cat_policy *p = cat_watch_policy(b->watch);
	cat_verdict *v = &b->verdict;
	const cat_call c = {
		.at = f->at.wall.ns / CLK_NS_PER_S,
		.caller = party_of(&f->caller),
		.callee = party_of(&f->callee),
		.source = f->source,
		.conference = f->conference,
		.audio = span_eq(f->type, "audio") || span_eq(f->type, "video"),
		.video = span_eq(f->type, "video"),
	};

	*v = (cat_verdict){.rule = "", .scope = CAT_EXTERNAL};
	if (!p || span_eq(f->type, "im") || span_eq(f->type, "sharing"))
		return false;
	cat_policy_decide(p, &c, v);
	if (!v->concerned)
		return false;
	decision_say(b, out);
	return true;
}

/* "source" and "destination" name the party whose wish it is: the call is
 * recorded while that one is in it, and a dialog never loses its parties.
 * "disabled" is not heard against a mandatory rule. */
bool book_wish(book *b, const tap_facts *f, rec_decision *out)
{
	cat_verdict *v = &b->verdict;
	bool source = span_eq(f->record, "source");
	bool wants = source || span_eq(f->record, "destination");

	if ((!wants && !span_eq(f->record, "disabled")) || v->mandatory ||
	    wants == (v->record && v->mode == CAT_ALWAYS) ||
	    (!wants && !v->concerned))
		return false;
	if (wants && !v->n_owners)
		v->owner[v->n_owners++] = (cat_owner){
			(source ? f->caller : f->callee).uri, false,
			source ? CAT_CALLER : CAT_CALLEE};
	v->audio |= wants;
	v->concerned = true;
	v->record = wants;
	v->mode = wants ? CAT_ALWAYS : CAT_NEVER;
	v->rule = "record header";
	snprintf(v->reason, sizeof(v->reason),
		 "the record header of %.*s says %.*s", (int)f->source.left,
		 (const char *)f->source.p, (int)f->record.left,
		 (const char *)f->record.p);
	decision_say(b, out);
	return true;
}

void book_adopt(book *b, rec_decision *out, uint32_t keep_days)
{
	cat_verdict *v = &b->verdict;

	*v = (cat_verdict){
		.concerned = true, .record = true, .audio = out->audio,
		.video = out->video, .mode = CAT_ALWAYS, .refuse = out->refuse,
		.keep_days = keep_days, .rule = "", .class = "",
	};
	span_copy(out->reason, v->reason, sizeof(v->reason));
	cat_verdict_tell(v, v->reason, b->told);
	out->reason = span_str(b->told);
}

void book_prevent(book *b, rec_decision *out, const char *why)
{
	cat_verdict_tell(&b->verdict, why, b->told);
	out->record = out->audio = out->video = false;
	out->reason = span_str(b->told);
}

uint64_t book_lost(const book *b)
{
	return cat_watch_lost(b->watch);
}

uint64_t book_version(const book *b)
{
	return cat_watch_version(b->watch);
}

uint64_t book_waiting(const book *b)
{
	return cat_watch_waiting(b->watch);
}

/* ---- the ledger ---- */

static void put_text(char **to, span text)
{
	g_free(*to);
	*to = span_dup(text);
}

/* A state that says nothing new is not told again. */
static bool progress_take(story *s, const rec_event *e)
{
	const bool answer = s->has_answer, ending = s->ending,
		   cancelled = s->cancelled;
	const uint16_t status = s->ending_status;

	story_progress(s, e->at, &e->progress);
	return s->has_answer != answer || s->ending != ending ||
	       s->cancelled != cancelled || s->ending_status != status;
}

/* True when the ledger or the notes have to know. */
static bool story_take(story *s, const rec_event *e)
{
	s->cseq = e->cseq;
	switch ((jrn_type)e->type) {
	case JRN_FACT:
		story_put_fact(s, e->fact.name, e->fact.value);
		return true;
	case JRN_DECISION:
		s->decided = true;
		s->record = e->decision.record;
		s->audio = e->decision.audio;
		s->video = e->decision.video;
		put_text(&s->rule, e->decision.rule);
		put_text(&s->reason, e->decision.reason);
		return true;
	case JRN_STATE:
		return progress_take(s, e);
	case JRN_END:
		s->has_end = true;
		s->ended = e->at;
		s->end_cause = e->end.cause;
		s->end_side = e->end.side;
		s->end_status = e->end.status;
		put_text(&s->end_text, e->end.text);
		return true;
	case JRN_MARK:
		story_mark(s, e->at, &e->control);
		break;
	case JRN_BEGIN:
	case JRN_HALF:
	case JRN_KEYS:
	case JRN_PACKET:
	case JRN_FLOW:
	case JRN_LOSS:
	case JRN_CLOSE:
	case JRN_TALLY:
	case JRN_WATCH:
		break;
	}
	return false;
}

/* A call that could not be recorded was refused: the decision says what stood
 * in the way, the end that it was refused. */
static void blocked_say(cat_entry *e, const story *s)
{
	g_autofree char *why = !s->record && e->reason && *e->reason
		? g_strdup_printf("%s: %s", s->end_text, e->reason)
		: g_strdup(s->end_text);

	ledger_outcome(e, "BLOCKED", why);
}

/* What the tap alone knows. A call whose media was to be captured is render's
 * to judge. */
static void outcome_say(cat_entry *e, const story *s)
{
	bool wanted = !g_strcmp0(e->mode, "always") ||
		      g_str_has_prefix(e->mode ? e->mode : "", "on-demand");

	/* Without a journal nobody else will ever tell: said at once, it
	 * stands even if this process dies before the call ends. */
	if (!s->has_end && (s->record || !wanted))
		return;
	if (e->end == CAT_END_REFUSED)
		blocked_say(e, s);
	else if (!s->record && !wanted)
		ledger_outcome(e, "EXEMPT", NULL);
	else if (!s->record)
		ledger_outcome(e, "NOT_RECORDED", NULL);
}

/* Only calls that a rule of the catalog concerns have told owners. */
static void enter(book *b, page *g)
{
	g_autoptr(cat_entry) e = NULL;

	if (!g->story->reason)
		return;
	e = cat_entry_new(g->story->name);
	if (!cat_entry_told(e, span_str(g->story->reason)))
		return;
	g_clear_pointer(&e, cat_entry_free);
	e = ledger_from_story(g->story);
	outcome_say(e, g->story);
	if (!g->note)
		g->note = notes_enter(b->notes, g->story);
	g->changed = false;
	notes_write(b->notes);
	cat_watch_take(b->watch, g_steal_pointer(&e));
}

GHashTable *book_left(book *b)
{
	return notes_take(b->notes);
}

void book_settle(book *b)
{
	notes_settle(b->notes);
}

void book_remember(book *b, story *s)
{
	page *g = g_new0(page, 1);

	s->settled = g->ticketed = true;
	g->story = s;
	g->note = notes_enter(b->notes, s);
	g_queue_push_tail(&b->over, g);
}

/* It stays noted for the sake of its copies, and of nothing else. */
static void settle(book *b, page *g)
{
	if (g->story->settled)
		return;
	g->story->settled = true;
	notes_mark_settled(b->notes, g->note);
}

void book_tidy(book *b, clk_mono now, uint64_t told, uint64_t waiting)
{
	uint64_t all = cat_watch_told(b->watch), rows = all - book_waiting(b);
	GList *next;

	for (GList *l = b->over.head; l; l = next) {
		page *g = l->data;

		next = l->next;
		if (!g->ticketed) {
			g->ticketed = true;
			g->rows = all;
			g->records = told;
		}
		if (g->rows > rows || g->records > told - waiting)
			continue;
		settle(b, g);
		if (clk_since(now, g->story->ended.mono) <
			    REMEMBER_S * CLK_NS_PER_S &&
		    b->over.length <= REMEMBERED)
			continue;
		notes_drop(b->notes, g->note);
		g_queue_delete_link(&b->over, l);
		page_free(g);
	}
	notes_write(b->notes);
}

static page *page_new(book *b, const rec_event *e)
{
	page *g = g_new0(page, 1);
	char name[REC_NAME];

	rec_call_name(e->at.wall, e->begin.call_id, e->begin.from_tag, name);
	g->story = story_new(name);
	g->story->call_id = span_dup(e->begin.call_id);
	g->story->from_tag = span_dup(e->begin.from_tag);
	g->story->source = span_dup(e->begin.source);
	g->story->begun = e->at;
	g->story->cseq = e->cseq;
	g_hash_table_add(b->pages, g);
	return g;
}

void *book_resume(book *b, story *s, void *next)
{
	page *g = g_new0(page, 1);

	g->next = next;
	g->story = s;
	g_hash_table_add(b->pages, g);
	/* The tap before may have died with the row still to be written. */
	enter(b, g);
	return g;
}

void *book_next(const void *own)
{
	const page *g = own;

	return g ? g->next : NULL;
}

const char *book_party(const void *own, const char *side)
{
	const page *g = own;

	return g && g->story ? story_party(g->story, side) : "";
}

/* ---- acts on the recording of a call in progress ---- */

static void log_act(book *b, const page *g, const rec_event *e)
{
	const char *verb = tap_keypad_verb((rec_mark)e->control.mark);
	g_autofree char *actor = span_dup(e->control.actor);
	g_autofree char *reason = span_dup(e->control.text);
	g_autofree char *action = g_strconcat("live.", verb, NULL);
	const cat_actor who = {*actor ? actor : "edgetape", reason};

	if (verb)
		cat_watch_note(b->watch, &who, e->at.wall.ns / CLK_NS_PER_S,
			       action, g->story->name);
}

static cat_told told_of(const page *g)
{
	return cat_told_find(span_str(g->story->reason ? g->story->reason
						       : ""));
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
	what.mark = (uint8_t)tap_keypad_press(&g->keypad[side], b->cfg.keypad,
					  e->at.mono,
					  (char)e->control.text.p[0]);
	if (!what.mark || (what.mark == REC_STOP && told.mandatory))
		return;
	text = g_strdup_printf("by the keys of the %s", name);
	what.actor = span_str(story_party(g->story, name));
	what.text = span_str(text);
	b->cfg.act(b->cfg.act_user, call, &what);
}

static void on_mark(book *b, page *g, uint64_t call, const rec_event *e)
{
	if (e->control.mark == REC_DTMF)
		on_digit(b, g, call, e);
	else
		log_act(b, g, e);
}

/* In mid-call. What was never captured cannot be started. */
static void on_header(book *b, page *g, uint64_t call, span value)
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

/* A call that no rule concerns was never noted. */
static void take_leave(book *b, page *g)
{
	g_hash_table_steal(b->pages, g);
	if (g->note)
		g_queue_push_tail(&b->over, g);
	else
		page_free(g);
}

/* Told of, or only noted, until the next of these. */
static bool is_step(const page *g, const rec_event *e)
{
	return e->type == JRN_DECISION || e->type == JRN_END ||
	       (e->type == JRN_STATE && g->note && g->changed);
}

/* What comes behind the end is for the next sink alone. */
static page *page_late(book *b, void *next)
{
	page *g = g_new0(page, 1);

	g->next = next;
	g_hash_table_add(b->pages, g);
	return g;
}

static void late_sink(book *b, uint64_t call, void **own, const rec_event *e)
{
	page *g = *own;

	b->cfg.next(b->cfg.next_user, call, &g->next, e);
	if (e->type != JRN_CLOSE)
		return;
	*own = NULL;
	g_hash_table_remove(b->pages, g);
}

void book_sink(void *user, uint64_t call, void **own, const rec_event *e)
{
	book *b = user;
	page *g = *own;

	if (!g) {
		if (e->type != JRN_BEGIN)
			return;
		*own = g = page_new(b, e);
	}
	if (!g->story) {
		late_sink(b, call, own, e);
		return;
	}
	b->cfg.next(b->cfg.next_user, call, &g->next, e);
	if (story_take(g->story, e)) {
		g->changed = true;
		if (g->note)
			notes_add(b->notes, g->note, e);
	}
	if (e->type == JRN_MARK)
		on_mark(b, g, call, e);
	if (e->type == JRN_FACT && span_eq(e->fact.name, "record"))
		on_header(b, g, call, e->fact.value);
	if (is_step(g, e))
		enter(b, g);
	if (e->type == JRN_END) {
		*own = g->next ? page_late(b, g->next) : NULL;
		take_leave(b, g);
	}
}
