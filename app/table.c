#include "app/table_impl.h"

#include <json-glib/json-glib.h>
#include <string.h>

#include "catalog/csv.h"

static void cell_clear(void *p)
{
	cell *c = p;

	g_free(c->human);
	g_free(c->exact);
}

/* Adds a cell to the next column; what is left of the text is the column's
 * name. */
static const char *marks_take(table *t, const char *name)
{
	for (; *name && strchr("#!<?~", *name); name++) {
		t->number[t->n] |= *name == '#';
		t->whole[t->n] |= *name == '!';
		t->tail[t->n] |= *name == '<';
		t->spare[t->n] |= *name == '?';
		t->wrap[t->n] |= *name == '~';
	}
	return name;
}

table *table_new(const char *const *columns)
{
	table *t = g_new0(table, 1);

	for (; columns[t->n]; t->n++) {
		g_assert(t->n < COLUMNS_MAX);
		t->name[t->n] = marks_take(t, columns[t->n]);
	}
	t->cells = g_array_new(FALSE, TRUE, sizeof(cell));
	g_array_set_clear_func(t->cells, cell_clear);
	return t;
}

void table_free(table *t)
{
	if (!t)
		return;
	g_array_unref(t->cells);
	g_free(t);
}

/* A display name from the network must not control the terminal: control
 * characters, also those of Unicode, become '?'. */
static char *harmless(const char *text)
{
	g_autofree char *valid = g_utf8_make_valid(text, -1);
	GString *s = g_string_new(NULL);

	for (const char *p = valid; *p; p = g_utf8_next_char(p)) {
		gunichar c = g_utf8_get_char(p);
		GUnicodeType k = g_unichar_type(c);

		if (k == G_UNICODE_CONTROL || k == G_UNICODE_FORMAT)
			g_string_append_c(s, '?');
		else
			g_string_append_unichar(s, c);
	}
	return g_string_free(s, FALSE);
}

static void add(table *t, char *human, char *exact)
{
	cell c = {human, exact};

	g_array_append_val(t->cells, c);
}

void table_text(table *t, const char *text)
{
	add(t, harmless(text ? text : ""), g_utf8_make_valid(text ? text : "",
							      -1));
}

void table_address(table *t, const char *uri)
{
	static const char *const spared[] = {"sip:", "user:"};
	const char *human = uri ? uri : "";

	for (gsize i = 0; i < G_N_ELEMENTS(spared); i++)
		if (g_str_has_prefix(human, spared[i]))
			human += strlen(spared[i]);
	add(t, harmless(human), g_utf8_make_valid(uri ? uri : "", -1));
}

void table_number(table *t, int64_t n)
{
	char *s = g_strdup_printf("%" G_GINT64_FORMAT, n);

	add(t, s, g_strdup(s));
}

void table_time(table *t, int64_t ms)
{
	g_autoptr(GDateTime) utc = g_date_time_new_from_unix_utc(ms / 1000);
	g_autoptr(GDateTime) local = utc ? g_date_time_to_local(utc) : NULL;

	t->whole[t->cells->len % t->n] = true;	/* half a time is none */
	if (!ms || !local)
		table_text(t, "");
	else
		add(t, g_date_time_format(local, "%Y-%m-%d %H:%M:%S"),
		    g_date_time_format(utc, "%Y-%m-%dT%H:%M:%SZ"));
}

void table_span(table *t, int64_t ms)
{
	int64_t s = ms / 1000;
	char *exact = g_strdup_printf("%.3f", (double)ms / 1000);

	if (s >= 3600)
		add(t, g_strdup_printf("%d:%02d:%02d", (int)(s / 3600),
				       (int)(s / 60 % 60), (int)(s % 60)),
		    exact);
	else
		add(t, g_strdup_printf("%d:%02d", (int)(s / 60),
				       (int)(s % 60)), exact);
}

unsigned table_rows(const table *t)
{
	return t->cells->len / t->n;
}

const cell *table_cell(const table *t, unsigned row, unsigned column)
{
	return &g_array_index(t->cells, cell, row * t->n + column);
}

static void json_cell(const table *t, JsonBuilder *b, unsigned row,
		      unsigned column)
{
	const char *text = table_cell(t, row, column)->exact;

	json_builder_set_member_name(b, t->name[column]);
	if (!t->number[column])
		json_builder_add_string_value(b, text);
	else if (!*text)
		json_builder_add_null_value(b);
	else if (strchr(text, '.'))
		json_builder_add_double_value(b, g_ascii_strtod(text, NULL));
	else
		json_builder_add_int_value(b,
					   g_ascii_strtoll(text, NULL, 10));
}

static void print_json(const table *t, FILE *to)
{
	g_autoptr(JsonBuilder) b = json_builder_new();
	g_autoptr(JsonNode) root = NULL;
	g_autofree char *text = NULL;

	json_builder_begin_array(b);
	for (unsigned r = 0; r < table_rows(t); r++) {
		json_builder_begin_object(b);
		for (unsigned c = 0; c < t->n; c++)
			json_cell(t, b, r, c);
		json_builder_end_object(b);
	}
	json_builder_end_array(b);
	root = json_builder_get_root(b);
	text = json_to_string(root, TRUE);
	fprintf(to, "%s\n", text);
}

static void print_csv(const table *t, FILE *to)
{
	g_autoptr(GString) s = g_string_new(NULL);

	for (unsigned c = 0; c < t->n; c++)
		cat_csv_put(s, t->name[c], c == 0);
	cat_csv_end(s);
	for (unsigned r = 0; r < table_rows(t); r++) {
		for (unsigned c = 0; c < t->n; c++)
			cat_csv_put(s, table_cell(t, r, c)->exact, c == 0);
		cat_csv_end(s);
	}
	fputs(s->str, to);
}

void table_print(const table *t, table_form form, const char *none, FILE *to)
{
	switch (form) {
	case TABLE_TEXT:
		if (table_rows(t))
			table_print_text(t, to);
		else
			fprintf(to, "%s\n", none);
		break;
	case TABLE_JSON:
		print_json(t, to);
		break;
	case TABLE_CSV:
		print_csv(t, to);
		break;
	}
}
