/* Targets: mpart_begin, mpart_next, mime_param */
#include "core/multipart.h"

#include <glib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

/* The first line is the Content-Type value, the rest the body. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	span in = span_of(data, n), type;
	mpart_iter it;
	size_t total = 0;
	mpart p;

	if (!span_line(&in, &type) || !mpart_begin(&it, type, in))
		return 0;
	while (mpart_next(&it, &p) == MPART_OK) {
		total += p.head.left + p.content.left;
		g_assert(p.type.left <= p.head.left);
		g_assert(total <= in.left);
	}
	return 0;
}
