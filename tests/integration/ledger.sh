#!/bin/sh
# TAP: thirty calls of all kinds, with packets missing and messages doubled: the
# ledger tells the truth of each, and no key is left anywhere. The roles live;
# `make ledger-campaign` kills them at random as well.
cd "$(dirname "$0")/../.." || exit 1
LEDGER_KILLS=0 LEDGER_CALLS=30 exec "${B:-build}/tests/load/ledger_load"
