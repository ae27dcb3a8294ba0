#include "app/resume.h"

#include <string.h>

#include "app/ends.h"
#include "app/follow.h"
#include "app/spool_watch.h"
#include "app/story.h"

enum {
	STALE_S = 3600,
	SETTLE_MS = 500,
	COPIES_S = 32,		/* RFC 3261, 64*T1 */
	SOME = 8,		/* names of old calls; the mark of one takes
				 * 0.05 ms to look up on a disk */
	NAMES = 1000,		/* read for them at once, at most */
};

struct resume_old {
	GDir *names;		/* of the spool; NULL: all were read */
	char before[SPOOL_WATCH_DAY];	/* names below it are of old calls */
};

/* The session records of one journal; NULL if it cannot be read. */
static story *read_story(const char *spool, const char *name, clk_both *last)
{
	const clk_mono never = {INT64_MAX};
	g_autofree char *dir = g_build_filename(spool, name, NULL);
	g_autoptr(follow) f = follow_new(dir);
	g_autoptr(story) s = story_new(name);
	jrn_kind kind;
	jrn_rec rec;

	if (!follow_scan(f, NULL))
		return NULL;
	while (follow_next(f, never, false, &rec, &kind)) {
		g_auto(story_control) did;

		story_record(s, &rec, NULL, &did);
		*last = rec.at;
	}
	return g_steal_pointer(&s);
}

static bool goes_on(const resume_from *r, const story *s, clk_both last)
{
	int64_t silent = clk_now().wall.ns - last.wall.ns;

	return s->call_id && s->record && !s->has_end &&
	       silent < conf_number(r->conf, CONF_TAP_LOST_CALL) *
				CLK_NS_PER_S;
}

/* A pause that an earlier tap began ends when it would have ended. */
static clk_mono resume_at(const resume_from *r, const story *s)
{
	int64_t longest = conf_number(r->conf, CONF_RULES_PAUSE) *
			  CLK_NS_PER_S;
	clk_both now = clk_now();
	int64_t gone = now.wall.ns - s->paused_at.wall.ns;

	if (!s->paused || !s->pause_ends || !longest)
		return (clk_mono){0};
	return (clk_mono){now.mono.ns + CLAMP(longest - gone, 0, longest)};
}

static rec_ask ask_of(const story *s)
{
	cat_told told = cat_told_find(span_str(s->reason ? s->reason : ""));

	if (!told.found)
		return REC_ASK_NONE;
	return told.mode == CAT_BUFFERED    ? REC_ASK_KEEP
	       : told.mode == CAT_ON_DEMAND ? REC_ASK_START
					    : REC_ASK_NONE;
}

/* Another boot had another monotonic clock. */
static clk_both at_here(clk_both at)
{
	clk_both now = clk_now();

	at.mono.ns = now.mono.ns - MAX(now.wall.ns - at.wall.ns, 0);
	return at;
}

/* Branches, too: each that is known rings, or has lost, for the tap as it did
 * before. */
static void catch_up_forks(const resume_from *r, const story *s,
			   const story *note, void **own)
{
	rec_event e = {.type = JRN_STATE, .at = clk_now(),
		       .cseq = note->cseq};

	for (guint i = 0; note->forks && i < note->forks->len; i++) {
		const rec_fork *f = &g_array_index(note->forks, rec_fork, i);

		if (story_fork_state(s, f->tag) == f->state)
			continue;
		e.progress = (rec_progress){
			.state = f->state,
			.status = f->state == REC_ANSWERED ? 200 : 0,
			.branch = span_str(f->tag),
		};
		book_sink(r->book, 0, own, &e);
	}
}

static void tell_fact(const resume_from *r, const story *note, void **own,
		      const char *name, const char *value)
{
	rec_event e = {.type = JRN_FACT, .at = clk_now(), .cseq = note->cseq};

	e.fact = (rec_fact){span_str(name), span_str(value)};
	book_sink(r->book, 0, own, &e);
}

static void catch_up_facts(const resume_from *r, const story *s,
			   const story *note, void **own)
{
	GHashTableIter i;
	void *name, *value;

	g_hash_table_iter_init(&i, note->facts);
	while (g_hash_table_iter_next(&i, &name, &value))
		if (strcmp(story_fact(s, name), value))
			tell_fact(r, note, own, name, value);
}

static void tell_decision(const resume_from *r, const story *note, clk_both at,
			  void **own)
{
	const rec_event e = {
		.type = JRN_DECISION, .at = at, .cseq = note->cseq,
		.decision = {
			.record = note->record,
			.audio = note->audio,
			.video = note->video,
			.rule = span_str(note->rule),
			.reason = span_str(note->reason),
		},
	};

	book_sink(r->book, 0, own, &e);
}

/* A stream that joined is recorded too. */
static void catch_up_decision(const resume_from *r, const story *s,
			      const story *note, void **own)
{
	if (note->decided && (note->audio != s->audio ||
			      note->video != s->video))
		tell_decision(r, note, clk_now(), own);
}

static void tell_mark(const resume_from *r, const story *note, void **own,
		      clk_both at, rec_control what)
{
	const rec_event e = {.type = JRN_MARK, .at = at, .cseq = note->cseq,
			     .control = what};

	book_sink(r->book, 0, own, &e);
}

/* Who holds, and what officers have asked for. */
static void catch_up_marks(const resume_from *r, const story *s,
			   const story *note, void **own)
{
	static const rec_mark asked[] = {REC_START, REC_TAG};
	rec_control c = {.side = CALL_UNKNOWN, .actor = span_str("edgetape")};
	const clk_both now = clk_now();

	for (size_t i = 0; i < G_N_ELEMENTS(asked); i++) {
		c.mark = (uint8_t)asked[i];
		c.text = span_str("asked for before a restart");
		if ((note->marks & ~s->marks) >> c.mark & 1)
			tell_mark(r, note, own, now, c);
	}
	if (note->paused != s->paused) {
		c.mark = !note->paused ? REC_RESUME
			 : note->pause_ends ? REC_PAUSE : REC_STOP;
		c.text = span_str(note->paused && note->paused_why
					  ? note->paused_why : "");
		tell_mark(r, note, own,
			  note->paused ? at_here(note->paused_at) : now, c);
	}
	for (c.side = CALL_CALLER; c.side <= CALL_CALLEE; c.side++) {
		c.mark = note->held[c.side] ? REC_HOLD : REC_RETRIEVE;
		c.text = c.actor = span_str("");
		if (note->held[c.side] != s->held[c.side])
			tell_mark(r, note, own, now, c);
	}
}

/* What the notes know and the journal does not: both are told again. */
static void catch_up(const resume_from *r, story *s, const story *note,
		     void **own)
{
	rec_event e = {.type = JRN_STATE, .cseq = note->cseq};

	if (note->has_answer && !s->has_answer) {
		e.at = at_here(note->answered);
		e.progress = (rec_progress){.state = REC_ANSWERED,
					    .status = 200};
		book_sink(r->book, 0, own, &e);
	}
	catch_up_forks(r, s, note, own);
	catch_up_marks(r, s, note, own);
	if (note->ending && !s->ending) {
		e.at = at_here(note->ending_at);
		e.progress = (rec_progress){.state = REC_ENDING,
					    .status = note->ending_status};
		book_sink(r->book, 0, own, &e);
	}
	s->ending = note->ending;
	s->cancelled = note->cancelled;
}

/* A call that was noted, but of which nothing is in a journal. */
static void tell_again(const resume_from *r, const story *s, void **own)
{
	rec_event e = {.type = JRN_BEGIN, .at = at_here(s->begun),
		       .cseq = s->cseq};
	GHashTableIter i;
	void *name, *value;

	e.begin.call_id = span_str(s->call_id);
	e.begin.from_tag = span_str(s->from_tag);
	e.begin.source = span_str(s->source);
	book_sink(r->book, 0, own, &e);
	g_hash_table_iter_init(&i, s->facts);
	while (g_hash_table_iter_next(&i, &name, &value))
		tell_fact(r, s, own, name, value);
	tell_decision(r, s, e.at, own);
}

static rec_end end_of(const story *s)
{
	return (rec_end){s->end_cause, s->end_side, s->end_status,
			 span_str(s->end_text ? s->end_text : "")};
}

static tap_resume resume_of(const resume_from *r, const story *s)
{
	return (tap_resume){
		.call_id = s->call_id,
		.from_tag = s->from_tag,
		.source = s->source,
		.begun = at_here(s->begun),
		.record = s->record,
		.audio = s->audio,
		.video = s->video,
		.answered = s->has_answer,
		.ending = s->ending,
		.cancelled = s->cancelled,
		.ending_status = s->ending_status,
		.ending_at = at_here(s->ending_at),
		.cseq = s->cseq,
		.paused = s->paused,
		.resume_at = resume_at(r, s),
		.ask = ask_of(s),
		.asked = s->marks & (1u << REC_START | 1u << REC_TAG),
		.held = {s->held[CALL_CALLER], s->held[CALL_CALLEE]},
		.halves = s->halves,
		.forks = s->forks,
		.facts = s->facts,
		.memory = story_memory(s),
	};
}

/* Long after its end its recording may have been deleted, as it should. */
static bool is_stale(const story *s)
{
	return s->has_end && s->record &&
	       clk_now().wall.ns - s->ended.wall.ns > STALE_S * CLK_NS_PER_S;
}

static void resume_noted(const resume_from *r, const story *s)
{
	const rec_end end = end_of(s);
	g_autoptr(story) bare = NULL;
	tap_resume resume;
	void *own = NULL;

	if (!s->decided || is_stale(s))
		return;
	tell_again(r, s, &own);
	bare = story_new(s->name);
	catch_up(r, bare, s, &own);
	book_take_keypad(r->book, own, s->keypad);
	if (s->memory_n)
		book_keep(r->book, own, story_memory(s));
	resume = resume_of(r, s);
	resume.own = own;
	resume.ended = s->has_end ? &end : NULL;
	resume.ended_at = at_here(s->ended);
	tap_calls_resume(r->calls, clk_now(), &resume);
	g_message("%s: continues from the notes", s->name);
}

/* The tap before may have written the end, and died before capture heard it. */
static void tell_over(const resume_from *r, const story *s)
{
	if (s->has_end && s->record &&
	    clk_now().wall.ns - s->ended.wall.ns < ENDS_KEPT_S * CLK_NS_PER_S)
		session_writer_over(r->sessions, s->name, at_here(s->ended));
}

/* Keys may follow a BYE that was forged: render waits while there is media, and
 * what it has done with gets none. `journal` keeps what `to` then has of it. */
static void resume_late(const resume_from *r, const char *name,
			story **journal, tap_resume *to)
{
	const char *spool = conf_text(r->conf, CONF_SPOOL);
	g_autofree char *mark = g_build_filename(spool, name, "rendered", NULL);
	clk_both last;

	if (g_file_test(mark, G_FILE_TEST_EXISTS))
		return;
	*journal = read_story(spool, name, &last);
	if (!*journal || !(*journal)->has_end)
		return;
	to->halves = (*journal)->halves;
	to->told = true;
	to->own = book_late(r->book, session_writer_late(r->sessions, name));
}

/* The ledger has it, or render will see to that: only what comes of it again is
 * to be known. Frees `s`, or keeps it. */
static void remember(const resume_from *r, story *s)
{
	const clk_both now = clk_now();
	const rec_end end = end_of(s);
	tap_resume resume = resume_of(r, s);
	g_autoptr(story) journal = NULL;

	tell_over(r, s);
	s->ended = at_here(s->ended);
	if (clk_since(now.mono, s->ended.mono) >= COPIES_S * CLK_NS_PER_S) {
		story_free(s);
		return;
	}
	resume.ended = &end;
	resume.ended_at = s->ended;
	if (s->record)
		resume_late(r, s->name, &journal, &resume);
	tap_calls_resume(r->calls, now, &resume);
	book_remember(r->book, s);
}

/* What is known of a call that has a journal. */
typedef enum resumed {
	RESUME_UNTOLD,		/* the journal does not tell enough of it */
	RESUME_ON,		/* it goes on */
	RESUME_OVER,
} resumed;

static resumed resume_call(const resume_from *r, const char *name,
			   const story *note)
{
	const char *spool = conf_text(r->conf, CONF_SPOOL);
	g_autofree char *mark = g_build_filename(spool, name, "rendered", NULL);
	g_autoptr(story) s = NULL;
	tap_resume resume;
	clk_both last = {{0}, {0}};
	rec_end end;
	void *own;

	if (g_file_test(mark, G_FILE_TEST_EXISTS))
		return RESUME_OVER;
	if (book_has(r->book, name))	/* an old one, from the notes */
		return RESUME_ON;
	s = read_story(spool, name, &last);
	if (!s || !s->call_id || !s->record)
		return RESUME_UNTOLD;
	if (!goes_on(r, s, last)) {
		tell_over(r, s);
		return RESUME_OVER;
	}
	s->cseq = note ? note->cseq : 0;
	if (note && note->memory_n)
		story_remember(s, story_memory(note));
	own = session_writer_resume(r->sessions, name, clk_now(), s->halves);
	own = book_resume(r->book, s, own);
	if (note) {
		catch_up_facts(r, s, note, &own);
		catch_up_decision(r, s, note, &own);
		catch_up(r, s, note, &own);
		book_take_keypad(r->book, own, note->keypad);
	}
	resume = resume_of(r, s);
	resume.own = own;
	if (note && note->has_end) {
		end = end_of(note);
		resume.ended = &end;
		resume.ended_at = at_here(note->ended);
	}
	tap_calls_resume(r->calls, clk_now(), &resume);
	g_ptr_array_set_size(s->halves, 0);	/* told; nobody asks again */
	s = NULL;	/* the book's */
	g_message("%s: continues", name);
	return RESUME_ON;
}

/* The notes need not tell of what the journal tells. */
static void resume_journal(const resume_from *r, const char *name,
			   GHashTable *left)
{
	story *note = g_hash_table_lookup(left, name);
	const resumed what = resume_call(r, name, note);

	if (!note || what == RESUME_UNTOLD)
		return;
	if (what == RESUME_OVER && note->has_end) {
		g_hash_table_steal(left, name);
		remember(r, note);
	} else {
		g_hash_table_remove(left, name);
	}
}

static void remember_settled(const resume_from *r, GHashTable *left)
{
	GHashTableIter i;
	void *noted;

	g_hash_table_iter_init(&i, left);
	while (g_hash_table_iter_next(&i, NULL, &noted)) {
		story *s = noted;

		if (!s->settled || !s->has_end)
			continue;
		g_hash_table_iter_steal(&i);
		remember(r, s);
	}
}

/* What was told again is on disk before more is promised; a disk that takes
 * longer is not waited for. */
static void settle(const resume_from *r)
{
	for (unsigned ms = 0; ms < SETTLE_MS; ms++) {
		if (!session_writer_waiting(r->sessions) &&
		    !book_waiting(r->book))
			return;
		g_usleep(1000);
	}
}

static bool is_call(const char *name)
{
	return *name != '.' && strlen(name) < REC_NAME;
}

static bool is_old(const resume_old *o, const char *name)
{
	return strcmp(name, o->before) < 0;
}

static void resume_young(const resume_from *r, const resume_old *o,
			 GHashTable *left)
{
	const char *name;

	while (o->names && (name = g_dir_read_name(o->names)))
		if (is_call(name) && (!is_old(o, name) ||
				      g_hash_table_contains(left, name)))
			resume_journal(r, name, left);
	if (o->names)
		g_dir_rewind(o->names);
}

resume_old *resume_calls(const resume_from *r)
{
	g_autoptr(GHashTable) left = book_left(r->book);
	resume_old *o = g_new0(resume_old, 1);
	GHashTableIter i;
	void *noted;

	o->names = g_dir_open(conf_text(r->conf, CONF_SPOOL), 0, NULL);
	spool_watch_old_before(o->before);
	remember_settled(r, left);
	resume_young(r, o, left);
	g_hash_table_iter_init(&i, left);
	while (g_hash_table_iter_next(&i, NULL, &noted))
		resume_noted(r, noted);
	if (g_hash_table_size(left))
		settle(r);
	book_settle(r->book);
	return o;
}

bool resume_more(resume_old *o, const resume_from *r)
{
	unsigned looked = 0;

	for (unsigned n = 0; o->names && n < NAMES && looked < SOME; n++) {
		const char *name = g_dir_read_name(o->names);

		if (!name) {
			g_clear_pointer(&o->names, g_dir_close);
		} else if (is_call(name) && is_old(o, name)) {
			resume_call(r, name, NULL);
			looked++;
		}
	}
	return o->names != NULL;
}

void resume_old_free(resume_old *o)
{
	if (!o)
		return;
	g_clear_pointer(&o->names, g_dir_close);
	g_free(o);
}
