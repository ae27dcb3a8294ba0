/* table_impl.h - what the halves of table share. */
#pragma once
#include "app/table.h"

enum { COLUMNS_MAX = 16 };

typedef struct cell {
	char *human, *exact;	/* the same where they do not differ */
} cell;

struct table {
	const char *name[COLUMNS_MAX];
	bool number[COLUMNS_MAX];
	bool whole[COLUMNS_MAX];	/* never cut */
	bool tail[COLUMNS_MAX];		/* cut at its beginning */
	bool spare[COLUMNS_MAX];	/* left out where there is no room */
	bool wrap[COLUMNS_MAX];		/* goes on in the next line */
	unsigned n;
	GArray *cells;		/* of cell */
};

const cell *table_cell(const table *t, unsigned row, unsigned column);
/* table_text.c: as wide as the terminal of `to`. */
void table_print_text(const table *t, FILE *to);
