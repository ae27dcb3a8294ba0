#include "decoder/plugin.h"

#include <dlfcn.h>
#include <errno.h>
#include <sys/stat.h>

G_DEFINE_QUARK(dec_plugin_error, dec_plugin_error)

enum { RATE_MIN = 8000, RATE_MAX = 48000 };

typedef struct loaded {
	void *handle;		/* of the shared object */
	const edgetape_codec *codec;
} loaded;

struct dec_plugins {
	GArray *list;		/* of loaded */
};

dec_plugins *dec_plugins_new(void)
{
	dec_plugins *set = g_new(dec_plugins, 1);

	set->list = g_array_new(FALSE, FALSE, sizeof(loaded));
	return set;
}

void dec_plugins_free(dec_plugins *set)
{
	if (!set)
		return;
	for (guint i = 0; i < set->list->len; i++)
		dlclose(g_array_index(set->list, loaded, i).handle);
	g_array_unref(set->list);
	g_free(set);
}

static bool fail(const char *path, dec_plugin_error code, const char *why,
		 GError **err)
{
	g_set_error(err, DEC_PLUGIN_ERROR, (int)code, "codec plug-in %s: %s",
		    path, why);
	return false;
}

/* Its code will run with the recorder's rights: nobody else may be able to
 * put other code there. */
static bool file_ok(const char *path, GError **err)
{
	struct stat st;

	if (!g_path_is_absolute(path))
		return fail(path, DEC_PLUGIN_ERROR_FILE,
			    "the path is not absolute", err);
	if (stat(path, &st) < 0)
		return fail(path, DEC_PLUGIN_ERROR_FILE, g_strerror(errno),
			    err);
	if (!S_ISREG(st.st_mode))
		return fail(path, DEC_PLUGIN_ERROR_FILE, "not a file", err);
	if (st.st_mode & (S_IWGRP | S_IWOTH))
		return fail(path, DEC_PLUGIN_ERROR_FILE,
			    "writable by group or others", err);
	return true;
}

static bool codec_ok(const char *path, const edgetape_codec *c, GError **err)
{
	g_autofree char *why = NULL;

	if (!c)
		return fail(path, DEC_PLUGIN_ERROR_ABI, "offers no codec",
			    err);
	if (c->abi != EDGETAPE_CODEC_ABI) {
		why = g_strdup_printf("made for interface %u, this is %u",
				      c->abi, EDGETAPE_CODEC_ABI);
		return fail(path, DEC_PLUGIN_ERROR_ABI, why, err);
	}
	if (c->size < sizeof *c || !c->name || !c->match || !c->open ||
	    !c->ticks || !c->decode || !c->close)
		return fail(path, DEC_PLUGIN_ERROR_ABI,
			    "leaves out a required function", err);
	return true;
}

static const edgetape_codec *ask(void *handle)
{
	const edgetape_codec *(*entry)(void);

	/* POSIX's own idiom: ISO C has no cast from object to function. */
	*(void **)&entry = dlsym(handle, "edgetape_codec_plugin");
	return entry ? entry() : NULL;
}

bool dec_plugins_load(dec_plugins *set, const char *path, GError **err)
{
	loaded one;

	if (!file_ok(path, err))
		return false;
	one.handle = dlopen(path, RTLD_NOW | RTLD_LOCAL);
	if (!one.handle)
		return fail(path, DEC_PLUGIN_ERROR_FILE, dlerror(), err);
	one.codec = ask(one.handle);
	if (!codec_ok(path, one.codec, err)) {
		dlclose(one.handle);
		return false;
	}
	g_array_append_val(set->list, one);
	return true;
}

const edgetape_codec *dec_plugins_find(const dec_plugins *set,
				       const call_payload *p, uint32_t *rate)
{
	const edgetape_codec_format f = {p->name, p->clock, p->channels,
					 p->fmtp};

	for (guint i = 0; set && i < set->list->len; i++) {
		const loaded *one = &g_array_index(set->list, loaded, i);

		*rate = one->codec->match(&f);
		if (*rate >= RATE_MIN && *rate <= RATE_MAX)
			return one->codec;
	}
	return NULL;
}
