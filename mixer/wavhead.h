/* wavhead.h - the bytes before the samples of a WAV or RF64 file. */
#pragma once
#include "core/put.h"
#include "mixer/writer.h"

enum { WAVHEAD_MAX = 1024 };

/* Always of one length for one spec, so that it can be rewritten in place
 * while the file grows. Beyond 4 GiB the JUNK chunk becomes the ds64 chunk of
 * RF64 (EBU Tech 3306, 3.5). */
void mix_wavhead_put(put *o, const mix_spec *s, uint64_t data);
