#!/bin/sh
# TAP: a render that has much to make up for lets other calls go on beside it,
# and what it makes a piece at a time has the bytes of what is made at once.
set -u
cd "$(dirname "$0")/../.."
. tests/support/tap.sh
pid=
trap 'kill $pid 2>/dev/null; rm -rf "$tmp"' EXIT
formats='opus/q10;wav'

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

$edgetape render -c "$tmp/conf" 2>"$tmp/log" &
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
kill $pid
wait $pid
result $? "the role ends cleanly"
finish
