/* talk.h - the SIP of two-party calls as Lync clients write it. */
#pragma once
#include <glib.h>

typedef enum load_step {
	LOAD_INVITE,
	LOAD_OK,
	LOAD_ACK,
	LOAD_BYE,
	LOAD_CANCEL,
	LOAD_CANCELLED,	/* 487 */
	LOAD_BUSY,	/* 486 */
	LOAD_STEPS,
	LOAD_RINGING,	/* 180 of a phone that will not answer */
} load_step;

/* A message of a call without media, INVITE of two parts and 200 with the
 * bodies of tests/golden/sdp: 8.9 and 5.6 KB. Free with g_free(). */
char *load_lync(unsigned call, load_step step);
/* A message of a call whose media load_media_make() makes. */
char *load_talk(unsigned call, load_step step);
