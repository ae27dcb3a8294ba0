/* mkcall.h - relayed calls made from a few lines of text, frame by frame, as a
 * capture on the relay host would have them. Same text, same octets.
 *
 *	calls 3			two-party calls with one audio stream each
 *	packets 250		RTP packets that each party sends
 *	size 172		octets of RTP payload and tag
 *	every 20		milliseconds between them
 *	rtcp 50			one RTCP packet after so many RTP; 0: none
 *	checks 4		ICE checks before the media; 0: none
 *	path channel		or indication, msturn, msraw, host, plain,
 *				tcp, mstcp, mix (each call the next)
 *	link ethernet		or vlan, qinq, sll, sll2, raw, null, gre,
 *				erspan1, erspan2, erspan3, vxlan, geneve, tzsp
 *	ip 4			or 6
 *	mtu 0			fragments of that many octets; 0: whole
 *	loss 0			percent of packets that the relay never sees
 *	seed 1
 */
#pragma once
#include "relay_capture/relay.h"
#include "tests/support/mkframe.h"

typedef enum mk_path {
	MK_CHANNEL,
	MK_INDICATION,
	MK_MSTURN,
	MK_MSRAW,
	MK_HOST,
	MK_PLAIN,
	MK_TCP,
	MK_MSTCP,
	MK_PATHS,
	MK_MIX = MK_PATHS,
} mk_path;

typedef struct mkcall {
	unsigned calls, packets, size, every, rtcp, checks, ip, mtu, loss;
	unsigned path;		/* mk_path */
	unsigned link;		/* index into the words above */
	uint64_t seed;
} mkcall;

bool mkcall_parse(mkcall *m, const char *text, GError **err);
/* The same, for a text that stands in the test: a mistake ends the run. */
mkcall mkcall_of(const char *text);
/* libpcap's link type of the frames. */
int mkcall_link(const mkcall *m);
void mkcall_run(const mkcall *m, mk_frame_fn *fn, void *user);
/* "call-7" */
void mkcall_name(unsigned call, char to[static 16]);
uint32_t mkcall_ssrc(unsigned call, call_side side);
/* One side's description; free it. */
call_half *mkcall_half(const mkcall *m, unsigned call, call_side side);
/* RTP packets that a side sent and the relay saw. */
unsigned mkcall_expected(const mkcall *m, unsigned call, call_side side);
