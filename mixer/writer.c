#include "mixer/writer.h"

static const struct {
	const mix_writer_ops *ops;
	const char *extension;
} formats[MIX_FORMATS] = {
	[MIX_WAV] = {&mix_wav_ops, "wav"},
	[MIX_WAV_ULAW] = {&mix_wav_ops, "ulaw.wav"},
	[MIX_RF64] = {&mix_wav_ops, "rf64.wav"},
	[MIX_RF64_ULAW] = {&mix_wav_ops, "rf64.ulaw.wav"},
	[MIX_FLAC] = {&mix_sndfile_ops, "flac"},
	[MIX_OPUS] = {&mix_opus_ops, "opus"},
	[MIX_VORBIS] = {&mix_sndfile_ops, "ogg"},
	[MIX_MP3] = {&mix_lame_ops, "mp3"},
};

const mix_writer_ops *mix_writer_ops_of(mix_format f)
{
	g_assert(f < MIX_FORMATS);
	return formats[f].ops;
}

const char *mix_writer_extension(mix_format f)
{
	g_assert(f < MIX_FORMATS);
	return formats[f].extension;
}
