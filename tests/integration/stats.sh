#!/bin/sh
# TAP: `edgetape stats --watch` tells of each interval what became of every
# packet of an interface: the intervals follow each other without a gap, each
# adds up to one packet, and so do all together, while packets come and the
# capturing process is killed.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/support/tap.sh
. tests/support/conf.sh

if ! unshare -n true 2>/dev/null; then
	echo '1..0 # SKIP no right to make a network namespace'
	exit 0
fi

# configure BACKEND
configure() {
	mkdir -p "$tmp/$1"
	conf_kept "$tmp/$1" >"$tmp/$1/conf"
	cat >>"$tmp/$1/conf" <<END
run=$tmp/$1/run
[capture]
interfaces=lo
backend=$1
pre-roll=1
END
}

# Media that nobody claims, each packet once, until told to stop: their number
# is written to the file.
cat >"$tmp/send.py" <<'END'
import os, signal, socket, struct, sys, time
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
sink = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
sink.bind(('127.0.0.1', 5004))
n, stop = 0, []
signal.signal(signal.SIGTERM, lambda *_: stop.append(1))
while not stop:
    for _ in range(10):
        s.sendto(struct.pack('>HHII', 0x8000, n & 65535, n, 7) + b'x' * 160,
                 ('127.0.0.1', 5004))
        n += 1
    time.sleep(0.01)
open(sys.argv[1], 'w').write(str(n))
END

cat >"$tmp/judge.py" <<'END'
import json, sys
rows = [json.loads(line) for line in open(sys.argv[1])]
sent, copies = int(open(sys.argv[2]).read()), int(sys.argv[3])
assert len(rows) >= 3, rows
for r in rows:
    assert r['interface'] == 'lo'
    assert r['to_ms'] - r['from_ms'] >= 1000
    assert r['in'] == (r['written'] + r['filtered'] + r['dropped'] +
                       r['waiting'] - r['waiting_before']), r
    assert r['in'] == r['counters']['seen'], r
    for name in ('in', 'written', 'filtered', 'dropped', 'waiting',
                 'waiting_before'):
        assert r[name] >= 0, r
for a, b in zip(rows, rows[1:]):
    assert a['to_ms'] == b['from_ms'] and a['waiting'] == b['waiting_before']
assert any(r['waiting'] for r in rows)
assert rows[-1]['waiting'] == 0, rows[-1]
total = sum(r['in'] for r in rows)
assert 0 < total <= sent * copies, (total, sent)
if rows[0]['from_ms'] and rows[0]['waiting_before'] == 0:
    gone = sum(r['counters']['expired'] + r['counters']['held-died']
               for r in rows)
    assert (gone * copies == total), (gone, total)
END

# In the namespace: captures, sends, watches, and kills workers if so.
cat >"$tmp/run.sh" <<'END'
ip link set lo up
ASAN_OPTIONS=detect_leaks=0 \
	"$edgetape" capture -c "$tmp/$1/conf" 2>"$tmp/$1/log" &
capture=$!
for i in $(seq 100); do
	[ -s "$tmp/$1/run/capture.stats" ] && break
	sleep 0.1
done
"$edgetape" stats -c "$tmp/$1/conf" --watch 1 --times 6 --json \
	>"$tmp/$1/json" 2>"$tmp/$1/said" &
watch=$!
"$edgetape" stats -c "$tmp/$1/conf" --watch 2 --times 1 >"$tmp/$1/text" &
sleep 1.2	# the first interval begins before the first packet
python3 "$tmp/send.py" "$tmp/$1/sent" &
sender=$!
if [ "$1" = ring ]; then
	for i in 1 2; do
		sleep 1.3
		kill -KILL "$(pgrep -P $capture)"
	done
else
	sleep 2.6
fi
kill -TERM $sender
wait $sender
wait $watch
echo $? >"$tmp/$1/status"
kill -TERM $capture
wait $capture
echo $? >>"$tmp/$1/status"
END
export edgetape tmp

# judged BACKEND COPIES - lo shows a packet so many times.
judged() {
	[ "$(tr '\n' ' ' <"$tmp/$1/status")" = '0 0 ' ]
	result $? "$1: stats and capture end well"
	python3 "$tmp/judge.py" "$tmp/$1/json" "$tmp/$1/sent" "$2" \
		>"$tmp/why" 2>&1
	result $? "$1: each interval adds up, and all of them"
	sed 's/^/# /' "$tmp/why"
	[ "$(wc -l <"$tmp/$1/text")" = 2 ] &&
		grep -q '^FROM .*WAITING$' "$tmp/$1/text" &&
		grep -q 'Z lo ' "$tmp/$1/text"
	result $? "$1: as text"
}

configure ring
configure pcap
says "capture is not there" 1 "capture does not run here" \
	"$edgetape" stats -c "$tmp/ring/conf" --watch 1
unshare -n sh "$tmp/run.sh" ring &
ring=$!
unshare -n sh "$tmp/run.sh" pcap
wait $ring
judged ring 2
[ "$(grep -c 'worker was killed' "$tmp/ring/log")" = 2 ]
result $? "ring: two workers were killed"
judged pcap 1
says "watch takes a time" 2 "at least 1" "$edgetape" stats --watch 0
says "times needs a watch" 2 "--times needs --watch" "$edgetape" stats --times 3
finish
