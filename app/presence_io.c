#include "app/presence.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include "core/span.h"

enum { DIGITS = 20 };	/* nanoseconds since 1970, with noughts before them */

struct presence {
	char *path;
	int fd;			/* -1: none */
	clk_mono beat;		/* the last */
	bool troubled;		/* said so already */
};

static void trouble(presence *p, const char *why)
{
	if (!p->troubled)
		g_critical("%s: %s; it will not be known when no tap listened",
			   p->path, why);
	p->troubled = true;
}

/* Written as one piece of constant length, so it is never half there. It need
 * not be synced: if the latest is lost, the interval only seems longer than it
 * was. */
static void leave(presence *p, clk_both now)
{
	char text[DIGITS + 2];
	const int n = snprintf(text, sizeof(text), "%0*" PRId64 "\n", DIGITS,
			       now.wall.ns);

	p->beat = now.mono;
	if (p->fd >= 0 && pwrite(p->fd, text, (size_t)n, 0) != n)
		trouble(p, g_strerror(errno));
}

static bool last_of(int fd, clk_wall *out)
{
	uint8_t text[DIGITS];
	uint64_t ns;

	if (fd < 0 || pread(fd, text, DIGITS, 0) != DIGITS ||
	    !span_number(span_of(text, DIGITS), INT64_MAX, &ns))
		return false;
	out->ns = (int64_t)ns;
	return true;
}

char *presence_path(const char *catalog)
{
	g_autofree char *dir = g_path_get_dirname(catalog);

	return g_build_filename(dir, "tap.seen", NULL);
}

bool presence_last(const char *path, clk_wall *at)
{
	const int fd = open(path, O_RDONLY | O_CLOEXEC);
	const bool found = last_of(fd, at);

	if (fd >= 0)
		close(fd);
	return found;
}

presence *presence_open(const char *path, clk_both now, bool *away,
			presence_gap *gap)
{
	presence *p = g_new0(presence, 1);

	p->path = g_strdup(path);
	p->fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0640);
	if (p->fd < 0)
		trouble(p, g_strerror(errno));
	*gap = (presence_gap){.to = now.wall};
	/* If the clock was set back nothing can be concluded. */
	*away = last_of(p->fd, &gap->from) && gap->from.ns <= gap->to.ns;
	leave(p, now);
	return p;
}

bool presence_beat(presence *p, clk_both now, presence_gap *gap)
{
	const int64_t silent = clk_since(now.mono, p->beat);

	leave(p, now);
	if (silent <= PRESENCE_HUNG_S * CLK_NS_PER_S)
		return false;
	*gap = (presence_gap){{now.wall.ns - silent}, now.wall, true};
	return true;
}

void presence_close(presence *p)
{
	if (!p)
		return;
	if (p->fd >= 0)
		close(p->fd);
	g_free(p->path);
	g_free(p);
}
