#!/bin/sh
# TAP: an officer sees each time in which no tap listened, be it that none ran
# or that it hung.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/support/tap.sh
. tests/support/conf.sh
export TZ=UTC LC_ALL=C COLUMNS=200
tap=
trap 'end KILL; rm -rf "$tmp"' EXIT

begin() {
	$edgetape tap -c "$tmp/conf" 2>>"$tmp/log" &
	tap=$!
	within 20 test -s "$tmp/run/tap.stats"
}

end() { # SIGNAL
	[ -n "$tap" ] || return 0
	kill -CONT "$tap"
	kill "-$1" "$tap"
	wait "$tap" 2>/dev/null
	tap=
	rm -f "$tmp/run/tap.stats"
}

# there_are N WHY SECONDS - so many such times of at least so many seconds.
there_are() {
	officer report away --json | python3 -c '
import json, sys
n, why, least = int(sys.argv[1]), sys.argv[2], float(sys.argv[3])
rows = json.load(sys.stdin)
sys.exit(sum(r["why"] == why and float(r["length"]) >= least
             for r in rows) != n)' "$@"
}

mkdir -p "$tmp/spool" "$tmp/recordings" "$tmp/run"
$edgetape keygen "$tmp/r" >/dev/null
certificate 90
cp "$tmp/tap.pem" "$tmp/ca.pem"
conf_roles "$tmp" >"$tmp/conf"

says 'who never began' 0 'no tap has run' officer report away
seen=$(dirname "$(find "$tmp" -name catalog.db)")/tap.seen
: >"$seen"
says 'nobody knows' 0 'listened last cannot be read' officer report away
rm "$seen"
begin
officer users add alice sip:alice@example.com >/dev/null
says 'who has just begun was never away' 0 'no time is known' \
	officer report away
sleep 1
end KILL
sleep 6
says 'none runs: that is told at once' 0 ' [67]\.[0-9]+ +no tap runs' \
	officer report away
says 'not of an earlier time' 0 'no time is known' officer report away \
	--to 1m
begin
holds 'and no more when one runs' there_are 0 'no tap runs, or it hangs' 0
holds 'none ran: it is in the ledger' within 10 there_are 1 'no tap ran' 6
says 'and in the report' 0 'when no tap listened' officer report
officer alarms >"$tmp/alarms"
grep -q 'not-listening.*no tap ran from 20' "$tmp/alarms"
result $? 'and an alarm'
kill -STOP "$tap"
sleep 5
kill -CONT "$tap"
holds 'one that hung' within 10 there_are 1 'the tap hung' 5
end TERM
begin
holds 'a restart is short' within 10 there_are 2 'no tap ran' 0
holds 'and no more than that' there_are 1 'no tap ran' 6
says 'not of another time' 0 'no time is known' officer report away \
	--from 2020-01-01 --to 2020-02-01
officer report away --json | python3 -c '
import json, sys
rows = json.load(sys.stdin)
sys.exit([r["why"] for r in rows] != ["no tap ran", "the tap hung",
                                      "no tap ran"])'
result $? 'in their order'
finish
