#include "mixer/timeline.h"

#include <string.h>

enum {
	MARKERS_MAX = 65536,	/* 5 MiB; then only the last ones grow */
	SIDES = CALL_UNKNOWN + 1,
	MARKER_TEXT = sizeof(((mix_marker *)0)->text),
};
#define JOIN_NS (20 * CLK_NS_PER_MS)

struct mix_timeline {
	GArray *list;			/* of mix_marker */
	guint last[MIX_KINDS][SIDES];	/* index + 1 of the last of its kind */
};

static const char *const kind_names[MIX_KINDS] = {
	[MIX_HOLD] = "hold",
	[MIX_TRANSFER] = "transfer",
	[MIX_PAUSE] = "pause",
	[MIX_EARLY] = "early-media",
	[MIX_DTMF] = "dtmf",
	[MIX_TAG] = "tag",
	[MIX_GAP] = "gap",
	[MIX_STATE] = "state",
	[MIX_SPEECH] = "stream",
	[MIX_CONCEALED] = "concealed",
	[MIX_COMFORT] = "comfort-noise",
	[MIX_UNDECODABLE] = "undecodable",
	[MIX_TONE] = "dtmf-tone",
	[MIX_SPEAKER] = "speaker",
	[MIX_HOLE] = "hole",
	[MIX_LATE] = "late",
	[MIX_STEP] = "route-step",
	[MIX_ANCHOR] = "clock-jump",
};

const char *mix_kind_name(mix_kind k)
{
	g_assert(k < MIX_KINDS);
	return kind_names[k];
}

mix_timeline *mix_timeline_new(void)
{
	mix_timeline *t = g_new0(mix_timeline, 1);

	t->list = g_array_new(FALSE, FALSE, sizeof(mix_marker));
	return t;
}

void mix_timeline_free(mix_timeline *t)
{
	if (!t)
		return;
	g_array_unref(t->list);
	g_free(t);
}

/* Instants are not joined; what has a length may continue. */
static bool prolong(mix_marker *m, int64_t at, int64_t length,
		    const char *text)
{
	if (!length || !m->length || at < m->at ||
	    at - (m->at + m->length) > JOIN_NS || strcmp(m->text, text))
		return false;
	m->length = MAX(m->length, at + length - m->at);
	return true;
}

/* Cut at a letter's end, to what a marker holds. */
static void copy_text(char to[static MARKER_TEXT], const char *text)
{
	const char *end;

	g_strlcpy(to, text, MARKER_TEXT);
	if (!g_utf8_validate(to, -1, &end))
		to[end - to] = '\0';
}

void mix_timeline_add(mix_timeline *t, mix_kind kind, uint8_t side, int64_t at,
		      int64_t length, const char *text)
{
	guint *last = &t->last[kind][side];
	mix_marker *prev, m = {(uint8_t)kind, side, at, length, ""};

	text = text ? text : "";
	prev = *last ? &g_array_index(t->list, mix_marker, *last - 1) : NULL;
	/* Each packet says what the last one did: that needs no copy. */
	if (prev && prolong(prev, at, length, text))
		return;
	copy_text(m.text, text);
	if (prev && prolong(prev, at, length, m.text))
		return;
	if (t->list->len == MARKERS_MAX)
		return;
	g_array_append_val(t->list, m);
	*last = t->list->len;
}

static int by_time(const void *a, const void *b)
{
	const mix_marker *x = a, *y = b;

	if (x->at != y->at)
		return x->at < y->at ? -1 : 1;
	if (x->kind != y->kind)
		return x->kind < y->kind ? -1 : 1;
	return x->side < y->side ? -1 : x->side > y->side;
}

void mix_timeline_close(mix_timeline *t, int64_t end)
{
	guint kept = 0;

	for (guint i = 0; i < t->list->len; i++) {
		mix_marker *m = &g_array_index(t->list, mix_marker, i);
		int64_t from = CLAMP(m->at, 0, end);

		m->length = CLAMP(m->at + m->length, from, end) - from;
		m->at = from;
		g_array_index(t->list, mix_marker, kept++) = *m;
	}
	g_array_set_size(t->list, kept);
	g_array_sort(t->list, by_time);
	memset(t->last, 0, sizeof(t->last));
}

const GArray *mix_timeline_list(const mix_timeline *t)
{
	return t->list;
}
