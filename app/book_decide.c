#include "app/book_impl.h"

#include <stdio.h>

static cat_party party_of(const tap_party *p)
{
	return (cat_party){p->uri, p->tel, p->asserted};
}

static rec_ask ask_of(cat_mode mode)
{
	switch (mode) {
	case CAT_ON_DEMAND:
		return REC_ASK_START;
	case CAT_BUFFERED:
		return REC_ASK_KEEP;
	case CAT_NEVER:
	case CAT_METADATA:
	case CAT_ALWAYS:
		break;
	}
	return REC_ASK_NONE;
}

static void decision_say(book *b, rec_decision *out)
{
	const cat_verdict *v = &b->verdict;

	cat_verdict_tell(v, v->reason, b->told);
	*out = (rec_decision){
		.record = v->record,
		.audio = v->record && v->audio,
		.video = v->record && v->video,
		.rule = span_str(v->rule),
		.reason = span_str(b->told),
		.refuse = v->record && v->refuse ? v->refuse : REC_PASS,
		.ask = ask_of(v->mode),
	};
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

	*v = (cat_verdict){.rule = "", .scope = CAT_EXTERNAL};
	if (!p || span_eq(f->type, "im") || span_eq(f->type, "sharing"))
		return false;
	cat_policy_decide(p, &c, v);
	if (!v->concerned)
		return false;
	decision_say(b, out);
	return true;
}

/* "source" and "destination" name the party that wants it: the call is recorded
 * while that party is in it, and a dialog never loses its parties. "disabled"
 * is ignored if a mandatory rule applies. */
bool book_wish(book *b, const tap_facts *f, rec_decision *out)
{
	cat_verdict *v = &b->verdict;
	bool source = span_eq(f->record, "source");
	bool wants = source || span_eq(f->record, "destination");

	if ((!wants && !span_eq(f->record, "disabled")) || v->mandatory ||
	    wants == (v->record && v->mode == CAT_ALWAYS) ||
	    (!wants && !v->concerned))
		return false;
	if (wants && !v->n_owners)
		v->owner[v->n_owners++] = (cat_owner){
			(source ? f->caller : f->callee).uri, false,
			source ? CAT_CALLER : CAT_CALLEE};
	v->audio |= wants;
	v->concerned = true;
	v->record = wants;
	v->mode = wants ? CAT_ALWAYS : CAT_NEVER;
	v->rule = "record header";
	snprintf(v->reason, sizeof(v->reason),
		 "the record header of %.*s says %.*s", (int)f->source.left,
		 (const char *)f->source.p, (int)f->record.left,
		 (const char *)f->record.p);
	decision_say(b, out);
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
