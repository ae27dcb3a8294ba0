#!/bin/sh
# TAP: a disk that takes 1.5 seconds for each sync delays no verdict, and all
# that was told of the calls is written in the end.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/support/tap.sh

if ldd "$B/app/edgetape" | grep -q 'lib[at]san'; then
	echo '1..0 # SKIP a sanitizer wants to be loaded first'
	exit 0
fi

LOAD_SLOW=1 LOAD_STEADY=1 LOAD_RATE=80 LOAD_SECONDS=3 LOAD_DIR=$tmp \
	"$B/tests/load/tap_load" >"$tmp/out" 2>&1

# said WHAT TEXT - the load found it so.
said() {
	grep -q "$1 .* yes\$" "$tmp/out"
	result $? "$2"
	grep -q "$1 .* yes\$" "$tmp/out" || sed 's/^/# /' "$tmp/out"
}

said 'slowest of them, at most' 'no verdict waits for the disk'
said 'journals' 'each call has its journal'
said 'records lost' 'nothing is lost'
finish
