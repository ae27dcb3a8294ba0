#!/bin/sh
# TAP: a render is killed again and again in the middle of a call. Encoders keep
# no state: all formats have the bytes of a render that was let alone, and
# decoders of others find one whole recording in each, of the right length,
# level and time.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/support/tap.sh
. tests/support/conf.sh
pid=
trap 'kill $pid 2>/dev/null; rm -rf "$tmp"' EXIT
formats='wav;flac;mp3;opus;vorbis'

tests/support/lossy.py make red 0 "$tmp/sip" "$tmp/rtp" "$tmp/lost"
"$edgetape" keygen "$tmp/r" >/dev/null
"$edgetape" replay -s "$tmp/sip" -m "$tmp/rtp" --key "$tmp/r.key" \
	--out "$tmp/want" --format "$formats" --keep-journal "$tmp/spool" \
	>/dev/null
mkdir "$tmp/run"
{
	conf_kept "$tmp"
	printf 'run=%s\nprivate-key=%s\n[render]\nworkers=1\nformats=%s\n' \
		"$tmp/run" "$tmp/r.key" "$formats"
} >"$tmp/conf"

ASAN_OPTIONS=detect_leaks=0 "$edgetape" render -c "$tmp/conf" 2>"$tmp/log" &
pid=$!
larger() { # OCTETS
	[ -n "$(find "$tmp/recordings" -name '*.opus.part' -size "+$1c")" ]
}
heard_s() { # FILE - seconds that ffmpeg finds in it
	ffmpeg -v error -i "$1" -f s16le -ac 1 -ar 8000 - 2>/dev/null |
		wc -c | awk '{ print int($1 / 16000) }'
}
before=0
for octets in 30000 200000 500000; do
	within 60 larger $octets
	result $? "the Opus file has over $octets octets"
	worker=$(pgrep -P $pid)
	kill -STOP "$worker"	# so that the files are those of one instant
	short=
	for f in "$tmp"/recordings/*/*.part; do
		got=$(heard_s "$f")
		[ "$got" -ge "$before" ] && [ "$got" -gt 0 ] ||
			short="$short ${f##*/}: $got s,"
	done
	kill -KILL "$worker"
	[ -z "$short" ]
	result $? "killed there, all five play, none shorter than before:$short"
	before=$(heard_s "$tmp"/recordings/*/*.flac.part)
done
within 120 sh -c "ls '$tmp'/spool/*/rendered"
result $? "then it is let alone"
kill $pid
wait $pid
[ "$(grep -c 'was killed by signal 9' "$tmp/log")" = 3 ]
result $? "it was killed three times"
set -- "$tmp"/recordings/*/*
[ $# = 6 ]
result $? "there are five files and a sidecar"
for f in "$tmp"/want/*; do
	holds "${f##*.}: the bytes of one that was let alone" \
		cmp "$f" "$tmp"/recordings/*/"${f##*/}"
done

# ---- by other people's decoders ----
wav=$(echo "$tmp"/recordings/*/*.wav)
frames=$(soxi -s "$wav")
sox "$wav" "$tmp/end.wav" trim -30
# The last half minute is compared, which no lost or doubled packet spares.
# like FILE DECODER CORRELATION DECIBELS - what it made of FILE is in $tmp/got.wav
like() {
	sox "$tmp/got.wav" "$tmp/got-end.wav" trim -30
	"$B/tools/wavcmp" --json "$tmp/end.wav" "$tmp/got-end.wav" \
		>"$tmp/likeness"
	python3 -c '
import json, math, sys
with open(sys.argv[1]) as f:
    d = json.load(f)
level = 20 * math.log10(d["gain"])
print("# shift %.2f ms, correlation %.4f, level %.2f dB, %s of %s samples" % (
    d["shift_ms"], d["correlation"], level, *sys.argv[4:]))
sys.exit(abs(d["shift_ms"]) > 0.2 or d["correlation"] < float(sys.argv[2]) or
         abs(level) > float(sys.argv[3]) or sys.argv[4] != sys.argv[5])' \
		"$tmp/likeness" "$3" "$4" "$(soxi -s "$tmp/got.wav")" "$frames"
	result $? "$1 by $2: as long as the WAV, at its time and level"
}
for kind in 'flac 1 0.01' 'mp3 0.99 0.05' 'opus 0.85 0.6' 'ogg 0.99 0.1'; do
	# shellcheck disable=SC2086 # words
	set -- $kind
	ffmpeg -v error -y -i "${wav%.wav}.$1" -ar 8000 "$tmp/got.wav"
	like "$1" ffmpeg "$2" "$3"
done
lame --quiet --decode "${wav%.wav}.mp3" "$tmp/got.wav"
like mp3 lame 0.99 0.05
for kind in flac ogg; do
	sox "${wav%.wav}.$kind" "$tmp/got.wav"
	like $kind sox 0.99 0.1
done
finish
