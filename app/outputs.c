/* outputs.c - the files to make of a call, from what the user writes:
 * "wav;mp3/vbr/mono;opus/24k/celt". */
#include "app/setup.h"

#include <string.h>

/* As in the table of configuration keys: the layouts that a word stands for. */
static const struct {
	const char *word;
	uint8_t first, last;
} layouts[] = {
	{"stereo", MIX_STEREO, MIX_STEREO},
	{"mono", MIX_MONO, MIX_MONO},
	{"separate", MIX_CALLER, MIX_CALLEE},
};

static bool format_of(span name, uint8_t *out)
{
	static const char *const names[MIX_FORMATS] = {
		[MIX_WAV] = "wav",   [MIX_WAV_ULAW] = "wav-ulaw",
		[MIX_RF64] = "rf64", [MIX_RF64_ULAW] = "rf64-ulaw",
		[MIX_FLAC] = "flac", [MIX_OPUS] = "opus",
		[MIX_VORBIS] = "vorbis", [MIX_MP3] = "mp3",
	};

	for (uint8_t i = 0; i < MIX_FORMATS; i++) {
		if (span_eq(name, names[i])) {
			*out = i;
			return true;
		}
	}
	return false;
}

static bool layout_of(span word, unsigned *out)
{
	for (unsigned i = 0; i < G_N_ELEMENTS(layouts); i++) {
		if (span_eq(word, layouts[i].word)) {
			*out = i;
			return true;
		}
	}
	return false;
}

/* "24k" */
static bool rate_of(span word, mix_output *o)
{
	uint64_t kbps;

	if (word.left < 2 || word.p[word.left - 1] != 'k' ||
	    (o->format != MIX_MP3 && o->format != MIX_OPUS))
		return false;
	word.left--;
	if (!span_number(word, 512, &kbps) || kbps < 6)
		return false;
	o->kbps = (uint16_t)kbps;
	return true;
}

/* "q5" */
static bool quality_of(span word, mix_output *o)
{
	static const uint8_t most[MIX_FORMATS] = {
		[MIX_FLAC] = 8, [MIX_OPUS] = 10, [MIX_VORBIS] = 10,
		[MIX_MP3] = 9,
	};
	uint8_t q;
	uint64_t v;

	if (!most[o->format] || !span_u8(&word, &q) || q != 'q' ||
	    !span_number(word, most[o->format], &v))
		return false;
	o->quality = (int8_t)v;
	return true;
}

static bool word_of(span word, mix_output *o)
{
	bool *flag = NULL;

	if (o->format == MIX_MP3 && span_eq(word, "vbr"))
		flag = &o->vbr;
	if (o->format == MIX_MP3 && span_eq(word, "joint"))
		flag = &o->joint;
	if (o->format == MIX_OPUS && span_eq(word, "celt"))
		flag = &o->celt;
	if (!flag)
		return rate_of(word, o) || quality_of(word, o);
	*flag = true;
	return true;
}

static bool refuse(const char *text, const char *why, span word, GError **err)
{
	g_autofree char *said = span_dup(word);

	if (strcmp(text, said))
		g_set_error(err, SETUP_ERROR, SETUP_ERROR_VALUE,
			    "\"%s\": \"%s\" %s", text, said, why);
	else
		g_set_error(err, SETUP_ERROR, SETUP_ERROR_VALUE, "\"%s\" %s",
			    said, why);
	return false;
}

/* False with the error set. */
static bool parse_output(const char *text, mix_output *o, unsigned *layout,
			 GError **err)
{
	span all = span_str(text), word;
	bool more = span_until(&all, '/', &word);

	if (!more)
		word = all;
	*o = (mix_output){.quality = -1};
	if (!format_of(word, &o->format))
		return refuse(text, "is not a format: wav, wav-ulaw, "
				    "rf64, rf64-ulaw, mp3, flac, opus, vorbis", word, err);
	while (more) {
		more = span_until(&all, '/', &word);
		if (!more)
			word = all;
		if (!layout_of(word, layout) && !word_of(word, o))
			return refuse(text, "says nothing of this format",
				      word, err);
	}
	return true;
}

GArray *setup_outputs(char **formats, unsigned layout, GError **err)
{
	g_autoptr(GArray) a = g_array_new(FALSE, TRUE, sizeof(mix_output));

	for (; *formats; formats++) {
		unsigned l = layout;
		mix_output o;

		if (!parse_output(*formats, &o, &l, err))
			return NULL;
		for (o.layout = layouts[l].first; o.layout <= layouts[l].last;
		     o.layout++)
			g_array_append_val(a, o);
	}
	if (a->len)
		return g_steal_pointer(&a);
	g_set_error(err, SETUP_ERROR, SETUP_ERROR_VALUE,
		    "no format is asked for");
	return NULL;
}
