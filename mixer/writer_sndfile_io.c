/* FLAC and Ogg Vorbis through libsndfile, on top of our own file. libsndfile
 * chooses Ogg's serial number at random, so it is replaced in Vorbis files. */
#include <sndfile.h>
#include <string.h>

#include "mixer/restamp.h"
#include "mixer/writer.h"

enum { SERIAL = 0x65647470 };	/* "edtp" */

typedef struct sndfile {
	mix_writer base;
	SNDFILE *snd;
	sf_count_t at;		/* where libsndfile thinks it is */
	sf_count_t end;		/* and how long it thinks the file is */
	GByteArray *held, *ready;	/* Vorbis: see mix_restamp() */
	GError *trouble;	/* met inside a call-back */
} sndfile;

static sf_count_t io_length(void *user)
{
	const sndfile *w = user;

	return w->end;
}

static sf_count_t io_tell(void *user)
{
	const sndfile *w = user;

	return w->at;
}

static sf_count_t io_seek(sf_count_t offset, int whence, void *user)
{
	sndfile *w = user;
	sf_count_t from = whence == SEEK_SET ? 0
		: whence == SEEK_CUR ? w->at : io_length(user);

	if (from + offset < 0 || from + offset > io_length(user))
		return -1;
	w->at = from + offset;
	return w->at;
}

/* No format here reads what it wrote. */
static sf_count_t io_read(void *to, sf_count_t n, void *user)
{
	(void)to;
	(void)n;
	(void)user;
	return 0;
}

static bool append_pages(sndfile *w, const uint8_t *p, size_t n)
{
	g_byte_array_set_size(w->ready, 0);
	mix_restamp(w->held, p, n, SERIAL, w->ready);
	return mix_outfile_append(w->base.file, w->ready->data, w->ready->len,
				  &w->trouble);
}

/* FLAC goes back to its header at the end; Vorbis only appends. */
static bool put_bytes_at(sndfile *w, const uint8_t *p, size_t n)
{
	size_t over = (size_t)MIN((sf_count_t)n, w->end - w->at);

	if (w->base.spec.out.format == MIX_VORBIS)
		return append_pages(w, p, n);
	if (over && !mix_outfile_patch(w->base.file, (uint64_t)w->at, p, over,
				       &w->trouble))
		return false;
	return mix_outfile_append(w->base.file, p + over, n - over,
				  &w->trouble);
}

static sf_count_t io_write(const void *from, sf_count_t n, void *user)
{
	sndfile *w = user;

	if (w->trouble || !put_bytes_at(w, from, (size_t)n))
		return 0;
	w->at += n;
	w->end = MAX(w->end, w->at);
	return n;
}

static SF_VIRTUAL_IO io = {
	.get_filelen = io_length,
	.seek = io_seek,
	.read = io_read,
	.write = io_write,
	.tell = io_tell,
};

static bool fail(sndfile *w, GError **err)
{
	if (w->trouble)
		g_propagate_error(err, g_steal_pointer(&w->trouble));
	else
		g_set_error(err, MIX_ERROR, MIX_ERROR_ENCODER, "%s: %s",
			    mix_outfile_path(w->base.file),
			    sf_strerror(w->snd));
	return false;
}

static int format_of(const mix_spec *s)
{
	if (s->out.format == MIX_FLAC)
		return SF_FORMAT_FLAC | SF_FORMAT_PCM_16;
	return SF_FORMAT_OGG | SF_FORMAT_VORBIS;
}

/* libsndfile wants 0 to 1 for both families. */
static void set_quality(sndfile *w)
{
	double level = w->base.spec.out.quality;

	if (level < 0)
		level = w->base.spec.out.format == MIX_FLAC ? 2 : 4;
	if (w->base.spec.out.format == MIX_FLAC) {
		level = MIN(level, 8) / 8;
		sf_command(w->snd, SFC_SET_COMPRESSION_LEVEL, &level,
			   sizeof(level));
		return;
	}
	level /= 10;
	sf_command(w->snd, SFC_SET_VBR_ENCODING_QUALITY, &level,
		   sizeof(level));
}

static void set_tags(sndfile *w)
{
	const mix_spec *s = &w->base.spec;

	if (s->title)
		sf_set_string(w->snd, SF_STR_TITLE, s->title);
	if (s->artist)
		sf_set_string(w->snd, SF_STR_ARTIST, s->artist);
	if (s->date)
		sf_set_string(w->snd, SF_STR_DATE, s->date);
	if (s->comment)
		sf_set_string(w->snd, SF_STR_COMMENT, s->comment);
}

static void sndfile_free(mix_writer *base)
{
	sndfile *w = (sndfile *)base;

	if (!w)
		return;
	if (w->snd)
		sf_close(w->snd);
	g_byte_array_unref(w->held);
	g_byte_array_unref(w->ready);
	g_clear_error(&w->trouble);
	g_free(w);
}

static mix_writer *sndfile_open(const mix_spec *s, mix_outfile *f,
				GError **err)
{
	sndfile *w = g_new0(sndfile, 1);
	SF_INFO info = {
		.samplerate = (int)s->rate,
		.channels = s->channels,
		.format = format_of(s),
	};

	w->base = (mix_writer){&mix_sndfile_ops, f, *s};
	w->held = g_byte_array_new();
	w->ready = g_byte_array_new();
	w->snd = sf_open_virtual(&io, SFM_WRITE, &info, w);
	if (w->snd) {
		set_quality(w);
		set_tags(w);
		return &w->base;
	}
	fail(w, err);
	sndfile_free(&w->base);
	return NULL;
}

static bool sndfile_write(mix_writer *base, const int16_t *pcm, size_t frames,
			  GError **err)
{
	sndfile *w = (sndfile *)base;
	sf_count_t n = (sf_count_t)frames;

	return sf_writef_short(w->snd, pcm, n) == n && !w->trouble
		? true : fail(w, err);
}

static bool sndfile_flush(mix_writer *base, GError **err)
{
	return mix_outfile_flush(base->file, err);
}

static bool sndfile_finish(mix_writer *base, GError **err)
{
	sndfile *w = (sndfile *)base;
	int bad = sf_close(g_steal_pointer(&w->snd));

	return bad || w->trouble ? fail(w, err) : true;
}

const mix_writer_ops mix_sndfile_ops = {
	.open = sndfile_open,
	.write = sndfile_write,
	.flush = sndfile_flush,
	.finish = sndfile_finish,
	.free = sndfile_free,
};
