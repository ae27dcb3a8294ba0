/* plugin.h - the codec plug-ins that a site has loaded. */
#pragma once
#include "decoder/codec.h"
#include "decoder/plugin_api.h"

#define DEC_PLUGIN_ERROR (dec_plugin_error_quark())
typedef enum dec_plugin_error {
	DEC_PLUGIN_ERROR_FILE,	/* missing, unsafe, or not a shared object */
	DEC_PLUGIN_ERROR_ABI,	/* not a codec plug-in of this version */
} dec_plugin_error;
GQuark dec_plugin_error_quark(void);

/* MAIN. An empty set; free with dec_plugins_free(), after every codec that was
 * opened with it. */
dec_plugins *dec_plugins_new(void);
/* NULL is fine. */
void dec_plugins_free(dec_plugins *set);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(dec_plugins, dec_plugins_free)

/* MAIN. Loads one shared object, whose code then runs in this process: call it
 * before any privilege is dropped, and not while codecs are open. The path must
 * be absolute and not writable by group or others. After a failure the set is
 * unchanged. */
bool dec_plugins_load(dec_plugins *set, const char *path, GError **err);
/* ANY. The first plug-in loaded that decodes the payload type, and its sampling
 * rate; NULL if there is none. `set` may be NULL. */
const edgetape_codec *dec_plugins_find(const dec_plugins *set,
				       const call_payload *p, uint32_t *rate);
