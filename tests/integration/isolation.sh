#!/bin/sh
# TAP: a codec that crashes, loops, sleeps or allocates for ever costs its own
# call its sound, and no other call anything; the recordings of the others have
# the same bytes as without it.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/support/tap.sh
. tests/support/conf.sh
. tests/support/render.sh

render_spool nice-drop lync-pcmu lync-siren
siren=$(basename "$tmp"/want-lync-siren/*.json)

# heard KIND SIDE FILE - milliseconds of a side, as the sidecar counts them.
heard() {
	sed -n "/\"recording\"/,/\"files\"/{/\"$2\"/,/}/s/.*\"$1_ms\" : \([0-9]*\).*/\1/p}" \
		"$3"
}

# begin PLUGIN WORKERS - all three calls by a render role with that plug-in.
begin() {
	render_begin "$1" "workers=$2
codec-plugins=$(pwd)/$B/tests/plugins/$1.so"
}

# judge PLUGIN - what became of them.
judge() {
	render_end "$1" 3
	[ "$(grep -c 'its render has crashed' "$tmp/$1/log")" = 2 ]
	result $? "$1: the render was lost twice, not more"
	for call in nice-drop lync-pcmu; do
		want=$(echo "$tmp/want-$call"/*.wav)
		cmp -s "$want" "$tmp/$1"/recordings/*/"$(basename "$want")"
		result $? "$1: $call has the bytes that it has alone"
	done
	grep -q '"outcome" : "PARTIAL"' "$tmp/$1"/recordings/*/"$siren"
	result $? "$1: the call that was lost is PARTIAL"
	grep -q 'no decoder for SIREN' "$tmp/$1"/recordings/*/"$siren"
	result $? "$1: and says which codec could not be decoded"
	for side in caller callee; do
		want=$(heard decoded $side "$tmp/want-lync-siren/$siren")
		got=$(heard undecodable $side \
			"$tmp/$1"/recordings/*/"$siren")
		[ "${want:-0}" -gt 0 ] && [ "$got" = "$want" ]
		result $? "$1: $side: $got ms are marked, $want were sound"
	done
}

# Those that take ten seconds each time, together.
begin hang 2
begin sleep 1
begin crash 1
judge crash
begin hoard 2
judge hoard
judge hang
grep -q 'killed by signal 24' "$tmp/hang/log"
result $? "the codec that loops ran out of processor time"
judge sleep
[ "$(grep -c 'a codec has not come back for 10 s' "$tmp/sleep/log")" = 2 ]
result $? "the codec that waits for ever was not waited for"
finish
