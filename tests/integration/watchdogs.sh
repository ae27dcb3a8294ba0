#!/bin/sh
# TAP: what the watchdogs see is an alarm, once, and what the ledger says of such
# calls is true.
cd "$(dirname "$0")/../.." || exit 1
exec "${B:-build}/tests/load/watchdogs_load"
