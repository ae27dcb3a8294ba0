/* Targets: tap_call_message, tap_call_due, tap_half_take, tap_half_trickle,
 * tap_fork_to, tap_fork_lose, tap_fork_forgive */
#include "tests/support/tap_history.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

/* Whatever two parties and those between them may do. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	tap_history_play(span_of(data, n));
	return 0;
}
