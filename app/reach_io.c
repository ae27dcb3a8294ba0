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
	/* Longer than a disk may hang without the loss of a packet; who says
	 * nothing for so long is not there. */
	HUNG_MS = 15000,
	NEWS = 4096,		/* counters: few calls share one */
};

/* The file. */
typedef struct board {
	_Atomic int64_t word[REACH_SESSION + 1];
	reach_news news[NEWS];
} board;

struct reach {
	char *path;
	const board *board;	/* NULL: no writer has run so far */
	int64_t seen;		/* of REACH_MEDIA, by reach_moved() */
};

static char *path_of(const char *run)
{
	return g_build_filename(run, "reach", NULL);
}

static board *share(const char *run, GError **err)
{
	g_autofree char *path = path_of(run);
	const int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
	void *at = MAP_FAILED;

	if (fd >= 0 && !ftruncate(fd, sizeof(board)))
		at = mmap(NULL, sizeof(board), PROT_READ | PROT_WRITE,
			  MAP_SHARED, fd, 0);
	if (at == MAP_FAILED)
		g_set_error(err, G_FILE_ERROR,
			    (gint)g_file_error_from_errno(errno), "%s: %s",
			    path, g_strerror(errno));
	if (fd >= 0)
		close(fd);
	return at == MAP_FAILED ? NULL : at;
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
	return r;
}

void reach_free(reach *r)
{
	if (!r)
		return;
	if (r->board)
		munmap((void *)(uintptr_t)r->board, sizeof(*r->board));
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
	close(fd);
	if (at != MAP_FAILED)
		r->board = at;
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

/* Later than now: of another boot. */
static bool holds(int64_t told, clk_mono now)
{
	return told && told <= now.ns &&
	       now.ns - told <= HUNG_MS * CLK_NS_PER_MS;
}

clk_mono reach_get(reach *r, clk_mono now)
{
	const int64_t media = told_now(r, REACH_MEDIA);
	const int64_t session = told_now(r, REACH_SESSION);
	int64_t upto = now.ns - SETTLE_MS * CLK_NS_PER_MS;

	upto = MIN(upto, holds(media, now) ? media
					   : now.ns - GUESS_MS * CLK_NS_PER_MS);
	return (clk_mono){holds(session, now) ? MIN(upto, session) : upto};
}
