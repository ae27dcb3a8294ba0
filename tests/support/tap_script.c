#include "tests/support/tap_script.h"

static void put_text(GString *to, span s)
{
	g_string_append_len(to, (const char *)s.p, (gssize)s.left);
}

static void put_hex(GString *to, const secret *s)
{
	span k = secret_peek(s);
	g_autofree char *b64 = g_base64_encode(k.p, k.left);

	g_string_append(to, b64);
}

static void tell_media(GString *to, const call_media *m)
{
	char rtp[NET_ADDR_TEXT], rtcp[NET_ADDR_TEXT], cand[NET_ADDR_TEXT];

	net_addr_text(&m->rtp, rtp);
	net_addr_text(&m->rtcp, rtcp);
	g_string_append_printf(to, " [%u.%u %s %s %s/%s flow%u%s ufrag=%s",
			       m->part, m->index, m->kind, m->proto, rtp, rtcp,
			       m->flow, m->record ? " rec" : "", m->ufrag);
	for (guint i = 0; i < m->payloads->len; i++)
		g_string_append_printf(to, " %u=%s/%u", CALL_PAYLOAD(m, i)->pt,
				       CALL_PAYLOAD(m, i)->name,
				       CALL_PAYLOAD(m, i)->clock);
	for (guint i = 0; i < m->cands->len; i++) {
		net_addr_text(&CALL_CAND(m, i)->addr, cand);
		g_string_append_printf(to, " cand%u:%u:%s",
				       CALL_CAND(m, i)->component,
				       CALL_CAND(m, i)->type, cand);
	}
	for (guint i = 0; i < m->cryptos->len; i++) {
		g_string_append_printf(to, " key%u:", CALL_CRYPTO(m, i)->tag);
		put_hex(to, &CALL_CRYPTO(m, i)->key);
	}
	g_string_append_c(to, ']');
}

static void tell_half(tap_script *s, const call_half *h)
{
	GString *to = g_string_new(NULL);

	g_string_append_printf(s->told, "half %u %s %s%s branch=%s\n",
			       h->serial, h->side ? "callee" : "caller",
			       h->answer ? "answer" : "offer",
			       h->early ? " early" : "", h->branch);
	g_string_append_printf(to, "%u %s %s", h->serial,
			       h->side ? "callee" : "caller",
			       h->answer ? "answer" : "offer");
	for (guint i = 0; i < h->media->len; i++)
		tell_media(to, CALL_MEDIA(h, i));
	g_ptr_array_add(s->halves, g_string_free(to, FALSE));
}

static void tell_end(GString *to, const rec_end *e)
{
	g_string_append_printf(to, "end cause=%u side=%u status=%u\n", e->cause,
			       e->side, e->status);
}

static void sink(void *user, uint64_t call, void **own, const rec_event *e)
{
	tap_script *s = user;
	GString *to = s->told;

	if (e->type == JRN_BEGIN) {
		g_assert_null(*own);
		*own = s;
		s->began = e->at;
	}
	g_assert_true(*own == s);
	g_string_append_printf(to, "%" G_GUINT64_FORMAT " ", call);
	switch (e->type) {
	case JRN_BEGIN:
		g_string_append(to, "begin ");
		put_text(to, e->begin.call_id);
		g_string_append_c(to, '\n');
		return;
	case JRN_FACT:
		g_string_append(to, "fact ");
		put_text(to, e->fact.name);
		g_string_append_c(to, '=');
		put_text(to, e->fact.value);
		g_string_append_c(to, '\n');
		return;
	case JRN_DECISION:
		g_string_append_printf(to, "decision %d\n", e->decision.record);
		return;
	case JRN_HALF:
		tell_half(s, e->half);
		return;
	case JRN_STATE:
		g_string_append_printf(to, "state %u %u ", e->progress.state,
				       e->progress.status);
		put_text(to, e->progress.branch);
		g_string_append_c(to, '\n');
		return;
	case JRN_MARK:
		g_string_append_printf(to, "mark %u %u ", e->control.mark,
				       e->control.side);
		put_text(to, e->control.text);
		g_string_append_c(to, '\n');
		return;
	case JRN_END:
		tell_end(to, &e->end);
		if (!s->keeps)
			*own = NULL;
		return;
	case JRN_CLOSE:
		g_string_append(to, "close\n");
		*own = NULL;
		return;
	}
	g_assert_not_reached();
}

static bool decide(void *user, const tap_facts *f, rec_decision *out)
{
	tap_script *s = user;

	s->decisions++;
	s->decided_at = f->at;
	*out = (rec_decision){.record = s->record, .audio = s->record,
			      .video = s->record, .rule = span_str("script"),
			      .reason = span_str("because"),
			      .refuse = s->refuse, .ask = s->ask};
	return true;
}

tap_script *tap_script_new(const struct ice_plan *plan, uint16_t no_relay)
{
	tap_script *s = g_new0(tap_script, 1);
	const tap_config cfg = {
		.decide = decide, .decide_user = s, .sink = sink,
		.sink_user = s, .plan = plan, .no_relay_status = no_relay,
		.record_header = "X-Record", .record_sources = s->trusted,
	};

	s->calls = tap_calls_new(&cfg);
	s->told = g_string_new(NULL);
	s->halves = g_ptr_array_new_with_free_func(g_free);
	s->now = clk_from_wall(1800000000LL * CLK_NS_PER_S);
	s->record = true;
	return s;
}

void tap_script_free(tap_script *s)
{
	tap_calls_free(s->calls);
	g_string_free(s->told, TRUE);
	g_ptr_array_unref(s->halves);
	g_free(s);
}

GString *tap_script_message(const char *head, const char *body)
{
	GString *to = g_string_new(NULL), *crlf = g_string_new(body);

	g_string_replace(crlf, "\n", "\r\n", 0);
	for (; *head; head++) {
		if (*head == '\n')
			g_string_append_c(to, '\r');
		g_string_append_c(to, *head);
	}
	g_string_append_printf(to, "Content-Length: %" G_GSIZE_FORMAT
			       "\r\n\r\n%s", crlf->len, crlf->str);
	g_string_free(crlf, TRUE);
	return to;
}

void tap_script_raw(tap_script *s, span message, bool rewrites)
{
	const tap_source src = {span_str("fe1"), rewrites};

	tap_calls_message(s->calls, s->now, &src, message, &s->answer);
	tap_script_wait(s, 0.001);
}

void tap_script_send(tap_script *s, const char *head, const char *body)
{
	GString *m = tap_script_message(head, body);

	tap_script_raw(s, span_of(m->str, m->len), true);
	g_string_free(m, TRUE);
}

void tap_script_wait(tap_script *s, double seconds)
{
	int64_t ns = (int64_t)(seconds * CLK_NS_PER_S);

	s->now.mono.ns += ns;
	s->now.wall.ns += ns;
	if (seconds >= 1)
		tap_calls_tick(s->calls, s->now);
}

uint64_t tap_script_counter(const tap_script *s, const char *name)
{
	for (unsigned i = 0; tap_counter_name(i); i++)
		if (!g_strcmp0(tap_counter_name(i), name))
			return tap_calls_counter(s->calls, i);
	g_assert_not_reached();
}

char *tap_script_take(tap_script *s)
{
	char *was = g_strdup(s->told->str);

	g_string_truncate(s->told, 0);
	return was;
}
