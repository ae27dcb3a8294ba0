#include "app/book.h"

#include <string.h>

#include "app/ledger.h"

/* One call on its way. */
typedef struct page {
	void *next;		/* the next sink's own */
	story *story;
	bool entered;		/* its row was begun */
} page;

struct book {
	cat_watch *watch;
	tap_sink *next;
	void *next_user;
	GHashTable *pages;	/* set of page */
	cat_verdict verdict;	/* the latest */
	char told[CAT_TOLD_MAX];
};

static void page_free(void *p)
{
	page *g = p;

	story_free(g->story);
	g_free(g);
}

book *book_new(const char *path, tap_sink *next, void *next_user, GError **err)
{
	cat_watch *w = cat_watch_new(path, err);
	book *b;

	if (!w)
		return NULL;
	b = g_new0(book, 1);
	b->watch = w;
	b->next = next;
	b->next_user = next_user;
	b->pages = g_hash_table_new_full(NULL, NULL, page_free, NULL);
	return b;
}

void book_free(book *b)
{
	if (!b)
		return;
	g_hash_table_unref(b->pages);
	cat_watch_free(b->watch);
	g_free(b);
}

/* ---- the decision ---- */

static cat_party party_of(const tap_party *p)
{
	return (cat_party){p->uri, p->tel, p->asserted};
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

	if (!p || span_eq(f->type, "im") || span_eq(f->type, "sharing"))
		return false;
	cat_policy_decide(p, &c, v);
	if (!v->concerned)
		return false;
	cat_verdict_tell(v, v->reason, b->told);
	*out = (rec_decision){
		.record = v->record,
		.audio = v->audio,
		.video = v->video,
		.rule = span_str(v->rule),
		.reason = span_str(b->told),
		.refuse = v->record && v->refuse ? v->refuse : REC_PASS,
	};
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

/* ---- the ledger ---- */

static void put_text(char **to, span text)
{
	g_free(*to);
	*to = span_dup(text);
}

static void story_take(story *s, const rec_event *e)
{
	switch ((jrn_type)e->type) {
	case JRN_FACT:
		g_hash_table_replace(s->facts, span_dup(e->fact.name),
				     span_dup(e->fact.value));
		break;
	case JRN_DECISION:
		s->decided = true;
		s->record = e->decision.record;
		put_text(&s->rule, e->decision.rule);
		put_text(&s->reason, e->decision.reason);
		break;
	case JRN_STATE:
		if (e->progress.state == REC_ANSWERED && !s->has_answer) {
			s->has_answer = true;
			s->answered = e->at;
		}
		break;
	case JRN_END:
		s->has_end = true;
		s->ended = e->at;
		s->end_cause = e->end.cause;
		s->end_status = e->end.status;
		put_text(&s->end_text, e->end.text);
		break;
	case JRN_BEGIN:
	case JRN_HALF:
	case JRN_KEYS:
	case JRN_MARK:
	case JRN_PACKET:
	case JRN_FLOW:
	case JRN_LOSS:
	case JRN_CLOSE:
		break;
	}
}

/* What the tap alone knows. A call whose media was to be captured is render's
 * to judge. */
static void outcome_say(cat_entry *e, const story *s)
{
	bool wanted = !g_strcmp0(e->mode, "always") ||
		      !g_strcmp0(e->mode, "on-demand-buffered");

	if (!s->has_end)
		return;
	if (e->end == CAT_END_REFUSED)
		ledger_outcome(e, "BLOCKED", s->end_text);
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
	g->entered = true;
	cat_watch_take(b->watch, g_steal_pointer(&e));
}

static page *page_new(book *b, const rec_event *e)
{
	page *g = g_new0(page, 1);
	char name[REC_NAME];

	rec_call_name(e->at.wall, e->begin.call_id, e->begin.from_tag, name);
	g->story = story_new(name);
	g->story->call_id = span_dup(e->begin.call_id);
	g->story->source = span_dup(e->begin.source);
	g->story->begun = e->at;
	g_hash_table_add(b->pages, g);
	return g;
}

void *book_resume(book *b, story *s, void *next)
{
	page *g = g_new0(page, 1);

	g->next = next;
	g->story = s;
	g->entered = s->reason != NULL;
	g_hash_table_add(b->pages, g);
	return g;
}

void *book_next(const void *own)
{
	const page *g = own;

	return g ? g->next : NULL;
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
	b->next(b->next_user, call, &g->next, e);
	story_take(g->story, e);
	if (e->type == JRN_DECISION || (e->type == JRN_STATE && g->entered) ||
	    e->type == JRN_END)
		enter(b, g);
	if (e->type == JRN_END) {
		*own = NULL;
		g_hash_table_remove(b->pages, g);
	}
}
