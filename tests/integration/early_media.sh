#!/bin/sh
# TAP: media from before the answer is left out, or kept and marked because the
# command line or the call's rule says so; a fork that does not answer is heard
# before the answer at most, never behind it.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/support/tap.sh

tests/support/mkforks.py "$tmp/sip.log" "$tmp/edge.pcap" || exit 1
$edgetape keygen "$tmp/r" >/dev/null

replay() { # OUT ARGUMENT...
	out=$1
	shift
	$edgetape replay --key "$tmp/r.key" --layout separate --out "$out" "$@" \
		>"$out.log" 2>&1
}

# The level of a tone in a second of a file, in dB of full scale. What mu-law
# makes of other tones is at -59.
level() { # FILE HZ SECOND
	python3 -c '
import math, struct, sys, wave
name, hz, at = sys.argv[1], float(sys.argv[2]), float(sys.argv[3])
w = wave.open(name)
rate = w.getframerate()
w.setpos(round(at * rate))
pcm = struct.unpack("<%dh" % rate, w.readframes(rate))
re = sum(v * math.cos(2 * math.pi * hz * i / rate) for i, v in enumerate(pcm))
im = sum(v * math.sin(2 * math.pi * hz * i / rate) for i, v in enumerate(pcm))
print(round(20 * math.log10(2 * math.hypot(re, im) / rate / 32768 + 1e-6)))
' "$@"
}

tone() { # FILE HZ SECOND WANT(loud|silent) NAME
	got=$(level "$1" "$2" "$3")
	[ "$4" = loud ] && [ "${got:-0}" -ge -14 ] && [ "$got" -le -10 ] ||
		{ [ "$4" = silent ] && [ "${got:-0}" -le -50 ]; }
	result $? "$5: $got dB"
}

member() { # DIRECTORY NAME
	sed -n "s/^ *\"$2\" : \"\{0,1\}\([^\",]*\).*/\1/p" "$1"/*.json | head -1
}

replay "$tmp/usual" --media "$tmp/edge.pcap" --signalling "$tmp/sip.log" \
	--keep-journal "$tmp/kept"
result $? "a forked call is recorded"
callee=$(echo "$tmp"/usual/*-callee.wav)
[ "$(member "$tmp/usual" duration_ms)" = 5000 ]
result $? "from its answer to its end"
holds "with one file for the callee" [ "$(ls "$tmp"/usual/*callee* | wc -l)" = 1 ]
for second in 0 1 2 3 4; do
	tone "$callee" 900 $second loud "the one who answered at $second s"
	tone "$callee" 500 $second silent "the other one, who sends on,"
done
holds "and the timeline says so" grep -q 'did not answer is left out' \
	"$tmp"/usual/*.json

# The answer is at 2.5 s now.
early() { # DIRECTORY WHY
	[ "$(member "$1" duration_ms)" = 7500 ]
	result $? "$2: begins with the first description of media"
	first=$(echo "$1"/*-callee.wav)
	second=$(echo "$1"/*-callee-2.wav)
	tone "$first" 500 1 loud "the first phone, before the answer"
	tone "$second" 900 1 loud "the second phone, before the answer"
	tone "$first" 500 3 silent "the first one, behind the answer"
	tone "$first" 500 4.5 silent "and later"
	tone "$second" 900 4.5 loud "the second one, behind the answer"
	tone "$(echo "$1"/*-caller.wav)" 1300 1 loud "the caller, who sent last"
	python3 -c '
import json, sys
early = [m for m in json.load(open(sys.argv[1]))["timeline"]
         if m["kind"] == "early-media"]
sys.exit([(m["at_ms"], m["length_ms"], m["side"]) for m in early] !=
         [(0, 2500, "both")])' "$1"/*.json
	result $? "one marker for what was before the answer"
}

replay "$tmp/asked" --media "$tmp/edge.pcap" --signalling "$tmp/sip.log" \
	--early-media
early "$tmp/asked" --early-media

# The same journal, decided by a rule with early-media=yes.
journal=$(echo "$tmp"/kept/2*)
PYTHONPATH=tests/support python3 - "$journal/session-001.etj" <<'END'
import struct
import sys
from latekeys import HEADER, record, records

DECISION = 3
data = open(sys.argv[1], 'rb').read()
out = data[:HEADER]
for kind, mono, wall, body in records(data):
    if kind == DECISION:
        rule = 5 + struct.unpack_from('>H', body, 3)[0]
        reason = b'a rule [mode=always scope=external keep=365 early-media]'
        body = body[:rule] + struct.pack('>H', len(reason)) + reason
    out += record(kind, mono, wall, body, 0)
open(sys.argv[1], 'wb').write(out)
END
replay "$tmp/ruled" --journal "$journal"
early "$tmp/ruled" early-media=yes
cmp "$tmp"/asked/*-callee-2.wav "$tmp"/ruled/*-callee-2.wav >&2
result $? "both ways give the same bytes"
finish
