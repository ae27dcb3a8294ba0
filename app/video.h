/* video.h - the H.264 of one call, beside its recording: a file for each side
 * and m= line, as it was sent. */
#pragma once
#include <glib.h>

#include "decoder/dec.h"

typedef struct video video;

typedef struct video_file {
	char *path;
	uint8_t side, media;
	clk_mono first;		/* capture time of the first packet */
	uint64_t pictures;
	unsigned others;	/* simulcast streams left out beside it */
} video_file;

/* For all of the process: libavformat says nothing by itself. */
void video_quiet(void);
/* Files grow in `dir` under names made of `id`, which no other call has;
 * `ending` is "mp4" or "mkv"; `window_ms` how long packets out of order are
 * awaited. */
video *video_new(const char *dir, const char *id, const char *ending,
		 unsigned window_ms);
void video_free(video *v);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(video, video_free)
/* Codecs other than H264 and X-H264UC are ignored. */
void video_payload(video *v, const dec_payload *p);
/* Gives the files their names. `base` is the recording's path without its
 * ending; `own` says that existing files of these names are from an earlier
 * render of the call, and are replaced. Returns video_file, lent; files without
 * a picture that can be shown are left out. */
const GArray *video_finish(video *v, const char *base, bool own, GError **err);
