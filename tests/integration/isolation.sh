#!/bin/sh
# TAP: a codec that crashes costs its own call its sound, and no other call
# anything; the recordings of the others have the same bytes as without it.
set -u
cd "$(dirname "$0")/../.."
. tests/support/tap.sh
pid=
trap '[ -z "$pid" ] || kill $pid 2>/dev/null; rm -rf "$tmp"' EXIT

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

cat >"$tmp/conf" <<END
[edgetape]
spool=$tmp/spool
recordings=$tmp/recordings
catalog=$tmp/catalog/catalog.db
private-key=$tmp/r.key
[render]
workers=2
codec-plugins=$(pwd)/$B/tests/plugins/crash.so
END
# A role lets nobody trace it, which looking for leaks would need.
ASAN_OPTIONS=detect_leaks=0 $edgetape render -c "$tmp/conf" 2>"$tmp/log" &
pid=$!
for i in $(seq 300); do
	[ "$(ls "$tmp"/spool/*/rendered 2>/dev/null | wc -l)" = 3 ] && break
	kill -0 $pid 2>/dev/null || break
	sleep 0.1
done
kill -TERM $pid
wait $pid
result $? "the supervisor stops when told"
pid=
cat "$tmp/log" >&2
[ "$(ls "$tmp"/spool/*/rendered | wc -l)" = 3 ]
result $? "every call was rendered"
[ "$(grep -c 'its render has crashed' "$tmp/log")" = 2 ]
result $? "the codec crashed twice, not more"
for call in nice-drop lync-pcmu; do
	want=$(echo "$tmp/want-$call"/*.wav)
	cmp -s "$want" "$tmp"/recordings/*/"$(basename "$want")"
	result $? "$call has the bytes that it has alone"
done
siren=$(basename "$tmp"/want-lync-siren/*.json)
grep -q '"outcome" : "PARTIAL"' "$tmp"/recordings/*/"$siren"
result $? "the call that crashed is PARTIAL"
grep -q 'no decoder for SIREN' "$tmp"/recordings/*/"$siren"
result $? "and says which codec could not be decoded"
finish
