#!/bin/sh
# TAP: what is said of a call of whose end capture never hears.
cd "$(dirname "$0")/../.." || exit 1
exec "${B:-build}/tests/load/untold_load"
