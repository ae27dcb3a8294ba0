/* render.h - one call's journal into one recording: the same code for a call
 * in progress and for a file from years ago. */
#pragma once
#include "app/captured.h"
#include "app/follow.h"
#include "app/story.h"
#include "app/video.h"
#include "decoder/dec.h"
#include "mixer/mix.h"

typedef struct render_config {
	seal_key *key;		/* lent, as all of it */
	const char *recordings;
	bool by_day;		/* into RECORDINGS/YYYY-MM-DD/ */
	const char *pattern;	/* of the names: mix_name_expand() */
	const mix_output *outputs;
	size_t n_outputs;
	uint32_t rate;
	bool picture, spectrogram;
	bool mute_hold, mute_dtmf, dtmf_tones, level;	/* as in mix_plan */
	bool early_media;	/* begin with the first offer's media */
	bool tag_date, tag_parties, tag_call;	/* what the files tell */
	const char *video;	/* "mp4", "mkv", or NULL: none */
	dec_config dec;
	int64_t grace_ns;	/* without media after the end of the dialog */
	int64_t lost_ns;	/* without any record: the end was missed */
	unsigned stuck_s;	/* processor time for a few packets of a few
				 * calls, after which a codec is taken to be in
				 * a loop that never ends; 0: no limit. A step
				 * begins with what its caller has set */
	_Atomic uint64_t *pulse; /* grows at each way into the decoder and out
				 * of it: odd is inside. NULL: nobody looks */
	bool again;		/* a call whose sidecar is there was rendered
				 * before: in the same place again */
	bool early_keys;	/* every key of the journal from the start:
				 * set by render_whole() */
} render_config;

enum {
	/* Neither RTP nor RTCP of either side for so long, and nobody holds
	 * the call or paused it: its media has stopped. */
	RENDER_STOPPED_S = 10,
	RENDER_MEDIA_STOPPED = 0x80,	/* beside the values of dec_cause */
	RENDER_CAPTURE_AWAY,
};

typedef struct render_gap {
	uint8_t side, cause;	/* call_side; dec_cause or the above */
	clk_mono at;		/* when it was noticed */
	int64_t length_ns;
	uint64_t packets, repaired;
} render_gap;

/* Everything the sidecar tells; filled when the render is done. */
typedef struct render_result {
	const story *story;
	const char *outcome;	/* RECORDED, PARTIAL, NOT_RECORDED, EXEMPT */
	char *why;		/* a sentence; "" for RECORDED */
	bool only_rang;		/* nobody answered: there are no files */
	clk_both begin, end;	/* of the recording */
	uint64_t packets;	/* RTP and RTCP in the journal */
	dec_totals dec;
	GArray *streams;	/* of dec_stream_totals */
	GArray *gaps;		/* of render_gap */
	GPtrArray *undecodable;	/* of char *: codecs without a decoder */
	GArray *flows;		/* of rec_flow: the last count of each path */
	captured_sums capture;
	uint64_t lost_by_us;	/* packets, in all places */
	GArray *aways;		/* of captured_away; they are in `gaps` too */
	int64_t stopped_ns;	/* in all; those gaps are in `gaps` as well */
	bool goodbye[2];	/* by call_side: its sources said that they
				 * leave (RTCP BYE), and left */
	bool mute_hold, mute_dtmf;	/* as it was made */
	mix_totals mix;
	const GArray *markers;	/* of mix_marker */
	const GArray *videos;	/* of video_file; NULL: none were asked for */
	follow_stats journal;
	char *sidecar;		/* path */
} render_result;

typedef enum render_state {
	RENDER_RUNNING,
	RENDER_DONE,
	RENDER_AGAIN,	/* a record or a key came late, a codec of a higher
			 * rate did, or no end was seen and silence was written
			 * meanwhile: render_whole() */
	RENDER_FAILED,
} render_state;

typedef struct render_call render_call;

/* Once, before the first call: what a call frees is kept for the next one. */
void render_keep_memory(void);

/* `dir` is the call's journal. */
render_call *render_call_new(const render_config *cfg, const char *dir);
/* Takes in what the journal has from before `upto`, or some seconds of it when
 * that is more: reach_get() says up to when it is known to be complete. When
 * that was wrong, or something had been held back before it was written, the
 * journal is read again from its start in the steps that follow. */
render_state render_call_step(render_call *r, clk_both now, clk_mono upto,
			      GError **err);
/* There was more, or no step was made yet: it is due for another. */
bool render_call_behind(const render_call *r);
unsigned render_call_steps(const render_call *r);	/* so far */
uint32_t render_call_hash(const render_call *r);	/* of its name */
/* The call begins, ends, or its signalling has told something: a step must not
 * wait. Otherwise a later step does more at once, which costs less. `news`:
 * of reach_told(). */
bool render_call_urgent(render_call *r, uint32_t news);
/* After RENDER_DONE; lent. */
const render_result *render_call_result(const render_call *r);
/* Of a call in progress, for the alarms; as of the last step. */
typedef struct render_health {
	bool live;		/* answered, not ended; perhaps behind */
	bool speaking;		/* answered, not ended, not paused, not held;
				 * and all that is known was taken in */
	int64_t silent_ns;	/* since the last packet, or since the answer */
	uint64_t packets;	/* so far */
	uint64_t shut;		/* of them no key opened */
} render_health;
render_health render_call_health(const render_call *r);
/* After RENDER_AGAIN: the next steps read the journal from its start. It will
 * not grow any more, and what it has shown to be missing is known. */
void render_call_again(render_call *r);
void render_call_free(render_call *r);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(render_call, render_call_free)

/* A journal that will not grow any more. NULL on failure. */
render_call *render_whole(const render_config *cfg, const char *dir,
			  GError **err);

/* outcome.c: sets outcome and why, when all else is known. */
void render_judge(render_result *r);
/* sidecar.c: the recording's JSON, written whole or not at all. */
bool sidecar_write(const render_result *r, GError **err);
const char *sidecar_cause(uint8_t cause);	/* of render_gap */
