/* The ledger against the truth: calls of many kinds (answered, cancelled, busy,
 * forked, without media, one-sided, with packets missing), their messages and
 * packets doubled, delayed, out of order and long after their time, while the
 * roles are killed at random and started again. Then there is one row for each
 * call, and what it says is so. LEDGER_CALLS (50) calls,
 * LEDGER_SEED (1), LEDGER_KILLS=0 for none; what fails is told with the seed.
 * LEDGER_STALLS=1: roles are stopped as well (SIGSTOP), each for 0.2 to 8 s,
 * and each sync takes 1.5 s for a while. A Front End waits a second for a
 * verdict, then the message goes on. Then the files have to be what a replay of
 * their journals gives, and every packet of a call that is RECORDED has to be
 * in its file; with nobody killed, of every call whose messages all had a
 * verdict.
 * The keys of the calls are known here, so they are looked for in all that the
 * recorder left behind.
 * Of every call the row and how it ended have to be true. What is not asked
 * for is the sound of a call whose keys were still on their way to its journal
 * when the tap was killed (up to a second after a message): then RECORDED must
 * not be said of what is not whole, and no more. The same holds of one that
 * spoke while capture and its rings were dead.
 * Needs root, for a network namespace of its own. Speaks TAP. */
#include <stdio.h>

#include "tests/load/campaign.h"
#include "tests/load/canary.h"

int main(void)
{
	unsigned seed = load_env("LEDGER_SEED", 1);
	campaign p = {.calls = load_env("LEDGER_CALLS", 50),
		      .deaths = load_env("LEDGER_KILLS", 1),
		      .stalls = load_env("LEDGER_STALLS", 0)};

	canary_allow_cores();
	p.out = load_yard_open();
	if (p.out < 0)
		return 0;
	campaign_open(&p, seed);
	campaign_perform(&p);
	printf("# seed %u: %u calls, %u kills, %u stops, %u times a slow disk; "
	       "%u copies were not sent, this machine is too slow (%.2f s)\n",
	       seed, p.calls, p.kills, p.stops, p.slows, p.untold, p.lag_s);
	campaign_rows(&p);
	if (p.stalls)
		campaign_sound(&p);
	else
		campaign_keys(&p);
	campaign_close(&p);
	printf("1..%u\n", p.score.tests);
	return p.score.bad != 0;
}
