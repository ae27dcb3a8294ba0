/* table.h - rows for a person, a program or a spreadsheet. */
#pragma once
#include <glib.h>
#include <stdbool.h>
#include <stdio.h>

typedef enum table_form {
	TABLE_TEXT,	/* fits the terminal */
	TABLE_JSON,	/* an array of objects */
	TABLE_CSV,	/* RFC 4180; no cell is a formula */
} table_form;

typedef struct table table;

/* Names of the columns, NULL at the end. A character before the name says: '#'
 * a column of numbers, which are never cut; '!' another column that is never
 * cut (nor are times); '<' cut at the beginning; '~' wrapped into several
 * lines; '?' left out on a narrow terminal, after columns that are empty or
 * zero. If the columns still do not fit, each row becomes a paragraph. */
table *table_new(const char *const *columns);
void table_free(table *t);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(table, table_free)
/* The next cell, row after row. NULL is empty. */
void table_text(table *t, const char *text);
/* A SIP address or an owner: a person is spared "sip:" and "user:". */
void table_address(table *t, const char *uri);
void table_number(table *t, int64_t n);
/* "2026-11-21 22:28:00" in local time; JSON and CSV: RFC 3339 in UTC. */
void table_time(table *t, int64_t ms);
/* Milliseconds; text: "1:02:03", others: seconds. */
void table_span(table *t, int64_t ms);
unsigned table_rows(const table *t);
/* `none` is printed instead of a text table without rows. */
void table_print(const table *t, table_form form, const char *none, FILE *to);
