#include "decoder/queue.h"

#include <glib.h>

static void list_free(dec_item *i)
{
	while (i) {
		dec_item *next = i->next;

		g_free(i->room);
		g_free(i);
		i = next;
	}
}

void dec_queue_clear(dec_queue *q)
{
	list_free(q->first);
	list_free(q->spare);
	*q = (dec_queue){0};
}

static dec_item *fresh(dec_queue *q)
{
	dec_item *i = q->spare;

	if (!i)
		return g_new0(dec_item, 1);
	q->spare = i->next;
	return i;
}

static void fill(dec_item *to, const dec_item *from)
{
	const size_t n = from->payload.left;

	to->index = from->index;
	to->at = from->at;
	to->head = from->head;
	if (n > to->size) {
		to->room = g_realloc(to->room, n);
		to->size = n;
	}
	if (n)
		memcpy(to->room, from->payload.p, n);
	to->payload = span_of(to->room, n);
}

void dec_queue_put(dec_queue *q, const dec_item *item)
{
	dec_item **at = &q->first, *i = fresh(q);

	fill(i, item);
	while (*at && (*at)->index < i->index)
		at = &(*at)->next;
	g_assert(!*at || (*at)->index != i->index);
	i->next = *at;
	*at = i;
	q->n++;
}

const dec_item *dec_queue_take(dec_queue *q)
{
	dec_item *i = q->first;

	q->first = i->next;
	q->n--;
	i->next = q->spare;
	q->spare = i;
	return i;
}

clk_mono dec_queue_since(const dec_queue *q)
{
	clk_mono min = q->first->at;

	for (const dec_item *i = q->first->next; i; i = i->next)
		if (i->at.ns < min.ns)
			min = i->at;
	return min;
}
