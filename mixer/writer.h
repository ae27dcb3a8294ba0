/* writer.h - samples into one file of one format. */
#pragma once
#include "mixer/mix.h"
#include "mixer/outfile_io.h"

/* What a file is to be. Strings are lent and live as long as the writer. */
typedef struct mix_spec {
	mix_output out;
	uint8_t channels;
	uint32_t rate;
	const char *title, *artist, *date, *comment;	/* or NULL */
} mix_spec;

typedef struct mix_writer mix_writer;

/* A family of formats. Its state starts with a mix_writer. */
typedef struct mix_writer_ops {
	/* NULL: the encoder refuses the spec, or disk trouble. */
	mix_writer *(*open)(const mix_spec *s, mix_outfile *f, GError **err);
	/* Interleaved. */
	bool (*write)(mix_writer *w, const int16_t *pcm, size_t frames,
		      GError **err);
	/* What is out is playable from now on; the encoder's state and so the
	 * final bytes stay the same. */
	bool (*flush)(mix_writer *w, GError **err);
	/* The encoder's rest and the final header; does not commit. */
	bool (*finish)(mix_writer *w, GError **err);
	void (*free)(mix_writer *w);
} mix_writer_ops;

struct mix_writer {
	const mix_writer_ops *ops;
	mix_outfile *file;	/* lent */
	mix_spec spec;
};

extern const mix_writer_ops mix_wav_ops, mix_sndfile_ops, mix_lame_ops,
	mix_opus_ops;

const mix_writer_ops *mix_writer_ops_of(mix_format f);
/* "wav", "flac", ... */
const char *mix_writer_extension(mix_format f);
