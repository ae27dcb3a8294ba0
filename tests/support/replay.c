/* A main() for fuzz targets built without libFuzzer: runs each file named on
 * the command line, whole and cut at every byte when it is small. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

enum { CUT_LIMIT = 4096 };

/* A copy of exactly n bytes, so that a sanitizer sees one byte too far. */
static void one(const uint8_t *data, size_t n)
{
	uint8_t *exact = malloc(n ? n : 1);

	if (!exact)
		abort();
	memcpy(exact, data, n);
	LLVMFuzzerTestOneInput(exact, n);
	free(exact);
}

static int file(const char *path)
{
	static uint8_t buf[1 << 20];
	FILE *f = fopen(path, "rb");
	size_t n;

	if (!f) {
		perror(path);
		return 1;
	}
	n = fread(buf, 1, sizeof(buf), f);
	fclose(f);
	one(buf, n);
	for (size_t cut = 0; n <= CUT_LIMIT && cut < n; cut++)
		one(buf, cut);
	return 0;
}

int main(int argc, char **argv)
{
	int bad = argc < 2;

	for (int i = 1; i < argc; i++)
		bad |= file(argv[i]);
	if (argc < 2)
		fprintf(stderr, "%s: no corpus file given\n", argv[0]);
	return bad;
}
