#include "decoder/window.h"

#include <string.h>

enum { HALF = 0x8000 };

static uint64_t *word(dec_window *w, uint64_t index)
{
	return &w->seen[index % DEC_WINDOW / 64];
}

static uint64_t bit(uint64_t index)
{
	return 1ULL << index % 64;
}

uint64_t dec_window_near(uint64_t top, uint16_t seq)
{
	const uint64_t roc = top >> 16;
	const int ahead = (int)seq - (int)(top & 0xffff);

	if (ahead > HALF && roc > 0)
		return (roc - 1) << 16 | seq;
	if (ahead < -HALF)
		return (roc + 1) << 16 | seq;
	return roc << 16 | seq;
}

dec_place dec_window_look(const dec_window *w, uint64_t index)
{
	if (!w->any || index > w->top)
		return DEC_PLACE_NEW;
	if (w->top - index >= DEC_WINDOW)
		return DEC_PLACE_OLD;
	return w->seen[index % DEC_WINDOW / 64] & bit(index) ? DEC_PLACE_SEEN
							     : DEC_PLACE_NEW;
}

/* The indexes between the old top and the new one were not seen. */
static void climb(dec_window *w, uint64_t to)
{
	if (!w->any || to - w->top >= DEC_WINDOW) {
		memset(w->seen, 0, sizeof(w->seen));
	} else {
		for (uint64_t i = w->top + 1; i < to; i++)
			*word(w, i) &= ~bit(i);
	}
	w->top = to;
	w->any = true;
}

void dec_window_take(dec_window *w, uint64_t index)
{
	if (!w->any || index > w->top)
		climb(w, index);
	*word(w, index) |= bit(index);
}

void dec_window_seek(dec_window *w, uint64_t index)
{
	memset(w->seen, 0, sizeof(w->seen));
	w->top = index;
	w->any = false;
}
