/* mix.h - a call's decoded sound in, aligned recordings and a timeline out.
 *
 * The bytes of every file are a function of what was handed in between
 * mix_call_begin() and mix_call_finish(), never of when mix_call_advance() was
 * called: a live render and a replay of its journal leave the same files. */
#pragma once
#include <glib.h>
#include <stdbool.h>

#include "core/call.h"
#include "core/pcm.h"

typedef struct mix_call mix_call;

#define MIX_ERROR (mix_error_quark())
typedef enum mix_error {
	MIX_ERROR_PLAN,		/* the outputs asked for make no sense */
	MIX_ERROR_OPEN,
	MIX_ERROR_DISK,		/* writing, syncing or renaming failed */
	MIX_ERROR_ENCODER,
} mix_error;
GQuark mix_error_quark(void);

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

typedef enum mix_layout {
	MIX_STEREO,	/* caller left, callee right: NAME.ext */
	MIX_MONO,	/* both in one channel: NAME-mono.ext */
	MIX_CALLER,	/* the caller alone: NAME-caller.ext; of a side with
			 * several speakers NAME-caller-2.ext ... too */
	MIX_CALLEE,
	MIX_LAYOUTS
} mix_layout;

typedef struct mix_output {
	uint8_t format;		/* mix_format */
	uint8_t layout;		/* mix_layout */
	bool vbr;		/* MP3 only */
	bool joint;		/* MP3 stereo: joint, else plain stereo */
	bool celt;		/* Opus: the cheaper mode for any sound, else
				 * the voice mode */
	uint16_t kbps;		/* MP3, Opus; 0: the default for the rate */
	int8_t quality;		/* MP3: lame's 0..9; FLAC: level 0..8; Vorbis:
				 * 0..10; Opus: complexity 0..10; -1: the
				 * default */
} mix_output;

/* Everything lent is copied. NULL strings are left out of the files. */
typedef struct mix_plan {
	const char *dir;	/* exists; nothing is written outside it */
	const char *name;	/* of the files, without extension; one path
				 * component, see mix_name_expand() */
	const mix_output *outputs;
	size_t n_outputs;
	uint32_t rate;		/* 8000, 16000, 24000, 48000, or 0: the highest
				 * carried until MIX_LOOKAHEAD_MS after the
				 * first packet */
	bool mute_hold;		/* silence while a party is on hold, or
				 * transferred */
	bool mute_dtmf;		/* silence over DTMF marks, 60 ms around, and
				 * over the tones of keys; no digit is told */
	bool dtmf_tones;	/* keys told by RFC 4733 are heard; mute_dtmf
				 * wins */
	bool level;		/* each side's loudness brought to -23 dB */
	bool picture;		/* NAME.png with the waveform */
	bool spectrogram;	/* NAME-spectrogram.png */
	const char *title, *artist, *date, *comment;	/* tags */
	bool own;		/* whatever has this name is what an earlier
				 * render of the same call left: made again in
				 * its place */
} mix_plan;

enum {
	MIX_LOOKAHEAD_MS = 1000, /* files are this far behind the capture */
	MIX_QUANTUM_MS = 100,	/* and grow in steps of this */
	MIX_SPEAKERS_MAX = 16,	/* of a side; more are the last one */
	MIX_PEAKS_MAX = 1024,	/* of a side */
	MIX_NAME_MAX = 200,	/* octets of a file name without extension */
};

typedef enum mix_kind {
	/* handed in by mix_call_mark() */
	MIX_HOLD,
	MIX_TRANSFER,
	MIX_PAUSE,
	MIX_EARLY,		/* media from before the answer */
	MIX_DTMF,
	MIX_TAG,
	MIX_GAP,		/* known loss; text is the one cause */
	MIX_STATE,		/* answered, transferred, codec: text says */
	/* found while mixing */
	MIX_SPEECH,		/* a stream is heard */
	MIX_CONCEALED,
	MIX_COMFORT,
	MIX_UNDECODABLE,
	MIX_TONE,		/* of a key, heard and taken out */
	MIX_SPEAKER,		/* who of several speaks: text */
	MIX_HOLE,		/* nothing was received inside a stream */
	MIX_LATE,		/* came after its place had been written */
	MIX_STEP,		/* the network's delay stepped; sound goes on */
	MIX_ANCHOR,		/* the sender's clock jumped; placed anew */
	MIX_KINDS
} mix_kind;

typedef enum mix_edge {
	MIX_AT,			/* lasts `length` (0: an instant) */
	MIX_ON,			/* lasts until the MIX_OFF of same kind, side */
	MIX_OFF,
} mix_edge;

typedef struct mix_mark {
	uint8_t kind;		/* mix_kind */
	uint8_t edge;		/* mix_edge */
	uint8_t side;		/* call_side; CALL_UNKNOWN: both */
	clk_mono at;
	clk_mono told;		/* when it was known, if later than `at`; 0:
				 * at once. No sample that may have been
				 * written by then changes */
	int64_t length;		/* ns */
	const char *text;	/* lent; one cause, a digit, ...; or NULL */
	/* MIX_DTMF, of a key that was told in a stream: */
	uint8_t volume;		/* -dBm0 of its tone */
	uint32_t stream;	/* as in pcm_block */
	uint32_t clock;		/* of `ts`; 0: `at` is all that is known */
	int64_t ts;		/* where it begins */
} mix_mark;

/* One line of the timeline; docs/timeline.md. */
typedef struct mix_marker {
	uint8_t kind;
	uint8_t side;
	int64_t at;		/* ns since the recording's begin */
	int64_t length;		/* ns */
	char text[48];
} mix_marker;

typedef struct mix_file {
	char *path;
	uint8_t format, layout, channels;
	unsigned speaker;	/* MIX_CALLER, MIX_CALLEE: from 1 on */
	uint64_t bytes;
	char sha256[65];
} mix_file;

/* A source of which a speaker was heard, or a contributor in it. */
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
	uint64_t clipped;	/* samples the limiter had to hold down */
	double peak, rms;	/* 0..1 of full scale */
	unsigned streams;
} mix_side_totals;

typedef struct mix_totals {
	int64_t duration;	/* ns */
	uint64_t frames;
	uint32_t rate;
	mix_side_totals side[2];	/* by call_side */
	char *base;		/* DIR/NAME, or with "-2" ... as it became */
	GArray *files;		/* of mix_file */
	GArray *speakers;	/* of mix_speaker */
	char *picture, *spectrogram;	/* paths, or NULL */
	GArray *peaks[2];	/* with a picture, else NULL: of uint16, the
				 * greatest magnitude (to 32768) in each
				 * stretch of `stretch` samples */
	uint64_t stretch;
} mix_totals;
void mix_totals_clear(mix_totals *t);

/* WORKER, as all of mix_call_*. NULL: the plan makes no sense. No file is
 * touched before there is something to write. Free with mix_call_free(). */
mix_call *mix_call_new(const mix_plan *plan, GError **err);
/* Once, first: where the recording starts on the capture's clock. */
void mix_call_begin(mix_call *m, clk_mono start);
/* In order of release to within 2 s. */
void mix_call_block(mix_call *m, const pcm_block *b);
void mix_call_report(mix_call *m, const pcm_report *r);
void mix_call_mark(mix_call *m, const mix_mark *k);
/* The stream is no part of the call from `at` on, which is now, or it is one
 * again: it leaves no sound, only its lines in the timeline. */
void mix_call_leave_out(mix_call *m, uint32_t stream, clk_mono at, bool out);
/* Everything released before `horizon` has been handed in: writes what is
 * final. No later than MIX_LOOKAHEAD_MS after the end, or the recording gets
 * longer than the call. Files are playable afterwards. After a failure only
 * mix_call_free() may follow. */
bool mix_call_advance(mix_call *m, clk_mono horizon, GError **err);
/* Writes the rest up to `end` and syncs. The files are whole, and keep their
 * .part; `out` tells the names they will have: where one was there before, or a
 * NAME.json, "-2", "-3" ... was added to all. */
bool mix_call_seal(mix_call *m, clk_mono end, mix_totals *out, GError **err);
/* Then: the files take their names, durably, as is all that was put into their
 * directory before. No file is replaced. */
bool mix_call_publish(mix_call *m, GError **err);
/* Both. */
bool mix_call_finish(mix_call *m, clk_mono end, mix_totals *out, GError **err);
/* Hz that would lose nothing of what was handed in so far, where the rate that
 * the beginning settled does. 0: nothing is lost, or the plan names a rate. */
uint32_t mix_call_rate_wanted(const mix_call *m);
/* The timeline so far, in order of time once finished; lent. */
const GArray *mix_call_markers(mix_call *m);	/* of mix_marker */
const char *mix_kind_name(mix_kind k);
/* Uncommitted .part files are left for the next render, which overwrites them,
 * or removed. NULL is fine. */
void mix_call_free(mix_call *m);
void mix_call_discard(mix_call *m);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(mix_call, mix_call_free)

/* ANY. Everything written into `dir`, also by files that still grow, is on the
 * disk afterwards. */
bool mix_files_sync(const char *dir, GError **err);

/* What the tokens of a file name pattern stand for. */
typedef struct mix_name {
	clk_wall begun;		/* {date} {time}, UTC */
	const char *caller, *callee, *call, *id, *user, *rule;
} mix_name;
/* ANY. "{date}-{time}_{caller}_{callee}" as one safe path component of at most
 * MIX_NAME_MAX octets; free with g_free(). NULL: an unknown token or an
 * unfinished brace. docs/timeline.md lists the tokens. */
char *mix_name_expand(const char *pattern, const mix_name *n, GError **err);
