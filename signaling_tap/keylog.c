#include "signaling_tap/keylog.h"

typedef struct entry {
	uint8_t random[TAP_KEYLOG_RANDOM];	/* with `label`, the key */
	uint8_t label;
	secret secret;
} entry;

struct tap_keylog {
	GHashTable *entries;	/* of entry, its own key */
};

static const struct {
	const char *name;
	uint8_t label;
} labels[] = {
	{"CLIENT_RANDOM", TAP_KEYLOG_MASTER},
	{"CLIENT_HANDSHAKE_TRAFFIC_SECRET", TAP_KEYLOG_CLIENT_HANDSHAKE},
	{"SERVER_HANDSHAKE_TRAFFIC_SECRET", TAP_KEYLOG_SERVER_HANDSHAKE},
	{"CLIENT_TRAFFIC_SECRET_0", TAP_KEYLOG_CLIENT_TRAFFIC},
	{"SERVER_TRAFFIC_SECRET_0", TAP_KEYLOG_SERVER_TRAFFIC},
};

/* A client's random is random. */
static guint entry_hash(gconstpointer p)
{
	const entry *e = p;

	return (guint)e->random[0] << 24 | (guint)e->random[1] << 16 |
	       (guint)e->random[2] << 8 | (e->random[3] ^ e->label);
}

static gboolean entry_equal(gconstpointer a, gconstpointer b)
{
	const entry *x = a, *y = b;

	return x->label == y->label &&
	       !memcmp(x->random, y->random, sizeof(x->random));
}

static void entry_free(gpointer p)
{
	entry *e = p;

	secret_clear(&e->secret);
	g_free(e);
}

/* All of `in`; false if it is not hex or too long. */
static bool hex_get(span in, uint8_t *to, size_t size, size_t *n)
{
	for (*n = 0; in.left && *n < size; (*n)++) {
		int hi, lo;
		uint8_t pair[2];

		if (!span_bytes(&in, pair, 2))
			return false;
		hi = g_ascii_xdigit_value((char)pair[0]);
		lo = g_ascii_xdigit_value((char)pair[1]);
		if (hi < 0 || lo < 0)
			return false;
		to[*n] = (uint8_t)(hi << 4 | lo);
	}
	return !in.left;
}

static bool is_label(span word)
{
	for (size_t i = 0; i < word.left; i++)
		if (!g_ascii_isalnum((char)word.p[i]) && word.p[i] != '_')
			return false;
	return true;
}

static bool label_known(span word, uint8_t *label)
{
	for (size_t i = 0; i < G_N_ELEMENTS(labels); i++)
		if (span_eq(word, labels[i].name)) {
			*label = labels[i].label;
			return true;
		}
	return false;
}

/* False when the line is not of the form. */
static bool add_line(tap_keylog *k, span line)
{
	entry e = {.label = 0}, *own;
	span label, random, value, more;
	size_t n;

	line = span_trim(line);
	if (!line.left || line.p[0] == '#')
		return true;
	if (!span_word(&line, &label) || !is_label(label))
		return false;
	if (!label_known(label, &e.label))
		return true;
	if (!span_word(&line, &random) || !span_word(&line, &value) ||
	    span_word(&line, &more))
		return false;
	if (!hex_get(random, e.random, sizeof(e.random), &n) ||
	    n != sizeof(e.random) ||
	    !hex_get(value, e.secret.b, sizeof(e.secret.b), &e.secret.len) ||
	    e.secret.len < 32)
		return false;
	own = g_memdup2(&e, sizeof(e));
	secret_clear(&e.secret);
	g_hash_table_replace(k->entries, own, own);
	return true;
}

tap_keylog *tap_keylog_new(span text, unsigned *bad)
{
	g_autoptr(tap_keylog) k = g_new0(tap_keylog, 1);
	span line;

	k->entries = g_hash_table_new_full(entry_hash, entry_equal, NULL,
					   entry_free);
	for (*bad = 1; span_line(&text, &line); (*bad)++)
		if (!add_line(k, line))
			return NULL;
	*bad = 0;
	return g_steal_pointer(&k);
}

void tap_keylog_free(tap_keylog *k)
{
	if (!k)
		return;
	g_hash_table_unref(k->entries);
	g_free(k);
}

unsigned tap_keylog_count(const tap_keylog *k)
{
	return g_hash_table_size(k->entries);
}

const secret *tap_keylog_find(const tap_keylog *k, tap_keylog_label label,
			      const uint8_t random[TAP_KEYLOG_RANDOM])
{
	entry want = {.label = (uint8_t)label};
	const entry *e;

	memcpy(want.random, random, sizeof(want.random));
	e = g_hash_table_lookup(k->entries, &want);
	return e ? &e->secret : NULL;
}
