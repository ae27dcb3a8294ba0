#!/bin/sh
# TAP: `edgetape replay` of each golden call gives the sound that independent
# receivers heard, opens every packet, and gives the same bytes twice.
set -u
cd "$(dirname "$0")/../.."
. tests/support/tap.sh

# The value of a member on a line of its own in the sidecar, from the first
# line on that has SECTION.
member() { # FILE SECTION NAME
	sed -n "/\"$2\"/,\$s/^ *\"$3\" : \"\{0,1\}\([^\",]*\).*/\1/p" "$1" |
		head -1
}

replay() { # CALL OUT
	"$edgetape" replay --signalling "tests/golden/calls/$1/signalling.txt" \
		--media "$tmp/$1.pcap" --out "$2" >"$2.log" 2>&1
}

# CALL RTP-PACKETS LEAST-CORRELATION; the packets as counted by an independent
# decryptor, or by the endpoints.
call() {
	xz -dc "tests/golden/calls/$1/edge.pcap.xz" >"$tmp/$1.pcap"
	replay "$1" "$tmp/$1"
	result $? "$1: replayed"
	cat "$tmp/$1.log" >&2
	json=$(echo "$tmp/$1"/*.json)
	wav=$(echo "$tmp/$1"/*.wav)
	outcome=$(member "$json" version outcome)
	[ "$outcome" = RECORDED ]
	result $? "$1: outcome is $outcome"
	[ "$(member "$json" captured media)" = "$2" ] &&
		[ "$(member "$json" captured auth_fail)" = 0 ] &&
		[ "$(member "$json" captured no_key)" = 0 ]
	result $? "$1: $2 packets of media, none refused"
	for side in caller callee; do
		channel=0
		[ $side = caller ] || channel=1
		got=$("$B/tools/wavcmp" --channel $channel --json \
			"tests/golden/calls/$1/$side.flac" "$wav" |
			sed -n 's/.*"correlation": *\([0-9.]*\).*/\1/p')
		awk "BEGIN { exit !(${got:-0} >= $3) }"
		result $? "$1: $side correlates $got, at least $3"
	done
	replay "$1" "$tmp/$1-again"
	cmp -s "$wav" "$tmp/$1-again/$(basename "$wav")" &&
		cmp -s "$json" "$tmp/$1-again/$(basename "$json")"
	result $? "$1: the same bytes twice"
}

call nice-drop 796 0.97
call nice-port9 796 0.97
call msturn-udp 781 0.97
call lync-pcmu 198 0.97
call lync-siren 97 0.95
finish
