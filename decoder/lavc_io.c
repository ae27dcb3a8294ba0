#include "decoder/lavc_io.h"

#include <dlfcn.h>
#include <glib.h>
#include <stdbool.h>
#include <string.h>

#define CODEC "libavcodec.so." G_STRINGIFY(LIBAVCODEC_VERSION_MAJOR)
#define FORMAT "libavformat.so." G_STRINGIFY(LIBAVFORMAT_VERSION_MAJOR)

static bool find(void *library, const char *name, void *to)
{
	void *f = dlsym(library, name);

	memcpy(to, &f, sizeof(f));
	return f != NULL;
}

static void *load(void *unused)
{
	static dec_lavc table;
	void *codec = dlopen(CODEC, RTLD_NOW);
	void *format = dlopen(FORMAT, RTLD_NOW);
	bool ok = codec && format;

	(void)unused;
#define FIND_CODEC(f) ok = ok && find(codec, #f, &table.f);
#define FIND_FORMAT(f) ok = ok && find(format, #f, &table.f);
	DEC_LAVC_CODEC(FIND_CODEC)
	DEC_LAVC_FORMAT(FIND_FORMAT)
	return ok ? &table : NULL;
}

const dec_lavc *dec_lavc_load(void)
{
	static GOnce once = G_ONCE_INIT;

	return g_once(&once, load, NULL);
}
