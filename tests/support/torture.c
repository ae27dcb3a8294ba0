#include "tests/support/torture.h"

#include <string.h>

static void octets_add(GByteArray *to, const char *p, gsize n)
{
	g_byte_array_append(to, (const guint8 *)p, (guint)n);
}

static bool eats(const char **at, const char *text)
{
	if (!g_str_has_prefix(*at, text))
		return false;
	*at += strlen(text);
	return true;
}

static void hex_add(GByteArray *to, const char **at)
{
	while (!eats(at, "</hex>")) {
		const char *p = *at;
		guint8 octet;

		if (g_ascii_isspace(*p)) {
			(*at)++;
			continue;
		}
		g_assert_true(g_ascii_isxdigit(p[0]) && g_ascii_isxdigit(p[1]));
		octet = (guint8)(g_ascii_xdigit_value(p[0]) << 4 |
				 g_ascii_xdigit_value(p[1]));
		g_byte_array_append(to, &octet, 1);
		*at += 2;
	}
}

static void repeat_add(GByteArray *to, const char **at)
{
	g_autoptr(GByteArray) once = g_byte_array_new();
	char *end;
	guint64 count = g_ascii_strtoull(*at, &end, 10);

	g_assert_cmpuint(count, >, 0);
	*at = end;
	g_assert_true(eats(at, ">"));
	while (!eats(at, "</repeat>")) {
		g_assert_true(**at && **at != '\n');
		if (eats(at, "<hex>"))
			hex_add(once, at);
		else
			octets_add(once, (*at)++, 1);
	}
	while (count--)
		g_byte_array_append(to, once->data, once->len);
}

static GByteArray *expand(const char *at)
{
	GByteArray *to = g_byte_array_new();
	bool joined = false;

	while (*at) {
		if (eats(&at, "<hex>"))
			hex_add(to, &at);
		else if (eats(&at, "<repeat count="))
			repeat_add(to, &at);
		else if (eats(&at, "<allOneLine>\n"))
			joined = true;
		else if (eats(&at, "</allOneLine>"))
			joined = false;
		else if (*at != '\n')
			octets_add(to, at++, 1);
		else if (at++, !joined)
			octets_add(to, "\r\n", 2);
	}
	g_assert_false(joined);
	return to;
}

static torture_class class_read(const char *word)
{
	static const char *const words[] = {
		[TORTURE_VALID] = "valid", [TORTURE_INVALID] = "invalid",
		[TORTURE_SEMANTIC] = "semantic",
	};

	for (gsize i = 0; i < G_N_ELEMENTS(words); i++)
		if (!strcmp(word, words[i]))
			return (torture_class)i;
	g_error("\"%s\" is no class of message", word);
}

static void message_free(void *p)
{
	torture_message *m = p;

	g_free(m->name);
	g_free(m->section);
	g_byte_array_unref(m->octets);
	g_free(m);
}

/* `text` begins behind "=== ". */
static torture_message *message_read(const char *text)
{
	const char *end = strchr(text, '\n');
	torture_message *m = g_new0(torture_message, 1);
	g_autofree char *head = NULL;
	g_auto(GStrv) word = NULL;

	g_assert_nonnull(end);
	head = g_strndup(text, (gsize)(end - text));
	word = g_strsplit(head, " ", -1);
	g_assert_cmpuint(g_strv_length(word), ==, 3);
	m->name = g_strdup(word[0]);
	m->section = g_strdup(word[1]);
	m->class = class_read(word[2]);
	m->octets = expand(end + 1);
	return m;
}

GPtrArray *torture_load(const char *path)
{
	GPtrArray *all = g_ptr_array_new_with_free_func(message_free);
	g_autofree char *text = NULL;
	char *at, *next;

	if (!g_file_get_contents(path, &text, NULL, NULL))
		g_error("%s cannot be read", path);
	g_assert_true(g_str_has_prefix(text, "=== "));
	for (at = text + 4; at; at = next) {
		next = strstr(at, "\n=== ");
		if (next) {
			next[1] = '\0';
			next += strlen("\n=== ");
		}
		g_ptr_array_add(all, message_read(at));
	}
	return all;
}

const torture_message *torture_find(const GPtrArray *all, const char *name)
{
	for (guint i = 0; i < all->len; i++)
		if (!strcmp(TORTURE(all, i)->name, name))
			return TORTURE(all, i);
	return NULL;
}
