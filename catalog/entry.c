#include "catalog/entry.h"

static const char *const outcomes[] = {
	[CAT_PENDING] = "PENDING",
	[CAT_RECORDED] = "RECORDED",
	[CAT_PARTIAL] = "PARTIAL",
	[CAT_NOT_RECORDED] = "NOT_RECORDED",
	[CAT_BLOCKED] = "BLOCKED",
	[CAT_EXEMPT] = "EXEMPT",
};

static const char *const ends[] = {
	[CAT_END_UNKNOWN] = "unknown",	   [CAT_END_BYE] = "bye",
	[CAT_END_CANCELLED] = "cancelled", [CAT_END_UNANSWERED] = "unanswered",
	[CAT_END_REFUSED] = "refused",	   [CAT_END_TIMEOUT] = "timeout",
	[CAT_END_REPLACED] = "replaced",
};

static const char *const links[] = {
	[CAT_LINK_CONFERENCE] = "conference",
	[CAT_LINK_CONVERSATION] = "conversation",
	[CAT_LINK_REPLACES] = "replaces",
	[CAT_LINK_TRANSFER] = "transfer",
	[CAT_LINK_DIVERSION] = "diversion",
};

const char *cat_outcome_name(cat_outcome o)
{
	return outcomes[o];
}

bool cat_outcome_parse(const char *text, cat_outcome *out)
{
	for (unsigned i = 0; i < G_N_ELEMENTS(outcomes); i++)
		if (!g_ascii_strcasecmp(text, outcomes[i])) {
			*out = (cat_outcome)i;
			return true;
		}
	return false;
}

const char *cat_end_name(cat_end e)
{
	return ends[e];
}

const char *cat_link_name(cat_link_kind k)
{
	return links[k];
}

cat_entry *cat_entry_new(const char *name)
{
	cat_entry *e = g_new0(cat_entry, 1);

	e->name = g_strdup(name);
	e->owners = g_ptr_array_new_with_free_func(g_free);
	e->ids = g_ptr_array_new_with_free_func(g_free);
	return e;
}

static void gap_clear(void *g)
{
	g_free(((cat_gap *)g)->cause);
}

static void file_clear(void *p)
{
	cat_file *f = p;

	g_free(f->name);
	g_free(f->sha256);
}

static void count_clear(void *p)
{
	g_free(((cat_count *)p)->what);
}

void cat_entry_free(cat_entry *e)
{
	if (!e)
		return;
	g_free(e->name);
	g_free(e->call_id);
	g_free(e->source);
	g_free(e->conference);
	g_free(e->caller);
	g_free(e->caller_name);
	g_free(e->callee);
	g_free(e->callee_name);
	g_free(e->cause);
	g_free(e->reason);
	g_free(e->rule);
	g_free(e->mode);
	g_free(e->scope);
	g_free(e->class);
	g_free(e->sidecar);
	g_ptr_array_unref(e->owners);
	g_ptr_array_unref(e->ids);
	if (e->links)
		g_array_unref(e->links);
	if (e->gaps)
		g_array_unref(e->gaps);
	if (e->files)
		g_array_unref(e->files);
	if (e->counts)
		g_array_unref(e->counts);
	g_free(e);
}

void cat_entry_known(cat_entry *e)
{
	if (!e->gaps) {
		e->gaps = g_array_new(FALSE, TRUE, sizeof(cat_gap));
		g_array_set_clear_func(e->gaps, gap_clear);
	}
	if (!e->files) {
		e->files = g_array_new(FALSE, TRUE, sizeof(cat_file));
		g_array_set_clear_func(e->files, file_clear);
	}
	if (!e->counts) {
		e->counts = g_array_new(FALSE, TRUE, sizeof(cat_count));
		g_array_set_clear_func(e->counts, count_clear);
	}
}

void cat_entry_gap(cat_entry *e, uint8_t side, const char *cause,
		   int64_t at_ms, int64_t length_ms, int64_t packets)
{
	cat_gap g = {side, g_strdup(cause), at_ms, length_ms, packets};

	cat_entry_known(e);
	g_array_append_val(e->gaps, g);
}

void cat_entry_file(cat_entry *e, const char *name, const char *sha256,
		    int64_t bytes, unsigned channels)
{
	cat_file f = {g_strdup(name), g_strdup(sha256), bytes, channels};

	cat_entry_known(e);
	g_array_append_val(e->files, f);
}

void cat_entry_count(cat_entry *e, const char *what, int64_t packets)
{
	cat_count c = {NULL, packets};

	cat_entry_known(e);
	if (!packets)
		return;
	c.what = g_strdup(what);
	g_array_append_val(e->counts, c);
}

static void link_clear(void *p)
{
	g_free(((cat_link *)p)->value);
}

void cat_entry_link(cat_entry *e, cat_link_kind kind, const char *value)
{
	cat_link l = {kind, NULL};

	if (!*value)
		return;
	l.value = g_utf8_make_valid(value, -1);
	if (!e->links) {
		e->links = g_array_new(FALSE, FALSE, sizeof(cat_link));
		g_array_set_clear_func(e->links, link_clear);
	}
	g_array_append_val(e->links, l);
}
