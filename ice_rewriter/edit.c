#include "ice_rewriter/edit.h"

#include "ice_rewriter/decide.h"

#include <stdio.h>

static const span nothing;

void ice_words_init(ice_words *w, const ice_plan *plan)
{
	snprintf(w->port, sizeof(w->port), "%u", plan->port);
	w->dead4[0] = w->dead6[0] = '\0';
	if (plan->method != ICE_PORT_ADDRESS)
		return;
	net_addr_ip_text(&plan->dead4, w->dead4);
	net_addr_ip_text(&plan->dead6, w->dead6);
}

static const char *family_word(const ice_cand *c)
{
	return c->at.family == 6 ? "IP6" : "IP4";
}

static void edit_conn(ice_pen *pen, const ice_conn *c, const ice_cand *to)
{
	if (!span_caseeq(c->family, family_word(to)))
		ice_pen_swap(pen, c->family, span_str(family_word(to)));
	ice_pen_swap(pen, c->host, to->addr);
}

/* A line of the section's own kind of line end. */
static void add_line_end(ice_pen *pen, const ice_line *before)
{
	span end = span_behind(before->raw, before->text);

	ice_pen_add(pen, end.left ? end : span_str("\r\n"));
}

static void add_address(ice_pen *pen, const ice_cand *to)
{
	ice_pen_add(pen, span_str("IN "));
	ice_pen_add(pen, span_str(family_word(to)));
	ice_pen_add(pen, span_str(" "));
	ice_pen_add(pen, to->addr);
}

static void add_conn(ice_pen *pen, const ice_line *before, const ice_cand *to)
{
	ice_pen_swap(pen, ice_pen_before(before->raw), span_str("c="));
	add_address(pen, to);
	add_line_end(pen, before);
}

/* The address that c= will have once the section is written. */
static const net_addr *conn_after(const ice_sdp *s, const ice_section *sec)
{
	return sec->move.rtp ? &sec->move.rtp->at : &ice_conn_of(s, sec)->ip;
}

static void add_rtcp(ice_pen *pen, const ice_sdp *s, const ice_section *sec,
		     const ice_line *before)
{
	const ice_cand *to = sec->move.rtcp;

	ice_pen_swap(pen, ice_pen_before(before->raw), span_str("a=rtcp:"));
	ice_pen_add(pen, to->port);
	if (!net_addr_same_ip(&to->at, conn_after(s, sec))) {
		ice_pen_add(pen, span_str(" "));
		add_address(pen, to);
	}
	add_line_end(pen, before);
}

static void edit_rtcp(ice_pen *pen, const ice_sdp *s, const ice_section *sec)
{
	const ice_rtcp *r = &sec->rtcp;
	const ice_cand *to = sec->move.rtcp;

	ice_pen_swap(pen, r->port, to->port);
	if (r->conn.host.left) {
		edit_conn(pen, &r->conn, to);
	} else if (!net_addr_same_ip(&to->at, conn_after(s, sec))) {
		ice_pen_swap(pen, ice_pen_behind(r->port), span_str(" "));
		add_address(pen, to);
	}
}

/* Takes payload types and the blank before each out of the format list. */
static void edit_formats(ice_pen *pen, const ice_section *sec)
{
	span in = sec->m.formats, all;
	unsigned pt;

	for (all = in; ice_pt_next(&in, &pt); all = in)
		if (ice_pts_has(&sec->drop, pt))
			ice_pen_swap(pen, span_before(all, in), nothing);
}

static void edit_mline(ice_pen *pen, const ice_section *sec)
{
	if (sec->refuse)
		ice_pen_swap(pen, sec->m.port, span_str("0"));
	else if (sec->move.rtp)
		ice_pen_swap(pen, sec->m.port, sec->move.rtp->port);
	edit_formats(pen, sec);
}

static void edit_cand(ice_pen *pen, const ice_line *l, const ice_cand *c,
		      const ice_plan *plan, const ice_words *w)
{
	switch (plan->method) {
	case ICE_REMOVE:
		ice_pen_swap(pen, l->raw, nothing);
		return;
	case ICE_PORT_ADDRESS:
		ice_pen_swap(pen, c->addr,
			     span_str(c->at.family == 6 ? w->dead6 : w->dead4));
		ice_pen_swap(pen, c->port, span_str(w->port));
		return;
	case ICE_PORT:
		ice_pen_swap(pen, c->port, span_str(w->port));
		return;
	}
}

/* A line that describes a payload type which is gone. */
static bool about_dropped(const ice_section *sec, const ice_line *l)
{
	span value = l->value;
	unsigned pt;

	return ice_pt_next(&value, &pt) && ice_pts_has(&sec->drop, pt);
}

static bool is_to_go(const ice_section *sec, const ice_line *l,
		     const ice_plan *plan)
{
	switch ((ice_attr)l->attr) {
	case ICE_A_RTPMAP:
	case ICE_A_FMTP:
	case ICE_A_RTCP_FB:
	case ICE_A_CAPS:
		return about_dropped(sec, l);
	case ICE_A_CRYPTOSCALE:
		return plan->drop_cryptoscale && sec->crypto;
	case ICE_A_BYPASSID:
		return plan->drop_bypassid;
	case ICE_A_NONE:
	case ICE_A_CANDIDATE:
	case ICE_A_RTCP:
	case ICE_A_CRYPTO:
	case ICE_A_REMOTES:
	case ICE_A_REMOTE:
	case ICE_A_MISMATCH:
	case ICE_A_MID:
	case ICE_A_GROUP:
		return false;
	}
	return false;
}

static void edit_attr(ice_pen *pen, const ice_sdp *s, const ice_section *sec,
		      const ice_line *l, const ice_plan *plan)
{
	if (sec->move.rtcp && span_holds(l->raw, sec->rtcp.port))
		edit_rtcp(pen, s, sec);
	else if (is_to_go(sec, l, plan))
		ice_pen_swap(pen, l->raw, nothing);
}

/* Where the walk through the text is. */
typedef struct walk {
	ice_pen *pen;
	const ice_sdp *s;
	const ice_plan *plan;
	const ice_words *words;
	unsigned section;	/* of those begun so far */
	unsigned cand;		/* candidate lines so far */
	bool conn_due, rtcp_due;	/* lines still to be added */
} walk;

static void begin_section(walk *w)
{
	const ice_section *sec = &w->s->section[w->section++];

	w->conn_due = sec->move.add_conn;
	w->rtcp_due = sec->move.add_rtcp;
}

/* RFC 4566 5: m= i= c= b= k= a= */
static void add_due(walk *w, const ice_section *sec, const ice_line *l)
{
	if (w->conn_due && l->type != 'm' && l->type != 'i') {
		add_conn(w->pen, l, sec->move.rtp);
		w->conn_due = false;
	}
	if (w->rtcp_due && l->type == 'a') {
		add_rtcp(w->pen, w->s, sec, l);
		w->rtcp_due = false;
	}
}

static void edit_session_line(walk *w, const ice_line *l)
{
	const ice_sdp *s = w->s;

	if (l->type == 'c' && s->move_conn && span_holds(l->raw, s->conn.host))
		edit_conn(w->pen, &s->conn, s->conn_to);
	else if (s->edited && w->plan->drop_bypassid &&
		 l->attr == ICE_A_BYPASSID)
		ice_pen_swap(w->pen, l->raw, nothing);
}

static void edit_own_conn(walk *w, const ice_section *sec, const ice_line *l)
{
	net_addr at;
	ice_conn c;

	if (!sec->move.rtp || !ice_conn_parse(l->value, &c))
		return;
	at = c.ip;
	at.port = sec->m.number;
	if (ice_dest_dead(w->s, sec, w->plan, &at))
		edit_conn(w->pen, &c, sec->move.rtp);
}

static void edit_section_line(walk *w, const ice_section *sec,
			      const ice_line *l)
{
	add_due(w, sec, l);
	if (l->type == 'm')
		edit_mline(w->pen, sec);
	else if (l->type == 'c')
		edit_own_conn(w, sec, l);
	else if (sec->state == ICE_FORCED || sec->state == ICE_FINAL)
		edit_attr(w->pen, w->s, sec, l, w->plan);
}

static void edit_cand_line(walk *w, const ice_section *sec, const ice_line *l)
{
	const ice_cand *c = &w->s->cand[w->cand++];

	add_due(w, sec, l);
	if (c->odd)
		return;
	if (sec->refuse)
		ice_pen_swap(w->pen, l->raw, nothing);
	else if (sec->state == ICE_FORCED && !c->relay)
		edit_cand(w->pen, l, c, w->plan, w->words);
}

void ice_edit(ice_pen *pen, const ice_sdp *s, const ice_plan *plan,
	      const ice_words *words)
{
	walk w = {.pen = pen, .s = s, .plan = plan, .words = words};
	span in = s->text;
	ice_line l;

	while (ice_line_next(&in, &l)) {
		bool cand = l.attr == ICE_A_CANDIDATE;

		if (l.type == 'm' || (cand && !w.section && s->fragment))
			begin_section(&w);
		if (!w.section)
			edit_session_line(&w, &l);
		else if (cand)
			edit_cand_line(&w, &s->section[w.section - 1], &l);
		else
			edit_section_line(&w, &s->section[w.section - 1], &l);
	}
}
