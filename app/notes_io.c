#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <unistd.h>

#include "app/notes.h"

enum { SNAPSHOT_MAX = 128 << 10 };

struct notes {
	char *path;
	int fd;
	size_t size;
	GHashTable *left;	/* by an earlier tap */
	bool troubled;		/* said so already */
	uint8_t buf[SNAPSHOT_MAX];
};

static void free_story(void *p)
{
	story_free(p);
}

/* Each write in whole goes to the end, whatever was there. */
static int open_at(const char *path)
{
	return open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0640);
}

static void read_left(notes *n)
{
	g_autofree char *text = NULL;
	gsize len;
	span in;

	if (!g_file_get_contents(n->path, &text, &len, NULL))
		return;
	in = span_of(text, len);
	notes_stories_get(&in, n->left);
	n->size = len - in.left;
}

static void trouble(notes *n, const char *why)
{
	if (!n->troubled)
		g_critical("%s: %s; a tap that is killed may forget calls",
			   n->path, why);
	n->troubled = true;
}

void notes_free(notes *n)
{
	if (!n)
		return;
	if (n->fd >= 0)
		close(n->fd);
	if (n->left)
		g_hash_table_unref(n->left);
	g_free(n->path);
	g_free(n);
}

GHashTable *notes_take(notes *n)
{
	return g_steal_pointer(&n->left);
}

size_t notes_size(const notes *n)
{
	return n->size;
}

/* A part of a snapshot would hide all that follows it: taken back. */
static void append(notes *n, span bytes)
{
	ssize_t done;

	if (n->fd < 0)
		return;
	done = write(n->fd, bytes.p, bytes.left);

	if (done == (ssize_t)bytes.left) {
		n->size += bytes.left;
		n->troubled = false;
		return;
	}
	trouble(n, done < 0 ? g_strerror(errno) : "the disk is full");
	if (done > 0 && ftruncate(n->fd, (off_t)n->size) != 0)
		trouble(n, g_strerror(errno));
}

void notes_put(notes *n, const story *s)
{
	put o = put_into(n->buf, sizeof(n->buf));

	notes_story_put(&o, s);
	if (o.full)
		trouble(n, "a call has too many facts");
	else
		append(n, put_done(&o));
}

void notes_keep_only(notes *n, const GPtrArray *stories)
{
	g_autofree char *fresh = g_strconcat(n->path, ".new", NULL);
	int old = n->fd;
	size_t size = n->size;

	if (old < 0)
		return;
	(void)g_unlink(fresh);
	n->fd = open_at(fresh);
	if (n->fd < 0) {
		trouble(n, g_strerror(errno));
		n->fd = old;
		return;
	}
	n->size = 0;
	for (guint i = 0; i < stories->len; i++)
		notes_put(n, g_ptr_array_index(stories, i));
	if (!n->troubled && g_rename(fresh, n->path) == 0) {
		close(old);
		return;
	}
	close(n->fd);
	n->fd = old;
	n->size = size;
}

/* An earlier tap's snapshots, the latest of each call. */
static void keep_latest(notes *n)
{
	g_autoptr(GPtrArray) all = g_ptr_array_new();
	GHashTableIter i;
	void *s;

	g_hash_table_iter_init(&i, n->left);
	while (g_hash_table_iter_next(&i, NULL, &s))
		if (((story *)s)->decided)
			g_ptr_array_add(all, s);
	notes_keep_only(n, all);
}

notes *notes_open(const char *path)
{
	notes *n = g_new0(notes, 1);

	n->path = g_strdup(path);
	n->left = g_hash_table_new_full(g_str_hash, g_str_equal, NULL,
					free_story);
	read_left(n);
	n->fd = open_at(path);
	if (n->fd < 0 || ftruncate(n->fd, (off_t)n->size) != 0)
		trouble(n, g_strerror(errno));
	keep_latest(n);
	return n;
}
