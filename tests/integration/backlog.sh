#!/bin/sh
# TAP: a render that has much to make up for lets other calls go on beside it,
# and what it makes a piece at a time has the bytes of what is made at once. Only
# the caller speaks in that call: it has two channels all the same, and sidecar
# and ledger say which party was not heard. When the kernel has lost count of the
# spool's new calls, one is found all the same, and none is begun again.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/support/tap.sh
pid=
trap 'kill $pid 2>/dev/null; rm -rf "$tmp"' EXIT
formats='opus/q5;wav'

golden_journal nice-drop "$tmp/short"
short=$call
rm -rf "$tmp/first"
golden_journal lync-pcmu "$tmp/next"
next=$call
rm -rf "$tmp/first"
golden_journal msturn-udp "$tmp/bad"
bad=$call
tests/support/lossy.py make red 1 "$tmp/sip" "$tmp/rtp" "$tmp/lost"
$edgetape replay --signalling "$tmp/sip" --media "$tmp/rtp" --key "$tmp/r.key" \
	--out "$tmp/want" --format "$formats" --keep-journal "$tmp/spool" \
	>/dev/null
long=$(basename "$tmp/spool"/2*)
rm -f "$tmp/spool/$long/rendered" "$tmp"/short/*/rendered \
	"$tmp"/next/*/rendered "$tmp"/bad/*/rendered
# Two calls are there already: one of which nothing is written so far, and one
# that cannot be read.
mkdir "$tmp/run" "$tmp/spool/$short" "$tmp/spool/$bad"
ln -s nowhere "$tmp/spool/$bad/session-001.etj"
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
begin() {
	ASAN_OPTIONS=detect_leaks=0 $edgetape render -c "$tmp/conf" 2>"$1" &
	pid=$!
}
# fill CALL - the rest of its journal, the session last.
fill() {
	for kind in media session; do
		mv -f "$tmp"/*/"$1/$kind"-* "$tmp/spool/$1/"
	done
}
# More than the kernel's queue holds, while nobody reads it.
overflow() {
	mkdir "$tmp/spool/.a"
	python3 -c '
import os, sys
most = int(open("/proc/sys/fs/inotify/max_queued_events").read())
at = [sys.argv[1] + "/.a", sys.argv[1] + "/.b"]
for i in range(min(most, 200000) + 1):
    os.rename(at[i % 2], at[1 - i % 2])' "$tmp/spool"
}
begun() { [ -n "$(find "$tmp/recordings" -name '*.part' -size +4)" ]; }

begin "$tmp/log"
await begun
result $? "a call of five minutes is being made"
fill "$short"
await test -e "$tmp/spool/$short/rendered"
result $? "a short one that comes then is made"
[ ! -e "$tmp/spool/$long/rendered" ]
result $? "before the long one is done"
await grep -q 'session-001.etj: No such file' "$tmp/log"
result $? "one that cannot be read is given up"
rm "$tmp/spool/$bad/session-001.etj"
fill "$bad"
worker=$(pgrep -P $pid)
kill -STOP "$worker"
overflow
# It has its files open. Begun again it would not find them.
mkdir "$tmp/hidden"
mv "$tmp/spool/$long/media"-* "$tmp/hidden/"
mv "$tmp/next/$next" "$tmp/spool/"
kill -CONT "$worker"
await test -e "$tmp/spool/$next/rendered"
result $? "one of which the kernel could not tell is found"
await test -e "$tmp/spool/$long/rendered"
result $? "the long one ends too"
[ "$(grep -c "$short: RECORDED" "$tmp/log")" = 1 ]
result $? "one that was done is not begun again"
[ ! -e "$tmp/spool/$bad/rendered" ]
result $? "nor the one that was given up"
for f in "$tmp"/want/*; do
	cmp "$f" "$tmp"/recordings/*/"${f##*/}" >&2
	result $? "${f##*.}: the bytes of a replay, made in one go"
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
begin "$tmp/log.2"
await test -e "$tmp/spool/$bad/rendered"
result $? "another tries again what was given up"
kill $pid
wait $pid
finish
