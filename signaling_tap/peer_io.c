#include "signaling_tap/peer_io.h"

#include <openssl/crypto.h>

#include "signaling_tap/dialog.h"

static void frame_send(tap_peer *p, const tap_frame *f)
{
	uint8_t buf[TAP_HEP_MAX];
	put o = put_into(buf, sizeof(buf));

	tap_frame_put(&o, f);
	if (!o.full)
		g_byte_array_append(p->out, buf, (guint)o.n);
}

static bool is_late(const tap_conn_host *h, const tap_frame *f, clk_mono came)
{
	int64_t limit = h->deadline_ms;

	if (f->deadline_ms && f->deadline_ms < limit)
		limit = f->deadline_ms;
	return clk_since(clk_mono_now(), came) > limit * CLK_NS_PER_MS;
}

static void tell_late(tap_frame *f)
{
	f->flags |= TAP_HEP_LATE;
	f->reason = span_str("the deadline has passed");
}

/* Past the deadline the Front End may have acted without us already. */
static void late_answer(const tap_conn_host *h, tap_frame *f)
{
	f->status = tap_calls_late(h->calls, clk_now(), h->late_status);
	f->payload = (span){0};
	f->body_at = 0;
	f->verdict = f->status ? TAP_REFUSE : TAP_PASS;
	tell_late(f);
}

/* The filter has acted by its own policy by now, and ignores what we answer.
 * What is read now did not come before `since`: a clock that is wrong makes
 * nobody impatient. */
static bool gave_up(const tap_peer *p, const tap_frame *f, clk_mono seen)
{
	const clk_mono from = {MAX(seen.ns, p->since.ns)};

	return f->deadline_ms && clk_since(clk_mono_now(), from) >
					 f->deadline_ms * CLK_NS_PER_MS;
}

static tap_frame verdict_frame(const tap_conn_host *h, const tap_frame *f,
			       const tap_answer *a)
{
	tap_frame out = {
		.version = TAP_HEP_VERSION, .kind = TAP_HEP_VERDICT,
		.id = f->id, .verdict = (uint8_t)a->verdict,
		.status = a->status, .reason = span_str(a->reason),
	};

	if (tap_calls_records(h->calls))
		out.flags |= TAP_HEP_RECORDED;
	if (a->verdict == TAP_REPLACED) {
		out.protocol = 1;
		out.payload = a->message;
		out.body_at = (uint32_t)a->body_at;
	}
	return out;
}

/* Only senders that know the key may send unencrypted; comparing takes the same
 * time for every wrong key of the right length. */
static bool key_fits(const tap_conn_host *h, const tap_frame *f)
{
	if (!h->plain_key || (f->key.left == strlen(h->plain_key) &&
			      !CRYPTO_memcmp(f->key.p, h->plain_key,
					     f->key.left)))
		return true;
	tap_calls_counters(h->calls)->n[TAP_N_HEP_KEY]++;
	return false;
}

/* When its sender saw the message, on our clocks. */
static clk_both message_time(tap_peer *p, const tap_frame *f)
{
	const clk_wall theirs = {f->seconds * CLK_NS_PER_S +
				 f->micros * 1000LL};
	clk_both now = clk_now(), at;
	int64_t ahead;
	bool stepped;

	if (!f->seconds)
		return now;
	at = tap_sender_time(&p->clock, theirs, p->since, now, &stepped);
	ahead = tap_sender_ahead(&p->clock);
	if (stepped || ABS(ahead) > TAP_SENDER_SKEW_MS * CLK_NS_PER_MS) {
		tap_calls_counters(p->host->calls)->n[TAP_N_HEP_SKEW]++;
		p->host->skewed(p->host->user, p->name, ahead);
	}
	return at;
}

/* False when the filter had gone on without the verdict. */
static bool message_take(tap_peer *p, const tap_frame *f, bool obeys,
			 tap_answer *a)
{
	tap_calls *calls = p->host->calls;
	const clk_both at = message_time(p, f);
	const bool late = obeys && gave_up(p, f, at.mono);
	const tap_source src = {span_str(p->name), obeys && !late};

	tap_calls_message(calls, at, &src, f->payload, a);
	if (late)
		tap_calls_missed(calls, clk_now());
	return !late;
}

static void sip_take(tap_peer *p, const tap_frame *f, clk_mono came)
{
	bool asks = f->kind == TAP_HEP_REQUEST, waits = true;
	bool obeys = p->secure && asks && !(f->flags & TAP_HEP_OBSERVE);
	tap_answer a = {.verdict = TAP_PASS, .reason = ""};
	tap_frame out;

	if (f->compressed || (f->protocol && f->protocol != 1) ||
	    !f->payload.left)
		tap_calls_counters(p->host->calls)->n[TAP_N_HEP_NOT_SIP]++;
	else
		waits = message_take(p, f, obeys, &a);
	if (!asks || !p->out)
		return;
	out = verdict_frame(p->host, f, &a);
	if (!waits)
		tell_late(&out);
	else if (obeys && is_late(p->host, f, came))
		late_answer(p->host, &out);
	frame_send(p, &out);
	p->verdicts++;
}

static void frame_answer(tap_peer *p, const tap_frame *f, uint8_t kind,
			 const char *reason)
{
	const tap_frame out = {
		.version = TAP_HEP_VERSION, .kind = kind, .id = f->id,
		.reason = span_str(reason),
	};

	frame_send(p, &out);
}

static void contract_take(tap_peer *p, const tap_frame *f, clk_mono came)
{
	tap_counters *count = tap_calls_counters(p->host->calls);

	if (f->kind != TAP_HEP_COPY && f->version != TAP_HEP_VERSION) {
		count->n[TAP_N_HEP_VERSION]++;
		if (f->kind == TAP_HEP_REQUEST)
			frame_answer(p, f, TAP_HEP_VERDICT,
				     "contract version not supported");
		else if (f->kind == TAP_HEP_HEARTBEAT)
			frame_answer(p, f, TAP_HEP_HEARTBEAT_ANSWER,
				     "contract version not supported");
		return;
	}
	switch ((tap_hep_kind)f->kind) {
	case TAP_HEP_COPY:
	case TAP_HEP_REQUEST:
		sip_take(p, f, came);
		return;
	case TAP_HEP_HEARTBEAT:
		count->n[TAP_N_HEARTBEATS]++;
		frame_answer(p, f, TAP_HEP_HEARTBEAT_ANSWER, "");
		return;
	case TAP_HEP_VERDICT:
	case TAP_HEP_HEARTBEAT_ANSWER:
		return;	/* ours to send; harmless */
	}
}

static void name_note(tap_peer *p, const tap_frame *f)
{
	char text[128];

	if (!f->name.left)
		return;
	span_copy(f->name, text, sizeof(text));
	if (!strcmp(text, p->name))
		return;
	g_free(p->name);
	p->name = g_strdup(text);
}

void tap_peer_frame(tap_peer *p, const tap_frame *f, clk_mono came)
{
	if (!p->secure && !key_fits(p->host, f))
		return;
	name_note(p, f);
	p->heard = came;
	contract_take(p, f, came);
}

void tap_peer_datagram(const tap_conn_host *host, span frame, const char *from)
{
	tap_counters *count = tap_calls_counters(host->calls);
	tap_peer p = {.host = host, .name = (char *)from,
		      .since = clk_mono_now()};
	span in = frame, bytes;
	tap_frame f;

	count->n[TAP_N_HEP_FRAMES]++;
	if (tap_hep_cut(&in, &bytes) != TAP_HEP_OK ||
	    tap_frame_read(bytes, &f) != TAP_HEP_OK) {
		count->n[TAP_N_HEP_BAD]++;
		return;
	}
	if (f.kind <= TAP_HEP_REQUEST && key_fits(host, &f))
		sip_take(&p, &f, clk_mono_now());
}
