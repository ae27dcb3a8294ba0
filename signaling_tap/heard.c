#include "signaling_tap/heard.h"

struct tap_heard {
	GHashTable *last;	/* name -> clk_mono */
};

tap_heard *tap_heard_new(void)
{
	tap_heard *h = g_new(tap_heard, 1);

	h->last = g_hash_table_new_full(g_str_hash, g_str_equal, g_free,
					g_free);
	return h;
}

void tap_heard_free(tap_heard *h)
{
	if (!h)
		return;
	g_hash_table_unref(h->last);
	g_free(h);
}

bool tap_heard_note(tap_heard *h, const char *name, clk_mono at)
{
	clk_mono *last = g_hash_table_lookup(h->last, name);

	if (last) {
		last->ns = MAX(last->ns, at.ns);
		return true;
	}
	if (g_hash_table_size(h->last) >= TAP_HEARD_MAX)
		return false;
	g_hash_table_insert(h->last, g_strdup(name),
			    g_memdup2(&at, sizeof(at)));
	return true;
}

void tap_heard_silent(tap_heard *h, clk_mono now, int64_t limit_ns,
		      void (*each)(void *user, const char *name,
				   int64_t silent_ns), void *user)
{
	GHashTableIter it;
	void *name, *last;

	g_hash_table_iter_init(&it, h->last);
	while (g_hash_table_iter_next(&it, &name, &last)) {
		int64_t silent = clk_since(now, *(const clk_mono *)last);

		if (silent > TAP_HEARD_FORGET_S * CLK_NS_PER_S)
			g_hash_table_iter_remove(&it);
		else if (silent > limit_ns)
			each(user, name, silent);
	}
}
