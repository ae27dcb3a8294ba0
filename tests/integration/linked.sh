#!/bin/sh
# TAP: from one leg of a transfer, a diversion or a call that several Front Ends
# told of, an officer finds the others, out of the signalling alone.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/support/tap.sh
. tests/support/conf.sh
mkdir "$tmp/spool" "$tmp/run"
export TZ=UTC LC_ALL=C COLUMNS=200

{ conf_kept "$tmp"; printf 'run=%s\n' "$tmp/run"; } >"$tmp/conf"
tests/support/chain.py "$tmp/sip" "$tmp/pcap"
"$edgetape" replay -s "$tmp/sip" -m "$tmp/pcap" --out "$tmp/recordings" \
	>"$tmp/log" 2>&1
officer rebuild >/dev/null
officer calls list --json >"$tmp/all"

# What a list of calls names, by the Call-IDs of chain.py, in its order.
told() { # FILE
	python3 -c '
import json, sys
end = {c["call"]: c for c in json.load(open(sys.argv[1]))}
for c in json.load(open(sys.argv[2])):
    who = [end[c["call"]][k][4:].split("@")[0] for k in ("caller", "callee")]
    print("-".join(who), c["by"] or "-")' "$tmp/all" "$1"
}
legs() { # CALL WANT
	officer calls linked "$1@h" --json >"$tmp/json"
	got=$(told "$tmp/json" | tr '\n' ' ')
	[ "$got" = "$2 " ]
	result $? "from $1: $2"
	[ "$got" = "$2 " ] || echo "# $got"
}
legs first 'alice-bob - bob-carol replaces alice-carol transfer'
legs asked 'alice-bob transfer bob-carol - alice-carol replaces'
legs sent 'alice-bob transfer bob-carol replaces alice-carol -'
legs rang 'dave-erin - dave-frank diversion'
legs moved 'dave-erin diversion dave-frank -'
legs outer '+4930123-grace - gateway-grace conversation'
legs inner '+4930123-grace conversation gateway-grace -'
legs own 'alice-bob -'

# Who is looked for need not be a party of the leg.
officer calls --who frank --linked --json >"$tmp/json"
[ "$(told "$tmp/json" | tr '\n' ' ')" = 'dave-frank - dave-erin diversion ' ]
result $? 'a search with the legs of what it finds'
officer calls --who carol --linked --csv >"$tmp/csv"
[ "$(tr -d '\r' <"$tmp/csv" | cut -d, -f2,3 | tr '\n' ' ' |
	sed 's/sip://g; s/@example.com//g')" = \
	'caller,callee alice,carol bob,carol alice,bob ' ]
result $? 'each once, the newest first'
holds 'without --linked those alone' [ "$(officer calls --who carol --csv |
	wc -l)" = 3 ]
says 'explain names them' 0 'another leg: 2[^ ]* \(transfer\)' officer explain \
	sent@h
moved=$(officer calls show moved@h --csv | sed -n 's/^call,//p' | tr -d '\r')
says 'by the end of its name, as a narrow table has it' 0 frank officer \
	calls linked "…${moved#*Z-}"
says 'by its beginning' 0 frank officer calls linked "${moved%??}"
says 'by a piece of it' 0 frank officer calls linked \
	"$(echo "$moved" | cut -c 18-24)"
says 'a piece that several have' 1 'several calls are named like "20261121T2' \
	officer calls linked 20261121T2
finish
