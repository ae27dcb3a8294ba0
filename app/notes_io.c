#include "app/notes.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <unistd.h>

enum {
	BUFFER = 128 << 10,
	SPARE = 256 << 10,	/* octets in vain that are not minded */
	COPIED = 2,		/* calls with each write */
};

struct note {
	const story *story;
	uint32_t number;
	GList link;
};

/* A file and how much of it is whole. */
typedef struct sheet {
	int fd;			/* -1: none */
	size_t size;
} sheet;

struct notes {
	char *path, *path_new;
	sheet now;
	sheet next;		/* will replace it when all is copied */
	GQueue kept;		/* of note */
	GList *copied;		/* the first, from the tail, that is not in
				 * next yet */
	uint32_t numbers;	/* given so far */
	size_t whole;		/* octets after the last copying */
	GHashTable *left;	/* by an earlier tap */
	bool settled;		/* what was left does not count any more */
	bool behind;		/* something could not be written */
	bool troubled;		/* said so already */
	put out;
	uint8_t buf[BUFFER];
};

static void free_story(void *p)
{
	story_free(p);
}

/* Each write goes to the end, whatever was there. */
static int open_at(const char *path, int flags)
{
	return open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | flags,
		    0640);
}

static void close_sheet(sheet *s)
{
	if (s->fd >= 0)
		close(s->fd);
	*s = (sheet){-1, 0};
}

static void trouble(notes *n, const char *why)
{
	if (!n->troubled)
		g_critical("%s: %s; a tap that is killed may forget calls",
			   n->path, why);
	n->troubled = true;
}

/* A part of a record would hide all that follows it: taken back. */
static bool append(notes *n, sheet *s, span bytes)
{
	ssize_t done = write(s->fd, bytes.p, bytes.left);

	if (done == (ssize_t)bytes.left) {
		s->size += bytes.left;
		return true;
	}
	trouble(n, done < 0 ? g_strerror(errno) : "the disk is full");
	if (done > 0 && ftruncate(s->fd, (off_t)s->size) != 0)
		trouble(n, g_strerror(errno));
	n->behind = true;
	return false;
}

/* ---- the new file ---- */

static void copy_begin(notes *n)
{
	n->next.fd = open_at(n->path_new, O_TRUNC);
	n->next.size = 0;
	n->copied = n->kept.tail;
	if (n->next.fd < 0)
		trouble(n, g_strerror(errno));
}

static void copy_end(notes *n)
{
	if (g_rename(n->path_new, n->path) != 0) {
		trouble(n, g_strerror(errno));
		close_sheet(&n->next);
		return;
	}
	close_sheet(&n->now);
	n->now = n->next;
	n->next.fd = -1;
	n->whole = n->now.size;
	n->behind = n->troubled = false;
}

static void put_whole(put *o, const note *c)
{
	notes_call_put(o, c->number);
	notes_story_put(o, c->story);
}

/* Alone it always has room, unless nothing helps. */
static void put_one(notes *n, const note *c)
{
	put_whole(&n->out, c);
	if (!n->out.full)
		return;
	trouble(n, "a call has too many facts");
	n->out = put_into(n->buf, sizeof(n->buf));
}

/* True when `next` has all of it. */
static bool copy_out(notes *n)
{
	if (append(n, &n->next, put_done(&n->out)))
		return true;
	close_sheet(&n->next);
	return false;
}

/* What was written just now, and some calls more. */
static void copy_some(notes *n)
{
	for (unsigned i = 0; copy_out(n) && n->copied && i < COPIED; i++) {
		n->out = put_into(n->buf, sizeof(n->buf));
		put_one(n, n->copied->data);
		n->copied = n->copied->prev;
	}
	if (n->next.fd >= 0 && !n->copied)
		copy_end(n);
}

static bool copy_due(const notes *n)
{
	return n->settled && n->next.fd < 0 &&
	       (n->behind || n->now.size > 2 * n->whole + SPARE);
}

/* ---- calls ---- */

note *notes_enter(notes *n, const story *s)
{
	note *c = g_new0(note, 1);

	notes_write(n);
	c->story = s;
	c->number = ++n->numbers;
	c->link.data = c;
	g_queue_push_tail_link(&n->kept, &c->link);
	put_one(n, c);
	return c;
}

typedef enum change { EVENT, SETTLED, MEMORY, KEYPAD } change;

static void put_change(put *o, const note *c, change what, const rec_event *e)
{
	notes_call_put(o, c->number);
	switch (what) {
	case EVENT:
		notes_event_put(o, e);
		break;
	case SETTLED:
		notes_settled_put(o);
		break;
	case MEMORY:
		notes_memory_put(o, c->story);
		break;
	case KEYPAD:
		notes_keypad_put(o, c->story);
		break;
	}
}

static void add(notes *n, const note *c, change what, const rec_event *e)
{
	const put before = n->out;

	put_change(&n->out, c, what, e);
	if (!n->out.full)
		return;
	n->out = before;
	notes_write(n);
	put_change(&n->out, c, what, e);
	if (!n->out.full)
		return;
	trouble(n, "a fact is too long");
	n->out = put_into(n->buf, sizeof(n->buf));
}

void notes_add(notes *n, const note *c, const rec_event *e)
{
	add(n, c, EVENT, e);
}

void notes_mark_settled(notes *n, const note *c)
{
	add(n, c, SETTLED, NULL);
}

void notes_remember(notes *n, const note *c)
{
	add(n, c, MEMORY, NULL);
}

void notes_press(notes *n, const note *c)
{
	add(n, c, KEYPAD, NULL);
}

void notes_drop(notes *n, note *c)
{
	if (n->copied == &c->link)
		n->copied = c->link.prev;
	g_queue_unlink(&n->kept, &c->link);
	g_free(c);
}

void notes_write(notes *n)
{
	if (n->now.fd >= 0 && n->out.n) {
		append(n, &n->now, put_done(&n->out));
		if (copy_due(n))
			copy_begin(n);
		if (n->next.fd >= 0)
			copy_some(n);
	}
	n->out = put_into(n->buf, sizeof(n->buf));
}

/* ---- the beginning and the end ---- */

static void read_left(notes *n)
{
	g_autofree char *text = NULL;
	gsize len;
	span in;

	if (!g_file_get_contents(n->path, &text, &len, NULL))
		return;
	in = span_of(text, len);
	notes_stories_get(&in, n->left);
	n->now.size = len - in.left;
}

/* Numbers begin anew with each tap: they must not mean its calls. */
static void keep_left(notes *n)
{
	GHashTableIter i;
	void *s;

	copy_begin(n);
	n->copied = NULL;
	g_hash_table_iter_init(&i, n->left);
	while (n->next.fd >= 0 && g_hash_table_iter_next(&i, NULL, &s)) {
		const note c = {.story = s, .number = ++n->numbers};

		if (!((story *)s)->decided)
			continue;
		n->out = put_into(n->buf, sizeof(n->buf));
		put_one(n, &c);
		copy_out(n);
	}
	n->out = put_into(n->buf, sizeof(n->buf));
	if (n->next.fd >= 0)
		copy_end(n);
}

notes *notes_open(const char *path)
{
	notes *n = g_new0(notes, 1);

	n->path = g_strdup(path);
	n->path_new = g_strconcat(path, ".new", NULL);
	n->left = g_hash_table_new_full(g_str_hash, g_str_equal, NULL,
					free_story);
	n->next.fd = -1;
	read_left(n);
	n->now.fd = open_at(path, 0);
	if (n->now.fd < 0 || ftruncate(n->now.fd, (off_t)n->now.size) != 0)
		trouble(n, g_strerror(errno));
	keep_left(n);
	return n;
}

GHashTable *notes_take(notes *n)
{
	return g_steal_pointer(&n->left);
}

void notes_settle(notes *n)
{
	n->settled = true;
}

void notes_free(notes *n)
{
	if (!n)
		return;
	close_sheet(&n->now);
	close_sheet(&n->next);
	while (n->kept.head)
		notes_drop(n, n->kept.head->data);
	if (n->left)
		g_hash_table_unref(n->left);
	g_free(n->path);
	g_free(n->path_new);
	g_free(n);
}
