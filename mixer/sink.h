/* sink.h - the files of one call: claimed, fed and committed together. */
#pragma once
#include "mixer/writer.h"

typedef struct mix_sink mix_sink;

/* The two sides, their mix and their speakers, limited, n samples each. What no
 * output asks for is undefined. Speakers never get fewer. */
typedef struct mix_mixed {
	const int16_t *side[2];
	const int16_t *mono;
	const int16_t *speaker[2][MIX_SPEAKERS_MAX];
	unsigned speakers[2];
	size_t n;
} mix_mixed;

typedef enum mix_picture_kind {
	MIX_WAVEFORM,
	MIX_SPECTROGRAM,
	MIX_PICTURES
} mix_picture_kind;

/* Claims names for all outputs and opens them: NAME, or NAME-2, NAME-3 ...
 * where any of them is taken, or a NAME.json is there: a call whose sidecar is
 * written will take that name. The plan is lent for the sink's life. NULL on
 * failure, with nothing left behind. */
mix_sink *mix_sink_open(const mix_plan *plan, uint32_t rate, GError **err);
/* A new speaker gets files of his own, with silence up to here. */
bool mix_sink_write(mix_sink *s, const mix_mixed *m, GError **err);
bool mix_sink_flush(mix_sink *s, GError **err);
/* The plan asked for a picture: its bytes. */
bool mix_sink_picture(mix_sink *s, mix_picture_kind kind, const GByteArray *png,
		      GError **err);
/* Nothing more comes. Appends a mix_file for each to out->files, and tells the
 * paths of the pictures: names that mix_sink_publish() gives them. */
bool mix_sink_seal(mix_sink *s, mix_totals *out, GError **err);
/* Instead: mix_sink_publish() takes the files away. Returns their path without
 * an ending. */
char *mix_sink_drop(mix_sink *s);
bool mix_sink_publish(mix_sink *s, GError **err);
/* The part files stay. NULL is fine. */
void mix_sink_free(mix_sink *s);
/* False for outputs that would share a file or make no sense. */
bool mix_sink_check(const mix_plan *plan, GError **err);
