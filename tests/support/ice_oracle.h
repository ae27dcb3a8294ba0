/* ice_oracle.h - what must hold of every rewriting, whatever the body.
 * For the fuzz target and the property test; aborts when it does not. */
#pragma once
#include <glib.h>

#include "core/candidate.h"
#include "ice_rewriter/ice.h"

enum { ORACLE_ROOM = 1 << 17 };

static inline bool oracle_prefix(span l, const char *const *list)
{
	for (; *list; list++)
		if (span_casestarts(l, *list))
			return true;
	return false;
}

static inline bool oracle_is_cand(span l)
{
	static const char *const cand[] = {"a=candidate", "a=x-candidate-ipv6",
					   NULL};

	return oracle_prefix(l, cand);
}

/* A part's Content-Length may stand in a folded line. */
static inline bool oracle_folded_number(span l)
{
	uint64_t n;

	return (span_starts(l, " ") || span_starts(l, "\t")) &&
	       span_number(span_trim(l), UINT64_MAX, &n);
}

/* Lines that the rewriter may change, add or take away. */
static inline bool oracle_owned(span l)
{
	static const char *const own[] = {
		"m=", "c=", "a=rtcp:", "a=rtpmap", "a=fmtp", "a=rtcp-fb",
		"a=x-caps", "a=x-bypassid", "Content-Length", "l:", "l ", NULL};

	/* A candidate line is looked at on its own; blanks may stand between
	 * the name of an attribute and its colon. */
	return oracle_prefix(l, own) || oracle_is_cand(l) ||
	       oracle_folded_number(l) ||
	       span_casestarts(l, "a=cryptoscale") ||
	       span_casestarts(l, "a=rtcp ") || span_starts(l, "a= ") ||
	       span_starts(l, "a=\t") || span_casestarts(l, "a=rtcp\t");
}

/* A line that nobody may touch, out of the next ones; with its line end. Empty
 * lines do not count: a last line that goes may leave the end of the one
 * before it, in front of the boundary. */
static inline bool oracle_next_foreign(span *in, span *out)
{
	span all = *in, line;

	while (span_line(in, &line)) {
		*out = span_before(all, *in);
		if (line.left && !oracle_owned(line))
			return true;
		all = *in;
	}
	return false;
}

/* Keys among them: a=crypto is foreign. */
static inline void oracle_foreign_same(span x, span y)
{
	span a = {0}, b = {0};

	while (oracle_next_foreign(&x, &a)) {
		g_assert_true(oracle_next_foreign(&y, &b));
		g_assert_true(span_same(a, b));
	}
	g_assert_false(oracle_next_foreign(&y, &b));
}

static inline bool oracle_next_relay(span *in, span *out)
{
	cand_fields f;
	span value, name;

	while (span_line(in, out)) {
		value = *out;
		if (oracle_is_cand(*out) && span_until(&value, ':', &name) &&
		    cand_split(value, &f) == CAND_OK && !f.draft06 &&
		    cand_type(f.type) == CALL_CAND_RELAY)
			return true;
	}
	return false;
}

/* A candidate of type relay is never touched. */
static inline void oracle_relays_same(span x, span y)
{
	span a = {0}, b = {0};

	while (oracle_next_relay(&x, &a)) {
		g_assert_true(oracle_next_relay(&y, &b));
		g_assert_true(span_same(a, b));
	}
	g_assert_false(oracle_next_relay(&y, &b));
}

static inline bool oracle_recorded(const ice_plan *p, span mline)
{
	static const char *const audio[] = {"m=audio ", "m= audio", NULL};
	static const char *const video[] = {"m=video ", "m= video", NULL};

	if (oracle_prefix(mline, audio))
		return p->kinds & ICE_AUDIO;
	if (oracle_prefix(mline, video))
		return p->kinds & ICE_VIDEO;
	return p->kinds & ICE_OTHER;
}

/* The next line of an m-section that is not recorded. */
static inline bool oracle_next_unrecorded(const ice_plan *p, span *in,
					  bool *inside, span *out)
{
	while (span_line(in, out)) {
		if (span_starts(*out, "m="))
			*inside = !oracle_recorded(p, *out);
		if (out->left == 0 || span_starts(*out, "--"))
			*inside = false;	/* perhaps another part */
		if (*inside && !span_casestarts(*out, "Content-Length") &&
		    !span_casestarts(*out, "l"))
			return true;
	}
	return false;
}

static inline void oracle_unrecorded_same(const ice_plan *p, span x, span y)
{
	bool in_x = false, in_y = false;
	span a = {0}, b = {0};

	/* A group's m= lines are recorded if one of them is. */
	if (memmem(x.p, x.left, "BUNDLE", 6))
		return;
	while (oracle_next_unrecorded(p, &x, &in_x, &a)) {
		g_assert_true(oracle_next_unrecorded(p, &y, &in_y, &b));
		g_assert_true(span_same(a, b));
	}
	g_assert_false(oracle_next_unrecorded(p, &y, &in_y, &b));
}

static inline void oracle_twice(const ice_plan *p, span type, span y,
				const ice_report *first)
{
	static uint8_t room[ORACLE_ROOM];
	put out = put_into(room, sizeof(room));
	ice_report again;

	g_assert_cmpint(ice_rewrite(p, type, y, &out, &again), ==, ICE_SAME);
	g_assert_cmpuint(out.n, ==, 0);
	g_assert_cmpuint(again.n, ==, first->n);
	for (unsigned i = 0; i < again.n; i++) {
		/* A fragment may lose all its candidates. */
		if (!p->trickled)
			g_assert_cmpint(again.media[i].state, ==,
					first->media[i].state);
		g_assert_false(again.media[i].default_moved);
		g_assert_cmpint(again.media[i].default_relay, ==,
				first->media[i].default_relay);
		g_assert_cmpint(again.media[i].payloads_dropped, ==, 0);
		if (p->method == ICE_REMOVE)
			g_assert_cmpint(again.media[i].disabled, ==, 0);
	}
}

static inline void oracle_too_small(const ice_plan *p, span type, span x,
				    size_t n)
{
	g_autofree uint8_t *room = g_malloc(n);
	put out = put_into(room, n - 1);
	ice_report r;

	g_assert_cmpint(ice_rewrite(p, type, x, &out, &r), ==, ICE_NO_ROOM);
	g_assert_cmpuint(out.n, ==, 0);
	g_assert_false(out.full);
}

/* True when the body was changed; then `y` is lent until the next call. */
static inline bool oracle_check(const ice_plan *p, span type, span x, span *y,
				ice_report *r)
{
	static uint8_t room[ORACLE_ROOM];
	put out = put_into(room, sizeof(room));
	ice_verdict v = ice_rewrite(p, type, x, &out, r);

	g_assert_cmpint(v, !=, ICE_NO_ROOM);
	g_assert_true((v == ICE_MALFORMED) == (r->why != NULL));
	if (v != ICE_CHANGED) {
		g_assert_cmpuint(out.n, ==, 0);
		return false;
	}
	g_assert_cmpuint(p->kinds, !=, 0);
	*y = put_done(&out);
	g_assert_false(span_same(x, *y));
	oracle_foreign_same(x, *y);
	oracle_relays_same(x, *y);
	oracle_unrecorded_same(p, x, *y);
	oracle_twice(p, type, *y, r);
	oracle_too_small(p, type, x, out.n);
	return true;
}
