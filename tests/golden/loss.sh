#!/bin/sh
# TAP: packets are lost at random: each lost millisecond is counted, and marked
# in the timeline; redundancy and forward error correction are used.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/support/tap.sh

# lose KIND PERCENT - what became of it goes to $tmp/KIND-PERCENT.txt.
lose() {
	name=$1-$2
	tests/support/lossy.py make "$1" "$2" "$tmp/sip" "$tmp/rtp" \
		"$tmp/$name.lost" &&
		"$edgetape" replay -s "$tmp/sip" -m "$tmp/rtp" -r 16000 \
			--out "$tmp/$name" >&2 &&
		tests/support/lossy.py check "$tmp/$name"/*.json \
			"$tmp/$name.lost" >"$tmp/$name.txt"
	result $? "$1, $2 % lost: $(cat "$tmp/$name.txt")"
}

# left KIND-PERCENT MOST - percent of the time that is not the sender's sound.
left() {
	awk -v most="$2" '{ exit !($(NF - 1) <= most) }' "$tmp/$1.txt"
	result $? "$1: at most $2 % is not the sender's"
}

lose pcmu 0
left pcmu-0 0
lose pcmu 10
lose pcmu 40
lose pcmu400 10
lose red 10
left red-10 1.2
lose opus 0
lose opus 10
# Without the copies in the packets behind it would be about 7.
snr=$(tests/support/lossy.py snr "$tmp/opus-0"/*.wav "$tmp/opus-10"/*.wav)
awk "BEGIN { exit !($snr >= 12) }"
result $? "opus, 10 % lost: $snr dB of what was sent"
finish
