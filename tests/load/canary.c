#include "tests/load/canary.h"

#include <fcntl.h>
#include <glib.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/load/media.h"

enum {
	KEY = 30,
	RAW = 16,		/* octets: the master key without its salt */
	SHIFTS = 3,		/* of base64 */
	CHUNK = 1 << 20,
};

/* No role has so much in one piece; what a sanitizer knows of its memory takes
 * such ranges, terabytes of them, which hold no octet of it. */
static const uint64_t shadow = 1 << 30;

/* Each pattern is of the key alone, whatever stands beside it. Found by its
 * first two octets, so that one look at a text is for all of them. */
struct canary {
	GPtrArray *patterns;	/* of GBytes */
	GArray *next;		/* of guint: the next one with this beginning */
	guint first[1 << 16];	/* its number, from 1; 0: none */
};

static unsigned head_of(const uint8_t *p)
{
	return (unsigned)p[0] << 8 | p[1];
}

static void add(canary *c, const void *p, size_t n)
{
	guint *first = &c->first[head_of(p)];

	g_ptr_array_add(c->patterns, g_bytes_new(p, n));
	g_array_append_val(c->next, *first);
	*first = c->patterns->len;
}

static void add_hex(canary *c, const uint8_t *key)
{
	char lower[2 * RAW + 1], upper[2 * RAW + 1];

	for (int i = 0; i < RAW; i++) {
		snprintf(lower + 2 * i, 3, "%02x", key[i]);
		snprintf(upper + 2 * i, 3, "%02X", key[i]);
	}
	add(c, lower, 2 * RAW);
	add(c, upper, 2 * RAW);
}

/* With `shift` octets before it; the characters that those, or what follows,
 * have a part in are left out. */
static void add_base64(canary *c, const uint8_t *key, size_t shift)
{
	uint8_t text[SHIFTS + RAW] = {0};
	g_autofree char *b64 = NULL;
	size_t from = (8 * shift + 5) / 6, to = 8 * (shift + RAW) / 6;

	memcpy(text + shift, key, RAW);
	b64 = g_base64_encode(text, shift + RAW);
	add(c, b64 + from, to - from);
}

canary *canary_new(unsigned first, unsigned calls)
{
	canary *c = g_new0(canary, 1);
	uint8_t key[KEY];

	c->patterns = g_ptr_array_new_with_free_func(
			(GDestroyNotify)g_bytes_unref);
	c->next = g_array_new(FALSE, FALSE, sizeof(guint));
	for (unsigned i = 0; i < 2 * calls; i++) {
		load_key(first + i / 2, (call_side)(i % 2), key);
		add(c, key, RAW);
		add_hex(c, key);
		for (size_t s = 0; s < SHIFTS; s++)
			add_base64(c, key, s);
	}
	return c;
}

void canary_free(canary *c)
{
	g_ptr_array_unref(c->patterns);
	g_array_unref(c->next);
	g_free(c);
}

static bool begins(const canary *c, const uint8_t *text, size_t left)
{
	guint i = c->first[head_of(text)];

	for (; i; i = g_array_index(c->next, guint, i - 1)) {
		gsize n;
		const void *p = g_bytes_get_data(
			g_ptr_array_index(c->patterns, i - 1), &n);

		if (n <= left && !memcmp(text, p, n))
			return true;
	}
	return false;
}

bool canary_in(const canary *c, span text)
{
	for (size_t i = 0; i + 1 < text.left; i++)
		if (begins(c, text.p + i, text.left - i))
			return true;
	return false;
}

static bool in_file(const canary *c, const char *path)
{
	g_autofree char *text = NULL;
	gsize n;

	return g_file_get_contents(path, &text, &n, NULL) &&
	       canary_in(c, span_of(text, n));
}

unsigned canary_files(const canary *c, const char *dir)
{
	g_autoptr(GDir) d = g_dir_open(dir, 0, NULL);
	const char *name;
	unsigned found = 0;

	while (d && (name = g_dir_read_name(d))) {
		g_autofree char *path = g_build_filename(dir, name, NULL);

		if (g_file_test(path, G_FILE_TEST_IS_DIR)) {
			found += canary_files(c, path);
		} else if (g_file_test(path, G_FILE_TEST_IS_REGULAR) &&
			   in_file(c, path)) {
			printf("# a key stands in %s\n", path);
			found++;
		}
	}
	return found;
}

static char *proc_path(pid_t p, const char *file)
{
	return g_strdup_printf("/proc/%d/%s", p, file);
}

static bool shown(const canary *c, pid_t p)
{
	g_autofree char *environ = proc_path(p, "environ");
	g_autofree char *cmdline = proc_path(p, "cmdline");

	return in_file(c, environ) || in_file(c, cmdline);
}

/* Pieces overlap, so that none is cut through. */
static bool in_range(const canary *c, int mem, uint64_t from, uint64_t to,
		     uint8_t *buf)
{
	for (uint64_t at = from; at < to; at += CHUNK - 2 * KEY) {
		ssize_t n = pread(mem, buf, MIN(CHUNK, to - at), (off_t)at);

		if (n > 0 && canary_in(c, span_of(buf, (size_t)n)))
			return true;
	}
	return false;
}

/* What may be written of what a line of /proc/PID/maps tells of. */
static bool range_read(const char *line, uint64_t *from, uint64_t *to)
{
	char *end = NULL;

	*from = g_ascii_strtoull(line, &end, 16);
	if (*end != '-' || !strstr(line, " rw"))
		return false;
	*to = g_ascii_strtoull(end + 1, NULL, 16);
	return true;
}

static char **maps_of(pid_t p)
{
	g_autofree char *path = proc_path(p, "maps"), *text = NULL;

	if (!g_file_get_contents(path, &text, NULL, NULL))
		return g_new0(char *, 1);
	return g_strsplit(text, "\n", -1);
}

static bool has_shadow(pid_t p)
{
	g_auto(GStrv) lines = maps_of(p);
	uint64_t from, to;

	for (char **l = lines; *l; l++)
		if (range_read(*l, &from, &to) && to - from >= shadow)
			return true;
	return false;
}

static bool alive(const canary *c, pid_t p)
{
	g_autofree char *mem = proc_path(p, "mem");
	g_autofree uint8_t *buf = g_malloc(CHUNK);
	g_auto(GStrv) lines = maps_of(p);
	int fd = open(mem, O_RDONLY | O_CLOEXEC);
	bool found = false;
	uint64_t from, to;

	if (fd < 0)
		return false;
	for (char **l = lines; *l && !found; l++)
		found = range_read(*l, &from, &to) && to - from < shadow &&
			in_range(c, fd, from, to, buf);
	close(fd);
	return found;
}

static int core_of(const canary *c, pid_t p, const char *dir)
{
	g_autofree char *stem = g_build_filename(dir, "gcore", NULL);
	g_autofree char *core = g_strdup_printf("%s.%d", stem, p);
	g_autofree char *pid = g_strdup_printf("%d", p);
	char *argv[] = {(char *)(uintptr_t)"gcore", (char *)(uintptr_t)"-o",
			stem, pid, NULL};
	bool found;

	/* It would fill the disk. */
	if (has_shadow(p) ||
	    !g_spawn_sync(NULL, argv, NULL,
			  G_SPAWN_SEARCH_PATH | G_SPAWN_STDOUT_TO_DEV_NULL |
				  G_SPAWN_STDERR_TO_DEV_NULL,
			  NULL, NULL, NULL, NULL, NULL, NULL) ||
	    !g_file_test(core, G_FILE_TEST_EXISTS))
		return -1;
	found = in_file(c, core);
	g_unlink(core);
	return found;
}

/* A process and all that it started. */
static GArray *family(pid_t p)
{
	GArray *all = g_array_new(FALSE, FALSE, sizeof(pid_t));

	g_array_append_val(all, p);
	for (guint i = 0; i < all->len; i++) {
		g_autofree char *path = g_strdup_printf(
			"/proc/%d/task/%d/children",
			g_array_index(all, pid_t, i),
			g_array_index(all, pid_t, i));
		g_autofree char *text = NULL;
		char *at, *end;

		if (!g_file_get_contents(path, &text, NULL, NULL))
			continue;
		for (at = text;; at = end) {
			pid_t child = (pid_t)g_ascii_strtoll(at, &end, 10);

			if (end == at)
				break;
			g_array_append_val(all, child);
		}
	}
	return all;
}

static bool any(const canary *c, pid_t p, bool (*has)(const canary *, pid_t))
{
	g_autoptr(GArray) all = family(p);
	bool found = false;

	for (guint i = 0; i < all->len; i++)
		found |= has(c, g_array_index(all, pid_t, i));
	return found;
}

bool canary_shown(const canary *c, pid_t p)
{
	return any(c, p, shown);
}

bool canary_alive(const canary *c, pid_t p)
{
	return any(c, p, alive);
}

int canary_core(const canary *c, pid_t p, const char *dir)
{
	g_autoptr(GArray) all = family(p);
	int found = 0;

	for (guint i = 0; i < all->len && found == 0; i++)
		found = core_of(c, g_array_index(all, pid_t, i), dir);
	return found;
}

pid_t canary_careless(unsigned call, const char *dir)
{
	pid_t child = fork();
	volatile uint8_t key[30];
	uint8_t copy[30];

	if (child)
		return child;
	load_key(call, CALL_CALLER, copy);
	for (int i = 0; i < 30; i++)
		key[i] = copy[i];
	canary_allow_cores();
	if (chdir(dir) != 0)
		_exit(1);
	for (;;)
		(void)(pause() + key[0]);
}

void canary_allow_cores(void)
{
	const struct rlimit all = {RLIM_INFINITY, RLIM_INFINITY};

	(void)setrlimit(RLIMIT_CORE, &all);
}

static bool may_dump(const canary *c, pid_t p)
{
	struct rlimit l;

	(void)c;
	return prlimit(p, RLIMIT_CORE, NULL, &l) != 0 || l.rlim_cur ||
	       l.rlim_max;
}

bool canary_may_dump(pid_t p)
{
	return any(NULL, p, may_dump);
}

bool canary_dumps(pid_t p)
{
	int status;

	kill(p, SIGABRT);
	waitpid(p, &status, 0);
	return WIFSIGNALED(status) && WCOREDUMP(status);
}
