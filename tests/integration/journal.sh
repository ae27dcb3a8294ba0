#!/bin/sh
# TAP: `edgetape journal` prints what a journal holds, for a human and as JSON,
# and says what is wrong with one that is torn, damaged or none.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/support/tap.sh
golden=tests/golden/calls/nice-drop
xz -dc $golden/edge.pcap.xz >"$tmp/edge.pcap"
sed 's/"Alice"/"Al\xc2\x9b31mice"/' $golden/signalling.txt >"$tmp/sip.txt"
$edgetape replay --signalling "$tmp/sip.txt" --media "$tmp/edge.pcap" \
	--out "$tmp/out" --keep-journal "$tmp/kept" >"$tmp/log" 2>&1 ||
	cat "$tmp/log" >&2
call=$(echo "$tmp"/kept/2*)
media=$call/media-001.etj

packets=$(sed -n 's/^ *"captured" : \([0-9]*\),$/\1/p' "$tmp"/out/*.json)
$edgetape journal "$call" >"$tmp/text"
result $? "a call's directory"
[ "$(grep -c '  packet  ' "$tmp/text")" = "$packets" ]
result $? "text: each of the $packets packets of the recording once"
grep -q " records, $packets packets; ended$" "$tmp/text"
result $? "text: the total"
grep -q 'begin .*call_id=' "$tmp/text"
result $? "text: the session"
! LC_ALL=C grep -q "$(printf "\302\233")" "$tmp/text"
result $? "text: no control character of a caller's reaches the terminal"
grep -q "Al.x9b31mice" "$tmp/text"
result $? "text: but is shown"

$edgetape journal --json --hex "$call" >"$tmp/json"
python3 -c '
import json, sys
rows = [json.loads(line) for line in open(sys.argv[1])]
packets = [r for r in rows if r["type"] == "packet"]
assert len(packets) == int(sys.argv[2])
assert all(len(r["hex"]) == 2 * r["octets"] for r in packets)
assert all(int(r["hex"][16:24], 16) == int(r["ssrc"], 16)
           for r in packets if r["protocol"] == "rtp")
assert [r["type"] for r in rows].count("file") == 2
assert sum(r["packets"] for r in rows if r["type"] == "total") == len(packets)
assert all(r["torn_octets"] == 0 and r["ended"]
           for r in rows if r["type"] == "total")
' "$tmp/json" "$packets"
result $? "JSON: a line each, the packets whole"

octets=$(wc -c <"$media")
head -c $((octets - 5)) "$media" >"$tmp/torn"
says "a torn file: what is whole is printed" 1 "no end: its writer" \
	"$edgetape" journal "$tmp/torn"
says "a torn file: the tail is counted" 1 "then 23 octets" \
	"$edgetape" journal "$tmp/torn"
says "a torn file: the error" 1 "torn inside its last record" \
	"$edgetape" journal "$tmp/torn"
{ head -c 2000 "$media"; printf X; tail -c +2002 "$media"; } >"$tmp/bent"
says "a damaged record" 1 "bent: damaged record at octet" \
	"$edgetape" journal "$tmp/bent"
: >"$tmp/empty"
says "an empty file" 1 "empty: empty" "$edgetape" journal "$tmp/empty"
head -c 30 "$media" >"$tmp/short"
says "half a header" 1 "its header is torn" "$edgetape" journal "$tmp/short"
says "no journal" 1 "not a journal" "$edgetape" journal "$tmp/edge.pcap"
mkdir "$tmp/dir"
says "a directory without journals" 1 "no journal in this directory" \
	"$edgetape" journal "$tmp/dir"
says "no name" 2 "which file" "$edgetape" journal
finish
