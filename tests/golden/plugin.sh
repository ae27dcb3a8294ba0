#!/bin/sh
# TAP: a codec that only a plug-in knows: without it the packets are kept and
# the silence is marked, with it the same journal becomes sound.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/support/tap.sh

plugin=$(pwd)/$B/examples/codec-plugin.so
tests/support/lossy.py make l8 10 "$tmp/sip" "$tmp/rtp" "$tmp/lost"
"$edgetape" keygen "$tmp/r" >&2

# tells OUT PATTERN NAME
tells() {
	grep -q "$2" "$tmp/$1"/*.json
	result $? "$1: $3"
}

"$edgetape" replay -s "$tmp/sip" -m "$tmp/rtp" --key "$tmp/r.key" \
	--keep-journal "$tmp/spool" --out "$tmp/without" >&2
result $? "without: rendered"
tells without '"outcome" : "PARTIAL"' "PARTIAL"
tells without '^ *"L8"' "the codec is named"
tells without '"decoded_ms" : 0' "nothing is sound"
tells without '"kind" : "undecodable"' "and the time is marked"

"$edgetape" replay --journal "$tmp/spool"/* --key "$tmp/r.key" \
	--codec-plugin "$plugin" --out "$tmp/with" >&2
result $? "with: the same journal rendered"
tells with '"undecodable" : \[\]' "no codec is left"
tests/support/lossy.py check "$tmp/with"/*.json "$tmp/lost" >&2
result $? "with: each lost millisecond is concealed"

# What the voice was, by another way.
tests/support/lossy.py make pcmu 0 "$tmp/sip" "$tmp/rtp" "$tmp/none"
"$edgetape" replay -s "$tmp/sip" -m "$tmp/rtp" --out "$tmp/pcmu" >&2
got=$("$B/tools/wavcmp" --json "$tmp/pcmu"/*.wav "$tmp/with"/*.wav |
	sed -n 's/.*"correlation": *\([0-9.]*\).*/\1/p')
awk "BEGIN { exit !(${got:-0} >= 0.9) }"
result $? "with: correlates $got with the voice"
finish
