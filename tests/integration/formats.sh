#!/bin/sh
# TAP: the words of formats and tags, good and bad: files of the sort that was
# asked for, and errors that name the word.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/support/tap.sh
golden_journal nice-drop "$tmp/kept"

render() { # FORMATS
	rm -rf "$tmp/out"
	$edgetape replay --journal "$tmp/kept/$call" --key "$tmp/r.key" \
		--out "$tmp/out" --format "$1"
}

# How many files of each format have how many channels.
channels() {
	python3 -c '
import json, sys
for f in json.load(open(sys.argv[1]))["recording"]["files"]:
    print(f["name"].rsplit(".", 1)[1], f["channels"])' "$tmp"/out/*.json |
		sort | uniq -c | awk '{ printf "%sx%s/%s ", $1, $2, $3 }'
}

# made FORMATS CHANNELS - as many files of each format with as many channels
made() {
	render "$1" >"$tmp/said" 2>&1
	[ "$(channels)" = "$2 " ]
	result $? "$1"
	[ "$(channels)" = "$2 " ] || echo "# $(channels)$(head -3 "$tmp/said")"
}

made 'wav' '1xwav/2'
made 'mp3/vbr/mono;opus/24k/celt;flac/q5/separate' \
	'2xflac/1 1xmp3/1 1xopus/2'
made 'mp3/joint/64k/q2;wav-ulaw/mono' '1xmp3/2 1xwav/1'

made 'rf64;rf64-ulaw/mono' '1xwav/1 1xwav/2'
for f in "$tmp"/out/*.rf64.wav "$tmp"/out/*.rf64.ulaw.wav; do
	holds "${f##*/} begins as RF64" [ "$(head -c 16 "$f" | tr -d '\377')" \
		= RF64WAVEds64 ]
done
name=$(echo "$tmp"/out/*.rf64.wav)
holds "and the sidecar has its name" [ -f "${name%.rf64.wav}.json" ]

# One sound in three layouts: to the sample, as long as nobody is too loud.
render 'wav;wav/mono;wav/separate' >/dev/null 2>&1
python3 -c '
import array, glob, sys, wave
def load(pattern):
    path, = glob.glob(sys.argv[1] + pattern)
    with wave.open(path) as w:
        return array.array("h", w.readframes(w.getnframes()))
mono, caller, callee = (load("/*-%s.wav" % s)
                        for s in ("mono", "caller", "callee"))
both, = (load("/" + n.rsplit("/", 1)[1][:-5] + ".wav")
         for n in glob.glob(sys.argv[1] + "/*.json"))
assert len(mono) == len(caller) == len(callee) == len(both) // 2 > 8000
assert both[0::2] == caller and both[1::2] == callee
assert max(map(abs, mono)) < 32767 and max(map(abs, caller)) > 8000
off = max(abs(m - a - b) for m, a, b in zip(mono, caller, callee))
print("# mono is the sum to within", off)
sys.exit(off > 1)' "$tmp/out"
result $? 'stereo has what the separate files have, mono their sum'

# The rate is that of the file.
render 'mp3/64k' >/dev/null 2>&1
wide=$(cat "$tmp"/out/*.mp3 | wc -c)
render 'mp3/16k' >/dev/null 2>&1
narrow=$(cat "$tmp"/out/*.mp3 | wc -c)
[ "$wide" -gt $((narrow * 3)) ]
result $? "64k is over three times 16k: $wide, $narrow octets"

# bad FORMATS WORD
bad() {
	says "no: $1" 1 "\"$1\": \"$2\"|\"$2\" is not a format" render "$1"
}

bad ogg ogg
bad mp3/stereoo stereoo
bad wav/24k 24k
bad mp3/5k 5k
bad mp3/513k 513k
bad mp3/k k
bad mp3/q10 q10
bad flac/q9 q9
bad opus/q11 q11
bad wav/q1 q1
bad opus/vbr vbr
bad mp3/celt celt
bad flac/joint joint
bad 'mp3/' ''
bad 'mp3//mono' ''
says "no: one bad of two" 1 '"flac/24k": "24k"' render 'wav;flac/24k'
holds "and nothing is made" [ -z "$(find "$tmp/out" -type f 2>/dev/null)" ]
says "no format at all" 1 'is not a format|no format' render ''

# What a player is told. The year, day and minute of an MP3 are apart.
title='sip:alice@rig.test - sip:bob@rig.test'
tags() { # FILE NAME: the tag's value
	ffprobe -v error -of default=nw=1 -show_entries \
		format_tags:stream_tags "$1" | sed -n "s/^TAG:$2=//Ip"
}
$edgetape replay --journal "$tmp/kept/$call" --key "$tmp/r.key" \
	--out "$tmp/tagged" --format 'wav;rf64;flac;mp3;opus;vorbis' \
	--picture --spectrogram >/dev/null 2>&1
base=$(echo "$tmp"/tagged/*.json)
base=${base%.json}
for ending in wav rf64.wav flac mp3 opus ogg; do
	date=2026-11-21T21:09:11.042Z
	[ $ending = mp3 ] && date='2026-11-21 21:09'
	[ "$(tags "$base.$ending" title)" = "$title" ] &&
		[ "$(tags "$base.$ending" comment)" = nice-drop-1@rig.test ] &&
		[ "$(tags "$base.$ending" date)" = "$date" ]
	result $? "$ending tells title, date and call"
done

# Pictures are named in the sidecar, and are what players of pictures know.
for picture in picture spectrogram; do
	file=$(sed -n "s/.*\"$picture\" : \"\(.*\)\",/\1/p" "$base.json")
	[ "$(ffprobe -v error -of csv=p=0 -show_entries \
		stream=codec_name,width "$tmp/tagged/$file")" = png,1200 ]
	result $? "$picture: $file"
done

python3 - "$base" <<'END'
import array
import json
import sys
import wave

r = json.load(open(sys.argv[1] + '.json'))['recording']
w = wave.open(sys.argv[1] + '.wav')
pcm = array.array('h', w.readframes(w.getnframes()))
form = r['waveform']
n = form['samples']
for channel, side in enumerate(('caller', 'callee')):
    own = pcm[channel::2]
    want = [max(map(abs, own[i:i + n])) for i in range(0, len(own), n)]
    if form[side] != want or len(want) < 500:
        sys.exit('%s: %d stretches of %d, wanted %d' %
                 (side, len(form[side]), n, len(want)))
END
result $? "the sidecar's waveform is that of the samples"

# tags and formats of the configuration, as `check` reads it
conf() { # KEY=VALUE
	printf '[edgetape]\nspool=%s\nrecordings=%s\nrun=%s\n[render]\n%s\n' \
		"$tmp/spool" "$tmp/rec" "$tmp/run" "$1" >"$tmp/e.conf"
	$edgetape check -c "$tmp/e.conf"
}

says "tags: all" 1 "" conf 'tags=date;parties;call-id'
! grep -q tags "$tmp/said"
result $? "tags: nothing is said of good ones"
says "tags: none" 1 "" conf 'tags='
! grep -q tags "$tmp/said"
result $? "tags: none is good"
says "tags: one is bad" 1 '\[render\] tags: "partys" is not' \
	conf 'tags=date;partys'
says "formats: one is bad" 1 '"mp3/fast": "fast"' conf 'formats=wav;mp3/fast'
finish
