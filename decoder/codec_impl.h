/* codec_impl.h - how a codec family is written; private to codec*.c.
 *
 * A family fills in rate, delay and state in its open(). It sees only payloads
 * that are not empty and span at most DEC_PCM_MS. */
#pragma once
#include "decoder/codec.h"
#include "decoder/plc.h"
#include "decoder/plugin.h"

typedef struct dec_codec_ops {
	/* False with the error set; there is then nothing to close. */
	bool (*open)(dec_codec *c, const call_payload *p, GError **err);
	/* RTP timestamp units; 0 if not of this format. */
	uint32_t (*ticks)(const dec_codec *c, span payload, uint32_t ts_step);
	/* Fills in out->s, frames and channels; ticks() has already refused BAD
	 * packets. */
	dec_codec_verdict (*decode)(dec_codec *c, span payload,
				    uint32_t ts_step, dec_pcm *out);
	/* Fills out->s for out->frames and out->channels, which are set. If it
	 * returns false or is NULL, the generic concealment is used. `next` may
	 * be anything. */
	bool (*conceal)(dec_codec *c, span next, unsigned distance,
			dec_pcm *out);
	void (*reset)(dec_codec *c);	/* NULL: nothing to reset */
	void (*close)(dec_codec *c);	/* NULL: nothing to close */
} dec_codec_ops;

struct dec_codec {
	const dec_codec_ops *ops;
	uint32_t clock;		/* RTP timestamp units per second */
	uint32_t rate;		/* samples per second of the output */
	unsigned delay;		/* samples */
	unsigned channels;	/* of the last output, 1 or 2 */
	bool own_plc;		/* conceal() never returns false, so the generic
				 * concealment need not hear the sound */
	const edgetape_codec *plugin;	/* NULL: not from a plug-in */
	void *state;		/* the family's own */
	dec_plc plc[2];	/* generic concealment, one per channel */
};

extern const dec_codec_ops dec_pcmu_ops, dec_pcma_ops, dec_g722_ops,
	dec_siren_ops, dec_g7221_ops, dec_g726_ops, dec_g729_ops, dec_gsm_ops,
	dec_ilbc_ops, dec_g723_ops, dec_amr_ops, dec_amrwb_ops, dec_opus_ops,
	dec_speex_ops, dec_l16_ops, dec_plugin_ops;

/* A refusal in open(): "SIREN/8000: only 16000 Hz". Returns false. */
bool dec_codec_refuse(const call_payload *p, const char *why, GError **err);
/* The same for a library: "libx would not start". Returns false. */
bool dec_codec_no_library(const call_payload *p, const char *library,
			  GError **err);
/* The value of `key` in p->fmtp ("key=value;key2=..."), case of the key
 * ignored; false without it. */
bool dec_codec_fmtp(const call_payload *p, const char *key, span *value);
/* The same as a number up to 10^9; `otherwise` if it is missing or not a
 * number. */
uint32_t dec_codec_fmtp_number(const call_payload *p, const char *key,
			       uint32_t otherwise);
/* 16 bits of sound from a wider value. */
static inline int16_t dec_codec_clip(long v)
{
	return (int16_t)(v > INT16_MAX ? INT16_MAX :
			 v < INT16_MIN ? INT16_MIN : v);
}
