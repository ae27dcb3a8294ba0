#include "signaling_tap/rewrite.h"

#include "core/multipart.h"
#include "signaling_tap/memory.h"

static guint digest_hash(gconstpointer p)
{
	guint h;

	memcpy(&h, p, sizeof(h));
	return h;
}

static gboolean digest_equal(gconstpointer a, gconstpointer b)
{
	return tap_digest_same(a, b);
}

static void call_free(void *p)
{
	tap_call_free(p);
}

tap_calls *tap_calls_new(const tap_config *cfg)
{
	tap_calls *c = g_new0(tap_calls, 1);

	c->cfg = *cfg;
	if (!c->cfg.idle_s)
		c->cfg.idle_s = TAP_IDLE_S;
	if (!c->cfg.max_calls)
		c->cfg.max_calls = TAP_CALLS_MAX;
	c->table = g_hash_table_new_full(digest_hash, digest_equal, NULL,
					 call_free);
	c->out = g_malloc(TAP_OUT_MAX);
	c->body = g_malloc(TAP_OUT_MAX);
	return c;
}

void tap_calls_free(tap_calls *c)
{
	if (!c)
		return;
	g_hash_table_unref(c->table);
	g_free(c->out);
	g_free(c->body);
	g_free(c);
}

unsigned tap_calls_count(const tap_calls *c)
{
	GHashTableIter it;
	unsigned n = 0;
	void *call;

	g_hash_table_iter_init(&it, c->table);
	while (g_hash_table_iter_next(&it, NULL, &call))
		n += tap_call_in_progress(call);
	return n;
}

uint64_t tap_calls_counter(const tap_calls *c, unsigned i)
{
	return i < TAP_COUNTER_COUNT ? c->count.n[i] : 0;
}

tap_counters *tap_calls_counters(tap_calls *c)
{
	return &c->count;
}

bool tap_calls_records(const tap_calls *c)
{
	return c->latest && c->latest->record;
}

void tap_calls_missed(tap_calls *c, clk_both now)
{
	c->count.n[TAP_N_LATE]++;
	if (c->latest)
		tap_call_note(c->latest, now, TAP_F_LATE, "yes");
}

uint16_t tap_calls_late(tap_calls *c, clk_both now, uint16_t otherwise)
{
	tap_call *call = c->latest;
	rec_end end = {
		.cause = REC_REFUSED, .side = CALL_CALLER,
		.text = span_str("the deadline has passed"),
	};

	tap_calls_missed(c, now);
	if (!call || !c->invited || call->refuse == REC_PASS ||
	    !(call->record || call->refuse > REC_PASS))
		return 0;
	end.status = call->refuse ? call->refuse : otherwise;
	if (end.status && c->began)
		tap_call_finish(call, now, &end);
	return end.status;
}

/* ---- finding the call of a message ---- */

tap_digest tap_call_key(span call_id, span tag)
{
	tap_hash h;

	h.n = 0;
	tap_hash_add(&h, call_id);
	tap_hash_add(&h, tag);
	return tap_hash_done(&h);
}

static tap_call *call_find(tap_calls *c, const tap_sip *s)
{
	tap_digest key = tap_call_key(s->first[TAP_H_CALL_ID], s->from_tag);
	tap_call *call = g_hash_table_lookup(c->table, &key);

	if (call || !s->to_tag.left)
		return call;
	key = tap_call_key(s->first[TAP_H_CALL_ID], s->to_tag);
	return g_hash_table_lookup(c->table, &key);
}

/* An INVITE begins a call; a response to one, or an INVITE inside a dialog,
 * does so when the beginning was missed. */
static bool begins(const tap_sip *s)
{
	if (s->method != TAP_INVITE)
		return false;
	return s->request || (s->status > 100 && s->status < 300 &&
			      s->to_tag.left);
}

/* An unknown fork sends early media. If it only rings, its answer will say
 * everything that matters. */
static bool early_media_is_new(const tap_call *call, const tap_msg *m)
{
	return m->half && !tap_call_has_fork(call, m->sip->to_tag);
}

/* What belongs to a call that is over by failure or silence, and yet is not of
 * the past: it is tried again, or a branch answers or sends early media. */
static bool begins_anew(const tap_call *call, const tap_msg *m)
{
	const tap_sip *s = m->sip;

	if (!(call->ended || call->lapsed) || !begins(s))
		return false;
	if (s->request && !s->to_tag.left)
		return s->cseq > call->cseq;
	if (call->cause == REC_TIMEOUT)
		return true;
	if (call->cause != REC_FAILED && call->cause != REC_CANCELLED)
		return false;
	/* Who has hung up does not wait for what rings still. */
	return s->status >= 200 ||
	       (call->cause == REC_FAILED && early_media_is_new(call, m));
}

/* Instant messages and the conference's control channel are dialogs, but not
 * calls that can be heard. */
static bool is_silent(const tap_sip *s, const tap_msg *m)
{
	const tap_sdp_about *a = &m->about;

	if (m->half)
		return a->message && !a->audio && !a->video && !a->sharing &&
		       !a->other;
	return s->request &&
	       mime_is(s->first[TAP_H_CONTENT_TYPE], "application/cccp+xml");
}

/* `over`: the ended call of the same name, or NULL. */
static tap_call *call_begin(tap_calls *c, const tap_msg *m, tap_call *over)
{
	tap_call *call;
	span tag;

	if (g_hash_table_size(c->table) >= c->cfg.max_calls) {
		c->count.n[TAP_N_CALLS_OVER_LIMIT]++;
		return NULL;
	}
	/* the caller stays the caller, whoever sends first now */
	tag = over ? span_str(over->tag) : m->sip->from_tag;
	call = tap_call_new(c, m->sip, tag);
	call->id = tap_call_key(m->sip->first[TAP_H_CALL_ID], tag);
	call->source = span_dup(m->src->name);
	call->inline_source = m->src->rewrites;
	call->silent = is_silent(m->sip, m);
	call->heard = m->at;
	if (over) {
		call->after_s = over->began.wall.ns / CLK_NS_PER_S;
		call->facts = over->facts;
		over->facts = (tap_facts_set){{0}};
	}
	if (call->silent)
		c->count.n[TAP_N_IM_SESSIONS]++;
	g_hash_table_replace(c->table, &call->id, call);
	return call;
}

/* Of its latest attempt; what else comes in a dialog shows that one answered
 * it. */
static bool takes_up(const tap_call *lapsed, const tap_sip *s)
{
	if (s->request)
		return s->to_tag.left;
	return lapsed->cseq_unknown || s->cseq >= lapsed->cseq;
}

/* Nobody was told of the end of a call that has lapsed: it goes on. */
static tap_call *call_anew(tap_calls *c, const tap_msg *m, tap_call *over)
{
	if (!over->ended && takes_up(over, m->sip)) {
		over->lapsed = false;
		return over;
	}
	if (!over->ended)
		tap_call_expire(over, m->at);
	return call_begin(c, m, over);
}

/* "callid;to-tag=7743;from-tag=6472" (RFC 3891 6.1): the call that this one
 * takes the place of. */
static tap_call *call_replaced(tap_calls *c, const tap_call *by)
{
	span value = tap_facts_peek(&by->facts, TAP_F_REPLACES);
	span id, tag, params;
	tap_digest key;
	tap_call *call;

	if (!span_until(&value, ';', &id))
		return NULL;
	params = value;
	for (int i = 0; i < 2; i++) {
		if (!tap_param_find(params, i ? "to-tag" : "from-tag", &tag))
			continue;
		key = tap_call_key(span_trim(id), tag);
		call = g_hash_table_lookup(c->table, &key);
		if (call)
			return call;
	}
	return NULL;
}

/* Once the new call is answered the old one lives on in it. */
static void replaced_note(tap_calls *c, const tap_call *by, const tap_msg *m)
{
	tap_call *old;

	if (!by->facts.text[TAP_F_REPLACES] || m->sip->request ||
	    m->sip->method != TAP_INVITE || m->sip->status < 200 ||
	    m->sip->status > 299)
		return;
	old = call_replaced(c, by);
	if (old && old != by)
		tap_call_replace(old, m->at, by->call_id);
}

/* ---- counting and reading ---- */

static void verdict_count(tap_calls *c, tap_sip_verdict v)
{
	static const tap_counter counters[] = {
		[TAP_SIP_SHORT] = TAP_N_SIP_SHORT,
		[TAP_SIP_TRUNCATED] = TAP_N_SIP_TRUNCATED,
		[TAP_SIP_BAD_START] = TAP_N_SIP_BAD_START,
		[TAP_SIP_BAD_HEADER] = TAP_N_SIP_BAD_HEADER,
		[TAP_SIP_BAD_VALUE] = TAP_N_SIP_BAD_VALUE,
		[TAP_SIP_MISSING] = TAP_N_SIP_MISSING,
		[TAP_SIP_DUPLICATE] = TAP_N_SIP_DUPLICATE,
		[TAP_SIP_LINE_TOO_LONG] = TAP_N_SIP_LINE_TOO_LONG,
		[TAP_SIP_TOO_LONG] = TAP_N_SIP_TOO_LONG,
		[TAP_SIP_TOO_MANY] = TAP_N_SIP_TOO_MANY,
	};

	if (v != TAP_SIP_OK)
		c->count.n[counters[v]]++;
}

static bool sip_read(tap_calls *c, const tap_source *src, span message,
		     tap_sip *out)
{
	tap_sip_verdict v = tap_sip_parse(message, out);

	verdict_count(c, v);
	/* In a copy from a text log line ends may have been changed, which
	 * makes Content-Length wrong. */
	if (v == TAP_SIP_TRUNCATED && !src->rewrites)
		v = TAP_SIP_OK;
	if (v != TAP_SIP_OK)
		return false;
	c->count.n[out->request ? TAP_N_REQUESTS : TAP_N_RESPONSES]++;
	if (out->request && out->method == TAP_MESSAGE)
		c->count.n[TAP_N_INSTANT_MESSAGES]++;
	return true;
}

static bool names_fit(tap_calls *c, const tap_sip *s)
{
	bool id = s->first[TAP_H_CALL_ID].left <= TAP_ID_MAX;
	bool tags = s->from_tag.left <= TAP_TAG_MAX &&
		    s->to_tag.left <= TAP_TAG_MAX;

	c->count.n[TAP_N_CALL_ID_TOO_LONG] += !id;
	c->count.n[TAP_N_TAG_TOO_LONG] += !tags;
	return id && tags;
}

/* Of all that is notified only how a transfer goes concerns a call. */
static bool concerns_calls(const tap_sip *s)
{
	if (s->method == TAP_NOTIFY)
		return s->request && mime_is(s->first[TAP_H_CONTENT_TYPE],
					     "message/sipfrag");
	return s->method < TAP_MESSAGE;
}

static void message_take(tap_calls *c, tap_msg *m, tap_answer *out)
{
	const tap_sip *s = m->sip;
	tap_call *call;

	if (!concerns_calls(s))
		return;
	if (!names_fit(c, s))
		return;
	call = call_find(c, s);
	if (!call && !begins(s)) {
		c->count.n[TAP_N_STRAY]++;
		return;
	}
	if (!call)
		call = call_begin(c, m, NULL);
	else if (begins_anew(call, m))
		call = call_anew(c, m, call);
	if (!call)
		return;
	c->latest = call;
	c->invited = s->request && s->method == TAP_INVITE;
	c->began = c->invited && !s->to_tag.left;
	tap_call_message(call, m);
	replaced_note(c, call, m);
	if (call->record && m->src->rewrites && c->cfg.plan && s->body.left)
		tap_rewrite_message(call, m, out);
	else if (call->record && c->cfg.plan && s->body.left)
		tap_rewrite_watch(call, m);
	else if (!call->record && call->refuse > REC_PASS &&
		 m->src->rewrites)
		tap_rewrite_prevent(call, m, out);
}

static void answer_count(tap_calls *c, const tap_answer *a)
{
	static const tap_counter counters[] = {
		[TAP_PASS] = TAP_N_PASSED,
		[TAP_REPLACED] = TAP_N_REWRITTEN,
		[TAP_REFUSE] = TAP_N_REFUSED,
	};

	c->count.n[counters[a->verdict]]++;
}

/* The sink has something of a call when it may be gone on with. */
static void memory_keep(tap_calls *c, const tap_msg *m)
{
	const tap_call *call = c->latest;
	uint8_t buf[TAP_MEMORY_MAX];
	put o = put_into(buf, sizeof(buf));

	if (!c->cfg.keep || !call || !call->own || call->ended || m->repeated)
		return;
	tap_memory_put(&o, call);
	c->cfg.keep(c->cfg.sink_user, call->own, put_done(&o));
}

void tap_calls_message(tap_calls *c, clk_both now, const tap_source *src,
		       span message, tap_answer *out)
{
	g_autoptr(call_half) half = call_half_new();
	tap_msg m = {.at = now, .src = src, .mine = half};
	tap_sip s;

	*out = (tap_answer){.verdict = TAP_PASS, .reason = ""};
	c->latest = NULL;
	c->count.n[TAP_N_MESSAGES]++;
	if (clk_since(now.mono, c->ticked) >= CLK_NS_PER_S)
		tap_calls_tick(c, now);
	m.sip = &s;
	if (sip_read(c, src, message, &s)) {
		if (s.method < TAP_MESSAGE &&
		    tap_sdp_read(s.first[TAP_H_CONTENT_TYPE], s.body, half,
				 &m.about, &c->count) == TAP_SDP_OK)
			m.half = half;
		message_take(c, &m, out);
		memory_keep(c, &m);
	}
	answer_count(c, out);
}

/* ---- time ---- */

void tap_calls_tick(tap_calls *c, clk_both now)
{
	GHashTableIter it;
	void *value;

	c->ticked = now.mono;
	c->latest = NULL;
	g_hash_table_iter_init(&it, c->table);
	while (g_hash_table_iter_next(&it, NULL, &value)) {
		tap_call *call = value;

		tap_call_unpause_due(call, now);
		if (clk_since(now.mono, tap_call_deadline(call)) < 0)
			continue;
		if (call->ended)
			g_hash_table_iter_remove(&it);
		else
			tap_call_due(call, now);
	}
}

void tap_calls_end_all(tap_calls *c, clk_both now)
{
	GHashTableIter it;
	void *value;

	g_hash_table_iter_init(&it, c->table);
	while (g_hash_table_iter_next(&it, NULL, &value)) {
		tap_call *call = value;

		if (!call->ended)
			tap_call_expire(call, now);
	}
}
