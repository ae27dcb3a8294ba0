#include "app/check.h"

#include <stdio.h>

typedef struct finding {
	const char *area;
	bool error;
	char *text;
} finding;

struct check {
	GArray *findings;
	unsigned errors;
};

static const char *plural(unsigned n)
{
	return n == 1 ? "" : "s";
}

static void finding_clear(void *p)
{
	g_free(((finding *)p)->text);
}

check *check_new(void)
{
	check *k = g_new0(check, 1);

	k->findings = g_array_new(FALSE, TRUE, sizeof(finding));
	g_array_set_clear_func(k->findings, finding_clear);
	return k;
}

void check_free(check *k)
{
	if (!k)
		return;
	g_array_unref(k->findings);
	g_free(k);
}

static void add(check *k, const char *area, bool error, char *text)
{
	finding f = {area, error, text};

	g_array_append_val(k->findings, f);
	k->errors += error;
}

void check_error(check *k, const char *area, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	add(k, area, true, g_strdup_vprintf(fmt, ap));
	va_end(ap);
}

void check_warning(check *k, const char *area, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	add(k, area, false, g_strdup_vprintf(fmt, ap));
	va_end(ap);
}

unsigned check_errors(const check *k)
{
	return k->errors;
}

static void print_lines(const check *k)
{
	unsigned warnings = k->findings->len - k->errors;

	for (guint i = 0; i < k->findings->len; i++) {
		const finding *f = &g_array_index(k->findings, finding, i);

		fprintf(stderr, "edgetape check: %s%s: %s\n",
			f->error ? "" : "warning: ", f->area, f->text);
	}
	if (k->errors)
		fprintf(stderr, "edgetape check: %u thing%s to fix\n",
			k->errors, plural(k->errors));
	else if (warnings)
		printf("nothing to fix, %u warning%s\n", warnings,
		       plural(warnings));
	else
		puts("nothing is wrong");
}

void check_print_errors(const check *k, FILE *to)
{
	for (guint i = 0; i < k->findings->len; i++) {
		const finding *f = &g_array_index(k->findings, finding, i);
		g_autofree char *line = g_strdelimit(g_strdup(f->text), "\n",
						     ' ');

		if (f->error)
			fprintf(to, "%s: %s\n", f->area, line);
	}
}

void check_print(const check *k, table_form form)
{
	static const char *const columns[] = {"severity", "area", "text", NULL};
	g_autoptr(table) t = table_new(columns);

	if (form == TABLE_TEXT) {
		print_lines(k);
		return;
	}
	for (guint i = 0; i < k->findings->len; i++) {
		const finding *f = &g_array_index(k->findings, finding, i);

		table_text(t, f->error ? "error" : "warning");
		table_text(t, f->area);
		table_text(t, f->text);
	}
	table_print(t, form, "", stdout);
}
