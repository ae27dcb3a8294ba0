#!/bin/sh
# TAP: the legs of a conference are handed over together, and as one recording
# in which everybody speaks when he spoke.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/support/tap.sh
. tests/support/conf.sh
mkdir "$tmp/temp"
export TZ=UTC LC_ALL=C COLUMNS=200 TMPDIR="$tmp/temp"

{ conf_kept "$tmp"; printf 'run=%s\n' "$tmp/run"; } >"$tmp/conf"
mkdir -p "$tmp/spool" "$tmp/run"
tests/support/meeting.py make "$tmp/recordings"
officer rebuild >/dev/null
export_to() { # DIR WORDS...
	out=$tmp/$1
	shift
	officer export --out "$out" --reason x "$@"
}
hear() { # WAV LINES
	got=$(tests/support/meeting.py hear "$1")
	[ "$got" = "$2" ]
	result $? "${1##*/}: $(echo "$2" | tr '\n' '|')"
	[ "$got" = "$2" ] || echo "# $got" | tr '\n' '|'
}
calls_in() { # DIR NAMES
	[ "$(cd "$tmp/$1" && echo */)" = "$2" ]
	result $? "in $1: $2"
}

says 'a leg of the conference alone' 0 '1 call in' export_to one b
says 'and those linked to it' 0 '3 calls in' export_to all b --linked \
	--together 'wav;wav/separate;flac/separate'
calls_in all 'a/ b/ c/ together/'
holds 'it checks itself' sh -c "cd '$tmp/all' &&
	sha256sum --check --strict --quiet SHA256SUMS"
hear "$tmp/all/together/together.wav" \
	'500 from 0 to 4000; 900 from 1500 to 3500; 1300 from 2040 to 3040
2000 from 0 to 4000'
hear "$tmp/all/together/together-caller.wav" '500 from 0 to 4000'
hear "$tmp/all/together/together-caller-2.wav" '900 from 1500 to 3500'
hear "$tmp/all/together/together-caller-3.wav" '1300 from 2040 to 3040'
hear "$tmp/all/together/together-callee.wav" '2000 from 0 to 4000'
voices=$(python3 -c '
import json, sys
t = json.load(open(sys.argv[1]))["together"]
print(t["begin"])
for v in t["voices"]:
    print(v["call"], v["who"][4:].split("@")[0], v["offset_ms"], v["side"],
          v["speaker"])' "$tmp/all/manifest.json")
[ "$voices" = "2026-11-21T22:26:40.000Z
a alice 0 caller 1
a alice 0 callee 1
b bob 1500 caller 2
c carol 2040 caller 3" ]
result $? 'the manifest tells who is who'

# In one channel the server's mix would be everybody once more.
export_to mono a --linked --together wav/mono >/dev/null
hear "$tmp/mono/together/together-mono.wav" \
	'500 from 0 to 4000; 900 from 1500 to 3500; 1300 from 2040 to 3040'
# Calls of people, named by hand: both sides are heard.
export_to pair a other --together wav >/dev/null
hear "$tmp/pair/together/together.wav" \
	'500 from 0 to 4000; 700 from 1000 to 2000
1100 from 1000 to 2000; 2000 from 0 to 4000'
export_to both a other --together wav/mono >/dev/null
hear "$tmp/both/together/together-mono.wav" \
	'500 from 0 to 4000; 700 from 1000 to 2000; 1100 from 1000 to 2000; 2000 from 0 to 4000'
# Both legs of a transfer.
export_to sent second --linked --together wav >/dev/null
calls_in sent 'first/ second/ together/'
hear "$tmp/sent/together/together.wav" \
	'500 from 0 to 2000; 1300 from 3000 to 4000
900 from 0 to 2000; 2000 from 3000 to 4000'
legs() { # CALL LEGS
	got=$(officer calls linked "$1" --json | python3 -c '
import json, sys
print(*(x["call"] + ":" + x["by"] for x in json.load(sys.stdin)))')
	[ "$got" = "$2" ]
	result $? "the legs of $1: $2"
	[ "$got" = "$2" ] || echo "# $got"
}
legs first 'first: second:transfer'
legs second 'first:transfer second:'
legs c 'a:conference b:conference c:'
legs other 'other:'
says 'they stand with the call' 0 'linked +second \(transfer\)' \
	officer calls show first
says 'a call that is none' 1 'there is no call "nobody"' \
	officer calls linked nobody
says 'a leg is held with the others' 0 '^second is held' officer calls hold \
	first --linked --matter m --reason r
holds 'which are those alone' [ "$(officer calls holds --csv |
	grep -c ',m,')" = 2 ]
says 'and released' 0 '^first is released' officer calls release \
	second --linked --matter m --reason r
holds 'all of them' [ "$(officer calls holds --json)" = '[]' ]
# What a rule expected to be said.
says 'an announcement was expected' 0 'announcement +expected' \
	officer calls show b
holds 'of that call alone' [ "$(officer calls --announce --csv |
	sed 's/.*,//' | tr '\r\n' '  ' | tr -s ' ')" = 'call b ' ]
holds 'and the manifest says so' [ "$(grep -c '"announcement" : "expected"' \
	"$tmp/all/manifest.json")" = 1 ]
says 'a call without a conference has no others' 0 '1 call in' export_to alone \
	other --linked
says 'a format that is none' 1 '"mp9" is not a format' export_to bad a \
	--together mp9
holds 'leaves nothing' [ ! -e "$tmp/bad" ]
officer export a --out - --reason x | tar -t | grep -q '/a/a.wav'
result $? 'as tar'
holds 'what they were made in is gone' [ -z "$(ls -A "$tmp/temp")" ]
python3 -c 'import sqlite3, sys
with sqlite3.connect(sys.argv[1]) as db:
    db.execute("UPDATE call SET sidecar = NULL WHERE name = ?", ("second",))' \
	"$tmp/catalog/catalog.db"
says 'a leg without a recording is in no bundle' 0 '1 call in' export_to half \
	first --linked
says 'those that fit are counted when they are left out' 0 \
	'note: 1 call is left out' export_to those --from 2000-01-01
printf x >>"$tmp/recordings/b.wav"
says 'a changed recording is not heard' 1 'SHA-256 has changed' export_to bad \
	a --linked --together wav
holds 'nor handed over' [ ! -e "$tmp/bad" ]
finish
