#include "catalog/records.h"

#include "catalog/csv.h"
#include "catalog/db.h"

enum { FIELDS_MAX = 64 };

struct cat_records {
	cat_csv csv;
	const cat_columns *of;
	unsigned column[FIELDS_MAX];	/* by field; of->n: not known */
	unsigned n;
};

bool cat_line_error(GError **err, unsigned line, const char *fmt, ...)
{
	g_autofree char *message = NULL;
	va_list ap;

	va_start(ap, fmt);
	message = g_strdup_vprintf(fmt, ap);
	va_end(ap);
	g_set_error(err, CAT_ERROR, CAT_ERROR_VALUE, "line %u: %s", line,
		    message);
	return false;
}

/* `*end`: there is none. */
static bool field_next(cat_records *r, cat_csv_field *f, bool *end,
		       GError **err)
{
	cat_csv_verdict v = cat_csv_next(&r->csv, f);

	*end = v == CAT_CSV_END;
	return v == CAT_CSV_OK || *end ||
	       cat_line_error(err, f->line, "%s", cat_csv_problem(v));
}

static unsigned column_find(const cat_columns *c, const char *name)
{
	unsigned i = 0;

	while (i < c->n && g_ascii_strcasecmp(name, c->name[i]))
		i++;
	return i;
}

static bool unknown(const cat_columns *c, const char *name, unsigned line,
		    GError **err)
{
	g_autoptr(GString) all = g_string_new(NULL);

	for (unsigned i = 0; i < c->n; i++)
		g_string_append_printf(all, "%s%s", i ? ", " : "", c->name[i]);
	return cat_line_error(err, line, "unknown column \"%s\"; columns are "
			      "%s", name, all->str);
}

static bool head_read(cat_records *r, GError **err)
{
	const cat_columns *c = r->of;
	unsigned have = 0;
	cat_csv_field f;
	bool end;

	do {
		g_autofree char *name = NULL;
		unsigned i;

		if (!field_next(r, &f, &end, err))
			return false;
		if (end || r->n == FIELDS_MAX)
			break;
		name = cat_csv_text(&f);
		i = column_find(c, g_strstrip(name));
		if (i == c->n && c->only && *name)
			return unknown(c, name, f.line, err);
		have |= 1u << i;
		r->column[r->n++] = i;
	} while (!f.last);
	for (unsigned i = 0; i < c->needed; i++)
		if (!(have >> i & 1))
			return cat_line_error(err, 1, "the first line names "
					      "the columns; %s is missing",
					      c->name[i]);
	return true;
}

cat_records *cat_records_new(span text, const cat_columns *c, GError **err)
{
	g_autoptr(cat_records) r = g_new0(cat_records, 1);

	g_assert(c->n < 32);
	r->of = c;
	cat_csv_init(&r->csv, text);
	return head_read(r, err) ? g_steal_pointer(&r) : NULL;
}

void cat_records_free(cat_records *r)
{
	g_free(r);
}

static bool is_empty(const cat_csv_field *f, unsigned n)
{
	return f->last && n == 0 && !f->raw.left;
}

static bool field_give(const cat_records *r, const cat_csv_field *f, unsigned n,
		       cat_field_take *take, void *record, GError **err)
{
	g_autofree char *text = NULL;

	if (n == r->n)
		return cat_line_error(err, f->line, "more fields than the "
				      "first line has columns");
	text = cat_csv_text(f);
	return r->column[n] == r->of->n ||
	       take(record, r->column[n], text, f->line, err);
}

cat_records_state cat_records_next(cat_records *r, cat_field_take *take,
				   void *record, unsigned *line, GError **err)
{
	cat_csv_field f = {.last = false};
	unsigned n = 0;
	bool end;

	for (*line = r->csv.line; !f.last;) {
		if (!field_next(r, &f, &end, err))
			return CAT_RECORDS_BAD;
		if (end)
			return CAT_RECORDS_END;
		if (is_empty(&f, n)) {
			f.last = false;
			*line = r->csv.line;
			continue;
		}
		if (!field_give(r, &f, n++, take, record, err))
			return CAT_RECORDS_BAD;
	}
	if (n == r->n)
		return CAT_RECORDS_ONE;
	cat_line_error(err, *line, "%u fields, but the first line has %u "
		       "columns", n, r->n);
	return CAT_RECORDS_BAD;
}
