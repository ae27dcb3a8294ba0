#include "app/table.h"

#include <json-glib/json-glib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "catalog/csv.h"

enum { COLUMNS_MAX = 16, NARROW = 8, GAP = 2 };

typedef struct cell {
	char *human, *exact;	/* the same where they do not differ */
} cell;

struct table {
	const char *name[COLUMNS_MAX];
	bool number[COLUMNS_MAX];
	bool whole[COLUMNS_MAX];	/* never cut */
	bool tail[COLUMNS_MAX];		/* cut at its beginning */
	bool spare[COLUMNS_MAX];	/* left out where there is no room */
	unsigned n;
	GArray *cells;		/* of cell */
};

static void cell_clear(void *p)
{
	cell *c = p;

	g_free(c->human);
	g_free(c->exact);
}

table *table_new(const char *const *columns)
{
	table *t = g_new0(table, 1);

	for (; columns[t->n]; t->n++) {
		g_assert(t->n < COLUMNS_MAX);
		const char mark = columns[t->n][0];

		t->number[t->n] = mark == '#';
		t->whole[t->n] = mark == '!';
		t->tail[t->n] = mark == '<';
		t->spare[t->n] = mark == '?';
		t->name[t->n] = columns[t->n] + (mark && strchr("#!<?", mark));
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

/* A display name from the network must not write to the terminal: control
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
	const char *human = uri ? uri : "";

	if (g_str_has_prefix(human, "sip:"))
		human += strlen("sip:");
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

static const cell *cell_at(const table *t, unsigned row, unsigned column)
{
	return &g_array_index(t->cells, cell, row * t->n + column);
}

/* ---- text ---- */

/* Columns of a terminal; 0: no terminal, as wide as needed. */
static unsigned terminal_width(FILE *to)
{
	const char *env = g_getenv("COLUMNS");
	struct winsize w;
	guint64 n;

	if (env && g_ascii_string_to_unsigned(env, 10, 20, 1000, &n, NULL))
		return (unsigned)n;
	if (!isatty(fileno(to)))
		return 0;
	if (ioctl(fileno(to), TIOCGWINSZ, &w) == 0 && w.ws_col >= 20)
		return w.ws_col;
	return 80;
}

static void widths_find(const table *t, unsigned *width)
{
	for (unsigned c = 0; c < t->n; c++) {
		width[c] = (unsigned)g_utf8_strlen(t->name[c], -1);
		for (unsigned r = 0; r < table_rows(t); r++)
			width[c] = MAX(width[c], (unsigned)g_utf8_strlen(
					cell_at(t, r, c)->human, -1));
	}
}

/* A column of width 0 is left out. */
static unsigned widths_sum(const table *t, const unsigned *width)
{
	unsigned sum = 0;

	for (unsigned c = 0; c < t->n; c++)
		sum += width[c] ? width[c] + GAP : 0;
	return sum ? sum - GAP : 0;
}

static bool is_zero(const table *t, unsigned column)
{
	for (unsigned r = 0; r < table_rows(t); r++)
		if (strspn(cell_at(t, r, column)->human, "0:") !=
		    strlen(cell_at(t, r, column)->human))
			return false;
	return t->number[column];
}

/* What is spare or counts nothing goes first, from the right; then the widest
 * columns give way until all fit. */
static void widths_fit(const table *t, unsigned *width, unsigned room)
{
	for (unsigned c = t->n; c-- > 0 && widths_sum(t, width) > room;)
		if (t->spare[c] || is_zero(t, c))
			width[c] = 0;
	while (widths_sum(t, width) > room) {
		unsigned widest = t->n;

		for (unsigned c = 0; c < t->n; c++)
			if (!t->whole[c] && width[c] > NARROW &&
			    (widest == t->n || width[c] > width[widest]))
				widest = c;
		if (widest == t->n)
			return;
		width[widest]--;
	}
}

static void put_blanks(GString *s, unsigned n)
{
	g_string_append_printf(s, "%*s", (int)n, "");
}

static void put_cut(GString *s, const char *text, unsigned width, bool tail)
{
	long n = g_utf8_strlen(text, -1);
	g_autofree char *cut =
		tail ? g_utf8_substring(text, n - (long)width + 1, n)
		     : g_utf8_substring(text, 0, (long)width - 1);

	g_string_append_printf(s, tail ? "\u2026%s" : "%s\u2026", cut);
}

static void put_cell(GString *s, const char *text, unsigned width, bool right,
		     bool tail)
{
	unsigned n = (unsigned)g_utf8_strlen(text, -1);

	if (n > width) {
		put_cut(s, text, width, tail);
		return;
	}
	if (right)
		put_blanks(s, width - n);
	g_string_append(s, text);
	if (!right)
		put_blanks(s, width - n);
}

/* `row` -1: the names of the columns. */
static void print_row(const table *t, int row, const unsigned *width, FILE *to)
{
	g_autoptr(GString) s = g_string_new(NULL);

	for (unsigned c = 0; c < t->n; c++) {
		if (!width[c])
			continue;
		if (s->len)
			put_blanks(s, GAP);
		put_cell(s, row < 0 ? t->name[c]
				    : cell_at(t, (unsigned)row, c)->human,
			 width[c], t->number[c], row >= 0 && t->tail[c]);
	}
	fprintf(to, "%s\n", g_strchomp(s->str));
}

static void print_text(const table *t, FILE *to)
{
	unsigned width[COLUMNS_MAX], room = terminal_width(to);

	widths_find(t, width);
	if (room)
		widths_fit(t, width, room);
	for (int r = -1; r < (int)table_rows(t); r++)
		print_row(t, r, width, to);
}

/* ---- for programs ---- */

static void json_cell(const table *t, JsonBuilder *b, unsigned row,
		      unsigned column)
{
	const char *text = cell_at(t, row, column)->exact;

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
			cat_csv_put(s, cell_at(t, r, c)->exact, c == 0);
		cat_csv_end(s);
	}
	fputs(s->str, to);
}

void table_print(const table *t, table_form form, const char *none, FILE *to)
{
	switch (form) {
	case TABLE_TEXT:
		if (table_rows(t))
			print_text(t, to);
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
