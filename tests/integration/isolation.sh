#!/bin/sh
# TAP: a codec that crashes, loops, sleeps or allocates for ever costs its own
# call its sound, and no other call anything; the recordings of the others have
# the same bytes as without it.
set -u
cd "$(dirname "$0")/../.."
. tests/support/tap.sh
pids=
trap 'kill $pids 2>/dev/null; rm -rf "$tmp"' EXIT

# Journals in the spool, and the recordings that they should give.
for call in nice-drop lync-pcmu lync-siren; do
	golden=tests/golden/calls/$call
	xz -dc $golden/edge.pcap.xz >"$tmp/$call.pcap"
	[ -e "$tmp/r.key" ] || $edgetape keygen "$tmp/r" >/dev/null
	$edgetape replay --signalling $golden/signalling.txt \
		--media "$tmp/$call.pcap" --out "$tmp/want-$call" \
		--key "$tmp/r.key" --keep-journal "$tmp/$call.spool" >/dev/null
	mkdir -p "$tmp/spool"
	cp -r "$tmp/$call.spool"/. "$tmp/spool/"
done

siren=$(basename "$tmp"/want-lync-siren/*.json)

rendered() {
	ls "$tmp"/$1/spool/*/rendered 2>/dev/null | wc -l
}

# heard KIND SIDE FILE - milliseconds of a side, as the sidecar counts them.
heard() {
	sed -n "/\"recording\"/,/\"files\"/{/\"$2\"/,/}/s/.*\"$1_ms\" : \([0-9]*\).*/\1/p}" \
		"$3"
}

# begin PLUGIN WORKERS - all three calls by a render role with that plug-in.
begin() {
	mkdir "$tmp/$1"
	cp -r "$tmp/spool" "$tmp/$1/spool"
	cat >"$tmp/$1/conf" <<END
[edgetape]
spool=$tmp/$1/spool
recordings=$tmp/$1/recordings
catalog=$tmp/$1/catalog/catalog.db
private-key=$tmp/r.key
[render]
workers=$2
codec-plugins=$(pwd)/$B/tests/plugins/$1.so
END
	# A role lets nobody trace it, which looking for leaks would need.
	ASAN_OPTIONS=detect_leaks=0 $edgetape render -c "$tmp/$1/conf" \
		2>"$tmp/$1/log" &
	pids="$pids $!"
	eval "pid_$1=$!"
}

# judge PLUGIN - what became of them.
judge() {
	eval "pid=\$pid_$1"
	for i in $(seq 1800); do
		[ "$(rendered $1)" = 3 ] && break
		kill -0 $pid 2>/dev/null || break
		sleep 0.1
	done
	kill -TERM $pid
	wait $pid
	result $? "$1: the supervisor stops when told"
	cat "$tmp/$1/log" >&2
	[ "$(rendered $1)" = 3 ]
	result $? "$1: every call was rendered"
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
