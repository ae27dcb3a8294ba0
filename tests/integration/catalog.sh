#!/bin/sh
# TAP: users, rules, the audit log and the ledger as an officer works with them
# at the terminal; the ledger made again from recordings.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/support/tap.sh
. tests/support/conf.sh
golden=tests/golden/calls/nice-drop
export TZ=UTC LC_ALL=C COLUMNS=200

{ conf_kept "$tmp"; printf 'run=%s\n' "$tmp/run"; } >"$tmp/conf"

# Users.
says 'an empty catalog says what to do' 0 'users add alice' officer users
says 'a user' 0 'alice is added' officer users add Alice sip:Alice@Example.com \
	'+49 30 123' --name 'Ålice' --group Traders --site Berlin
says 'the list' 0 'alice +Ålice +Berlin +traders +sip:alice@example.com' officer users
says 'found by an identity' 0 '^user +alice' officer users show +4930123
says 'all of them are shown, however narrow it is' 0 '^ +tel:\+4930123$' \
	env COLUMNS=20 "$edgetape" users show alice -c "$tmp/conf"
says 'more for one that is there' 0 'alice is changed' \
	officer users add alice second
says 'less' 0 'alice is changed' officer users remove alice second
says 'JSON' 0 '"identities" : "sip:alice@example.com tel:' officer users list --json
says 'an identity has one user' 1 'belongs to the user alice' officer \
	users add bob alice@example.com
says 'what is no identity' 1 'expected' officer users add bob 'sip:'
printf 'key,name,site,identities,groups\r\nbob,"=1+1",Paris,bob@example.com,\r\n' \
	>"$tmp/u.csv"
says 'import' 0 '1 added' officer users import "$tmp/u.csv"
says 'import again changes nothing' 0 '0 added, 0 changed, 1 as they were' officer \
	users import "$tmp/u.csv"
says 'export guards formulas' 0 "\"'=1\\+1\"" officer users export
officer users export >"$tmp/out.csv"
says 'what is exported is imported' 0 '2 as they were' officer \
	users import "$tmp/out.csv" --whole
printf 'key,name\nx\n' >"$tmp/bad.csv"
says 'a bad line is named' 1 'bad.csv: line 2: 1 fields' officer \
	users import "$tmp/bad.csv"
printf 'dn: cn=c\nobjectClass: person\ncn: Carol\nmsRTCSIP-PrimaryUserAddress: sip:carol@example.com\n' \
	>"$tmp/u.ldif"
says 'LDIF' 0 '1 added' officer users import "$tmp/u.ldif"

officer users add gone gone@example.com >/dev/null
says 'who goes tomorrow is not gone' 0 'gone will be removed then' officer \
	users remove gone --at +1d
says 'but is there' 0 'gone@example.com' officer users show gone
holds 'and it says until when' grep -q '^until  ' "$tmp/said"
says 'a number more does not keep them' 0 'changed; will be removed at 2' \
	officer users add gone +4930999
says 'a later end replaces it' 0 'gone will be removed then' officer \
	users remove gone --at +2d
says 'it is taken back' 0 'gone stays; the removal planned for 2' officer \
	users add gone
says 'once' 0 'gone is so already' officer users add gone
officer users remove gone --at +1d >/dev/null
says 'and an earlier one, too' 0 'gone is removed; the calls' officer \
	users remove gone
says 'nothing of them is left' 1 'no user "gone"' officer users show gone
says 'the log has both' 0 'user removed +gone \(was planned for 2' officer \
	audit
holds 'and what was taken back' grep -q 'user stays  *gone' "$tmp/said"
officer users add soon soon@example.com --at +1d >/dev/null
says 'who is to come tomorrow need not' 0 'soon is removed' officer \
	users remove soon
says 'and does not' 1 'no user "soon"' officer users show soon --at +2d

says 'nor was anybody last year' 0 'no users at that time' officer users \
	--at 2001-01-01
# Rules.
says 'no rules says what to do' 0 'rules add NAME' officer rules
says 'nobody is recorded' 0 'not recorded: no rule' officer \
	explain --user alice --to bob
holds 'and what the call is' grep -q 'internal: both parties are users' "$tmp/said"
says 'a rule' 0 'traders is in force' officer rules add traders who=group:traders \
	mode=always keep=7y impossible=refuse --reason 'MiFID II'
says 'it was not last year' 0 'no rules at that time' officer rules \
	--at 2001-01-01
says 'a rule for nobody is noted' 0 'note: .*no user in the group "ghosts"' officer \
	rules add ghosts who=group:ghosts mode=never
says 'a word too much' 1 'whom=x: there is no such key' officer \
	rules add x who=any mode=always whom=x
officer users add leaver --group leaving >/dev/null
officer users remove leaver --at +1d >/dev/null
officer rules add leaving who=group:leaving mode=never >"$tmp/said" 2>&1
holds 'who is there until tomorrow is there' test "$(cat "$tmp/said")" = \
	'leaving is in force'
officer rules remove leaving >/dev/null
officer users remove leaver >/dev/null
says 'a window needs a zone' 1 'zone=Europe/Berlin' officer \
	rules add x who=any mode=always 'when=mon-fri 08:00-18:00'
says 'an unknown zone' 1 'Europe/Atlantis: this time zone is not known' officer \
	rules add x who=any mode=always when=mon zone=Europe/Atlantis
says 'why: the rule' 0 'recorded: the rule traders records the caller alice' officer \
	explain --user alice --to bob
says 'why: how long, and else' 0 'kept 2562 days' officer explain --user alice --to bob
says 'why: before the rule was' 0 'not recorded' officer \
	explain --user sip:alice@example.com --to bob@x --at 2020-01-01
printf '[rules]\nrecord=sip:carol@example.com\n' >"$tmp/e2.conf"
cat "$tmp/conf" >>"$tmp/e2.conf"
says 'the configuration comes last' 0 'recorded: no rule names .* but \[rules\] record' \
	"$edgetape" explain --user carol --to bob -c "$tmp/e2.conf"
says 'and not against a rule' 0 'recorded: the rule traders' \
	"$edgetape" explain --user alice --to carol -c "$tmp/e2.conf"
says 'a class says how long' 0 'in the list' officer rules lists add class:gold 10y
says 'a class has one time' 0 'in the list' officer rules lists add class:gold 2y
says 'a rule of that class' 0 'kept 732 days .class gold.' officer \
	rules test who=user:bob mode=always class=gold --from carol --to bob
says 'a bad time' 1 'such as 90d' officer rules lists add class:gold soon
says 'emergency' 0 'emergency number 112' officer explain --user carol --to 112
says 'a rule is tried' 0 'the mandatory rule tried exempts the callee bob' officer \
	rules test who=user:bob mode=never mandatory=yes --from carol --to bob
says 'and was not kept' 0 'not recorded: no rule' officer explain --user carol --to bob
says 'who is not named is assumed' 0 'note: no callee is named; a stranger' \
	officer explain --user alice
says 'lists' 0 '^emergency +112' officer rules lists
says 'a holiday' 0 'in the list' officer rules lists add holiday:de 2026-12-25
says 'a bad holiday' 1 'a day such as' officer rules lists add holiday:de christmas
says 'the rule ends' 0 'no longer in force' officer rules remove ghosts
says 'it stays in the history' 0 '^ghosts' officer rules list --history

# The ledger, from recordings.
xz -dc $golden/edge.pcap.xz >"$tmp/edge.pcap"
mkdir -p "$tmp/recordings" "$tmp/spool"
"$edgetape" replay --signalling $golden/signalling.txt \
	--media "$tmp/edge.pcap" --out "$tmp/recordings" >/dev/null 2>&1
says 'rebuild' 0 '^1 call from sidecars, 0 .*, 0 holds$' officer rebuild
says 'the call' 0 '(RECORDED|PARTIAL)' officer calls
call=$(officer calls --csv | tr -d '\r' | sed -n '2s/.*,//p')
outcome=$(officer calls --csv | tr -d '\r' | sed -n '2s/^\([^,]*,\)\{5\}\([A-Z_]*\),.*/\2/p')
says 'its details' 0 'sha256' officer calls show "$call"
says 'what capture stored of it' 0 'packets stored +798' officer calls show "$call"
says 'and saw again' 0 'packets copies-to-client +798' officer calls show "$call"
says 'rebuilt again it is the same' 0 '^1 call ' officer rebuild
holds 'one row' [ "$(officer calls --csv | wc -l)" = 2 ]
says 'found by outcome' 0 "$call" officer calls --outcome "$outcome"
says 'not by another' 0 'no call fits' officer calls --outcome BLOCKED
says 'an unknown scope' 1 'is none of internal' officer calls --scope abroad
says 'found by length' 0 'no call fits' officer calls --shortest 2h
says 'an unknown outcome' 1 'is none of RECORDED' officer calls --outcome LOST
says 'an unknown time' 1 'is no time' officer calls --from noon
says 'explain a call' 0 "$call ended as $outcome" officer explain "$call"
says 'by what, if no rule of the catalog' 0 '"replay" is no rule of the catalog' \
	officer explain "$call"
holds 'and nothing says that it was not recorded' sh -c \
	"! grep 'not recorded' '$tmp/said'"
says 'report' 0 '#?calls|owner' officer report --from 2000-01-01
says 'a silent source' 0 'replay +1 .* SILENT' officer report sources \
	--from 2000-01-01 --to 2099-01-01
says 'one that was heard' 0 ' heard' officer report sources --from 2000-01-01 \
	--silent 1000000h
says 'no time between' 1 'is not before --to' officer report --from today --to yesterday
says 'report as CSV' 0 '^day,owner,calls' officer report --csv --from 2000-01-01
says 'a hold needs a reason' 2 'needs a --reason' officer calls hold "$call"
says 'a hold' 0 'held' officer calls hold "$call" --reason 'case 7'
officer rebuild >/dev/null
says 'a rebuild keeps it' 0 'held for +hold' officer calls show "$call"
printf 'not json' >"$tmp/recordings/x.json"
says 'a damaged sidecar is named' 1 'x.json' officer rebuild

python3 -c 'import sqlite3, sys
db = sqlite3.connect(sys.argv[1])
db.execute("UPDATE call SET begun = begun - 30 * 86400000")
db.commit()' "$tmp/catalog/catalog.db"
says 'silence is not forgotten' 0 '^replay +0 .* SILENT' officer report sources
says 'unless --from says so' 0 'no source' officer report sources --from 20d

# A witness from outside.
printf 'start,caller,callee\n2026-11-21T00:00:00Z,alice@example.com,+4989\n' \
	>"$tmp/cdr.csv"
sed -i "s/2026-11-21T00:00:00Z/$(date -u -d '+1 minute' +%Y-%m-%dT%H:%M:%SZ)/" \
	"$tmp/cdr.csv"
says 'a call that is missing is found' 1 '1 MISSING' officer report --cdr "$tmp/cdr.csv"

printf 'start,caller,callee\n2020-01-01T00:00:00Z,carol@example.com,+4989\n' \
	>"$tmp/cdr2.csv"
says 'nobody recorded her' 0 '0 MISSING.* 1 of no recorded' officer \
	report --cdr "$tmp/cdr2.csv"
says 'but the configuration did' 1 '1 MISSING' "$edgetape" \
	report --cdr "$tmp/cdr2.csv" -c "$tmp/e2.conf"

# The audit log.
says 'who did what and why' 0 'rule added +traders.*MiFID II' officer audit
says 'the chain' 0 'the chain is whole' officer audit --verify
head=$(officer audit --verify | sed -n 's/ *--expect //p')
holds 'also behind an option' sh -c \
	"$edgetape audit --json verify -c '$tmp/conf' | grep -q whole"
says 'it still has what was noted' 0 'whole' officer audit --verify --expect "$head"
command -v sqlite3 >/dev/null && {
	sqlite3 "$tmp/catalog/catalog.db" 'DROP TRIGGER audit_no_update;
		UPDATE audit SET reason = "" WHERE reason = "MiFID II"'
	says 'a changed row is found' 1 'row [0-9]+ does not fit its hash' \
		officer audit --verify
}

# Misuse.
printf '[rules]\nkeypad=pause=7\n[keep]\ndisk-marks=90;80;95;97\n' >"$tmp/e3.conf"
says 'a code that is too short' 1 'keypad: "pause=7": expected' "$edgetape" check -c "$tmp/e3.conf"
says 'marks that do not rise' 1 'disk-marks: four rising' "$edgetape" check -c "$tmp/e3.conf"
# An option that a verb would ignore is refused: the rule would begin at once,
# and the user be gone.
says 'a rule begins at once' 2 'add does not take --at' officer \
	rules add later who=any mode=always --at +3d
says 'and ends at once' 2 'remove does not take --at' officer \
	rules remove traders --at +3d
says 'a site is not removed' 2 'remove does not take --site' officer \
	users remove alice --site Berlin
holds 'and the user stays' officer users show alice
says 'holds are not narrowed' 2 'holds does not take --who' officer \
	calls holds --who alice
says 'nor released by number' 2 'release does not take --limit' officer \
	calls release --who alice --limit 1 --reason x
says 'another format' 1 '"xml" is neither' officer users import "$tmp/u.csv" \
	--format xml
says 'a witness for one table' 2 'coverage does not take --cdr' officer \
	report coverage --cdr "$tmp/cdr.csv"
says 'a witness of another time' 2 'do not go with it' officer \
	report --cdr "$tmp/cdr.csv" --from 1d
says 'a hash for nothing' 2 'goes with --verify' officer audit --expect "$head"
says 'a part of the chain' 2 'the whole chain' officer audit verify --from 1d
says 'a call at another time' 2 'its own parties' officer explain "$call" --at 1d
says 'a day is a duration, too' 0 '^source' officer report sources \
	--silent 1d
says 'a file that is not there' 1 "^edgetape users: $tmp/none: No such file" \
	officer users import "$tmp/none"
says 'where an export cannot go' 1 "no directory $tmp/none; make it" officer \
	export "$call" --out "$tmp/none/x" --reason y
says 'an unknown verb' 2 'there is no verb lsit' officer users lsit
says 'too few arguments' 2 'add needs USER' officer users add
says 'too few for a command of one verb' 2 'it needs a CALL' officer play
says 'too many' 2 'too many words: more' officer users show alice more
says 'words where there are none' 2 'what is "now"' \
	"$edgetape" stats -c "$tmp/conf" now

# Options that contradict each other are named, and nothing is done.
excludes() { # A B COMMAND...
	a=$1 b=$2
	shift 2
	says "$1: $a and $b" 2 "^edgetape $1: $a and $b exclude each other" \
		"$edgetape" "$@"
}
for command in users rules calls report audit alarms live; do
	excludes --json --csv $command --json --csv
done
excludes watch --json alarms watch --json
excludes 'export, in CSV,' --json users export --json -c "$tmp/conf"
excludes --stdout --json play "$call" --stdout --json -c "$tmp/conf"
excludes playing --csv play "$call" --csv -c "$tmp/conf"
excludes --stdout --player play "$call" --stdout --player x -c "$tmp/conf"
excludes '--out -' --json export "$call" --out - --reason x --json \
	-c "$tmp/conf"
excludes 'the words after CALL' --reason live pause x why --reason because \
	-c "$tmp/conf"
excludes --print --json check --print --json
excludes --explain --json replay -m x --explain '*' --json
excludes --explain --call replay -m x --explain '*' --call y
excludes --journal --from replay -j x -k x -o x --from 2026-11-21T00:00:00Z
says 'an explanation of nothing' 2 'goes with --print' "$edgetape" check \
	--explain
says 'help' 0 'Verbs:' officer rules --help
COLUMNS=60 officer users >"$tmp/narrow"
holds 'a table fits the terminal' [ "$(wc -L <"$tmp/narrow")" -le 60 ]
COLUMNS=80 LC_ALL=C.UTF-8 officer calls >"$tmp/narrow"
holds 'so does the list of calls' \
	[ "$(LC_ALL=C.UTF-8 wc -L <"$tmp/narrow")" -le 80 ]
holds 'with its times whole' \
	grep -qE '^20[0-9]{2}-[0-9]{2}-[0-9]{2} [0-9:]{8} ' "$tmp/narrow"
says 'and what is left of a name in it names the call' 0 'outcome +[A-Z]' \
	officer calls show "$(sed -n '2s/.* //p' "$tmp/narrow")"
COLUMNS=80 LC_ALL=C.UTF-8 officer report coverage --from 2026-11-01 \
	>"$tmp/narrow"
holds 'and the report, without what counts nothing' \
	[ "$(LC_ALL=C.UTF-8 wc -L <"$tmp/narrow")" -le 80 ]
finish
