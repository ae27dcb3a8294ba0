#include "tests/support/dec_heard.h"

#include <string.h>

static void check_order(heard *h, const pcm_block *b)
{
	g_assert_cmpuint(b->stream, <, HEARD_STREAMS);
	g_assert_cmpuint(b->frames, >, 0);
	g_assert_cmpuint(b->rate, >, 0);
	g_assert_true(b->side == CALL_CALLER || b->side == CALL_CALLEE);
	if (h->begun[b->stream])
		g_assert_cmpint(b->ts, >=, h->end[b->stream]);
	h->begun[b->stream] = true;
	h->end[b->stream] =
		b->ts + (int64_t)(b->frames * b->clock / b->rate);
}

static void on_block(void *user, const pcm_block *b)
{
	const size_t n = b->frames * b->channels;
	heard_block kept = {*b, b->pcm[0], b->pcm[n - 1]};
	heard *h = user;

	check_order(h, b);
	kept.b.pcm = NULL;
	g_array_append_val(h->blocks, kept);
	g_array_append_vals(h->pcm, b->pcm, (guint)n);
	g_string_append_printf(h->log,
			       "block %u kind %u ts %lld frames %zu at %lld "
			       "released %lld\n",
			       b->stream, b->kind, (long long)b->ts, b->frames,
			       (long long)b->arrival.ns,
			       (long long)b->released.ns);
}

static void on_report(void *user, const pcm_report *r)
{
	heard *h = user;

	h->reports++;
	h->report = *r;
}

static void on_event(void *user, const dec_event *e)
{
	heard *h = user;

	h->events[e->kind]++;
	h->last[e->kind] = *e;
	h->last[e->kind].name = g_intern_string(e->name);
	h->last[e->kind].branch = g_intern_string(e->branch);
	if (e->kind == DEC_GAP)
		h->gap_packets += e->packets;
	g_string_append_printf(h->log, "event %u stream %u packets %u %s\n",
			       e->kind, e->stream, (unsigned)e->packets,
			       e->name);
}

const dec_sink heard_sink = {
	.block = on_block, .report = on_report, .event = on_event};

void heard_init(heard *h)
{
	memset(h, 0, sizeof(*h));
	h->pcm = g_array_new(FALSE, FALSE, sizeof(int16_t));
	h->blocks = g_array_new(FALSE, FALSE, sizeof(heard_block));
	h->log = g_string_new(NULL);
}

void heard_clear(heard *h)
{
	g_array_unref(h->pcm);
	g_array_unref(h->blocks);
	g_string_free(h->log, TRUE);
}

uint64_t heard_frames(const heard *h, pcm_kind kind)
{
	uint64_t n = 0;

	for (guint i = 0; i < h->blocks->len; i++) {
		const heard_block *b =
			&g_array_index(h->blocks, heard_block, i);

		if (b->b.kind == kind)
			n += b->b.frames;
	}
	return n;
}

void heard_joined(const heard *h)
{
	for (guint i = 1; i < h->blocks->len; i++) {
		const heard_block *all = (const void *)h->blocks->data;
		const pcm_block *a = &all[i - 1].b, *b = &all[i].b;

		g_assert_cmpint(a->ts + (int64_t)(a->frames * a->clock /
						  a->rate), ==, b->ts);
	}
}

void dec_fix_begin(dec_fix *f, const char *suite)
{
	const dec_config config = dec_config_default();

	heard_init(&f->h);
	sender_init(&f->a, suite, CALL_CALLER, 1);
	sender_init(&f->b, suite, CALL_CALLEE, 2);
	f->c = dec_call_new(&config, &heard_sink, &f->h);
}

void dec_fix_describe(dec_fix *f, const sender *s, bool answer, uint32_t serial,
		      uint32_t tag)
{
	g_autoptr(call_half) half = sender_half(s, answer, serial, tag);

	dec_call_describe(f->c, half);
}

void dec_fix_agree(dec_fix *f)
{
	dec_fix_describe(f, &f->a, false, 1, 1);
	dec_fix_describe(f, &f->b, true, 2, 1);
}

void dec_fix_plain(dec_fix *f)
{
	dec_fix_begin(f, NULL);
	dec_fix_agree(f);
}

void dec_fix_end(dec_fix *f)
{
	dec_call_free(f->c);
	sender_clear(&f->a);
	sender_clear(&f->b);
	heard_clear(&f->h);
}

pkt dec_fix_speak(sender *s, uint8_t tone)
{
	uint8_t payload[160];

	memset(payload, tone, sizeof(payload));
	return sender_rtp(s, payload, sizeof(payload));
}

dec_fate dec_fix_say(dec_fix *f, sender *s, uint8_t tone)
{
	const pkt p = dec_fix_speak(s, tone);

	return dec_call_packet(f->c, &p);
}

void dec_fix_give(dec_fix *f, const pkt *p)
{
	(void)dec_call_packet(f->c, p);
}

dec_totals dec_fix_totals(const dec_fix *f)
{
	dec_totals t;
	uint64_t sum = 0;

	dec_call_totals(f->c, &t);
	for (int i = 0; i < DEC_FATES; i++)
		sum += t.fate[i];
	g_assert_cmpuint(sum, ==, t.packets);
	return t;
}

dec_stream_totals dec_fix_stream(const dec_fix *f, uint32_t n)
{
	dec_stream_totals s;

	g_assert_true(dec_call_stream(f->c, n, &s));
	return s;
}
