#!/bin/bash
# wavcmp.sh - the judge of the other tests is judged: it finds a known shift and
# gain, and tells other sound from the same.
set -u
cd "$(dirname "$0")/../.." || exit 1
wavcmp=${B:-build}/tools/wavcmp
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
n=0

is() {	# is WHAT COMMAND...
	local what=$1

	shift
	n=$((n + 1))
	if "$@"; then echo "ok $n - $what"; else echo "not ok $n - $what"; fi
}

make_sound() {	# make_sound FILE SOX-ARGUMENT...
	sox -q -R -n -r 8000 -c 1 -b 16 "$tmp/$1" "${@:2}" || exit 1
}

# member NAME LOW HIGH - of the last comparison.
member() {
	sed "s/.*\"$1\": \([0-9.-]*\).*/\1/" "$tmp/said" |
		awk -v lo="$2" -v hi="$3" '{ exit !($1 >= lo && $1 <= hi) }'
}

compare() {
	"$wavcmp" --json "$@" >"$tmp/said" 2>"$tmp/err"
}

status_of() {	# status_of WANTED ARGUMENT...
	compare "${@:2}"
	[ $? -eq "$1" ]
}

make_sound noise.wav synth 3 brownnoise gain -6
make_sound other.wav synth 3 pinknoise gain -6
sox -q "$tmp/noise.wav" "$tmp/late.wav" pad 0.1 vol 0.5
sox -q -M "$tmp/other.wav" "$tmp/late.wav" "$tmp/pair.wav"
sox -q "$tmp/late.wav" -r 16000 "$tmp/wide.wav"
make_sound white.wav synth 3 whitenoise gain -6
sox -q "$tmp/white.wav" "$tmp/first.wav" trim 0 1.72
sox -q "$tmp/white.wav" "$tmp/second.wav" trim 1.77
sox -q "$tmp/first.wav" "$tmp/second.wav" "$tmp/jumps.wav"
make_sound chirp.wav synth 3 sine 300-3000 gain -6
sox -q "$tmp/white.wav" "$tmp/slow.wav" speed 0.9999

compare "$tmp/noise.wav" "$tmp/late.wav"
is 'finds the shift' member shift_ms 100 100
is 'finds the gain' member gain 0.499 0.501
is 'hears that it is the same' member correlation 0.999 1
is 'counts what both have' member overlap_s 3 3
compare "$tmp/late.wav" "$tmp/noise.wav"
is 'finds a shift backwards' member shift_ms -100 -100
compare --channel 1 "$tmp/noise.wav" "$tmp/pair.wav"
is 'picks a channel' member correlation 0.999 1
compare "$tmp/noise.wav" "$tmp/wide.wav"
is 'compares across rates' member correlation 0.99 1
compare "$tmp/noise.wav" "$tmp/other.wav"
is 'hears that it is something else' member correlation -0.3 0.3
compare "$tmp/white.wav" "$tmp/slow.wav"
is 'sound that slides is not the same' member correlation -1 0.7
compare --slack 5 "$tmp/white.wav" "$tmp/slow.wav"
is 'but it is where it may slide' member correlation 0.95 1
compare --slack 60 "$tmp/white.wav" "$tmp/jumps.wav"
is 'a jump is lost sound' member correlation 0.7 0.97
compare --slack 60 --spare 20 "$tmp/white.wav" "$tmp/jumps.wav"
is 'but for the piece that it is in all is the same' \
	member correlation 0.99 1
compare --slack 60 --spare 20 "$tmp/white.wav" "$tmp/chirp.wav"
is 'something else stays it' member correlation -0.4 0.4
is 'a limit that is kept' status_of 0 -m 0.9 "$tmp/noise.wav" "$tmp/late.wav"
is 'a limit that is missed' \
	status_of 1 -m 0.9 "$tmp/noise.wav" "$tmp/other.wav"
is 'too little in common' status_of 1 -o 4 "$tmp/noise.wav" "$tmp/late.wav"
is 'no such channel' status_of 2 -c 2 "$tmp/noise.wav" "$tmp/late.wav"
is 'no such file' status_of 2 "$tmp/noise.wav" "$tmp/nothing.wav"
echo "1..$n"
