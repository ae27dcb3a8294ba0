/* MP3 through lame. The first frame is a place holder until the end, when it
 * becomes the LAME tag with the exact length. Nothing that lame would take
 * from clock or chance is written. */
#include <lame/lame.h>
#include <string.h>

#include "mixer/writer.h"

enum {
	QUALITY = 7,		/* lame's -q; what speech at 8 kHz is worth */
	VBR_QUALITY = 5,
	TAG_FRAME = 192,	/* octets: header, side information, tag */
	CHUNK = 1152,		/* frames given to lame at a time */
	OUT = CHUNK * 5 / 4 + 7200,	/* lame.h's worst case */
};

typedef struct mp3 {
	mix_writer base;
	lame_t lame;
	uint64_t tag_at;	/* offset of the LAME tag frame */
	uint8_t out[OUT];
} mp3;

/* Good speech; lame takes the nearest rate that the format has. */
static int default_kbps(const mix_spec *s)
{
	int mono = s->rate <= 8000 ? 24 : s->rate <= 16000 ? 32 :
		s->rate <= 24000 ? 48 : 64;

	return mono * s->channels;
}

static MPEG_mode mode_of(const mix_spec *s)
{
	if (s->channels == 1)
		return MONO;
	return s->out.joint ? JOINT_STEREO : STEREO;
}

/* ID3v2.3 has a frame for the year, one for day and month, one for the hour and
 * minute, each of four digits. */
static void set_date(lame_t lame, const char *iso)
{
	char year[5], day[10], minute[10];

	if (strlen(iso) < strlen("2026-11-21T22:28")) {
		id3tag_set_year(lame, iso);
		return;
	}
	g_snprintf(year, sizeof(year), "%.4s", iso);
	g_snprintf(day, sizeof(day), "TDAT=%.2s%.2s", iso + 8, iso + 5);
	g_snprintf(minute, sizeof(minute), "TIME=%.2s%.2s", iso + 11, iso + 14);
	id3tag_set_year(lame, year);
	id3tag_set_fieldvalue(lame, day);
	id3tag_set_fieldvalue(lame, minute);
}

static void set_tags(lame_t lame, const mix_spec *s)
{
	id3tag_init(lame);
	id3tag_v2_only(lame);
	if (s->title)
		id3tag_set_title(lame, s->title);
	if (s->artist)
		id3tag_set_artist(lame, s->artist);
	if (s->date)
		set_date(lame, s->date);
	if (s->comment)
		id3tag_set_comment(lame, s->comment);
}

/* The LAME tag, which tells players what to cut off at both ends, needs a frame
 * of its own size. If the frames of a constant rate are smaller, an average
 * rate that may not vary is used instead: the tag's frame may then be
 * larger. */
static void set_rate(lame_t lame, const mix_spec *s, int kbps)
{
	int samples = s->rate > 24000 ? 1152 : 576;
	int frame = samples / 8 * kbps * 1000 / (int)s->rate;

	if (frame >= TAG_FRAME) {
		lame_set_brate(lame, kbps);
		return;
	}
	lame_set_VBR(lame, vbr_abr);
	lame_set_VBR_mean_bitrate_kbps(lame, kbps);
	lame_set_VBR_min_bitrate_kbps(lame, kbps);
	lame_set_VBR_max_bitrate_kbps(lame, kbps);
}

static bool set_up(lame_t lame, const mix_spec *s, float scale)
{
	int kbps = s->out.kbps ? s->out.kbps : default_kbps(s);

	lame_set_num_channels(lame, s->channels);
	lame_set_in_samplerate(lame, (int)s->rate);
	lame_set_out_samplerate(lame, (int)s->rate);
	lame_set_mode(lame, mode_of(s));
	lame_set_quality(lame, s->out.vbr || s->out.quality < 0
				 ? QUALITY : s->out.quality);
	if (s->out.vbr) {
		lame_set_VBR(lame, vbr_mtrh);
		lame_set_VBR_q(lame, s->out.quality < 0 ? VBR_QUALITY
							: s->out.quality);
	} else {
		set_rate(lame, s, kbps);
	}
	lame_set_scale(lame, scale);
	lame_set_write_id3tag_automatic(lame, 0);
	lame_set_bWriteVbrTag(lame, 1);
	set_tags(lame, s);
	return lame_init_params(lame) >= 0;
}

/* For rates up to 128 kbit/s lame reduces all samples by 5 %, for others by
 * less or nothing. A recording's level must not depend on its format. */
static lame_t lame_new(const mix_spec *s)
{
	float scale = s->out.vbr ? 1 : 1 / 0.95f;

	for (int tries = 0; tries < 2; tries++) {
		lame_t lame = lame_init();
		float made;

		g_assert(lame);
		if (!set_up(lame, s, scale)) {
			lame_close(lame);
			return NULL;
		}
		made = lame_get_scale(lame);
		if (tries || (made > 0.9999f && made < 1.0001f))
			return lame;
		scale /= made;
		lame_close(lame);
	}
	return NULL;
}

static bool put_id3(mp3 *w, GError **err)
{
	size_t n = lame_get_id3v2_tag(w->lame, NULL, 0);
	g_autofree uint8_t *tag = g_malloc(n + 1);

	n = lame_get_id3v2_tag(w->lame, tag, n);
	w->tag_at = n;
	return mix_outfile_append(w->base.file, tag, n, err);
}

static void mp3_free(mix_writer *base)
{
	mp3 *w = (mp3 *)base;

	if (!w)
		return;
	if (w->lame)
		lame_close(w->lame);
	g_free(w);
}

static mix_writer *mp3_open(const mix_spec *s, mix_outfile *f, GError **err)
{
	mp3 *w = g_new(mp3, 1);

	w->base = (mix_writer){&mix_lame_ops, f, *s};
	w->lame = lame_new(s);
	if (!w->lame)
		g_set_error(err, MIX_ERROR, MIX_ERROR_ENCODER,
			    "%s: lame refuses %u Hz, %u channels, %u kbit/s",
			    mix_outfile_path(f), s->rate, s->channels,
			    s->out.kbps);
	else if (put_id3(w, err))
		return &w->base;
	mp3_free(&w->base);
	return NULL;
}

static bool put_frames(mp3 *w, int n, GError **err)
{
	if (n < 0) {
		g_set_error(err, MIX_ERROR, MIX_ERROR_ENCODER,
			    "%s: lame failed with %d",
			    mix_outfile_path(w->base.file), n);
		return false;
	}
	return mix_outfile_append(w->base.file, w->out, (size_t)n, err);
}

static bool mp3_write(mix_writer *base, const int16_t *pcm, size_t frames,
		      GError **err)
{
	mp3 *w = (mp3 *)base;

	while (frames) {
		int n = (int)MIN(frames, CHUNK);
		/* LAME does not write through these pointers. */
		short *in = (short *)(uintptr_t)pcm;
		int got = base->spec.channels == 1
			? lame_encode_buffer(w->lame, in, in, n, w->out, OUT)
			: lame_encode_buffer_interleaved(w->lame, in, n,
							 w->out, OUT);

		if (!put_frames(w, got, err))
			return false;
		pcm += (size_t)n * base->spec.channels;
		frames -= (size_t)n;
	}
	return true;
}

static bool mp3_flush(mix_writer *base, GError **err)
{
	return mix_outfile_flush(base->file, err);
}

static bool mp3_finish(mix_writer *base, GError **err)
{
	mp3 *w = (mp3 *)base;
	size_t n;

	if (!put_frames(w, lame_encode_flush(w->lame, w->out, OUT), err))
		return false;
	n = lame_get_lametag_frame(w->lame, w->out, OUT);
	if (!n || n > OUT || w->tag_at + n > mix_outfile_size(base->file))
		return true;
	return mix_outfile_patch(base->file, w->tag_at, w->out, n, err);
}

const mix_writer_ops mix_lame_ops = {
	.open = mp3_open,
	.write = mp3_write,
	.flush = mp3_flush,
	.finish = mp3_finish,
	.free = mp3_free,
};
