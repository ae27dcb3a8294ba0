/* output.h - what is asked of a recording (its files, their names and content),
 * and the result. */
#pragma once
#include <glib.h>
#include <stdbool.h>

#include "core/clock.h"

enum {
	MIX_SPEAKERS_MAX = 16,	/* of a side; more are the last one */
	MIX_PEAKS_MAX = 1024,	/* of a side */
	MIX_NAME_MAX = 200,	/* octets of a file name without extension */
};

typedef enum mix_format {
	MIX_WAV,	/* PCM 16; becomes RF64 in place beyond 4 GiB */
	MIX_WAV_ULAW,
	MIX_RF64,	/* from its first octet on */
	MIX_RF64_ULAW,
	MIX_FLAC,
	MIX_OPUS,
	MIX_VORBIS,
	MIX_MP3,
	MIX_FORMATS
} mix_format;
/* ANY. Samples are in the file as soon as they are made: no encoder collects
 * them first. */
bool mix_format_at_once(mix_format f);

typedef enum mix_layout {
	MIX_STEREO,	/* caller left, callee right: NAME.ext */
	MIX_MONO,	/* both in one channel: NAME-mono.ext */
	MIX_CALLER,	/* only the caller: NAME-caller.ext; for several
			 * speakers of a side also NAME-caller-2.ext ... */
	MIX_CALLEE,
	MIX_LAYOUTS
} mix_layout;

typedef struct mix_output {
	uint8_t format;		/* mix_format */
	uint8_t layout;		/* mix_layout */
	bool vbr;		/* MP3 only */
	bool joint;		/* MP3 stereo: joint, else plain stereo */
	bool celt;		/* Opus: the cheaper mode for any sound instead
				 * of the voice mode */
	uint16_t kbps;		/* MP3, Opus; 0: the default for the rate */
	int8_t quality;		/* MP3: lame's 0..9; FLAC: level 0..8; Vorbis:
				 * 0..10; Opus: complexity 0..10; -1: the
				 * default */
} mix_output;

/* Everything is copied. NULL strings are left out of the files. */
typedef struct mix_plan {
	const char *dir;	/* exists; nothing is written outside it */
	const char *name;	/* of the files, without extension; one path
				 * component, see mix_name_expand() */
	const mix_output *outputs;
	size_t n_outputs;
	uint32_t rate;		/* 8000, 16000, 24000, 48000, or 0: the highest
				 * until MIX_LOOKAHEAD_MS after the first
				 * packet */
	bool mute_hold;		/* silence while a party is on hold, or
				 * transferred */
	bool mute_dtmf;		/* silence at DTMF marks, 60 ms around them, and
				 * at the tones of keys; no digit is reported */
	bool dtmf_tones;	/* keys reported by RFC 4733 are made audible;
				 * mute_dtmf wins */
	bool level;		/* each side's loudness brought to -23 dB */
	bool picture;		/* NAME.png with the waveform */
	bool spectrogram;	/* NAME-spectrogram.png */
	const char *title, *artist, *date, *comment;	/* tags */
	bool own;		/* a file with this name is what an earlier
				 * render of the same call left: it is made
				 * again in its place */
} mix_plan;

/* What the tokens of a file name pattern stand for. */
typedef struct mix_name {
	clk_wall begun;		/* {date} {time}, UTC */
	const char *caller, *callee, *call, *id, *user, *rule;
} mix_name;
/* ANY. "{date}-{time}_{caller}_{callee}" as one safe path component of at most
 * MIX_NAME_MAX octets; free with g_free(). NULL: an unknown token or an
 * unfinished brace. docs/timeline.md lists the tokens. */
char *mix_name_expand(const char *pattern, const mix_name *n, GError **err);

/* ---- what came of it ---- */

typedef struct mix_file {
	char *path;
	uint8_t format, layout, channels;
	unsigned speaker;	/* MIX_CALLER, MIX_CALLEE: from 1 on */
	uint64_t bytes;
	char sha256[65];
} mix_file;

/* A source of a speaker, or a contributor in it. */
typedef struct mix_speaker {
	uint8_t side;
	unsigned number;	/* from 1 on; as mix_file.speaker */
	uint32_t stream;
	uint32_t talker;	/* CSRC; 0: the source itself */
} mix_speaker;

/* Samples are counted at the recording's rate. */
typedef struct mix_side_totals {
	uint64_t decoded, concealed, comfort, undecodable, silent;
	uint64_t late;		/* arrived too late for their place */
	uint64_t clipped;	/* samples that the limiter had to reduce */
	double peak, rms;	/* 0..1 of full scale */
	unsigned streams;
} mix_side_totals;

typedef struct mix_totals {
	int64_t duration;	/* ns */
	uint64_t frames;
	uint32_t rate;
	mix_side_totals side[2];	/* by call_side */
	char *base;		/* DIR/NAME, with "-2" ... if that was added */
	GArray *files;		/* of mix_file */
	GArray *speakers;	/* of mix_speaker */
	char *picture, *spectrogram;	/* paths, or NULL */
	GArray *peaks[2];	/* with a picture, else NULL: of uint16, the
				 * greatest magnitude (to 32768) in each
				 * stretch of `stretch` samples */
	uint64_t stretch;
} mix_totals;
void mix_totals_clear(mix_totals *t);
