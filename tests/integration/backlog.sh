#!/bin/sh
# TAP: a render that has much to make up for lets other calls go on beside it,
# and what it makes a piece at a time has the bytes of what is made at once. Only
# the caller speaks in that call: it has two channels all the same, and sidecar
# and ledger say which party was not heard.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/support/tap.sh
pid=
trap 'kill $pid 2>/dev/null; rm -rf "$tmp"' EXIT
formats='opus/q5;wav'

golden_journal nice-drop "$tmp/short"
short=$call
tests/support/lossy.py make red 1 "$tmp/sip" "$tmp/rtp" "$tmp/lost"
$edgetape replay --signalling "$tmp/sip" --media "$tmp/rtp" --key "$tmp/r.key" \
	--out "$tmp/want" --format "$formats" --keep-journal "$tmp/spool" \
	>/dev/null
long=$(basename "$tmp/spool"/2*)
rm -f "$tmp/spool/$long/rendered" "$tmp/short/$short/rendered"
mkdir "$tmp/run"
cat >"$tmp/conf" <<END
[edgetape]
spool=$tmp/spool
recordings=$tmp/recordings
catalog=$tmp/catalog/catalog.db
run=$tmp/run
private-key=$tmp/r.key
[render]
workers=1
formats=$formats
END
await() { # COMMAND...
	for _ in $(seq 1200); do
		"$@" >/dev/null 2>&1 && return
		kill -0 $pid 2>/dev/null || break
		sleep 0.1
	done
	false
}
begun() { [ -n "$(find "$tmp/recordings" -name '*.part' -size +4)" ]; }

ASAN_OPTIONS=detect_leaks=0 $edgetape render -c "$tmp/conf" 2>"$tmp/log" &
pid=$!
await begun
result $? "a call of five minutes is being made"
mv "$tmp/short/$short" "$tmp/spool/"
await test -e "$tmp/spool/$short/rendered"
result $? "a short one that comes then is made"
[ ! -e "$tmp/spool/$long/rendered" ]
result $? "before the long one is done"
await test -e "$tmp/spool/$long/rendered"
result $? "which ends too"
for f in "$tmp"/want/*; do
	cmp "$f" "$tmp"/recordings/*/"${f##*/}" >&2
	result $? "${f##*.}: the bytes of a replay"
done
json=$(echo "$tmp/want"/*.json)
python3 -c '
import sys, wave
w = wave.open(sys.argv[1])
pcm = w.readframes(w.getnframes())
sys.exit(w.getnchannels() != 2 or len(pcm) < 4 * 299 * w.getframerate() or
         any(pcm[2::4]) or any(pcm[3::4]) or not any(pcm[0::4]))' \
	"$tmp/want"/*.wav
result $? "both channels are there, the callee's silent all the time"
python3 -c '
import json, sys
r = json.load(open(sys.argv[1]))
s = r["recording"]
sys.exit(s["callee"]["silent_ms"] != s["duration_ms"] or
         s["caller"]["silent_ms"] == s["duration_ms"] or
         r["outcome"] != "PARTIAL" or
         r["why"] != "nothing was heard of the callee")' "$json"
result $? "the sidecar says that and counts it"
says "the ledger too" 0 'PARTIAL.*nothing was heard of the callee' sh -c \
	"$edgetape calls show $long -c $tmp/conf | tr '\n' ' '"
kill $pid
wait $pid
result $? "the role ends cleanly"
finish
