#include "core/conf.h"

#include <string.h>

#include "core/span.h"

G_DEFINE_QUARK(conf_error, conf_error)

struct conf {
	char *text[CONF_KEYS];
	char **list[CONF_KEYS];
	uint32_t number[CONF_KEYS];	/* numbers, booleans, choices */
};

/* Levenshtein distance; short words only. */
static unsigned distance(const char *a, const char *b)
{
	size_t n = strlen(b);
	unsigned row[64];

	if (n >= G_N_ELEMENTS(row))
		return UINT_MAX;
	for (size_t j = 0; j <= n; j++)
		row[j] = (unsigned)j;
	for (; *a; a++) {
		unsigned diag = row[0]++;

		for (size_t j = 1; j <= n; j++) {
			unsigned sub = diag + (*a != b[j - 1]);

			diag = row[j];
			row[j] = MIN(sub, MIN(row[j - 1], diag) + 1);
		}
	}
	return row[n];
}

static const conf_key *nearest(const char *group, const char *key)
{
	const conf_key *best = NULL;
	unsigned least = UINT_MAX;

	for (size_t i = 0; i < CONF_KEYS; i++) {
		const conf_key *k = &conf_table()[i];
		unsigned d = distance(key, k->key);

		if (d == UINT_MAX)
			continue;
		d = 2 * d + (strcmp(group, k->group) != 0);
		if (d < least) {
			least = d;
			best = k;
		}
	}
	return best;
}

static conf_id find(const char *group, const char *key)
{
	for (unsigned i = 0; i < CONF_KEYS; i++) {
		const conf_key *k = &conf_table()[i];

		if (!strcmp(group, k->group) && !strcmp(key, k->key))
			return i;
	}
	return CONF_KEYS;
}

static bool parse_number(const conf_key *k, const char *v, uint32_t *out)
{
	uint64_t n;

	if (!span_number(span_str(v), UINT32_MAX, &n) || n < k->lo ||
	    n > k->hi)
		return false;
	*out = (uint32_t)n;
	return true;
}

static bool parse_bool(const char *v, uint32_t *out)
{
	*out = !strcmp(v, "true");
	return *out || !strcmp(v, "false");
}

static bool parse_choice(const conf_key *k, const char *v, uint32_t *out)
{
	g_auto(GStrv) all = g_strsplit(k->choices, "|", -1);

	for (*out = 0; all[*out]; (*out)++)
		if (!strcmp(all[*out], v))
			return true;
	return false;
}

static char **parse_list(const char *v)
{
	g_auto(GStrv) raw = g_strsplit(v, ";", -1);
	GPtrArray *a = g_ptr_array_new();

	for (char **p = raw; *p; p++)
		if (*g_strstrip(*p))
			g_ptr_array_add(a, g_strdup(*p));
	g_ptr_array_add(a, NULL);
	return (char **)g_ptr_array_free(a, FALSE);
}

/* NULL when right, else what would have been; free with g_free(). A wrong value
 * leaves the one before, so that whoever goes on with it finds no other fault
 * than this one. */
static char *set(conf *c, conf_id id, const char *v)
{
	const conf_key *k = &conf_table()[id];
	uint32_t n = c->number[id];

	switch (k->type) {
	case CONF_TEXT:
		break;
	case CONF_LIST:
		g_strfreev(c->list[id]);
		c->list[id] = parse_list(v);
		break;
	case CONF_NUMBER:
		if (!parse_number(k, v, &n))
			return g_strdup_printf("a number from %u to %u: %s",
					       k->lo, k->hi, k->help);
		break;
	case CONF_BOOL:
		if (!parse_bool(v, &n))
			return g_strdup("true or false");
		break;
	case CONF_CHOICE:
		if (!parse_choice(k, v, &n))
			return g_strdup_printf("one of %s", k->choices);
		break;
	}
	c->number[id] = n;
	g_free(c->text[id]);
	c->text[id] = g_strdup(v);
	return NULL;
}

G_GNUC_PRINTF(2, 3)
static void complain(GPtrArray *errors, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	g_ptr_array_add(errors, g_strdup_vprintf(fmt, ap));
	va_end(ap);
}

static void take_key(conf *c, GKeyFile *f, const char *name, const char *group,
		     const char *key, GPtrArray *errors)
{
	g_autofree char *v = g_key_file_get_value(f, group, key, NULL);
	g_autofree char *want = NULL;
	conf_id id = find(group, key);

	if (id == CONF_KEYS) {
		const conf_key *n = nearest(group, key);

		complain(errors,
			 "%s: [%s] %s: unknown key; the nearest is [%s] %s",
			 name, group, key, n->group, n->key);
		return;
	}
	want = set(c, id, g_strstrip(v));
	if (want)
		complain(errors, "%s: [%s] %s: \"%s\" is not %s", name, group,
			 key, v, want);
}

/* Of a key that a group has twice the last value counts, and is told once. */
static bool is_repeated(char **keys, char **k)
{
	for (; keys < k; keys++)
		if (!strcmp(*keys, *k))
			return true;
	return false;
}

static void take_file(conf *c, GKeyFile *f, const char *name,
		      GPtrArray *errors)
{
	g_auto(GStrv) groups = g_key_file_get_groups(f, NULL);

	for (char **g = groups; *g; g++) {
		g_auto(GStrv) keys = g_key_file_get_keys(f, *g, NULL, NULL);

		for (char **k = keys; keys && *k; k++)
			if (!is_repeated(keys, k))
				take_key(c, f, name, *g, *k, errors);
	}
}

conf *conf_default(void)
{
	conf *c = g_new0(conf, 1);

	for (unsigned i = 0; i < CONF_KEYS; i++) {
		const char *value = conf_table()[i].deflt;
		g_autofree char *bad = value ? set(c, i, value) : NULL;

		g_assert(!bad);
	}
	return c;
}

void conf_free(conf *c)
{
	if (!c)
		return;
	for (unsigned i = 0; i < CONF_KEYS; i++) {
		g_free(c->text[i]);
		g_strfreev(c->list[i]);
	}
	g_free(c);
}

void conf_take(conf *c, const char *text, size_t n, const char *name,
	       GPtrArray *errors)
{
	g_autoptr(GKeyFile) f = g_key_file_new();
	g_autoptr(GError) err = NULL;

	if (g_key_file_load_from_data(f, text, n, G_KEY_FILE_NONE, &err))
		take_file(c, f, name, errors);
	else
		complain(errors, "%s: %s", name, err->message);
}

conf *conf_parse(const char *text, const char *name, GPtrArray *errors)
{
	g_autoptr(conf) c = conf_default();
	guint before = errors->len;

	conf_take(c, text, strlen(text), name, errors);
	return errors->len > before ? NULL : g_steal_pointer(&c);
}

const char *conf_text(const conf *c, conf_id id)
{
	return c->text[id];
}

const char *conf_need(const conf *c, conf_id id, GError **err)
{
	const conf_key *k = &conf_table()[id];

	if (c->text[id] && *c->text[id])
		return c->text[id];
	g_set_error(err, CONF_ERROR, CONF_ERROR_VALUE,
		    "[%s] %s is not set: %s", k->group, k->key, k->help);
	return NULL;
}

char **conf_list(const conf *c, conf_id id)
{
	g_assert(conf_table()[id].type == CONF_LIST);
	return c->list[id];
}

uint32_t conf_number(const conf *c, conf_id id)
{
	g_assert(conf_table()[id].type == CONF_NUMBER);
	return c->number[id];
}

bool conf_bool(const conf *c, conf_id id)
{
	g_assert(conf_table()[id].type == CONF_BOOL);
	return c->number[id];
}

unsigned conf_choice(const conf *c, conf_id id)
{
	g_assert(conf_table()[id].type == CONF_CHOICE);
	return c->number[id];
}

char *conf_print(const conf *c, bool with_help)
{
	GString *s = g_string_new(NULL);
	const char *group = "";

	for (unsigned i = 0; i < CONF_KEYS; i++) {
		const conf_key *k = &conf_table()[i];

		if (strcmp(group, k->group))
			g_string_append_printf(s, "%s[%s]\n",
					       *group ? "\n" : "", k->group);
		group = k->group;
		if (with_help)
			g_string_append_printf(s, "# %s\n", k->help);
		g_string_append_printf(s, "%s%s=%s\n", c->text[i] ? "" : "#",
				       k->key, c->text[i] ? c->text[i] : "");
	}
	return g_string_free(s, FALSE);
}
