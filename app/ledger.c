#include "app/ledger.h"

#include <errno.h>
#include <string.h>

#include "signaling_tap/uri.h"

char *ledger_dir(const conf *c)
{
	g_autofree char *dir = g_path_get_dirname(conf_text(c, CONF_CATALOG));

	if (g_mkdir_with_parents(dir, 0750) == 0)
		return g_steal_pointer(&dir);
	g_warning("%s: %s: there will be no ledger of the calls", dir,
		  g_strerror(errno));
	return NULL;
}

static void take(char **to, const char *text)
{
	g_free(*to);
	*to = text && *text ? g_utf8_make_valid(text, -1) : NULL;
}

static int64_t to_ms(clk_wall t)
{
	return t.ns / CLK_NS_PER_MS;
}

static cat_end end_of(uint8_t cause)
{
	switch ((rec_cause)cause) {
	case REC_BYE:
		return CAT_END_BYE;
	case REC_CANCELLED:
		return CAT_END_CANCELLED;
	case REC_FAILED:
		return CAT_END_UNANSWERED;
	case REC_REFUSED:
		return CAT_END_REFUSED;
	case REC_TIMEOUT:
		return CAT_END_TIMEOUT;
	case REC_REPLACED:
		return CAT_END_REPLACED;
	}
	return CAT_END_UNKNOWN;
}

static void add_new(GPtrArray *a, const char *text)
{
	if (text && *text &&
	    !g_ptr_array_find_with_equal_func(a, text, g_str_equal, NULL))
		g_ptr_array_add(a, g_utf8_make_valid(text, -1));
}

/* The identities of the parties; if no owners are given, both own the call. */
static void parties_take(cat_entry *e, const story *s)
{
	static const char *const facts[] = {
		"caller.uri", "caller.tel", "caller.asserted",
		"callee.uri", "callee.tel", "callee.asserted",
	};

	take(&e->caller, story_party(s, "caller"));
	take(&e->callee, story_party(s, "callee"));
	take(&e->caller_name, story_fact(s, "caller.name"));
	take(&e->callee_name, story_fact(s, "callee.name"));
	take(&e->conference, story_fact(s, "conference"));
	for (size_t i = 0; i < G_N_ELEMENTS(facts); i++)
		add_new(e->ids, story_fact(s, facts[i]));
	if (e->owners->len)
		return;
	add_new(e->owners, e->caller);
	add_new(e->owners, e->callee);
}

static void link_person(cat_entry *e, cat_link_kind kind, span uri)
{
	char who[256];
	tap_uri u;

	if (!tap_uri_parse(uri, &u))
		return;
	tap_uri_canonical(&u, who, sizeof(who));
	cat_entry_link(e, kind, who);
}

/* A Referred-By names one identity, a History-Info all to whom the call went,
 * one after the other (RFC 7044 5); the callee himself does not link
 * anything. */
static void link_people(cat_entry *e, cat_link_kind kind, const char *fact)
{
	span in = span_str(fact);
	tap_nameaddr a;

	while (tap_nameaddr_next(&in, &a))
		link_person(e, kind, a.uri);
}

/* "call-id;to-tag=...;from-tag=..." (RFC 3891 6.1), or the first alone. */
static void link_replaced(cat_entry *e, const char *fact)
{
	span in = span_str(fact), id;
	g_autofree char *text = NULL;

	if (!span_until(&in, ';', &id))
		id = in;
	text = span_dup(span_trim(id));
	cat_entry_link(e, CAT_LINK_REPLACES, text);
}

static void links_take(cat_entry *e, const story *s)
{
	cat_entry_link(e, CAT_LINK_CONVERSATION, story_fact(s, "conversation"));
	link_replaced(e, story_fact(s, "replaces"));
	link_replaced(e, story_fact(s, "replaced-by"));
	link_people(e, CAT_LINK_TRANSFER, story_fact(s, "referred-by"));
	link_people(e, CAT_LINK_DIVERSION, story_fact(s, "history"));
}

cat_entry *ledger_from_story(const story *s)
{
	cat_entry *e = cat_entry_new(s->name);

	take(&e->call_id, s->call_id);
	take(&e->source, s->source);
	take(&e->rule, s->rule);
	if (s->reason)
		cat_entry_told(e, span_str(s->reason));
	parties_take(e, s);
	links_take(e, s);
	e->begun_ms = to_ms(s->begun.wall);
	if (s->has_answer)
		e->answered_ms = to_ms(s->answered.wall);
	if (s->has_end) {
		e->ended_ms = to_ms(s->ended.wall);
		e->end = end_of(s->end_cause);
		e->end_status = s->end_status;
	}
	return e;
}

/* A call that we refused was blocked, whatever render found of it. */
void ledger_outcome(cat_entry *e, const char *outcome, const char *why)
{
	if (!cat_outcome_parse(outcome, &e->outcome))
		e->outcome = CAT_PENDING;
	if (e->end == CAT_END_REFUSED)
		e->outcome = CAT_BLOCKED;
	if (why && *why)
		take(&e->reason, why);
	if (e->outcome == CAT_EXEMPT && e->mode &&
	    g_str_has_prefix(e->mode, "on-demand"))
		take(&e->cause, CAT_CAUSE_UNASKED);
	if (e->outcome == CAT_NOT_RECORDED && !e->answered_ms &&
	    e->end != CAT_END_UNKNOWN && e->end != CAT_END_TIMEOUT)
		take(&e->cause, e->end == CAT_END_CANCELLED ? "cancelled"
							    : "unanswered");
}

static void gaps_take(cat_entry *e, const render_result *r)
{
	for (guint i = 0; i < r->gaps->len; i++) {
		const render_gap *g = &g_array_index(r->gaps, render_gap, i);
		int64_t at = g->at.ns - g->length_ns - r->begin.mono.ns;

		cat_entry_gap(e, g->side, sidecar_cause(g->cause),
			      at / CLK_NS_PER_MS, g->length_ns / CLK_NS_PER_MS,
			      (int64_t)g->packets);
	}
}

/* Copies by leg and losses by place have names of their own. */
static void count_each(cat_entry *e, const char *kind, const char *name,
		       uint64_t n)
{
	g_autofree char *what = g_strdup_printf("%s-%s", kind, name);

	cat_entry_count(e, what, (int64_t)n);
}

void ledger_counts(cat_entry *e, const captured_sums *c)
{
	const rec_tally *t = &c->all;

	cat_entry_count(e, "stored", (int64_t)t->stored);
	cat_entry_count(e, "late", (int64_t)t->late);
	cat_entry_count(e, "not-recorded", (int64_t)t->not_recorded);
	for (uint8_t i = 0; i < REC_LEGS; i++)
		count_each(e, "copies", captured_leg_name(i), t->copies[i]);
	for (unsigned i = 1; i < REC_PLACES; i++)
		count_each(e, "lost", captured_place_name(i), c->lost[i]);
	cat_entry_count(e, "frames", (int64_t)t->frames);
	cat_entry_count(e, "unclaimed", (int64_t)t->unclaimed);
	cat_entry_count(e, "malformed", (int64_t)t->malformed);
	cat_entry_count(e, "tcp-gaps", (int64_t)t->tcp_gaps);
	cat_entry_count(e, "fragments-lost", (int64_t)t->fragments_lost);
}

static cat_entry *from_result(const render_result *r)
{
	cat_entry *e = ledger_from_story(r->story);

	cat_entry_known(e);
	ledger_outcome(e, r->outcome, r->why);
	take(&e->sidecar, r->sidecar);
	e->duration_ms = r->mix.duration / CLK_NS_PER_MS;
	if (!e->ended_ms)
		e->ended_ms = to_ms(r->end.wall);
	gaps_take(e, r);
	ledger_counts(e, &r->capture);
	for (guint i = 0; r->mix.files && i < r->mix.files->len; i++) {
		const mix_file *f = &g_array_index(r->mix.files, mix_file, i);

		cat_entry_file(e, f->path, f->sha256, (int64_t)f->bytes,
			       f->channels);
	}
	return e;
}

static void put_row(ledger_pen *pen, const cat_entry *e)
{
	g_autoptr(GError) err = NULL;

	if (!pen->db)
		pen->db = cat_open(pen->path, &err);
	if (!pen->db || !cat_ledger_put(pen->db, e, &err))
		g_critical("%s is not in the ledger: %s; `edgetape rebuild` "
			   "puts it there", e->name, err->message);
}

static void free_row(void *e)
{
	cat_entry_free(e);
}

void ledger_pen_done(void *user, const render_result *r)
{
	ledger_pen *pen = user;

	if (!pen->path)
		return;
	if (!pen->rows)
		pen->rows = g_ptr_array_new_with_free_func(free_row);
	g_ptr_array_add(pen->rows, from_result(r));
}

/* One that cannot be written does not keep the others out. */
void ledger_pen_flush(void *user)
{
	ledger_pen *pen = user;
	GPtrArray *rows = pen->rows;

	if (!rows || !rows->len)
		return;
	if (rows->len == 1 || !pen->db ||
	    !cat_ledger_put_all(pen->db, rows, NULL))
		for (guint i = 0; i < rows->len; i++)
			put_row(pen, g_ptr_array_index(rows, i));
	g_ptr_array_set_size(rows, 0);
}
