#include "mixer/sink.h"

#include <string.h>

#include "mixer/lane.h"

enum { NAMES_MAX = 9999, SILENCE = 4096 };

typedef struct outlet {
	mix_outfile *file;
	mix_writer *writer;
	unsigned speaker;	/* from 0 on, of a layout with one side */
} outlet;

struct mix_sink {
	const mix_plan *plan;
	uint32_t rate;
	char *name;
	GArray *outlets;	/* of outlet: one for each output, then those of
				 * further speakers */
	unsigned speakers[2];	/* that have theirs */
	uint64_t frames;	/* written so far */
	mix_outfile *picture[MIX_PICTURES];	/* NULL unless asked for */
	bool dropped;		/* the files go away */
	int16_t *woven;		/* one step interleaved; NULL before one */
};

static const char *const layout_suffix[MIX_LAYOUTS] = {
	[MIX_STEREO] = "",
	[MIX_MONO] = "-mono",
	[MIX_CALLER] = "-caller",
	[MIX_CALLEE] = "-callee",
};

static const char *const picture_suffix[MIX_PICTURES] = {
	[MIX_WAVEFORM] = ".png",
	[MIX_SPECTROGRAM] = "-spectrogram.png",
};

static char *file_name(const mix_sink *s, const mix_output *o)
{
	return g_strconcat(s->name, layout_suffix[o->layout], ".",
			   mix_writer_extension(o->format), NULL);
}

static bool refuse(GError **err, const char *why, guint i)
{
	g_set_error(err, MIX_ERROR, MIX_ERROR_PLAN, "output %u: %s", i + 1,
		    why);
	return false;
}

bool mix_sink_check(const mix_plan *plan, GError **err)
{
	bool seen[MIX_FORMATS][MIX_LAYOUTS] = {{false}};

	for (guint i = 0; i < plan->n_outputs; i++) {
		const mix_output *o = &plan->outputs[i];

		if (o->format >= MIX_FORMATS || o->layout >= MIX_LAYOUTS)
			return refuse(err, "no such format or layout", i);
		if (seen[o->format][o->layout])
			return refuse(err, "format and layout asked for twice",
				      i);
		seen[o->format][o->layout] = true;
		if (o->quality < -1 || o->quality > 10)
			return refuse(err, "quality is -1 or 0 to 10", i);
		if (o->kbps > 512)
			return refuse(err, "more than 512 kbit/s", i);
	}
	return true;
}

static void drop_outlets(mix_sink *s, bool keep)
{
	for (guint i = 0; i < s->outlets->len; i++) {
		outlet *o = &g_array_index(s->outlets, outlet, i);

		if (o->writer)
			o->writer->ops->free(o->writer);
		mix_outfile_free(o->file, keep);
	}
	g_array_set_size(s->outlets, 0);
	for (unsigned i = 0; i < MIX_PICTURES; i++)
		mix_outfile_free(g_steal_pointer(&s->picture[i]), keep);
}

static bool claim_picture(mix_sink *s, mix_picture_kind kind, bool *taken,
			  GError **err)
{
	const bool wanted[MIX_PICTURES] = {s->plan->picture,
					   s->plan->spectrogram};
	g_autofree char *name = g_strconcat(s->name, picture_suffix[kind],
					    NULL);

	if (*taken || !wanted[kind])
		return true;
	if (!mix_outfile_claim(s->plan->dir, name, s->plan->own,
			       &s->picture[kind], err))
		return false;
	*taken = !s->picture[kind];
	return true;
}

/* Its sidecar is there: the call that wrote it takes the name next. */
static bool is_promised(const mix_sink *s)
{
	g_autofree char *path = g_strdup_printf("%s/%s.json", s->plan->dir,
						s->name);

	return !s->plan->own && g_file_test(path, G_FILE_TEST_EXISTS);
}

/* All files of one name or none. */
static bool claim_all(mix_sink *s, bool *taken, GError **err)
{
	*taken = is_promised(s);
	if (!claim_picture(s, MIX_WAVEFORM, taken, err) ||
	    !claim_picture(s, MIX_SPECTROGRAM, taken, err))
		return false;
	if (*taken) {
		drop_outlets(s, false);
		return true;
	}
	for (guint i = 0; i < s->plan->n_outputs; i++) {
		g_autofree char *name = file_name(s, &s->plan->outputs[i]);
		outlet o = {0};

		if (!mix_outfile_claim(s->plan->dir, name, s->plan->own,
				       &o.file, err))
			return false;
		if (!o.file) {
			drop_outlets(s, false);
			*taken = true;
			return true;
		}
		g_array_append_val(s->outlets, o);
	}
	return true;
}

static bool is_busy(const mix_sink *s, GError **err)
{
	g_set_error(err, MIX_ERROR, MIX_ERROR_OPEN,
		    "%s/%s: another render is at it", s->plan->dir, s->name);
	return false;
}

static bool claim_names(mix_sink *s, GError **err)
{
	bool taken;

	for (guint i = 1; i <= NAMES_MAX; i++) {
		g_free(s->name);
		s->name = i == 1 ? g_strdup(s->plan->name)
				 : g_strdup_printf("%s-%u", s->plan->name, i);
		if (!claim_all(s, &taken, err))
			return false;
		if (!taken)
			return true;
		if (s->plan->own)
			return is_busy(s, err);
	}
	g_set_error(err, MIX_ERROR, MIX_ERROR_OPEN, "%s/%s: %d names are taken",
		    s->plan->dir, s->plan->name, NAMES_MAX);
	return false;
}

static bool open_writer(const mix_sink *s, const mix_output *out, outlet *o,
			GError **err)
{
	const mix_plan *p = s->plan;
	const mix_spec spec = {
		.out = *out,
		.channels = out->layout == MIX_STEREO ? 2 : 1,
		.rate = s->rate,
		.title = p->title,
		.artist = p->artist,
		.date = p->date,
		.comment = p->comment,
	};

	o->writer = mix_writer_ops_of(out->format)->open(&spec, o->file, err);
	return o->writer != NULL;
}

static bool open_writers(mix_sink *s, GError **err)
{
	for (guint i = 0; i < s->outlets->len; i++) {
		if (!open_writer(s, &s->plan->outputs[i],
				 &g_array_index(s->outlets, outlet, i), err))
			return false;
	}
	return true;
}

static void sink_free(mix_sink *s, bool keep)
{
	drop_outlets(s, keep);
	g_array_unref(s->outlets);
	g_free(s->woven);
	g_free(s->name);
	g_free(s);
}

mix_sink *mix_sink_open(const mix_plan *plan, uint32_t rate, GError **err)
{
	mix_sink *s = g_new0(mix_sink, 1);

	s->plan = plan;
	s->rate = rate;
	s->speakers[CALL_CALLER] = s->speakers[CALL_CALLEE] = 1;
	s->outlets = g_array_new(FALSE, FALSE, sizeof(outlet));
	if (claim_names(s, err) && open_writers(s, err))
		return s;
	sink_free(s, false);
	return NULL;
}

/* The second speaker of the caller's side: NAME-caller-2.wav. Where somebody
 * put a file of that name meanwhile: NAME-caller-2-2.wav. */
static bool claim_speaker(const mix_sink *s, const mix_output *out, outlet *o,
			  GError **err)
{
	for (guint i = 1; i <= NAMES_MAX; i++) {
		g_autofree char *more = g_strdup_printf("-%u", i);
		g_autofree char *name = g_strdup_printf(
			"%s%s-%u%s.%s", s->name, layout_suffix[out->layout],
			o->speaker + 1, i == 1 ? "" : more,
			mix_writer_extension(out->format));

		if (!mix_outfile_claim(s->plan->dir, name, s->plan->own,
				       &o->file, err))
			return false;
		if (o->file)
			return true;
	}
	g_set_error(err, MIX_ERROR, MIX_ERROR_OPEN,
		    "%s/%s: %d names of speaker %u are taken", s->plan->dir,
		    s->name, NAMES_MAX, o->speaker + 1);
	return false;
}

static bool write_silence(const mix_sink *s, mix_writer *w, GError **err)
{
	static const int16_t silence[SILENCE];
	size_t n;

	for (uint64_t left = s->frames; left; left -= n) {
		n = (size_t)MIN(left, SILENCE);
		if (!w->ops->write(w, silence, n, err))
			return false;
	}
	return true;
}

static bool add_speaker(mix_sink *s, unsigned side, GError **err)
{
	mix_layout wanted = side == CALL_CALLER ? MIX_CALLER : MIX_CALLEE;

	for (guint i = 0; i < s->plan->n_outputs; i++) {
		const mix_output *out = &s->plan->outputs[i];
		outlet o = {.speaker = s->speakers[side]};
		bool open;

		if (out->layout != wanted)
			continue;
		if (!claim_speaker(s, out, &o, err))
			return false;
		open = open_writer(s, out, &o, err);
		g_array_append_val(s->outlets, o);
		if (!open || !write_silence(s, o.writer, err))
			return false;
	}
	s->speakers[side]++;
	return true;
}

static bool add_speakers(mix_sink *s, const mix_mixed *m, GError **err)
{
	for (unsigned side = 0; side < 2; side++) {
		while (s->speakers[side] < m->speakers[side]) {
			if (!add_speaker(s, side, err))
				return false;
		}
	}
	return true;
}

static const int16_t *lay_out(mix_sink *s, const outlet *o, const mix_mixed *m)
{
	mix_layout l = o->writer->spec.out.layout;

	switch (l) {
	case MIX_STEREO:
		s->woven = g_renew(int16_t, s->woven, 2 * m->n);
		mix_lane_weave(m->side[CALL_CALLER], m->side[CALL_CALLEE],
			       s->woven, m->n);
		return s->woven;
	case MIX_MONO:
		return m->mono;
	case MIX_CALLER:
		return m->speaker[CALL_CALLER][o->speaker];
	case MIX_CALLEE:
		return m->speaker[CALL_CALLEE][o->speaker];
	case MIX_LAYOUTS:
		break;
	}
	g_assert_not_reached();
}

bool mix_sink_write(mix_sink *s, const mix_mixed *m, GError **err)
{
	const int16_t *pcm = NULL;
	int laid = -1;

	if (!m->n)
		return true;
	if (!add_speakers(s, m, err))
		return false;
	for (guint i = 0; i < s->outlets->len; i++) {
		const outlet *o = &g_array_index(s->outlets, outlet, i);
		mix_writer *w = o->writer;

		/* Weaving is the work; it is done once for many formats. */
		if (laid != w->spec.out.layout || laid != MIX_STEREO)
			pcm = lay_out(s, o, m);
		laid = w->spec.out.layout;
		if (!w->ops->write(w, pcm, m->n, err))
			return false;
	}
	s->frames += m->n;
	return true;
}

bool mix_sink_flush(mix_sink *s, GError **err)
{
	g_clear_pointer(&s->woven, g_free);
	for (guint i = 0; i < s->outlets->len; i++) {
		mix_writer *w = g_array_index(s->outlets, outlet, i).writer;

		if (!w->ops->flush(w, err))
			return false;
	}
	return true;
}

static bool seal_outlet(outlet *o, GArray *files, GError **err)
{
	mix_file f = {
		.format = o->writer->spec.out.format,
		.layout = o->writer->spec.out.layout,
		.channels = o->writer->spec.channels,
		.speaker = o->speaker + 1,
	};

	if (!o->writer->ops->finish(o->writer, err) ||
	    !mix_outfile_seal(o->file, f.sha256, err))
		return false;
	f.bytes = mix_outfile_size(o->file);
	f.path = g_strdup(mix_outfile_path(o->file));
	g_array_append_val(files, f);
	return true;
}

bool mix_sink_picture(mix_sink *s, mix_picture_kind kind, const GByteArray *png,
		      GError **err)
{
	return mix_outfile_append(s->picture[kind], png->data, png->len, err);
}

static bool seal_picture(mix_sink *s, mix_picture_kind kind, char **path,
			 GError **err)
{
	char sha256[65];

	if (!s->picture[kind])
		return true;
	if (!mix_outfile_seal(s->picture[kind], sha256, err))
		return false;
	*path = g_strdup(mix_outfile_path(s->picture[kind]));
	return true;
}

bool mix_sink_seal(mix_sink *s, mix_totals *out, GError **err)
{
	for (guint i = 0; i < s->outlets->len; i++) {
		if (!seal_outlet(&g_array_index(s->outlets, outlet, i),
				 out->files, err))
			return false;
	}
	out->base = g_build_filename(s->plan->dir, s->name, NULL);
	return seal_picture(s, MIX_WAVEFORM, &out->picture, err) &&
	       seal_picture(s, MIX_SPECTROGRAM, &out->spectrogram, err);
}

char *mix_sink_drop(mix_sink *s)
{
	s->dropped = true;
	return g_build_filename(s->plan->dir, s->name, NULL);
}

bool mix_sink_publish(mix_sink *s, GError **err)
{
	if (s->dropped)
		drop_outlets(s, false);
	for (guint i = 0; i < s->outlets->len; i++) {
		if (!mix_outfile_publish(
			    g_array_index(s->outlets, outlet, i).file, err))
			return false;
	}
	for (unsigned i = 0; i < MIX_PICTURES; i++) {
		if (s->picture[i] && !mix_outfile_publish(s->picture[i], err))
			return false;
	}
	return mix_outfile_sync_dir(s->plan->dir, err);
}

void mix_sink_free(mix_sink *s)
{
	if (s)
		sink_free(s, true);
}
