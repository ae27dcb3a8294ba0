/* book_impl.h - what the parts of a book share: book.c (the ledger),
 * book_decide.c, book_act.c. */
#pragma once
#include "app/book.h"
#include "app/notes.h"

/* One call on its way. */
typedef struct page {
	void *next;		/* the next sink's own */
	story *story;		/* NULL: it is over */
	note *note;		/* from when its row was begun */
	bool changed;		/* since its row was told of it */
	bool ticketed;		/* over, and waits for these: */
	uint64_t rows, records;	/* how much of each is to be on disk */
} page;

struct book {
	cat_watch *watch;
	notes *notes;
	book_config cfg;
	GHashTable *pages;	/* set of page: calls in progress */
	GQueue over;		/* of page: still noted */
	cat_verdict verdict;	/* the latest */
	char told[CAT_TOLD_MAX];
};

/* What a call does to its own recording: keys that were pressed, a later
 * header; for the audit log. */
void book_on_mark(book *b, page *g, uint64_t call, const rec_event *e);
void book_on_header(book *b, page *g, uint64_t call, span value);
