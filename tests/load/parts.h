/* parts.h - what a recording costs at the least: our SRTP transform, mu-law and
 * the encoder with the settings that the mixer uses, on the packets of load
 * calls, in one process. No journal, reordering, timeline, limiter, checksum
 * or sync: what a recorder adds is its own. */
#pragma once
#include "tests/load/media.h"

typedef struct load_format load_format;
struct load_format {
	const char *name;	/* as --format takes it */
	unsigned floor;		/* calls per core; 0: none was set */
	unsigned share;		/* one call in so many is enough */
	int channels, kbps;
	void (*encode)(const load_format *f, const char *path,
		       const int16_t *pcm, unsigned frames);
};

enum { LOAD_FORMATS = 7, LOAD_WAV = 0 };

/* i: 0 .. LOAD_FORMATS. */
const load_format *load_format_at(unsigned i);
/* The first `calls` of m to the file `path`, one after the other: calls in real
 * time per core, from CPU seconds of this thread. The file is removed. */
double load_parts(const load_media *m, const load_format *f, unsigned calls,
		  const char *path);
