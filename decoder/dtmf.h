/* dtmf.h - telephone events (RFC 4733; MS-RTPDT keeps the clock at 8,000). */
#pragma once
#include "decoder/rtp.h"

typedef struct dec_tel {
	uint8_t event;
	bool end;
	uint8_t volume;		/* -dBm0 */
	uint16_t duration;	/* timestamp units so far */
} dec_tel;

MUST_CHECK dec_verdict dec_tel_parse(span in, dec_tel *out);

/* 0-9 * # A-D, '!' for a hook flash; 0 if it is not a key. */
char dec_tel_digit(uint8_t event);

/* A key that is being pressed. */
typedef struct dec_press {
	bool down;
	uint8_t event, volume;
	uint32_t first;		/* timestamp of the press */
	uint32_t segment;	/* of the segment in progress (4733 2.5.1.3) */
	uint32_t length;	/* since `first` */
	bool told;		/* over; kept to recognise its repetitions */
} dec_press;

/* One packet of the event at `ts`. True if a press is over; *done is that
 * press, which may be an earlier one whose end was lost. */
bool dec_press_step(dec_press *p, uint32_t ts, const dec_tel *t,
		    dec_press *done);
/* No more of it came: a key that is still pressed is released. */
bool dec_press_flush(dec_press *p, dec_press *done);
