#!/bin/sh
# TAP: what is said of a call at whose end capture is silent for 40 s.
cd "$(dirname "$0")/../.." || exit 1
exec "${B:-build}/tests/load/standing_load"
