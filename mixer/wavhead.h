/* wavhead.h - the bytes before the samples of a WAV or RF64 file. */
#pragma once
#include "core/put.h"
#include "mixer/writer.h"

enum { MIX_WAVHEAD_MAX = 1024 };

/* Always of one length for one spec, so that it can be rewritten in place
 * while the file grows. RF64 has a ds64 chunk (EBU Tech 3306, 3.5); so has, in
 * the place of its JUNK chunk, a WAV beyond 4 GiB. */
void mix_wavhead_put(put *o, const mix_spec *s, uint64_t data);
/* Of a sample in this format. */
unsigned mix_wavhead_octets(const mix_spec *s);
