#!/bin/sh
# TAP: what is said of a call whose end nobody saw.
cd "$(dirname "$0")/../.." || exit 1
exec "${B:-build}/tests/load/ending_load"
