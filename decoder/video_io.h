/* video_io.h - writes access units of H.264 to an MP4 or Matroska file as they
 * are, without encoding again. */
#pragma once
#include <glib.h>

#include "decoder/h264.h"

typedef struct dec_video dec_video;

#define DEC_VIDEO_ERROR (dec_video_error_quark())
typedef enum dec_video_error {
	DEC_VIDEO_ERROR_OPEN,
	DEC_VIDEO_ERROR_WRITE,
	DEC_VIDEO_ERROR_EMPTY,	/* there was no key picture */
} dec_video_error;
GQuark dec_video_error_quark(void);

/* WORKER. The name's ending (.mp4 or .mkv) selects the format. The file is
 * created at the first key picture and can be played while it grows. Free with
 * dec_video_free(). */
dec_video *dec_video_new(const char *path, GError **err);
/* WORKER. Pictures before the first key picture are left out, because nothing
 * could show them. */
bool dec_video_put(dec_video *v, const dec_h264_unit *u, GError **err);
/* WORKER. Completes the file. Does not free. */
bool dec_video_finish(dec_video *v, GError **err);
/* WORKER. NULL is fine; an unfinished file stays as it is. */
void dec_video_free(dec_video *v);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(dec_video, dec_video_free)
/* Pictures written. */
uint64_t dec_video_pictures(const dec_video *v);
