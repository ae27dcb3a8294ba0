#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "app/table_impl.h"

/* Columns are not made narrower than that. */
enum { NARROW = 8, NARROW_WRAPPED = 12, GAP = 2 };

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

static unsigned length(const char *text)
{
	return (unsigned)g_utf8_strlen(text, -1);
}

static const char *text_at(const table *t, unsigned row, unsigned column)
{
	return table_cell(t, row, column)->human;
}

/* ---- how wide ---- */

static void widths_find(const table *t, unsigned *width)
{
	for (unsigned c = 0; c < t->n; c++) {
		width[c] = length(t->name[c]);
		for (unsigned r = 0; r < table_rows(t); r++)
			width[c] = MAX(width[c], length(text_at(t, r, c)));
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

/* Noughts, or nothing at all. */
static bool says_nothing(const table *t, unsigned column)
{
	const char *nothing = t->number[column] ? "0:" : "";

	for (unsigned r = 0; r < table_rows(t); r++) {
		const char *text = text_at(t, r, column);

		if (text[strspn(text, nothing)])
			return false;
	}
	return true;
}

static unsigned narrowest(const table *t, unsigned column)
{
	return t->wrap[column] ? NARROW_WRAPPED : NARROW;
}

/* The name of a column of numbers may take several lines. */
static unsigned number_width(const table *t, unsigned column)
{
	g_auto(GStrv) words = g_strsplit(t->name[column], " ", -1);
	unsigned width = 0;

	for (char **w = words; *w; w++)
		width = MAX(width, length(*w));
	for (unsigned r = 0; r < table_rows(t); r++)
		width = MAX(width, length(text_at(t, r, column)));
	return width;
}

/* The column that can give way, and is the widest of these; t->n: none. */
static unsigned widest_of(const table *t, const unsigned *width)
{
	unsigned widest = t->n;

	for (unsigned c = 0; c < t->n; c++)
		if (!t->whole[c] && !t->number[c] &&
		    width[c] > narrowest(t, c) &&
		    (widest == t->n || width[c] > width[widest]))
			widest = c;
	return widest;
}

/* First columns without content are left out, then optional ones, from the
 * right; then the widest columns are narrowed until all fit. False: they do
 * not. */
static bool widths_fit(const table *t, unsigned *width, unsigned room)
{
	unsigned widest;

	for (unsigned c = t->n; c-- > 0 && widths_sum(t, width) > room;)
		if (says_nothing(t, c))
			width[c] = 0;
	for (unsigned c = t->n; c-- > 0 && widths_sum(t, width) > room;)
		if (width[c] && t->number[c])
			width[c] = number_width(t, c);
	for (unsigned c = t->n; c-- > 0 && widths_sum(t, width) > room;)
		if (t->spare[c])
			width[c] = 0;
	while (widths_sum(t, width) > room) {
		widest = widest_of(t, width);
		if (widest == t->n)
			return false;
		width[widest]--;
	}
	return true;
}

/* ---- lines ---- */

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
	unsigned n = length(text);

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

/* Cuts one line off the front of `text`, between words if possible. Free it. */
static char *line_take(const char **text, unsigned width)
{
	const char *from = *text, *end = from, *space = NULL;
	unsigned n = 0;

	for (; *end && n < width; n++) {
		if (*end == ' ')
			space = end;
		end = g_utf8_next_char(end);
	}
	if (*end && *end != ' ' && space > from)
		end = space;
	*text = end + (*end == ' ');
	return g_strndup(from, (gsize)(end - from));
}

static void put_part(GString *s, const char **rest, unsigned width, bool right)
{
	g_autofree char *line = line_take(rest, width);

	put_cell(s, line, width, right, false);
}

/* One line of what is left of each cell. False: nothing was left. */
static bool print_line(const table *t, const char **rest, bool names,
		       const unsigned *width, FILE *to)
{
	g_autoptr(GString) s = g_string_new(NULL);
	bool any = false;

	for (unsigned c = 0; c < t->n; c++) {
		if (!width[c])
			continue;
		if (s->len)
			put_blanks(s, GAP);
		any |= *rest[c] != '\0';
		if (t->wrap[c] || (names && t->number[c])) {
			put_part(s, &rest[c], width[c], t->number[c]);
			continue;
		}
		put_cell(s, rest[c], width[c], t->number[c],
			 t->tail[c] && !names);
		rest[c] = "";
	}
	if (any)
		fprintf(to, "%s\n", g_strchomp(s->str));
	return any;
}

static void print_rows(const table *t, const unsigned *width, FILE *to)
{
	const char *rest[COLUMNS_MAX];

	memcpy(rest, t->name, sizeof(rest));
	while (print_line(t, rest, true, width, to))
		;
	for (unsigned r = 0; r < table_rows(t); r++) {
		for (unsigned c = 0; c < t->n; c++)
			rest[c] = text_at(t, r, c);
		while (print_line(t, rest, false, width, to))
			;
	}
}

/* ---- where columns do not fit: a line each ---- */

static void print_member(const char *name, unsigned indent, const char *text,
			 unsigned room, FILE *to)
{
	while (*text) {
		g_autofree char *line = line_take(&text, room);

		fprintf(to, "%-*s%s\n", (int)indent, name, line);
		name = "";
	}
}

static void print_blocks(const table *t, unsigned room, FILE *to)
{
	unsigned indent = 0;

	for (unsigned c = 0; c < t->n; c++)
		indent = MAX(indent, length(t->name[c]) + GAP);
	room = MAX(room, indent + NARROW_WRAPPED) - indent;
	for (unsigned r = 0; r < table_rows(t); r++) {
		if (r)
			fputc('\n', to);
		for (unsigned c = 0; c < t->n; c++)
			print_member(t->name[c], indent, text_at(t, r, c),
				     room, to);
	}
}

/* A table of names and values is such lines already. */
void table_print_text(const table *t, FILE *to)
{
	unsigned width[COLUMNS_MAX], room = terminal_width(to);

	widths_find(t, width);
	if (room && !widths_fit(t, width, room) && t->n > 2)
		print_blocks(t, room, to);
	else
		print_rows(t, width, to);
}
