#include "app/armed.h"

#include "core/record.h"

struct armed {
	GHashTable *calls;	/* name -> the list that named it last */
	unsigned list;		/* 0: none has begun */
	bool open;
};

armed *armed_new(void)
{
	armed *a = g_new0(armed, 1);

	a->calls = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	return a;
}

void armed_free(armed *a)
{
	if (!a)
		return;
	g_hash_table_unref(a->calls);
	g_free(a);
}

/* One that broke off with its connection says nothing about any call. */
static void begin(armed *a)
{
	a->list++;
	a->open = true;
}

static char **end(armed *a)
{
	g_autoptr(GStrvBuilder) over = NULL;
	GHashTableIter i;
	void *call, *list;

	if (!a->open)
		return NULL;
	a->open = false;
	over = g_strv_builder_new();
	g_hash_table_iter_init(&i, a->calls);
	while (g_hash_table_iter_next(&i, &call, &list)) {
		if (GPOINTER_TO_UINT(list) == a->list)
			continue;
		g_strv_builder_add(over, call);
		g_hash_table_iter_remove(&i);
	}
	return g_strv_builder_end(over);
}

char **armed_told(armed *a, const char *call, uint16_t type)
{
	if (type == REC_ARM_LIST)
		begin(a);
	else if (type == REC_ARM_ALL)
		return end(a);
	else if (type == JRN_HALF)
		g_hash_table_replace(a->calls, g_strdup(call),
				     GUINT_TO_POINTER(a->list));
	else if (type == JRN_END)
		g_hash_table_remove(a->calls, call);
	return NULL;
}
