#include "app/reach.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	/* From an event to where its role knows of it. */
	SETTLE_MS = 150,
	/* So soon after they happened records are in their files, where nobody
	 * tells. */
	GUESS_MS = 500,
	/* Capture writes four times a second: only of one that is silent for
	 * longer anybody asks whether it is there. */
	SILENT_MS = 1000,
	NEWS = 4096,		/* counters: few calls share one */
};

#define LIFE_NAME "reach"	/* with the service manager */

/* The file. */
typedef struct board {
	_Atomic int64_t word[REACH_SESSION + 1];
	reach_news news[NEWS];
} board;

struct reach {
	char *path;
	const board *board;	/* NULL: no writer has run so far */
	int fd;			/* of its file */
	int64_t seen;		/* of REACH_MEDIA, by reach_moved() */
	clk_mono lived;		/* capture did, though it was silent */
};

static char *path_of(const char *run)
{
	return g_build_filename(run, "reach", NULL);
}

static void fail(const char *path, GError **err)
{
	g_set_error(err, G_FILE_ERROR, (gint)g_file_error_from_errno(errno),
		    "%s: %s", path, g_strerror(errno));
}

static int open_board(const char *path)
{
	return open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
}

static board *share(const char *run, GError **err)
{
	g_autofree char *path = path_of(run);
	const int fd = open_board(path);
	void *at = MAP_FAILED;

	if (fd >= 0 && !ftruncate(fd, sizeof(board)))
		at = mmap(NULL, sizeof(board), PROT_READ | PROT_WRITE,
			  MAP_SHARED, fd, 0);
	if (at == MAP_FAILED)
		fail(path, err);
	if (fd >= 0)
		close(fd);
	return at == MAP_FAILED ? NULL : at;
}

/* In the place of what the capture before us gave it. */
static void hand_over(fdstore *with, int fd)
{
	const int old = fdstore_take(with, LIFE_NAME);

	if (old >= 0)
		close(old);
	fdstore_forget(with, LIFE_NAME);
	(void)fdstore_keep(with, LIFE_NAME, fd);
}

/* A lock of the open file, not of a process: who inherits the descriptor, or
 * keeps it, holds it as well, and the kernel takes it back from the last one.
 * Several may hold it: a new capture does not wait for one that is dying. */
bool reach_live(const char *run, fdstore *with, GError **err)
{
	struct flock all = {.l_type = F_RDLCK, .l_whence = SEEK_SET};
	g_autofree char *path = path_of(run);
	const int fd = open_board(path);

	if (fd < 0 || fcntl(fd, F_OFD_SETLK, &all) < 0) {
		fail(path, err);
		if (fd >= 0)
			close(fd);
		return false;
	}
	if (with)
		hand_over(with, fd);
	return true;
}

_Atomic int64_t *reach_share(const char *run, reach_word which, GError **err)
{
	board *b = share(run, err);

	return b ? &b->word[which] : NULL;
}

reach_news *reach_share_news(const char *run, GError **err)
{
	board *b = share(run, err);

	return b ? b->news : NULL;
}

void reach_tell(reach_news *news, const char *call)
{
	atomic_fetch_add(&news[g_str_hash(call) % NEWS], 1);
}

reach *reach_new(const char *run)
{
	reach *r = g_new0(reach, 1);

	r->path = path_of(run);
	r->fd = -1;
	return r;
}

void reach_free(reach *r)
{
	if (!r)
		return;
	if (r->board)
		munmap((void *)(uintptr_t)r->board, sizeof(*r->board));
	if (r->fd >= 0)
		close(r->fd);
	g_free(r->path);
	g_free(r);
}

/* The file stays the same one whatever happens to capture. Until it has its
 * size there is nothing to be seen in it. */
static void look(reach *r)
{
	const int fd = open(r->path, O_RDONLY | O_CLOEXEC);
	void *at = MAP_FAILED;
	struct stat st;

	if (fd < 0)
		return;
	if (!fstat(fd, &st) && st.st_size >= (off_t)sizeof(board))
		at = mmap(NULL, sizeof(board), PROT_READ, MAP_SHARED, fd, 0);
	if (at == MAP_FAILED) {
		close(fd);
		return;
	}
	r->board = at;
	r->fd = fd;
}

static int64_t told_now(reach *r, reach_word which)
{
	if (!r->board)
		look(r);
	return r->board ? atomic_load(&r->board->word[which]) : 0;
}

bool reach_moved(reach *r)
{
	const int64_t told = told_now(r, REACH_MEDIA), seen = r->seen;

	r->seen = told;
	return told != seen;
}

uint32_t reach_told(const reach *r, uint32_t hash)
{
	return r->board ? atomic_load(&r->board->news[hash % NEWS]) : 0;
}

static bool capture_lives(const reach *r)
{
	struct flock all = {.l_type = F_WRLCK, .l_whence = SEEK_SET};

	return fcntl(r->fd, F_OFD_GETLK, &all) == 0 && all.l_type != F_UNLCK;
}

/* What was told, and what else showed since then that it may be kept to.
 * Later than now: of another boot. */
static bool holds(int64_t told, clk_mono sign, clk_mono now)
{
	return told && told <= now.ns &&
	       now.ns - told <= REACH_STANDS_MS * CLK_NS_PER_MS &&
	       now.ns - MAX(told, sign.ns) <= REACH_GONE_MS * CLK_NS_PER_MS;
}

static bool media_holds(reach *r, int64_t told, clk_mono now)
{
	if (told && now.ns - told > SILENT_MS * CLK_NS_PER_MS &&
	    capture_lives(r))
		r->lived = now;
	return holds(told, r->lived, now);
}

clk_mono reach_get(reach *r, clk_mono now)
{
	const int64_t media = told_now(r, REACH_MEDIA);
	const int64_t session = told_now(r, REACH_SESSION);
	int64_t upto = now.ns - SETTLE_MS * CLK_NS_PER_MS;

	upto = MIN(upto, media_holds(r, media, now)
				 ? media : now.ns - GUESS_MS * CLK_NS_PER_MS);
	if (holds(session, (clk_mono){0}, now))
		upto = MIN(upto, session);
	return (clk_mono){upto};
}
