#include "core/record.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <time.h>

#include "core/record_text.h"

void rec_begin_put(put *o, const rec_begin *r)
{
	put_text(o, r->call_id);
	put_text(o, r->from_tag);
	put_text(o, r->source);
}

bool rec_begin_get(span in, rec_begin *out)
{
	return get_text(&in, &out->call_id) && get_text(&in, &out->from_tag) &&
	       get_text(&in, &out->source);
}

void rec_fact_put(put *o, const rec_fact *r)
{
	put_text(o, r->name);
	put_text(o, r->value);
}

bool rec_fact_get(span in, rec_fact *out)
{
	return get_text(&in, &out->name) && get_text(&in, &out->value);
}

void rec_decision_put(put *o, const rec_decision *r)
{
	put_u8(o, r->record);
	put_u8(o, r->audio);
	put_u8(o, r->video);
	put_text(o, r->rule);
	put_text(o, r->reason);
}

bool rec_decision_get(span in, rec_decision *out)
{
	out->refuse = 0;
	return get_bool(&in, &out->record) && get_bool(&in, &out->audio) &&
	       get_bool(&in, &out->video) && get_text(&in, &out->rule) &&
	       get_text(&in, &out->reason);
}

void rec_progress_put(put *o, const rec_progress *r)
{
	put_u8(o, r->state);
	put_u16(o, r->status);
	put_text(o, r->branch);
}

bool rec_progress_get(span in, rec_progress *out)
{
	return span_u8(&in, &out->state) && span_u16(&in, &out->status) &&
	       get_text(&in, &out->branch);
}

void rec_control_put(put *o, const rec_control *r)
{
	put_u8(o, r->mark);
	put_u8(o, r->side);
	put_text(o, r->actor);
	put_text(o, r->text);
}

bool rec_control_get(span in, rec_control *out)
{
	return span_u8(&in, &out->mark) && span_u8(&in, &out->side) &&
	       out->side <= CALL_UNKNOWN && get_text(&in, &out->actor) &&
	       get_text(&in, &out->text);
}

void rec_end_put(put *o, const rec_end *r)
{
	put_u8(o, r->cause);
	put_u8(o, r->side);
	put_u16(o, r->status);
	put_text(o, r->text);
}

bool rec_end_get(span in, rec_end *out)
{
	return span_u8(&in, &out->cause) && span_u8(&in, &out->side) &&
	       out->side <= CALL_UNKNOWN && span_u16(&in, &out->status) &&
	       get_text(&in, &out->text);
}

void rec_flow_put(put *o, const rec_flow *r)
{
	put_u32(o, r->flow);
	put_u8(o, r->leg);
	put_u8(o, r->side);
	put_u8(o, r->media);
	put_addr(o, &r->src);
	put_addr(o, &r->dst);
	put_u64(o, r->packets);
	put_u64(o, r->stored);
}

bool rec_flow_get(span in, rec_flow *out)
{
	return span_u32(&in, &out->flow) && span_u8(&in, &out->leg) &&
	       span_u8(&in, &out->side) && out->side <= CALL_UNKNOWN &&
	       span_u8(&in, &out->media) && get_addr(&in, &out->src) &&
	       get_addr(&in, &out->dst) && span_u64(&in, &out->packets) &&
	       span_u64(&in, &out->stored);
}

void rec_loss_put(put *o, const rec_loss *r)
{
	put_u8(o, r->place);
	put_u64(o, r->packets);
	put_u64(o, (uint64_t)r->from.ns);
	put_u64(o, (uint64_t)r->to.ns);
}

bool rec_loss_get(span in, rec_loss *out)
{
	uint64_t from, to;

	if (!span_u8(&in, &out->place) || !span_u64(&in, &out->packets) ||
	    !span_u64(&in, &from) || !span_u64(&in, &to))
		return false;
	out->from.ns = (int64_t)from;
	out->to.ns = (int64_t)to;
	return true;
}

void rec_tally_put(put *o, const rec_tally *r)
{
	put_u64(o, (uint64_t)r->from.ns);
	put_u64(o, r->stored);
	put_u64(o, r->late);
	put_u64(o, r->not_recorded);
	for (size_t i = 0; i < REC_LEGS; i++)
		put_u64(o, r->copies[i]);
	put_u64(o, r->frames);
	put_u64(o, r->unclaimed);
	put_u64(o, r->malformed);
	put_u64(o, r->tcp_gaps);
	put_u64(o, r->fragments_lost);
}

bool rec_tally_get(span in, rec_tally *out)
{
	uint64_t from;

	if (!span_u64(&in, &from) || !span_u64(&in, &out->stored) ||
	    !span_u64(&in, &out->late) || !span_u64(&in, &out->not_recorded))
		return false;
	out->from.ns = (int64_t)from;
	for (size_t i = 0; i < REC_LEGS; i++)
		if (!span_u64(&in, &out->copies[i]))
			return false;
	return span_u64(&in, &out->frames) && span_u64(&in, &out->unclaimed) &&
	       span_u64(&in, &out->malformed) &&
	       span_u64(&in, &out->tcp_gaps) &&
	       span_u64(&in, &out->fragments_lost);
}

void rec_watch_put(put *o, const rec_watch *r)
{
	put_u64(o, (uint64_t)r->age_ns);
}

bool rec_watch_get(span in, rec_watch *out)
{
	uint64_t age;

	if (!span_u64(&in, &age))
		return false;
	out->age_ns = (int64_t)age;
	return true;
}

void rec_packet_put_head(put *o, const pkt *p)
{
	put_u8(o, p->side);
	put_u8(o, p->media);
	put_u8(o, p->leg);
	put_u8(o, p->why);
	put_u32(o, p->flow);
}

bool rec_packet_get(const jrn_rec *r, pkt *out)
{
	span in = r->payload;

	if (!span_u8(&in, &out->side) || out->side > CALL_UNKNOWN ||
	    !span_u8(&in, &out->media) || !span_u8(&in, &out->leg) ||
	    !span_u8(&in, &out->why) || !span_u32(&in, &out->flow))
		return false;
	out->at = r->at;
	out->iface = 0;
	out->bytes = in;
	return true;
}

void rec_event_put(put *o, const rec_event *e)
{
	switch ((jrn_type)e->type) {
	case JRN_BEGIN:
		rec_begin_put(o, &e->begin);
		break;
	case JRN_FACT:
		rec_fact_put(o, &e->fact);
		break;
	case JRN_DECISION:
		rec_decision_put(o, &e->decision);
		break;
	case JRN_HALF:
		rec_half_put(o, e->half);
		break;
	case JRN_STATE:
		rec_progress_put(o, &e->progress);
		break;
	case JRN_MARK:
		rec_control_put(o, &e->control);
		break;
	case JRN_END:
		rec_end_put(o, &e->end);
		break;
	case JRN_KEYS:
	case JRN_PACKET:
	case JRN_FLOW:
	case JRN_LOSS:
	case JRN_CLOSE:
	case JRN_TALLY:
	case JRN_WATCH:
		g_assert_not_reached();
	}
}

void rec_arm_put(put *o, const char *call, uint16_t type, clk_both at,
		 span payload)
{
	const jrn_rec r = {type, 0, at, payload};

	put_str(o, call);
	jrn_rec_put(o, &r, span_of(NULL, 0));
}

bool rec_arm_get(span in, span *call, jrn_rec *out)
{
	return get_text(&in, call) && call->left > 0 &&
	       call->left < REC_NAME && jrn_rec_next(&in, out) == JRN_OK &&
	       in.left == 0;
}

void rec_call_name(clk_wall begun, span call_id, span from_tag,
		   char to[static REC_NAME])
{
	uint8_t md[EVP_MAX_MD_SIZE];
	EVP_MD_CTX *c = EVP_MD_CTX_new();
	time_t s = (time_t)(begun.ns / CLK_NS_PER_S);
	struct tm tm = {0};
	size_t n;

	g_assert(c && EVP_DigestInit_ex(c, EVP_sha256(), NULL) &&
		 EVP_DigestUpdate(c, call_id.p, call_id.left) &&
		 EVP_DigestUpdate(c, "", 1) &&
		 EVP_DigestUpdate(c, from_tag.p, from_tag.left) &&
		 EVP_DigestFinal_ex(c, md, NULL));
	EVP_MD_CTX_free(c);
	gmtime_r(&s, &tm);
	n = strftime(to, REC_NAME, "%Y%m%dT%H%M%SZ-", &tm);
	for (int i = 0; i < 8 && n + 3 <= REC_NAME; i++, n += 2)
		snprintf(to + n, 3, "%02x", md[i]);
}
