#include "app/video.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <libavutil/log.h>
#include <unistd.h>

#include "decoder/h264.h"
#include "decoder/video_io.h"

enum {
	TRACKS_MAX = 16,	/* m= lines times sides of one call */
	CLOCK_KHZ = 90,
};

typedef struct track {
	video_file file;
	char *part;		/* the file while it grows */
	dec_h264 *h264;
	dec_video *out;		/* NULL after a failure */
	GError *trouble;	/* the first */
} track;

struct video {
	char *dir, *id, *ending;
	unsigned window_ms;
	GPtrArray *tracks;	/* of track */
	GArray *files;		/* of video_file */
};

static void track_free(void *p)
{
	track *t = p;

	dec_h264_free(t->h264);
	dec_video_free(t->out);
	if (t->part)
		g_unlink(t->part);
	g_clear_error(&t->trouble);
	g_free(t->part);
	g_free(t->file.path);
	g_free(t);
}

void video_quiet(void)
{
	av_log_set_level(AV_LOG_QUIET);
}

video *video_new(const char *dir, const char *id, const char *ending,
		 unsigned window_ms)
{
	video *v = g_new0(video, 1);

	v->dir = g_strdup(dir);
	v->id = g_strdup(id);
	v->ending = g_strdup(ending);
	v->window_ms = window_ms;
	v->tracks = g_ptr_array_new_with_free_func(track_free);
	v->files = g_array_new(FALSE, TRUE, sizeof(video_file));
	return v;
}

void video_free(video *v)
{
	if (!v)
		return;
	g_ptr_array_unref(v->tracks);
	g_array_unref(v->files);
	g_free(v->dir);
	g_free(v->id);
	g_free(v->ending);
	g_free(v);
}

static void on_unit(void *user, const dec_h264_unit *u)
{
	track *t = user;

	if (t->out && !dec_video_put(t->out, u, &t->trouble))
		g_clear_pointer(&t->out, dec_video_free);
}

/* NAME-caller-video1.mp4: the number is the m= line's. */
static char *path_of(const char *base, const char *ending, const track *t,
		     unsigned again)
{
	g_autofree char *more = again ? g_strdup_printf("-%u", again + 1)
				      : g_strdup("");

	return g_strdup_printf("%s-%s-video%u%s.%s", base,
			       t->file.side == CALL_CALLER ? "caller"
							   : "callee",
			       t->file.media, more, ending);
}

static char *part_of(const video *v, const track *t)
{
	g_autofree char *hidden = g_strdup_printf("%s/.part-%s", v->dir,
						  v->id);

	return path_of(hidden, v->ending, t, 0);
}

static track *track_of(video *v, const dec_payload *p)
{
	track *t;

	for (guint i = 0; i < v->tracks->len; i++) {
		t = g_ptr_array_index(v->tracks, i);
		if (t->file.side == p->side && t->file.media == p->media)
			return t;
	}
	if (v->tracks->len == TRACKS_MAX)
		return NULL;
	t = g_new0(track, 1);
	t->file = (video_file){.side = p->side, .media = p->media,
			       .first = p->arrival};
	t->part = part_of(v, t);
	t->h264 = dec_h264_new(v->window_ms * CLOCK_KHZ, on_unit, t);
	t->out = dec_video_new(t->part, &t->trouble);
	g_ptr_array_add(v->tracks, t);
	return t;
}

void video_payload(video *v, const dec_payload *p)
{
	track *t;

	if (g_ascii_strcasecmp(p->name, "H264") &&
	    g_ascii_strcasecmp(p->name, "X-H264UC"))
		return;
	t = track_of(v, p);
	if (t)
		(void)dec_h264_packet(t->h264, p->ssrc, p->seq, p->ts,
				      p->bytes);
}

/* link(2) rather than rename(2), so that an existing file is not replaced. */
static bool give_name(track *t, const char *base, const char *ending, bool own,
		      GError **err)
{
	for (unsigned again = 0; again < 1000; again++) {
		g_autofree char *path = path_of(base, ending, t, again);

		if ((own ? rename : link)(t->part, path) == 0) {
			t->file.path = g_steal_pointer(&path);
			return true;
		}
		if (errno != EEXIST)
			break;
	}
	g_set_error(err, DEC_VIDEO_ERROR, DEC_VIDEO_ERROR_WRITE,
		    "%s: cannot be given its name: %s", t->part,
		    g_strerror(errno));
	return false;
}

/* False on a failure; a track without a picture is none. */
static bool finish_track(track *t, const char *base, const char *ending,
			 bool own, GError **err)
{
	dec_h264_flush(t->h264);
	if (!t->out) {
		g_propagate_error(err, g_steal_pointer(&t->trouble));
		return false;
	}
	t->file.pictures = dec_video_pictures(t->out);
	t->file.others = dec_h264_others(t->h264);
	if (!t->file.pictures)
		return true;
	return dec_video_finish(t->out, err) &&
	       give_name(t, base, ending, own, err);
}

const GArray *video_finish(video *v, const char *base, bool own, GError **err)
{
	for (guint i = 0; i < v->tracks->len; i++) {
		track *t = g_ptr_array_index(v->tracks, i);

		if (!finish_track(t, base, v->ending, own, err))
			return NULL;
		if (t->file.path)
			g_array_append_val(v->files, t->file);
	}
	return v->files;
}
