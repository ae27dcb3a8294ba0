#include "app/ends.h"

typedef struct an_end {
	clk_mono at;
	char *call;
	GBytes *message;
} an_end;

struct ends {
	GQueue all;		/* of an_end, the oldest at the head */
};

static void end_free(void *p)
{
	an_end *x = p;

	g_bytes_unref(x->message);
	g_free(x->call);
	g_free(x);
}

ends *ends_new(void)
{
	ends *e = g_new0(ends, 1);

	g_queue_init(&e->all);
	return e;
}

void ends_free(ends *e)
{
	if (!e)
		return;
	g_queue_clear_full(&e->all, end_free);
	g_free(e);
}

static void forget_old(ends *e, clk_mono now)
{
	const an_end *x;

	while ((x = g_queue_peek_head(&e->all)) &&
	       (e->all.length > ENDS_MAX ||
		clk_since(now, x->at) > ENDS_KEPT_S * CLK_NS_PER_S))
		end_free(g_queue_pop_head(&e->all));
}

void ends_add(ends *e, clk_mono now, const char *call, span message)
{
	an_end *x = g_new(an_end, 1);

	*x = (an_end){now, g_strdup(call),
		      g_bytes_new(message.p, message.left)};
	g_queue_push_tail(&e->all, x);
	forget_old(e, now);
}

void ends_each(ends *e, clk_mono now,
	       void (*tell)(void *user, const char *call, span message),
	       void *user)
{
	forget_old(e, now);
	for (const GList *l = e->all.head; l; l = l->next) {
		const an_end *x = l->data;
		gsize n;
		const void *p = g_bytes_get_data(x->message, &n);

		tell(user, x->call, span_of(p, n));
	}
}
