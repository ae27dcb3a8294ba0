#!/bin/sh
# TAP: `[render] srtp` chooses who decrypts, in the confined render role as
# well; recordings and sidecars have the same bytes with either.
set -u
cd "$(dirname "$0")/../.."
. tests/support/tap.sh
pid=
trap 'kill $pid 2>/dev/null; rm -rf "$tmp"' EXIT

if ldd "$edgetape" | grep -q 'lib[at]san'; then
	echo '1..0 # SKIP a sanitizer wants to be loaded first'
	exit 0
fi
"$edgetape" keygen "$tmp/r" >/dev/null
mkdir "$tmp/spool"
for call in nice-drop lync-siren; do
	golden=tests/golden/calls/$call
	xz -dc $golden/edge.pcap.xz >"$tmp/$call.pcap"
	"$edgetape" replay --signalling $golden/signalling.txt \
		--media "$tmp/$call.pcap" --out "$tmp/replayed" \
		--key "$tmp/r.key" --keep-journal "$tmp/$call" >/dev/null
	cp -r "$tmp/$call"/. "$tmp/spool/"
done

rendered() {
	find "$tmp/$1/spool" -name rendered | wc -l
}

# render SRTP - both calls by a render role with that word.
render() {
	mkdir "$tmp/$1"
	cp -r "$tmp/spool" "$tmp/$1/spool"
	cat >"$tmp/$1/conf" <<END
[edgetape]
spool=$tmp/$1/spool
recordings=$tmp/$1/recordings
catalog=$tmp/$1/catalog/catalog.db
private-key=$tmp/r.key
[render]
workers=1
srtp=$1
END
	LD_PRELOAD=$(pwd)/$B/tests/plugins/libsrtp.so "$edgetape" render \
		-c "$tmp/$1/conf" 2>"$tmp/$1/log" &
	pid=$!
	for i in $(seq 600); do
		[ "$(rendered "$1")" = 2 ] && break
		kill -0 $pid 2>/dev/null || break
		sleep 0.1
	done
	kill -TERM $pid
	wait $pid
	result $? "$1: the supervisor stops when told"
	cat "$tmp/$1/log" >&2
	[ "$(rendered "$1")" = 2 ]
	result $? "$1: both calls were rendered"
}

render own
! grep -q 'libsrtp2 opened' "$tmp/own/log"
result $? "own: libsrtp2 is not asked"
render libsrtp
grep -q 'libsrtp2 opened' "$tmp/libsrtp/log"
result $? "libsrtp: libsrtp2 opens the packets"
for wav in "$tmp/replayed"/*.wav; do
	cmp -s "$wav" "$tmp"/libsrtp/recordings/*/"$(basename "$wav")"
	result $? "$(basename "$wav") has the bytes of a replay"
done
holds "recordings and sidecars are the same" \
	diff -r "$tmp/own/recordings" "$tmp/libsrtp/recordings"
finish
