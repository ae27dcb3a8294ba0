#!/bin/sh
# TAP: what `edgetape replay` is to the one at the keyboard: a line of progress
# on a terminal and in nothing else, calls of a span of time, tracks of speakers,
# bounded memory.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/support/tap.sh

tests/support/mkforks.py "$tmp/sip.log" "$tmp/edge.pcap" || exit 1

replay() {
	$edgetape replay --media "$tmp/edge.pcap" --signalling "$tmp/sip.log" \
		"$@"
}

# With a terminal for stderr; what came there is in $tmp/terminal.
python3 - "$tmp" "$edgetape" replay --media "$tmp/edge.pcap" \
	--signalling "$tmp/sip.log" --list <<'END'
import os
import subprocess
import sys

ours, theirs = os.openpty()
child = subprocess.Popen(sys.argv[2:], stderr=theirs,
                         stdout=open(sys.argv[1] + '/list', 'wb'))
os.close(theirs)
seen = b''
while True:
    try:
        more = os.read(ours, 4096)
    except OSError:             # the other end is closed
        break
    if not more:
        break
    seen += more
open(sys.argv[1] + '/terminal', 'wb').write(seen)
sys.exit(child.wait())
END
result $? "it runs on a terminal"
tr '\r' '\n' <"$tmp/terminal" >"$tmp/lines"
holds "part, calls, packets a second and time left are told" grep -qE \
	'^ *[0-9]+ %  [0-9]+ calls  [0-9]+ packets/s  [0-9]+ s left *$' \
	"$tmp/lines"
holds "and wiped out at the end" [ -z "$(tail -n 1 "$tmp/lines" | tr -d ' \n')" ]
holds "the list is apart from it" grep -q '^1 recorded, 0 partial' "$tmp/list"
replay --list >"$tmp/list" 2>"$tmp/silent"
holds "in a pipe nothing of it is said" [ ! -s "$tmp/silent" ]

# The call begins at 22:26:40.
span() { # NAME STATUS PATTERN FROM TO
	says "$1" "$2" "$3" replay --list --from "2026-11-21T$4Z" \
		--to "2026-11-21T$5Z"
}
span "a span of time that has the call" 0 '1 recorded' 22:26:00 22:27:00
span "one before it" 1 'no call in it that was asked for' 21:00:00 22:26:39
span "one behind it" 1 'no call in it that was asked for' 22:26:41 23:00:00
says "no time" 1 'is not a time like' replay --list --from monday
says "a call that is not there" 1 'no call in it that was asked for' \
	replay --list --call '*nobody*'

# The files of speakers, as the sidecar has them.
replay --early-media --layout separate --format 'wav;rf64' --out "$tmp/out" \
	>"$tmp/said" 2>&1
python3 - "$tmp"/out/*.json <<'END'
import json
import os
import sys

recording = json.load(open(sys.argv[1]))['recording']
files = [(f['name'].split('example.com')[-1], f['speaker'])
         for f in recording['files']]
want = [('-caller.wav', 1), ('-callee.wav', 1), ('-caller.rf64.wav', 1),
        ('-callee.rf64.wav', 1), ('-callee-2.wav', 2),
        ('-callee-2.rf64.wav', 2)]
speakers = {(s['side'], s['speaker']) for s in recording['speakers']}
there = all(os.path.getsize(os.path.join(os.path.dirname(sys.argv[1]),
                                         f['name'])) == f['bytes']
            for f in recording['files'])
sys.exit(not (there and files == want and speakers ==
              {('caller', 1), ('callee', 1), ('callee', 2)}))
END
result $? "each speaker has his files, in a known order"

# Memory: what is kept for keys that may come is bounded, whatever the captures
# are, here 300 MB that belong to no call.
printf 'calls 4\npackets 50000\n' >"$tmp/stray.txt"
"$B/tools/mkpcap" "$tmp/stray.txt" "$tmp/stray.pcap"
peak=$(python3 - "$tmp/said" "$edgetape" replay --media "$tmp/edge.pcap" \
	--media "$tmp/stray.pcap" --signalling "$tmp/sip.log" --list <<'END'
import resource
import subprocess
import sys

with open(sys.argv[1], 'w') as said:
    bad = subprocess.run(sys.argv[2:], stdout=said).returncode
peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024
print(9999 if bad else peak)
END
)
size=$(($(wc -c <"$tmp/stray.pcap") >> 20))
rm "$tmp/stray.pcap"
holds "a call in the midst of $size MiB of others'" grep -q \
	'^1 recorded, 0 partial' "$tmp/said"
[ "$size" -gt 256 ] && [ "$peak" -lt 200 ]
result $? "takes less than 200 MiB of memory: $peak"
# Nobody in particular, on a host where nothing is set up.
nobody() {
	setpriv --reuid 65534 --regid 65534 --clear-groups --no-new-privs \
		env -i TMPDIR="$tmp/own" PATH="$PATH" "$@"
}
if [ "$(id -u)" = 0 ]; then
	mkdir "$tmp/own"
	cp "$edgetape" "$tmp/sip.log" "$tmp/edge.pcap" "$tmp/own"
	chmod 711 "$tmp"
	chown -R 65534 "$tmp/own"
	says "without root, configuration or environment" 0 '^1 recorded' nobody \
		"$tmp/own/edgetape" replay -s "$tmp/own/sip.log" \
		-m "$tmp/own/edge.pcap" --out "$tmp/own/out"
	replay --out "$tmp/rooted" >/dev/null 2>&1
	holds "it leaves the same files" diff -r "$tmp/own/out" "$tmp/rooted"
	holds "and nothing besides them" [ "$(ls -A "$tmp/own" | tr '\n' ' ')" = \
		'edge.pcap edgetape out sip.log ' ]
fi
finish
