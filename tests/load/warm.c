#include "tests/load/warm.h"

#include <string.h>
#include <sys/mman.h>

#include "tests/load/rig.h"

enum {
	PAGE = 4096,
	PIECE = 1 << 20,	/* of which one page stays */
	MOST_MIB = 6144,
	SHARE = 4,		/* of the memory that is available */
};

static unsigned available_mib(void)
{
	static const char name[] = "MemAvailable:";
	g_autofree char *text = NULL;
	const char *line = NULL;

	if (g_file_get_contents("/proc/meminfo", &text, NULL, NULL))
		line = strstr(text, name);
	return line ? (unsigned)(g_ascii_strtoull(line + strlen(name), NULL,
						  10) >> 10)
		    : 0;
}

/* Seconds. */
static double touch(uint8_t *p, size_t size)
{
	const double begun = load_now_s();

	for (size_t i = 0; i < size; i += PAGE)
		p[i] = 1;
	return load_now_s() - begun;
}

double load_warm(void)
{
	static uint8_t *p;
	static size_t size;
	double s;

	if (!p) {
		size = (size_t)load_env("LOAD_WARM", MIN(MOST_MIB,
							 available_mib() /
								 SHARE)) *
		       PIECE;
		if (!size)
			return 0;
		p = mmap(NULL, size, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		if (p == MAP_FAILED)
			load_die("LOAD_WARM: there are no %zu MiB of memory",
				 size / PIECE);
		madvise(p, size, MADV_NOHUGEPAGE);
	}
	s = touch(p, size);
	for (size_t i = 0; i < size; i += PIECE)
		madvise(p + i + PAGE, PIECE - PAGE, MADV_DONTNEED);
	return s * 1e6 * PAGE / (double)size;
}
