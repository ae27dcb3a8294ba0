/* What a call is beside what was told of it, as bytes and back. */
#include "signaling_tap/memory.h"

#include <string.h>

#include "tests/support/tap_talk.h"

static GByteArray *kept;	/* as the latest message left it */

static void keep(void *user, void *own, span memory)
{
	g_assert_true(user == own);	/* the script is both */
	g_byte_array_set_size(kept, 0);
	g_byte_array_append(kept, memory.p, (guint)memory.left);
}

static span latest(void)
{
	return span_of(kept->data, kept->len);
}

static talk busy_call(void)
{
	talk t = talk_new(NULL, 0);

	kept = g_byte_array_new();
	t.s->calls->cfg.keep = keep;
	call_up(&t);
	say(&t, "180 Ringing", "a", "bb", "1 INVITE", "", "");
	say(&t, "INVITE sip:bob@x", "a", "b", "2 INVITE", "",
	    OFFER "a=inactive\n");
	return t;
}

static void over(talk *t)
{
	g_byte_array_unref(kept);
	talk_free(t);
}

static tap_call *call_new(const talk *t)
{
	const tap_sip first = {.from_tag = span_str("a")};

	return tap_call_new(t->s->calls, &first, first.from_tag);
}

static tap_call *call_of(const talk *t)
{
	GHashTableIter i;
	void *c = NULL;

	g_hash_table_iter_init(&i, t->s->calls->table);
	g_assert_true(g_hash_table_iter_next(&i, NULL, &c));
	return c;
}

static void assert_same(const tap_call *a, const tap_call *b)
{
	g_assert_cmpuint(a->serial, ==, b->serial);
	g_assert_cmpuint(a->cseq, ==, b->cseq);
	g_assert_cmpuint(a->forks->len, ==, b->forks->len);
	g_assert_cmpuint(MIN(a->seen_at, a->seen_n), ==,
			 MIN(b->seen_at, b->seen_n));
	for (unsigned side = 0; side < 2; side++) {
		g_assert_cmpuint(a->offer_cseq[side], ==, b->offer_cseq[side]);
		g_assert_cmpint(a->held[side], ==, b->held[side]);
		g_assert_cmpint(a->change[side].any, ==, b->change[side].any);
		g_assert_cmpmem(a->kinds[side], TAP_STREAMS, b->kinds[side],
				TAP_STREAMS);
		g_assert_cmpuint(a->relays_n[side], ==, b->relays_n[side]);
		g_assert_cmpstr(a->relay_ids[side], ==, b->relay_ids[side]);
		for (uint8_t k = 0; k < a->relays_n[side]; k++)
			g_assert_true(net_addr_same(&a->relays[side][k],
						    &b->relays[side][k]));
	}
}

static void test_round(void)
{
	talk t = busy_call();
	tap_call *c = call_new(&t);
	uint8_t again[TAP_MEMORY_MAX];
	put o = put_into(again, sizeof(again));

	g_assert_true(tap_memory_get(latest(), c));
	assert_same(c, call_of(&t));
	g_assert_true(c->held[CALL_CALLER] && c->change[CALL_CALLER].any);
	g_assert_cmpuint(c->relays_n[CALL_CALLEE], ==, 1);
	tap_memory_put(&o, c);
	g_assert_cmpmem(o.p, o.n, kept->data, kept->len);
	tap_call_free(c);
	over(&t);
}

/* What is cut, or another version's, changes nothing. */
static void test_cut(void)
{
	talk t = busy_call();
	tap_call *c = call_new(&t);

	for (guint n = 0; n < kept->len; n++)
		g_assert_false(tap_memory_get(span_of(kept->data, n), c));
	g_byte_array_append(kept, (const guint8 *)"", 1);
	g_assert_false(tap_memory_get(latest(), c));
	g_byte_array_set_size(kept, kept->len - 1);
	kept->data[0]++;
	g_assert_false(tap_memory_get(latest(), c));
	g_assert_cmpuint(c->forks->len, ==, 0);
	g_assert_cmpuint(c->serial, ==, 0);
	g_assert_cmpuint(c->seen_at, ==, 0);
	tap_call_free(c);
	over(&t);
}

/* All that there is room for. */
static void test_largest(void)
{
	talk t = busy_call();
	tap_call *c = call_of(&t);
	uint8_t buf[TAP_MEMORY_MAX];
	put o = put_into(buf, sizeof(buf));
	const tap_seen seen = {{{1}}, {{2}}};

	for (unsigned i = 0; i < TAP_FORKS_MAX; i++) {
		g_autofree char *tag = g_strdup_printf("%0*u", TAP_TAG_MAX, i);
		const tap_fork f = {.tag = g_strdup(tag), .state = REC_EARLY};

		if (c->forks->len < TAP_FORKS_MAX)
			g_array_append_val(c->forks, f);
		else
			g_free(f.tag);
	}
	for (unsigned i = 0; i < 100; i++)
		tap_seen_add(c, &seen);
	for (unsigned side = 0; side < 2; side++) {
		c->relays[side] = g_renew(net_addr, c->relays[side],
					  TAP_RELAYS);
		memset(c->relays[side], 6, TAP_RELAYS * sizeof(net_addr));
		c->relays_n[side] = TAP_RELAYS;
		memset(c->relay_ids[side], 'x', TAP_RELAY_IDS - 1);
	}
	tap_memory_put(&o, c);
	g_assert_false(o.full);
	c = call_new(&t);
	g_assert_true(tap_memory_get(put_done(&o), c));
	assert_same(c, call_of(&t));
	tap_call_free(c);
	over(&t);
}

/* A repeat is noted nowhere. */
static void test_repeat(void)
{
	talk t = busy_call();

	g_byte_array_set_size(kept, 0);
	say(&t, "INVITE sip:bob@x", "a", "b", "2 INVITE", "",
	    OFFER "a=inactive\n");
	g_assert_cmpuint(kept->len, ==, 0);
	say(&t, "BYE sip:bob@x", "a", "b", "3 BYE", "", "");
	g_assert_cmpuint(kept->len, ==, 0);
	over(&t);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/tap/memory/round", test_round);
	g_test_add_func("/tap/memory/cut", test_cut);
	g_test_add_func("/tap/memory/largest", test_largest);
	g_test_add_func("/tap/memory/repeat", test_repeat);
	return g_test_run();
}
