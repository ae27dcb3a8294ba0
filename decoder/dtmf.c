#include "decoder/dtmf.h"

/* RFC 4733 2.3 */
dec_verdict dec_tel_parse(span in, dec_tel *out)
{
	uint8_t flags;

	if (!span_u8(&in, &out->event) || !span_u8(&in, &flags) ||
	    !span_u16(&in, &out->duration))
		return DEC_SHORT;
	out->end = flags & 0x80;
	out->volume = flags & 0x3f;
	return DEC_OK;
}

char dec_tel_digit(uint8_t event)
{
	static const char keys[] = "0123456789*#ABCD!";

	return event < sizeof(keys) - 1 ? keys[event] : '\0';
}

bool dec_press_flush(dec_press *p, dec_press *done)
{
	if (!p->down || p->told)
		return false;
	*done = *p;
	p->told = true;
	return true;
}

/* A long event continues in a new segment, which starts where the last
 * ended. */
static bool continues(const dec_press *p, uint32_t ts, const dec_tel *t)
{
	return p->down && !p->told && p->event == t->event &&
	       ts != p->segment && ts == p->first + p->length;
}

static void begin(dec_press *p, uint32_t ts, const dec_tel *t)
{
	*p = (dec_press){
		.down = true, .event = t->event, .volume = t->volume,
		.first = ts, .segment = ts};
}

bool dec_press_step(dec_press *p, uint32_t ts, const dec_tel *t,
		    dec_press *done)
{
	bool over = false;
	uint32_t length;

	if (continues(p, ts, t)) {
		p->segment = ts;
	} else if (!p->down || p->segment != ts) {
		/* A late packet of an earlier event has nothing to say. */
		if (p->down && (int32_t)(ts - p->segment) < 0)
			return false;
		over = dec_press_flush(p, done);
		begin(p, ts, t);
	}
	length = ts - p->first + t->duration;
	if (length > p->length)
		p->length = length;
	if (t->end && !p->told && !over)
		over = dec_press_flush(p, done);
	return over;
}
