#include "app/notes.h"

#include <glib/gstdio.h>
#include <signal.h>
#include <sys/resource.h>

enum { WAITING = 300 };

typedef struct place {
	char *dir, *path;
} place;

static place place_open(void)
{
	place p = {.dir = g_dir_make_tmp("edgetape-notes-XXXXXX", NULL)};

	g_assert_nonnull(p.dir);
	p.path = g_build_filename(p.dir, "tap.notes", NULL);
	return p;
}

static void place_close(place *p)
{
	g_autofree char *fresh = g_strconcat(p->path, ".new", NULL);

	g_unlink(fresh);
	g_unlink(p->path);
	g_assert_cmpint(g_rmdir(p->dir), ==, 0);
	g_free(p->path);
	g_free(p->dir);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(place, place_close)

static clk_both at_s(int64_t s)
{
	return (clk_both){{s * CLK_NS_PER_S},
			  {(1700000000 + s) * CLK_NS_PER_S}};
}

static story *call_new(unsigned i)
{
	char name[REC_NAME];
	g_autofree char *id = g_strdup_printf("call-%u@example.com", i);
	story *s;

	rec_call_name(at_s(i).wall, span_str(id), span_str("tag"), name);
	s = story_new(name);
	s->call_id = g_steal_pointer(&id);
	s->from_tag = g_strdup("tag");
	s->source = g_strdup("fe1.example");
	s->begun = at_s(i);
	s->decided = s->record = s->audio = true;
	s->cseq = 4000000000u + i;
	s->rule = g_strdup("everybody");
	s->reason = g_strdup("it is recorded");
	story_put_fact(s, span_str("caller.uri"),
		       span_str("sip:alice@example.com"));
	return s;
}

/* What the book does with an event. */
static void tell(notes *n, note *c, story *s, const rec_event *e)
{
	if (e->type == JRN_FACT)
		story_put_fact(s, e->fact.name, e->fact.value);
	if (e->type == JRN_STATE)
		story_progress(s, e->at, &e->progress);
	if (e->type == JRN_END) {
		s->has_end = true;
		s->ended = e->at;
		s->end_cause = e->end.cause;
		s->end_side = e->end.side;
		s->end_status = e->end.status;
		s->end_text = span_dup(e->end.text);
	}
	if (e->type == JRN_MARK)
		story_mark(s, e->at, &e->control);
	s->cseq = e->cseq;
	notes_add(n, c, e);
}

static void tell_mark(notes *n, note *c, story *s, rec_mark mark, uint8_t side)
{
	tell(n, c, s, &(rec_event){.type = JRN_MARK, .at = at_s(60),
				   .cseq = s->cseq,
				   .control = {.mark = (uint8_t)mark,
					       .side = side,
					       .text = span_str("why")}});
}

static void tell_fact(notes *n, note *c, story *s, const char *name,
		      const char *value)
{
	tell(n, c, s, &(rec_event){.type = JRN_FACT, .at = at_s(50),
				   .cseq = s->cseq,
				   .fact = {span_str(name), span_str(value)}});
}

static void tell_answer(notes *n, note *c, story *s, int64_t s_)
{
	tell(n, c, s, &(rec_event){.type = JRN_STATE, .at = at_s(s_),
				   .cseq = s->cseq,
				   .progress = {.state = REC_ANSWERED,
						.status = 200}});
}

static void tell_branch(notes *n, note *c, story *s, rec_state state,
			const char *tag)
{
	tell(n, c, s, &(rec_event){.type = JRN_STATE, .at = at_s(4),
				   .cseq = s->cseq,
				   .progress = {.state = (uint8_t)state,
						.branch = span_str(tag)}});
}

static void tell_end(notes *n, note *c, story *s, int64_t s_)
{
	tell(n, c, s, &(rec_event){.type = JRN_END, .at = at_s(s_),
				   .cseq = s->cseq + 1,
				   .end = {REC_BYE, CALL_CALLEE, 0,
					   span_str("bye")}});
}

static void assert_same(const story *a, const story *b)
{
	GHashTableIter i;
	void *name, *value;

	g_assert_nonnull(a);
	g_assert_cmpstr(a->name, ==, b->name);
	g_assert_cmpstr(a->call_id, ==, b->call_id);
	g_assert_cmpstr(a->from_tag, ==, b->from_tag);
	g_assert_cmpstr(a->source, ==, b->source);
	g_assert_cmpint(a->begun.mono.ns, ==, b->begun.mono.ns);
	g_assert_true(a->decided == b->decided && a->record == b->record &&
		      a->audio == b->audio && a->video == b->video);
	g_assert_cmpstr(a->reason, ==, b->reason);
	g_assert_true(a->has_answer == b->has_answer);
	g_assert_cmpint(a->answered.mono.ns, ==, b->answered.mono.ns);
	g_assert_true(a->ending == b->ending && a->cancelled == b->cancelled);
	g_assert_cmpuint(a->ending_status, ==, b->ending_status);
	g_assert_true(a->has_end == b->has_end);
	g_assert_cmpuint(a->cseq, ==, b->cseq);
	g_assert_true(a->settled == b->settled);
	g_assert_cmpuint(a->end_cause, ==, b->end_cause);
	g_assert_cmpuint(a->end_side, ==, b->end_side);
	g_assert_true(a->paused == b->paused &&
		      (!b->paused || a->pause_ends == b->pause_ends));
	g_assert_true(!b->paused ||
		      a->paused_at.mono.ns == b->paused_at.mono.ns);
	g_assert_cmpuint((a->marks ^ b->marks) &
			 (1u << REC_START | 1u << REC_TAG), ==, 0);
	g_assert_true(a->held[0] == b->held[0] && a->held[1] == b->held[1]);
	g_assert_cmpstr(b->paused ? a->paused_why : NULL, ==,
			b->paused ? b->paused_why : NULL);
	g_assert_cmpmem(a->memory, a->memory_n, b->memory, b->memory_n);
	g_assert_cmpuint(a->forks ? a->forks->len : 0, ==,
			 b->forks ? b->forks->len : 0);
	for (guint k = 0; a->forks && k < a->forks->len; k++) {
		const rec_fork *f = &g_array_index(a->forks, rec_fork, k);

		g_assert_cmpuint(f->state, ==, story_fork_state(b, f->tag));
	}
	g_assert_cmpuint(g_hash_table_size(a->facts), ==,
			 g_hash_table_size(b->facts));
	g_hash_table_iter_init(&i, b->facts);
	while (g_hash_table_iter_next(&i, &name, &value))
		g_assert_cmpstr(story_fact(a, name), ==, value);
}

/* As the next tap would find it. */
static GHashTable *left_at(const char *path)
{
	g_autoptr(notes) n = notes_open(path);

	return notes_take(n);
}

static void assert_all(const char *path, story **s, unsigned n)
{
	g_autoptr(GHashTable) left = left_at(path);

	g_assert_cmpuint(g_hash_table_size(left), ==, n);
	for (unsigned i = 0; i < n; i++)
		assert_same(g_hash_table_lookup(left, s[i]->name), s[i]);
}

static void test_changes(void)
{
	g_auto(place) p = place_open();
	g_autoptr(story) a = call_new(1);
	g_autoptr(story) b = call_new(2);
	g_autoptr(GHashTable) left = NULL;
	notes *n = notes_open(p.path);
	note *ca = notes_enter(n, a), *cb = notes_enter(n, b);

	tell_answer(n, ca, a, 5);
	tell_fact(n, cb, b, "callee.uri", "sip:bob@example.com");
	tell_fact(n, cb, b, "callee.uri", "sip:carol@example.com");
	tell(n, cb, b, &(rec_event){.type = JRN_STATE, .at = at_s(6),
				    .cseq = b->cseq,
				    .progress = {.state = REC_ENDING}});
	tell_end(n, ca, a, 9);
	notes_write(n);
	notes_free(n);
	left = left_at(p.path);
	g_assert_cmpuint(g_hash_table_size(left), ==, 2);
	assert_same(g_hash_table_lookup(left, a->name), a);
	assert_same(g_hash_table_lookup(left, b->name), b);
	g_assert_true(b->cancelled);
}

/* The next tap finds the call and writes it anew, the one after finds it. */
static void assert_two_taps(const place *p, story *a)
{
	notes *n;

	assert_all(p->path, &a, 1);
	n = notes_open(p->path);
	notes_enter(n, a);
	notes_write(n);
	notes_settle(n);
	notes_free(n);
	assert_all(p->path, &a, 1);
}

/* What is asked for and held, and what else the tap remembers: told after the
 * call was entered, and in it when the next taps enter it. */
static void test_marks(void)
{
	static const rec_mark marks[] = {REC_TAG, REC_PAUSE, REC_RESUME,
					 REC_START, REC_STOP};
	g_auto(place) p = place_open();
	g_autoptr(story) a = call_new(1);

	for (unsigned i = 0; i < G_N_ELEMENTS(marks); i++) {
		const uint8_t some[] = {1, 2, (uint8_t)i};
		notes *n = notes_open(p.path);
		note *c = notes_enter(n, a);

		notes_write(n);
		tell_mark(n, c, a, marks[i], CALL_UNKNOWN);
		tell_mark(n, c, a, i % 2 ? REC_RETRIEVE : REC_HOLD,
			  CALL_CALLEE);
		story_remember(a, span_of(some, sizeof(some)));
		notes_remember(n, c);
		notes_write(n);
		notes_free(n);
		assert_two_taps(&p, a);
	}
	g_assert_true(a->paused && a->held[CALL_CALLEE]);
}

/* A tap goes on with each branch where it was: told change by change, and told
 * whole. */
static void test_branches(void)
{
	g_auto(place) p = place_open();
	g_autoptr(story) a = call_new(1);
	notes *n = notes_open(p.path);
	note *c = notes_enter(n, a);

	tell_branch(n, c, a, REC_RINGING, "b1");
	tell_branch(n, c, a, REC_EARLY, "b2");
	tell_branch(n, c, a, REC_RINGING, "b3");
	tell_branch(n, c, a, REC_FORK_LOST, "b1");
	tell_branch(n, c, a, REC_ENDING, "b4");
	g_assert_cmpuint(story_fork_state(a, "b1"), ==, REC_FORK_LOST);
	g_assert_cmpuint(story_fork_state(a, "b3"), ==, REC_RINGING);
	g_assert_cmpuint(story_fork_state(a, "b4"), ==, REC_FORK_LOST);
	g_assert_cmpuint(story_fork_state(a, "b5"), ==, 0);
	notes_write(n);
	notes_free(n);
	assert_two_taps(&p, a);
}

/* Over and settled: it stays, through two more taps, until it is dropped. */
static void test_settled(void)
{
	g_auto(place) p = place_open();
	g_autoptr(story) a = call_new(1);
	notes *n = notes_open(p.path);
	note *c = notes_enter(n, a);

	tell_end(n, c, a, 9);
	a->settled = true;
	notes_mark_settled(n, c);
	notes_write(n);
	notes_free(n);
	assert_two_taps(&p, a);
}

static void test_not_written(void)
{
	g_auto(place) p = place_open();
	g_autoptr(story) a = call_new(1);
	g_autoptr(GHashTable) left = NULL;
	notes *n = notes_open(p.path);
	note *c = notes_enter(n, a);

	notes_write(n);
	tell_answer(n, c, a, 5);
	notes_free(n);	/* as a kill would */
	left = left_at(p.path);
	g_assert_false(((story *)g_hash_table_lookup(left,
						     a->name))->has_answer);
}

static GHashTable *stories_new(void)
{
	return g_hash_table_new_full(g_str_hash, g_str_equal, NULL,
				     (GDestroyNotify)story_free);
}

/* Both calls with each change, as bytes. */
static GByteArray *some_bytes(story *a, story *b)
{
	GByteArray *all = g_byte_array_new();
	uint8_t buf[4096];
	put o = put_into(buf, sizeof(buf));
	rec_event e = {.type = JRN_STATE, .at = at_s(4), .cseq = 9,
		       .progress = {.state = REC_ANSWERED, .status = 200}};

	notes_call_put(&o, 7);
	notes_story_put(&o, a);
	notes_call_put(&o, 8);
	notes_story_put(&o, b);
	notes_call_put(&o, 7);
	notes_event_put(&o, &e);
	g_assert_false(o.full);
	g_byte_array_append(all, o.p, (guint)o.n);
	return all;
}

/* What a whole file of `n` octets tells, less what is torn. */
static void assert_cut(const char *path, const uint8_t *p, size_t n,
		       GHashTable *want)
{
	g_autoptr(GHashTable) left = NULL;
	GHashTableIter i;
	void *name, *s;
	unsigned decided = 0;

	g_assert_true(g_file_set_contents(path, (const char *)p, (gssize)n,
					  NULL));
	left = left_at(path);
	g_hash_table_iter_init(&i, want);
	while (g_hash_table_iter_next(&i, &name, &s)) {
		decided += ((story *)s)->decided;
		assert_same(g_hash_table_lookup(left, name), s);
	}
	g_assert_cmpuint(g_hash_table_size(left), ==,
			 g_hash_table_size(want));
	/* What was torn is gone; what was begun and not decided, too. */
	g_hash_table_unref(left);
	left = left_at(path);
	g_assert_cmpuint(g_hash_table_size(left), ==, decided);
}

static void test_cut(void)
{
	g_auto(place) p = place_open();
	g_autoptr(story) a = call_new(1);
	g_autoptr(story) b = call_new(2);
	g_autoptr(GByteArray) all = some_bytes(a, b);

	for (guint n = 0; n <= all->len; n++) {
		g_autoptr(GHashTable) want = stories_new();
		span in = span_of(all->data, n);

		notes_stories_get(&in, want);
		g_assert_cmpuint(g_hash_table_size(want), <=, 2);
		assert_cut(p.path, all->data, n, want);
		if (n == all->len)
			g_assert_true(((story *)g_hash_table_lookup(
				want, a->name))->has_answer);
	}
}

/* The last record alone may go when one of its bits does. */
static void test_damaged(void)
{
	g_autoptr(story) a = call_new(1);
	g_autoptr(story) b = call_new(2);
	g_autoptr(GByteArray) all = some_bytes(a, b);

	for (guint i = 0; i < all->len; i++) {
		g_autoptr(GHashTable) got = stories_new();
		span in = span_of(all->data, all->len);

		all->data[i] ^= 4;
		notes_stories_get(&in, got);
		all->data[i] ^= 4;
		g_assert_cmpuint(in.left, >=, all->len - i);
	}
}

static gsize octets(const char *path)
{
	GStatBuf st;

	g_assert_cmpint(g_stat(path, &st), ==, 0);
	return (gsize)st.st_size;
}

/* Each `every`th call is in the file as it stands. */
static void assert_there(const char *path, story **s, unsigned every)
{
	g_autoptr(GHashTable) all = stories_new();
	g_autofree char *text = NULL;
	gsize len;
	span in;

	g_assert_true(g_file_get_contents(path, &text, &len, NULL));
	in = span_of(text, len);
	notes_stories_get(&in, all);
	for (unsigned i = 0; i < WAITING; i += every)
		assert_same(g_hash_table_lookup(all, s[i]->name), s[i]);
}

/* A tap is killed at any place of a copying. */
static void test_copied(void)
{
	g_auto(place) p = place_open();
	story *s[WAITING];
	note *c[WAITING];
	notes *n = notes_open(p.path);
	size_t most = 0;

	notes_settle(n);
	for (unsigned i = 0; i < WAITING; i++) {
		s[i] = call_new(i);
		c[i] = notes_enter(n, s[i]);
	}
	for (unsigned k = 0; k < 20000; k++) {
		unsigned i = k * 7 % WAITING;
		g_autofree char *text = g_strdup_printf("%u", k);
		g_autoptr(story) gone = call_new(WAITING + k);
		note *g = notes_enter(n, gone);

		tell_fact(n, c[i], s[i], "n", text);
		notes_write(n);
		tell_end(n, g, gone, k);
		notes_write(n);
		notes_drop(n, g);
		most = MAX(most, octets(p.path));
		if (k % 997 == 0)
			assert_there(p.path, s, 1);
	}
	g_assert_cmpuint(most, <, 1 << 20);
	for (unsigned i = 0; i < WAITING; i++)
		if (i % 2)
			notes_drop(n, c[i]);
	notes_free(n);
	assert_there(p.path, s, 2);
	for (unsigned i = 0; i < WAITING; i++)
		story_free(s[i]);
}

/* What an earlier tap left stays until it is said to be settled. */
static void test_left(void)
{
	g_auto(place) p = place_open();
	story *s[2] = {call_new(1), call_new(2)};
	notes *n = notes_open(p.path);

	notes_enter(n, s[0]);
	notes_write(n);
	notes_free(n);
	n = notes_open(p.path);
	notes_enter(n, s[1]);
	notes_write(n);
	notes_free(n);
	assert_all(p.path, s, 2);
	story_free(s[0]);
	story_free(s[1]);
}

/* Room for `octets` in a file, and then no more. */
static void limit(rlim_t octets)
{
	struct rlimit l;

	g_assert_cmpint(getrlimit(RLIMIT_FSIZE, &l), ==, 0);
	l.rlim_cur = octets;
	g_assert_cmpint(setrlimit(RLIMIT_FSIZE, &l), ==, 0);
}

static GLogWriterOutput count_message(GLogLevelFlags level,
				      const GLogField *fields, gsize n,
				      gpointer user)
{
	(void)fields;
	(void)n;
	*(unsigned *)user += level == G_LOG_LEVEL_CRITICAL;
	return G_LOG_WRITER_HANDLED;
}

static void test_full(void)
{
	g_auto(place) p = place_open();
	static unsigned said;
	story *s[1] = {call_new(1)};
	notes *n = notes_open(p.path);
	note *c = notes_enter(n, s[0]);

	notes_settle(n);
	notes_write(n);
	signal(SIGXFSZ, SIG_IGN);
	g_log_set_writer_func(count_message, &said, NULL);
	g_log_set_always_fatal(G_LOG_FATAL_MASK);
	limit(octets(p.path) + 40);
	tell_answer(n, c, s[0], 5);
	notes_write(n);
	notes_write(n);
	g_assert_cmpuint(said, ==, 1);
	limit(RLIM_INFINITY);
	tell_fact(n, c, s[0], "callee.uri", "sip:bob@example.com");
	notes_write(n);
	notes_free(n);
	assert_all(p.path, s, 1);
	g_assert_true(s[0]->has_answer);
	story_free(s[0]);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/notes/changes", test_changes);
	g_test_add_func("/notes/branches", test_branches);
	g_test_add_func("/notes/marks", test_marks);
	g_test_add_func("/notes/settled", test_settled);
	g_test_add_func("/notes/not-written", test_not_written);
	g_test_add_func("/notes/cut", test_cut);
	g_test_add_func("/notes/damaged", test_damaged);
	g_test_add_func("/notes/copied", test_copied);
	g_test_add_func("/notes/left", test_left);
	g_test_add_func("/notes/full", test_full);
	return g_test_run();
}
