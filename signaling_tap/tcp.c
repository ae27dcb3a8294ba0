#include "signaling_tap/tcp.h"

enum {
	WAIT_SEGMENTS = 256,	/* a hole is not waited for any longer */
	WAIT_OCTETS = 256 << 10,
};
#define WAIT_NS (5 * CLK_NS_PER_S)

typedef struct segment {
	uint32_t seq;
	guint n;
	uint8_t b[];
} segment;

/* How far `seq` lies behind `from`; negative: before it. */
static int32_t ahead(uint32_t seq, uint32_t from)
{
	return (int32_t)(seq - from);
}

static void restart(tap_tcp *t, uint32_t seq)
{
	if (!t->bytes) {
		t->bytes = g_byte_array_new();
		t->waiting = g_ptr_array_new_with_free_func(g_free);
	}
	g_byte_array_set_size(t->bytes, 0);
	t->used = 0;
	t->next = seq;
	t->begun = true;
}

/* What of it was not seen yet. */
static void append(tap_tcp *t, uint32_t seq, span in)
{
	const int32_t seen = -ahead(seq, t->next);

	if (seen < 0 || !span_skip(&in, (size_t)seen))
		return;
	g_byte_array_append(t->bytes, in.p, (guint)in.left);
	t->next += (uint32_t)in.left;
}

/* The segments that now join what is in order. */
static void join(tap_tcp *t)
{
	guint n = 0;

	for (; n < t->waiting->len; n++) {
		const segment *s = g_ptr_array_index(t->waiting, n);

		if (ahead(s->seq, t->next) > 0)
			break;
		append(t, s->seq, span_of(s->b, s->n));
		t->waits -= s->n;
	}
	if (n)
		g_ptr_array_remove_range(t->waiting, 0, n);
}

static void wait_for(tap_tcp *t, const tap_segment *in, clk_mono now)
{
	segment *s = g_malloc(sizeof(*s) + in->payload.left);
	span from = in->payload;
	guint i = t->waiting->len;

	s->seq = in->seq;
	s->n = (guint)from.left;
	if (!span_bytes(&from, s->b, s->n))
		g_assert_not_reached();
	if (!t->waiting->len)
		t->hole = now;
	while (i && ahead(((segment *)g_ptr_array_index(t->waiting, i - 1))
				  ->seq, s->seq) > 0)
		i--;
	g_ptr_array_insert(t->waiting, (gint)i, s);
	t->waits += s->n;
}

static bool lost_patience(const tap_tcp *t, clk_mono now)
{
	return t->waiting->len &&
	       (t->waiting->len > WAIT_SEGMENTS || t->waits > WAIT_OCTETS ||
		clk_since(now, t->hole) > WAIT_NS);
}

tap_tcp_news tap_tcp_add(tap_tcp *t, const tap_segment *s, clk_mono now)
{
	if (s->syn || !t->begun) {
		restart(t, s->seq + s->syn);
		g_ptr_array_set_size(t->waiting, 0);
		t->waits = 0;
		append(t, s->seq + s->syn, s->payload);
		return TAP_TCP_NEW;
	}
	if (t->used)
		g_byte_array_remove_range(t->bytes, 0, t->used);
	t->used = 0;
	if (s->payload.left && ahead(s->seq, t->next) > 0)
		wait_for(t, s, now);
	else
		append(t, s->seq, s->payload);
	join(t);
	if (!lost_patience(t, now))
		return TAP_TCP_ON;
	restart(t, ((segment *)g_ptr_array_index(t->waiting, 0))->seq);
	join(t);
	return TAP_TCP_HOLE;
}

span tap_tcp_peek(const tap_tcp *t)
{
	span s = {NULL, 0};

	if (t->bytes)
		s = span_of(t->bytes->data, t->bytes->len);
	if (!span_skip(&s, t->used))
		g_assert_not_reached();
	return s;
}

void tap_tcp_keep(tap_tcp *t, size_t left)
{
	if (t->bytes)
		t->used = t->bytes->len - (guint)left;
}

size_t tap_tcp_size(const tap_tcp *t)
{
	return t->bytes ? t->bytes->len + t->waits : 0;
}

void tap_tcp_clear(tap_tcp *t)
{
	if (t->bytes) {
		g_byte_array_unref(t->bytes);
		g_ptr_array_unref(t->waiting);
	}
	*t = (tap_tcp){.begun = false};
}
