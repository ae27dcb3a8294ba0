#include "app/spool_watch.h"

#include <errno.h>
#include <stdalign.h>
#include <stdbool.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/clock.h"

enum {
	ROOM = 16384,		/* for events: some hundred in each read */
	REST = 9,		/* times what a reading took, until the next */
	OLD_DAYS = 7,
	OLD_MS = 20,		/* of a look, for names of old calls: what is
				 * asked of one costs a disk that turns half of
				 * that */
};

struct spool_watch {
	char *spool;
	int fd;			/* -1: nobody watches */
	struct stat what;	/* is watched */
	GDir *old;		/* of whose names the old ones are told, some in
				 * each look; NULL: all were */
	char before[SPOOL_WATCH_DAY];	/* of what is old in it */
	clk_mono due;		/* the next reading, without a watch */
	bool warned;
};

spool_watch *spool_watch_new(const char *spool)
{
	spool_watch *w = g_new0(spool_watch, 1);

	w->spool = g_strdup(spool);
	w->fd = -1;
	return w;
}

static void end(spool_watch *w)
{
	if (w->fd >= 0)
		close(w->fd);
	w->fd = -1;
}

void spool_watch_free(spool_watch *w)
{
	if (!w)
		return;
	end(w);
	g_clear_pointer(&w->old, g_dir_close);
	g_free(w->spool);
	g_free(w);
}

void spool_watch_old_before(char to[static SPOOL_WATCH_DAY])
{
	g_autoptr(GDateTime) now = g_date_time_new_now_utc();
	g_autoptr(GDateTime) then = g_date_time_add_days(now, -OLD_DAYS);
	g_autofree char *text = g_date_time_format(then, "%Y%m%d");

	g_strlcpy(to, text, SPOOL_WATCH_DAY);
}

/* Files in the making, directories being deleted, and media of no call. */
static bool is_call(const char *name)
{
	return *name != '.' && !g_str_has_prefix(name, "orphans-");
}

/* A watch is on a directory, whatever becomes of its name. */
static bool is_same(const spool_watch *w)
{
	struct stat st;

	return stat(w->spool, &st) == 0 && st.st_dev == w->what.st_dev &&
	       st.st_ino == w->what.st_ino;
}

/* False when there was more than is told, or nothing more will be. */
static bool pass_on(const char *at, const char *stop, spool_watch_found *found,
		    void *user)
{
	while (at < stop) {
		const struct inotify_event *e = (const void *)at;

		if (e->mask & (IN_Q_OVERFLOW | IN_IGNORED))
			return false;
		if (e->len && is_call(e->name))
			found(user, e->name);
		at += sizeof(*e) + e->len;
	}
	return true;
}

static bool take(spool_watch *w, spool_watch_found *found, void *user)
{
	alignas(struct inotify_event) char buf[ROOM];
	ssize_t n;

	while ((n = read(w->fd, buf, sizeof(buf))) > 0)
		if (!pass_on(buf, buf + n, found, user))
			return false;
	return n < 0 && errno == EAGAIN;
}

/* The number of its inode is read before: should the spool be replaced in
 * between, the next look sees it. */
static bool begin(spool_watch *w)
{
	w->fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	return w->fd >= 0 && stat(w->spool, &w->what) == 0 &&
	       inotify_add_watch(w->fd, w->spool, IN_CREATE | IN_MOVED_TO |
						  IN_ONLYDIR) >= 0;
}

/* Old calls, from here on. A pass over them that goes on is not broken off by
 * each reading, or it would never come to its end. */
static void begin_old(spool_watch *w, GDir *d, bool watched)
{
	if (w->old && !watched) {
		g_dir_close(d);
		return;
	}
	g_clear_pointer(&w->old, g_dir_close);
	g_dir_rewind(d);
	w->old = d;
}

/* Names that are not old. */
static bool read_young(spool_watch *w, bool watched, spool_watch_found *found,
		       void *user)
{
	GDir *d = g_dir_open(w->spool, 0, NULL);
	char before[SPOOL_WATCH_DAY];
	const char *name;
	bool old = false;

	spool_watch_old_before(before);
	while (d && (name = g_dir_read_name(d))) {
		if (!is_call(name))
			continue;
		if (strcmp(name, before) < 0)
			old = true;
		else
			found(user, name);
	}
	if (!d)
		return false;
	if (old) {
		memcpy(w->before, before, sizeof(before));
		begin_old(w, d, watched);
	} else {
		g_dir_close(d);
	}
	return true;
}

static void tell_old(spool_watch *w, spool_watch_found *found, void *user)
{
	const clk_mono begun = clk_mono_now();
	const char *name;

	while (w->old && clk_since(clk_mono_now(), begun) <
				 OLD_MS * CLK_NS_PER_MS) {
		name = g_dir_read_name(w->old);
		if (!name)
			g_clear_pointer(&w->old, g_dir_close);
		else if (is_call(name) && strcmp(name, w->before) < 0)
			found(user, name);
	}
}

static void warn(spool_watch *w, int no)
{
	end(w);
	if (!w->warned)
		g_warning("%s: cannot be watched (%s; limits: fs.inotify."
			  "max_user_instances, max_user_watches); until it can "
			  "be, all of it is read again and again",
			  w->spool, g_strerror(no));
	w->warned = true;
}

/* What comes while the directory is read is told by the watch. */
static void anew(spool_watch *w, spool_watch_found *found, void *user)
{
	const clk_mono begun = clk_mono_now();
	const bool watched = begin(w);
	const int no = errno;
	clk_mono now;

	if (read_young(w, watched, found, user) && watched) {
		w->warned = false;
		return;
	}
	warn(w, watched ? errno : no);
	now = clk_mono_now();
	w->due.ns = now.ns + REST * clk_since(now, begun);
}

void spool_watch_look(spool_watch *w, spool_watch_found *found, void *user)
{
	const bool told = w->fd >= 0 && is_same(w) && take(w, found, user);

	if (!told && (w->fd >= 0 || clk_mono_now().ns >= w->due.ns)) {
		end(w);
		anew(w, found, user);
	}
	tell_old(w, found, user);
}
