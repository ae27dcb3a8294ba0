#!/bin/sh
# TAP: keys that came as events of RFC 4733 are heard where it is asked for, in
# time, as long and as loud as the events say; and not where they are to be
# taken out.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/support/tap.sh
. tests/support/conf.sh

tests/support/keys.py make "$tmp/sip.txt" "$tmp/keys.pcap"

# render NAME OPTION... - the call; what is heard of its keys goes to NAME.txt.
render() {
	name=$1
	shift
	"$edgetape" replay -s "$tmp/sip.txt" -m "$tmp/keys.pcap" \
		--out "$tmp/$name" "$@" >&2 &&
		tests/support/keys.py hear "$tmp/$name"/*.wav >"$tmp/$name.txt"
	result $? "$name: rendered"
	cat "$tmp/$name.txt" >&2
}

# heard NAME KEY FROM TO LEVEL WHAT - within 20 ms and half a decibel.
heard() {
	awk -v key="$2" -v from="$3" -v to="$4" -v level="$5" '
		function off(a, b) { return a > b ? a - b : b - a }
		$1 == key && off($2, from) <= 20 && off($3, to) <= 20 &&
			off($4, level) <= 0.5 { found = 1 }
		END { exit !found }' "$tmp/$1.txt"
	result $? "$1: key $2, $6"
}

# silent NAME KEY
silent() {
	grep -qxF -- "$2 none" "$tmp/$1.txt"
	result $? "$1: nothing of key $2"
}

"$edgetape" keygen "$tmp/r" >&2
render tones --dtmf-tones --key "$tmp/r.key" --keep-journal "$tmp/spool"
heard tones 5 1000 1200 10 "where the sender was quiet"
heard tones '#' 2000 2100 20 "over the sound beside it, its start lost"
heard tones 1 3000 3100 10 "as far as told, its end lost"
heard tones 9 4000 4200 13 "not made again where the sound has it"
heard tones D 5000 7600 16 "longer than the files are behind"
heard tones '*' 8100 8220 10 "in two segments"
heard tones 8 8600 8750 10 "where it belongs, though it came 70 ms later"

render events
for key in 5 '#' 1 D '*' 8; do
	silent events "$key"
done
heard events 9 4000 4200 13 "the sender's own tone"
grep -q '"text" : "5"' "$tmp/events"/*.json
result $? "events: the timeline tells them"

render removed --dtmf-tones --silence-dtmf
for key in 5 '#' 1 9 D '*' 8; do
	silent removed "$key"
done
! grep -q '"text" : "[0-9D*#]"' "$tmp/removed"/*.json
result $? "removed: no digit is told either"
# By configuration the render role does the same.
mkdir "$tmp/recordings"
{
	conf_kept "$tmp"
	printf 'run=%s\nprivate-key=%s\n' "$tmp/run" "$tmp/r.key"
	printf '[render]\nworkers=1\ndtmf-tones=true\n'
} >"$tmp/conf"
# A role lets nobody trace it, which looking for leaks would need.
ASAN_OPTIONS=detect_leaks=0 "$edgetape" render -c "$tmp/conf" 2>"$tmp/log" &
pid=$!
within 60 test -e "$(echo "$tmp"/spool/*)/rendered"
kill $pid
wait $pid
cat "$tmp/log" >&2
cmp "$tmp"/recordings/*/*.wav "$tmp"/tones/*.wav >&2
result $? "the role with dtmf-tones leaves the same bytes"
finish
