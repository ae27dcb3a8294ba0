/* Targets: cand_parse, cand_split, cand_remote_next */
#include "core/candidate.h"

#include <glib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	span in = span_of(data, n);
	uint8_t component;
	cand_fields f;
	net_addr a;
	call_cand c;
	cand_verdict v = cand_parse(in, &c);

	if (v == CAND_OK || v == CAND_NAMED) {
		g_assert(cand_split(in, &f) == CAND_OK);
		g_assert(c.component && memchr(c.id, 0, sizeof(c.id)));
		g_assert((v == CAND_NAMED) == (c.addr.family == 0));
	}
	while (cand_remote_next(&in, &component, &a) != CAND_SHORT)
		;
	return 0;
}
