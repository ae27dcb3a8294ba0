/* capfile.h - the pcap and pcapng formats, pure.
 *
 * draft-ietf-opsawg-pcap and draft-ietf-opsawg-pcapng. libpcap is not used
 * because it gives up if two interfaces of a pcapng file differ in link
 * type. */
#pragma once
#include "core/clock.h"
#include "relay_capture/frame.h"

enum {
	RELAY_CAP_IFACES = 256,	/* interfaces of one pcapng section */
	RELAY_CAP_FRAME_MAX = 262144,	/* octets, as libpcap has it */
	RELAY_CAP_BLOCK_MAX = 16 << 20,
};

typedef struct relay_cap_iface {
	int link;
	uint64_t per_second;	/* timestamp units; 0: 10^-n with n > 19 */
	int64_t offset_s;	/* if_tsoffset */
} relay_cap_iface;

/* What the parser remembers of the file. Starts as all zeros. */
typedef struct relay_cap {
	bool begun, ng, little;
	unsigned n_ifaces;
	relay_cap_iface iface[RELAY_CAP_IFACES];
	int64_t last_ns;	/* for packets without a time */
} relay_cap;

typedef struct relay_cap_frame {
	bool present;		/* false: something else was read, continue */
	int link;
	int64_t ns;		/* wall clock */
	uint32_t wire;		/* octets on the wire */
	span bytes;
} relay_cap_frame;

/* The header or the next block. SHORT: `need` octets are needed; nothing has
 * moved. FOREIGN: not a capture file. BAD: damaged from here on. */
MUST_CHECK relay_verdict relay_cap_next(relay_cap *c, span *in, size_t *need,
					relay_cap_frame *out);
/* "gzip", "xz", ... if these octets begin a compressed file, else NULL. */
const char *relay_cap_packed(span in);
