#include "tools/phone/press.h"

#include <string.h>

enum { BETWEEN_MS = 200, MOST_S = 3600 };

typedef struct key {
	phone_press_key *fn;
	void *ctx;
	char key;
} key;

static gboolean on_time(gpointer p)
{
	key *k = p;

	k->fn(k->ctx, k->key);
	return G_SOURCE_REMOVE;
}

static void plan(guint64 s, const char *keys, phone_press_key *fn, void *ctx)
{
	for (guint i = 0; keys[i]; i++) {
		key *k = g_new(key, 1);

		*k = (key){fn, ctx, keys[i]};
		g_timeout_add_full(G_PRIORITY_DEFAULT,
				   (guint)s * 1000 + i * BETWEEN_MS, on_time, k,
				   g_free);
	}
}

bool phone_press_begin(const char *list, phone_press_key *fn, void *ctx,
		       GError **err)
{
	g_auto(GStrv) parts = g_strsplit(list, ",", -1);

	for (char **p = parts; *p; p++) {
		char *colon = strchr(*p, ':');
		guint64 s;

		if (colon)
			*colon++ = '\0';
		if (!colon || !*colon ||
		    strspn(colon, "0123456789*#ABCD") != strlen(colon) ||
		    !g_ascii_string_to_unsigned(*p, 10, 0, MOST_S, &s, NULL)) {
			g_set_error(err, G_OPTION_ERROR,
				    G_OPTION_ERROR_BAD_VALUE,
				    "--press: \"%s\" is not SECONDS:KEYS", *p);
			return false;
		}
		plan(s, colon, fn, ctx);
	}
	return true;
}
