/* Targets: tap_hep_cut, tap_chunk_next, tap_frame_read, tap_frame_put */
#include <glib.h>

#include "signaling_tap/hep3.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

/* What was read and is written again reads the same. */
static void again(const tap_frame *f)
{
	static uint8_t buf[TAP_HEP_MAX];
	put o = put_into(buf, sizeof(buf));
	tap_frame back;

	if (f->kind == TAP_HEP_COPY)
		return;
	tap_frame_put(&o, f);
	if (o.full)
		return;
	g_assert(tap_frame_read(put_done(&o), &back) == TAP_HEP_OK);
	g_assert(back.kind == f->kind && back.id == f->id);
	g_assert(back.status == f->status && back.flags == f->flags);
	g_assert(span_same(back.payload, f->payload));
	g_assert(span_same(back.reason, f->reason));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	span in = span_of(data, n), bytes;
	tap_frame f;

	while (tap_hep_cut(&in, &bytes) == TAP_HEP_OK)
		if (tap_frame_read(bytes, &f) == TAP_HEP_OK)
			again(&f);
	return 0;
}
