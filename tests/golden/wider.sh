#!/bin/sh
# TAP: a recording has the highest rate that a stream carried, also when that
# came in mid-call; by replay and by the render role, with the same bytes.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/support/tap.sh
. tests/support/conf.sh
. tests/support/render.sh

tests/support/wider.py make "$tmp/sip.txt" "$tmp/wider.pcap"
$edgetape keygen "$tmp/r" >/dev/null

replay() { # NAME OPTION...
	name=$1
	shift
	"$edgetape" replay -s "$tmp/sip.txt" -m "$tmp/wider.pcap" \
		--out "$tmp/$name" "$@" >&2
	result $? "$name: replayed"
}

heard() { # NAME WANT
	is=$(tests/support/wider.py hear "$(find "$tmp/$1" -name '*.wav')")
	[ "$is" = "$2" ]
	result $? "$1: $is, rate and level of 6 kHz"
}

replay best --key "$tmp/r.key" --keep-journal "$tmp/spool"
heard best '16000 -6'
[ "$(find "$tmp/best" -name '*.json' | wc -l)" = 1 ]
result $? "best: one recording"
replay asked --rate 48000
heard asked '48000 -6'

render_begin role ''
render_end role 1
heard role '16000 -6'
sum() { find "$1" -name '*.wav' -exec sha256sum {} + | cut -d' ' -f1; }
[ "$(sum "$tmp/role")" = "$(sum "$tmp/best")" ]
result $? "role: the same bytes"
finish
