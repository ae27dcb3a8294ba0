/* Targets: dec_codec_decode, dec_codec_conceal, dec_codec_ticks */
#include <stdlib.h>

#include "decoder/codec.h"

/* First octet: which codec. Then packets: an octet of what to do, an octet of
 * length, the payload. */
static const call_payload codecs[] = {
	{.name = "PCMU", .clock = 8000, .channels = 2},
	{.name = "G722", .clock = 8000, .channels = 2},
	{.name = "SIREN", .clock = 16000},
	{.name = "G7221", .clock = 16000},
	{.name = "G7221", .clock = 16000, .fmtp = "bitrate=32000"},
	{.name = "G726-24", .clock = 8000},
	{.name = "AAL2-G726-32", .clock = 8000},
	{.name = "G726-40", .clock = 8000},
	{.name = "G729", .clock = 8000},
	{.name = "GSM", .clock = 8000},
	{.name = "iLBC", .clock = 8000},
	{.name = "G723", .clock = 8000},
	{.name = "AMR", .clock = 8000},
	{.name = "AMR", .clock = 8000, .fmtp = "octet-align=1"},
	{.name = "AMR-WB", .clock = 16000},
	{.name = "AMR-WB", .clock = 16000, .fmtp = "octet-align=1"},
	{.name = "opus", .clock = 48000, .channels = 2},
	{.name = "speex", .clock = 8000},
	{.name = "speex", .clock = 16000},
	{.name = "speex", .clock = 32000},
	{.name = "L16", .clock = 44100, .channels = 2},
	{.name = "PCMA", .clock = 8000},
	{.name = "G722", .clock = 8000},
	{.name = "G726-16", .clock = 8000},
	{.name = "G726-32", .clock = 8000},
	{.name = "AAL2-G726-16", .clock = 8000},
	{.name = "AAL2-G726-24", .clock = 8000},
	{.name = "AAL2-G726-40", .clock = 8000},
	{.name = "opus", .clock = 48000, .fmtp = "sprop-stereo=1"},
	{.name = "L16", .clock = 8000},
};

enum { LOSE = 1, RESET = 2, STEP = 4 };

static void check(const dec_codec *c, span payload, uint32_t step,
		  dec_codec_verdict v, const dec_pcm *pcm)
{
	uint64_t ticks = dec_codec_ticks(c, payload, step);

	if (pcm->frames * pcm->channels > DEC_PCM_SAMPLES ||
	    pcm->concealed > pcm->frames)
		abort();
	if (v == DEC_CODEC_BAD ? pcm->frames > 0 :
	    pcm->frames != ticks * dec_codec_rate(c) / dec_codec_clock(c))
		abort();
}

static void packet(dec_codec *c, uint8_t what, span payload, dec_pcm *pcm)
{
	uint32_t step = what & STEP ? (uint32_t)payload.left : 0;
	dec_codec_verdict v;

	if (what & RESET)
		dec_codec_reset(c);
	if (what & LOSE) {
		dec_codec_conceal(c, payload, 1, what * 8u, pcm);
		return;
	}
	v = dec_codec_decode(c, payload, step, pcm);
	check(c, payload, step, v, pcm);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static dec_pcm pcm;
	span in = span_of(data, size), payload;
	g_autoptr(dec_codec) c = NULL;
	uint8_t which, what, len;

	if (!span_u8(&in, &which))
		return 0;
	c = dec_codec_open(&codecs[which % G_N_ELEMENTS(codecs)], NULL, NULL);
	if (!c)
		abort();
	while (span_u8(&in, &what) && span_u8(&in, &len) &&
	       span_cut(&in, MIN(len, in.left), &payload))
		packet(c, what, payload, &pcm);
	return 0;
}
