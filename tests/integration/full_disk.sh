#!/bin/sh
# TAP: what a full disk means for a call is its rule's business: one that may
# pass unrecorded goes on being recorded, one that may not is refused.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/support/tap.sh

if [ "$(id -u)" != 0 ]; then
	echo '1..0 # SKIP a disk of its own takes root'
	exit 0
fi

# at REFUSE - the load's own judgement of how many descriptions were rewritten;
# its latencies are not this test's business.
at() {
	LOAD_REFUSE=$1 LOAD_FILL=1 LOAD_STEADY=1 LOAD_RATE=140 LOAD_SECONDS=3 \
		LOAD_DIR=$tmp "$B/tests/load/tap_load" >"$tmp/out" 2>&1
	grep -q 'of them rewritten .* yes$' "$tmp/out"
	result $? "$2"
	grep -q 'of them rewritten .* yes$' "$tmp/out" ||
		tail -4 "$tmp/out" | sed 's/^/# /'
}

at 0 'calls are recorded, full disk or not'
at 1 'calls that must not go unrecorded are refused'
finish
