#include "ice_rewriter/ice.h"

#include <glib.h>

#include "core/multipart.h"
#include "ice_rewriter/decide.h"
#include "ice_rewriter/edit.h"

enum { DEPTH_MAX = 3 };	/* multipart bodies inside each other */

ice_plan ice_plan_default(void)
{
	static const uint8_t test_net[4] = {192, 0, 2, 1};
	static const uint8_t discard[16] = {[0] = 1, [15] = 1};

	return (ice_plan){
		.kinds = ICE_AUDIO,
		.method = ICE_PORT,
		.port = 9,
		.dead4 = net_addr_from(4, test_net, 0),
		.dead6 = net_addr_from(6, discard, 0),
		.drop_undecodable = true,
		.relay_below = 500,
	};
}

const char *ice_plan_problem(const ice_plan *p)
{
	if (p->port == 0)
		return "port 0 is no invalid port: in m= it refuses the "
		       "stream, and clients that send to it give up the whole "
		       "call";
	if (p->method != ICE_PORT_ADDRESS)
		return NULL;
	if (p->dead4.family != 4)
		return "the unusable address is no IPv4 address";
	if (p->dead6.family != 6)
		return "the unusable IPv6 address is no IPv6 address";
	if (ice_addr_in(p->edges, p->n_edges, &p->dead4) ||
	    ice_addr_in(p->edges, p->n_edges, &p->dead6))
		return "the unusable address is one of the edges";
	return NULL;
}

/* One rewriting. */
typedef struct job {
	const ice_plan *plan;
	ice_words words;
	ice_known known;
	ice_pen pen;
	ice_report *report;	/* NULL while only counting */
	ice_sdp sdp;
	const char *why;
	uint8_t part;
	bool reading;		/* first round: addresses of all parts */
} job;

static bool fail(job *j, const char *why)
{
	j->why = why;
	return false;
}

/* A candidate has a line of each component. */
static void tell_ids(const ice_sdp *s, ice_report *r)
{
	for (unsigned i = 0; i < s->n_cand && r->n_ids < ICE_IDS_MAX; i++) {
		const ice_cand *c = &s->cand[i];
		const span id = ice_id_bare(c->id);
		unsigned k = 0;

		while (k < r->n_ids && !span_same(r->relay_id[k], id))
			k++;
		if (c->draft06 && c->relay && k == r->n_ids)
			r->relay_id[r->n_ids++] = id;
	}
}

static bool tell(job *j)
{
	ice_report *r = j->report;

	if (r)
		tell_ids(&j->sdp, r);

	for (unsigned i = 0; r && i < j->sdp.n; i++) {
		const ice_section *sec = &j->sdp.section[i];
		ice_media *m = &r->media[r->n];

		if (r->n == ICE_MEDIA_MAX)
			return fail(j, ice_over(ICE_OVER_ALL_MEDIA));
		*m = ice_decided(&j->sdp, sec, j->plan);
		m->part = j->part;
		m->index = (uint8_t)i;
		r->n++;
		r->escaped |= m->remote == ICE_REMOTE_ESCAPED;
		r->unforced |= sec->state == ICE_NO_RELAY;
	}
	return true;
}

static bool do_sdp(job *j, span text, bool fragment)
{
	const char *why;

	if (j->reading) {
		if (ice_known_read(&j->known, text))
			return true;
		return fail(j, ice_over(ICE_OVER_ADDRS));
	}
	why = ice_sdp_read(&j->sdp, text, fragment, j->plan, &j->known);
	if (why)
		return fail(j, why);
	ice_decide(&j->sdp, j->plan, &j->known);
	ice_edit(&j->pen, &j->sdp, j->plan, &j->words);
	return tell(j);
}

static bool do_body(job *j, span type, span body, unsigned depth);

/* RFC 2045 6: the other encodings hide the text. */
static bool is_clear(span encoding)
{
	return encoding.left == 0 || span_caseeq(encoding, "7bit") ||
	       span_caseeq(encoding, "8bit") || span_caseeq(encoding, "binary");
}

/* How long the part will be, for the few that say so before it begins. */
static bool edit_length(job *j, const mpart *part, unsigned depth)
{
	const ice_pen pen = j->pen;
	ice_report *report = j->report;
	const uint8_t number = j->part;
	char text[24];
	size_t n;
	bool ok;

	j->pen = ice_pen_on(part->content, NULL);
	j->report = NULL;
	ok = do_body(j, part->type, part->content, depth);
	n = part->content.left - j->pen.cut + j->pen.added;
	if (j->pen.changed)
		g_snprintf(text, sizeof(text), "%zu", n);
	else
		text[0] = '\0';
	j->pen = pen;
	j->report = report;
	j->part = number;
	if (ok && text[0])
		ice_pen_swap(&j->pen, part->length, span_str(text));
	return ok;
}

static bool do_part(job *j, const mpart *part, unsigned depth)
{
	uint64_t length;

	if (!is_clear(part->encoding)) {
		if (j->report)
			j->report->opaque |= mime_is(part->type,
						     "application/sdp");
		j->part++;
		return true;
	}
	if (!j->reading && span_number(part->length, SIZE_MAX, &length) &&
	    !edit_length(j, part, depth))
		return false;
	return do_body(j, part->type, part->content, depth);
}

static bool do_multipart(job *j, span type, span body, unsigned depth)
{
	mpart_verdict v;
	mpart_iter it;
	mpart part;

	if (depth == DEPTH_MAX)
		return fail(j, ice_over(ICE_OVER_DEPTH));
	if (!mpart_begin(&it, type, body))
		return fail(j, "a multipart body without a boundary");
	while ((v = mpart_next(&it, &part)) == MPART_OK)
		if (!do_part(j, &part, depth + 1))
			return false;
	return v == MPART_END || fail(j, ice_over(ICE_OVER_PARTS));
}

static bool do_body(job *j, span type, span body, unsigned depth)
{
	bool fragment = mime_is(type, "application/trickle-ice-sdpfrag");
	bool ok = true;

	if (mime_is(type, "multipart/"))
		return do_multipart(j, type, body, depth);
	if (fragment || mime_is(type, "application/sdp") ||
	    mime_is(type, "application/gw-sdp"))
		ok = do_sdp(j, body, fragment);
	j->part++;
	return ok;
}

/* The draft-06 lines of one part are judged by another part, which may come
 * later. */
static bool read_all(job *j, span type, span body)
{
	bool ok;

	if (!mime_is(type, "multipart/"))
		return true;
	j->reading = true;
	ok = do_body(j, type, body, 0);
	j->reading = false;
	j->part = 0;
	return ok;
}

/* The large arrays are not cleared: their counts are. */
static void begin(job *j, const ice_plan *plan, span body, put *out,
		  ice_report *report)
{
	report->n = report->n_ids = 0;
	report->escaped = report->unforced = report->opaque = false;
	report->why = NULL;
	report->over = ICE_WITHIN;
	j->plan = plan;
	j->report = report;
	j->pen = ice_pen_on(body, out);
	j->why = NULL;
	j->part = 0;
	j->reading = false;
	ice_known_init(&j->known);
	ice_words_init(&j->words, plan);
}

static ice_limit over_of(const char *why)
{
	for (unsigned l = ICE_OVER_PARTS; l <= ICE_OVER_ADDRS; l++)
		if (why == ice_over((ice_limit)l))
			return (ice_limit)l;
	return ICE_WITHIN;
}

ice_verdict ice_rewrite(const ice_plan *plan, span content_type, span body,
			put *out, ice_report *report)
{
	const put before = *out;
	job j;

	g_assert(plan->port != 0);
	begin(&j, plan, body, out, report);
	if (!read_all(&j, content_type, body) ||
	    !do_body(&j, content_type, body, 0)) {
		*out = before;
		report->n = report->n_ids = 0;
		report->why = j.why;
		report->over = over_of(j.why);
		return ICE_MALFORMED;
	}
	ice_pen_end(&j.pen);
	if (!out->full || !j.pen.changed)
		return j.pen.changed ? ICE_CHANGED : ICE_SAME;
	*out = before;
	return ICE_NO_ROOM;
}
