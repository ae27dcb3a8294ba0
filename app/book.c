#include "app/book_impl.h"

#include "app/ledger.h"

enum {
	REMEMBER_S = 32,	/* as the tap does: RFC 3261, 64*T1 */
	REMEMBERED = 20000,	/* calls, at most */
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

uint64_t book_lost(const book *b)
{
	return cat_watch_lost(b->watch);
}

void book_away(book *b, const cat_away *a)
{
	cat_watch_away(b->watch, a);
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

/* Who has to know of an event. */
typedef enum concern {
	CONCERN_NONE,
	CONCERN_NOTES,
	CONCERN_ROW,	/* of the ledger; and the notes */
} concern;

/* A state that has not changed is not written again. */
static concern progress_take(story *s, const rec_event *e)
{
	const bool answer = s->has_answer, ending = s->ending,
		   cancelled = s->cancelled;
	const uint16_t status = s->ending_status;
	g_autofree char *branch = span_dup(e->progress.branch);
	const uint8_t fork = story_fork_state(s, branch);

	story_progress(s, e->at, &e->progress);
	if (s->has_answer != answer || s->ending != ending ||
	    s->cancelled != cancelled || s->ending_status != status)
		return CONCERN_ROW;
	return story_fork_state(s, branch) != fork ? CONCERN_NOTES
						   : CONCERN_NONE;
}

/* What the next tap has to know; the journal may be late. */
static concern mark_concern(rec_mark mark)
{
	switch (mark) {
	case REC_HOLD:
	case REC_RETRIEVE:
	case REC_START:
	case REC_STOP:
	case REC_PAUSE:
	case REC_RESUME:
	case REC_TAG:
		return CONCERN_NOTES;
	case REC_TRANSFER:
	case REC_TRANSFERRED:
	case REC_DTMF:
	case REC_UNTRANSFERRED:
		break;
	}
	return CONCERN_NONE;
}

static concern story_take(story *s, const rec_event *e)
{
	s->cseq = e->cseq;
	switch ((jrn_type)e->type) {
	case JRN_FACT:
		story_put_fact(s, e->fact.name, e->fact.value);
		return CONCERN_ROW;
	case JRN_DECISION:
		story_decide(s, &e->decision);
		return CONCERN_ROW;
	case JRN_STATE:
		return progress_take(s, e);
	case JRN_END:
		story_end(s, e->at, &e->end);
		return CONCERN_ROW;
	case JRN_MARK:
		story_mark(s, e->at, &e->control);
		return mark_concern((rec_mark)e->control.mark);
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
	return CONCERN_NONE;
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

	/* Without a journal nobody else will report it: written at once, it
	 * stays even if this process dies before the call ends. */
	if (!s->has_end && (s->record || !wanted))
		return;
	if (e->end == CAT_END_REFUSED)
		blocked_say(e, s);
	else if (!s->record && !wanted)
		ledger_outcome(e, "EXEMPT", NULL);
	else if (!s->record)
		ledger_outcome(e, "NOT_RECORDED", NULL);
}

/* Only calls that a rule of the catalog concerns have owners. */
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

	g->story = s;
	g->ticketed = s->settled;
	/* The tap before may have died with the row still to be written. */
	if (!s->settled)
		enter(b, g);
	if (!g->note)
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

bool book_has(const book *b, const char *name)
{
	GHashTableIter i;
	void *p;

	g_hash_table_iter_init(&i, b->pages);
	while (g_hash_table_iter_next(&i, &p, NULL)) {
		const page *g = p;

		if (g->story && !strcmp(g->story->name, name))
			return true;
	}
	return false;
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

/* A call that no rule concerns was never noted. */
static void take_leave(book *b, page *g)
{
	g_hash_table_steal(b->pages, g);
	if (g->note)
		g_queue_push_tail(&b->over, g);
	else
		page_free(g);
}

void book_keep(book *b, void *own, span memory)
{
	page *g = own;

	if (!g || !g->note)
		return;
	story_remember(g->story, memory);
	notes_remember(b->notes, g->note);
	notes_write(b->notes);
}

void book_take_keypad(book *b, void *own, const tap_keypad both[static 2])
{
	page *g = own;

	if (!g || !g->note)
		return;
	memcpy(g->story->keypad, both, sizeof(g->story->keypad));
	notes_press(b->notes, g->note);
	notes_write(b->notes);
}

/* Told of, or only noted, until the next of these. */
static bool is_step(const page *g, const rec_event *e)
{
	return e->type == JRN_DECISION || e->type == JRN_END ||
	       (e->type == JRN_STATE && g->note && g->changed);
}

/* Events after the end go only to the next sink. */
static page *page_late(book *b, void *next)
{
	page *g = g_new0(page, 1);

	g->next = next;
	g_hash_table_add(b->pages, g);
	return g;
}

void *book_late(book *b, void *next)
{
	return page_late(b, next);
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

static void take(book *b, page *g, const rec_event *e)
{
	const concern c = story_take(g->story, e);

	g->changed |= c == CONCERN_ROW;
	if (c == CONCERN_NONE || !g->note)
		return;
	notes_add(b->notes, g->note, e);
	if (e->type == JRN_MARK)	/* it may be nobody's message */
		notes_write(b->notes);
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
	take(b, g, e);
	if (e->type == JRN_MARK)
		book_on_mark(b, g, call, e);
	if (e->type == JRN_FACT && span_eq(e->fact.name, "record"))
		book_on_header(b, g, call, e->fact.value);
	if (is_step(g, e))
		enter(b, g);
	if (e->type == JRN_END) {
		*own = g->next ? page_late(b, g->next) : NULL;
		take_leave(b, g);
	}
}
