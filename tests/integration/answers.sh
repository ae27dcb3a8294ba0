#!/bin/sh
# TAP: whatever an officer asks or changes, --json is JSON, --csv is a table of
# one width, and text fits a terminal of 80 columns; wrong words end with an
# error that names them, and change nothing.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/support/tap.sh
. tests/support/conf.sh
export TZ=UTC LC_ALL=C.UTF-8 COLUMNS=80

{ conf_kept "$tmp"; printf 'run=%s\n' "$tmp/run"; } >"$tmp/conf"
mkdir -p "$tmp/spool" "$tmp/run"
tests/support/meeting.py make "$tmp/recordings"
echo 'start,caller,callee
2026-11-21T22:26:41Z,sip:bob@example.com,sip:dave@example.com
2026-11-21T22:26:41Z,sip:alice@example.com,sip:none@example.com' \
	>"$tmp/cdr.csv"
echo 'key,identities
carol,sip:carol@example.com' >"$tmp/users.csv"

# What was answered, all at once: NUMBER.FORM in a directory.
cat >"$tmp/look.py" <<'END2'
import csv, json, pathlib, sys


def fits(form, text):
    if form == '.json':
        return isinstance(json.loads(text), (list, dict))
    if form == '.csv':
        return len({len(r) for r in csv.reader(text.splitlines())}) == 1
    return 0 < max(len(line) for line in text.split('\n')) <= 80


bad = 0
for path in sorted(pathlib.Path(sys.argv[1]).iterdir()):
    try:
        good = fits(path.suffix, path.read_text())
    except ValueError:
        good = False
    if not good:
        bad += 1
        print('#', path.name, path.read_text()[:200].replace('\n', '|'))
sys.exit(bad != 0)
END2

# answers FORM... -- WORDS... - in each of these forms, without an error.
mkdir "$tmp/answers"
answers() {
	forms="" bad=""
	while [ "$1" != -- ]; do
		forms="$forms $1"
		shift
	done
	shift
	for form in $forms; do
		option=--$form
		[ "$form" != text ] || option=
		# shellcheck disable=SC2086 # none is no word
		officer "$@" $option >"$tmp/answers/$n.$form" 2>"$tmp/err" ||
			bad="$bad $form: $(cat "$tmp/err")"
	done
	[ -z "$bad" ]
	result $? "$*"
	[ -z "$bad" ] || echo "#$bad"
}
all() {
	answers text csv json -- "$@"
}
machine() { # what shows whole paths and hashes
	answers csv json -- "$@"
}

answers json -- rebuild
all rebuild
all users add alice sip:alice@example.com --group traders --reason new
all users add bob
answers json -- users import "$tmp/users.csv"
all users list
all users show alice
all users show alice --history
answers csv -- users export
answers json -- users remove bob
all users show bob --history
all rules add traders who=group:traders mode=always keep=7y --reason MiFID
all rules add gone who=any mode=never
answers csv -- rules remove gone
all rules list
all rules list --history
all rules show traders
all rules lists
all rules lists add internal example.com
answers json -- rules lists remove internal example.com
all rules test who=any mode=never --from alice --to carol
all rules test who=any mode=never
all explain --user alice --to +4989123
all explain a
all calls
all calls --who nobody
all calls --announce
all calls linked a
machine calls show a
all calls hold a --linked --reason x
all calls holds
all calls release a --linked --reason x
all calls due --by +10d
all report coverage --from 2026-11-01
answers text -- report --from 2026-11-01
all report unresolved
all report gaps
all report sources --from 2026-11-01
all report away
all audit
machine audit verify
: >"$tmp/run/host.alarms"	# of a role that lives
all alarms
all alarms history
all alarms known
answers json -- export a --out "$tmp/out1" --reason x
answers csv -- export a --out "$tmp/out2" --reason x
for form in csv json; do
	officer report --cdr "$tmp/cdr.csv" --$form \
		>"$tmp/answers/cdr.$form" 2>/dev/null
done
python3 "$tmp/look.py" "$tmp/answers" >"$tmp/said"
result $? 'all of it is JSON, CSV, or as wide as a terminal'
cat "$tmp/said"

# ---- sums
summed() { # COLUMN - of the whole report
	python3 -c 'import csv, sys
print(sum(int(r[sys.argv[1]]) for r in csv.DictReader(sys.stdin)))' "$1"
}
officer report coverage --from 2026-11-01 --csv >"$tmp/cover"
expected=$(officer calls --announce --csv | sed 1d | wc -l)
[ "$expected" -gt 0 ] && [ "$(summed announce <"$tmp/cover")" = "$expected" ]
result $? "the report counts expected announcements: $expected"
calls=$(summed calls <"$tmp/cover")
sum=0
for column in recorded partial 'not recorded' 'no answer' blocked exempt \
	pending; do
	sum=$((sum + $(summed "$column" <"$tmp/cover")))
done
[ "$sum" = "$calls" ] && [ "$calls" -gt 0 ]
result $? "and each call once: $calls"

# ---- who does not run
for role in capture keep; do
	echo 'seen 1' >"$tmp/run/$role.stats"
done
says 'without a tap nothing is recorded' 1 'tap does not run here' officer stats
echo 'seen 1' >"$tmp/run/tap.stats"
says 'but without keep it is' 0 'capture +seen' officer stats
rm "$tmp/run"/*.stats
says 'who kept no history knows none' 0 'nobody has kept a history' officer \
	alarms history

# ---- what is left out is said
python3 - "$tmp/catalog/catalog.db" <<'END2'
import sqlite3, sys
db = sqlite3.connect(sys.argv[1])
columns = [r[1] for r in db.execute("PRAGMA table_info(call)")]
columns = [c for c in columns if c not in ("id", "name")]
for n in range(60):
    db.execute("INSERT INTO call (name, %s) SELECT ?1, %s FROM call"
               " WHERE id = 1" % ((", ".join(columns),) * 2), ("more%d" % n,))
db.execute("INSERT INTO address (value) VALUES ('user:alice')")
db.execute("INSERT INTO party (call, begun, role, address)"
           " SELECT c.id, c.begun, 'o', a.id FROM call c, address a"
           " WHERE c.id = 1 AND a.value = 'user:alice'")
db.commit()
END2
says 'more than 50 calls' 0 'more than these 50; --limit' officer calls
says 'as many as were asked for' 0 '^begun' officer calls --limit 51
! grep -q 'more than' "$tmp/said"
result $? 'and nothing to add'

# ---- a deleted call does not keep others from being held
python3 - "$tmp/catalog/catalog.db" <<'END2'
import sqlite3, sys
db = sqlite3.connect(sys.argv[1])
db.execute("UPDATE call SET expired = 1 WHERE name = 'more30'")
db.commit()
END2
says 'a deleted one is left out' 0 'note: 1 call is left out, deleted already' \
	officer calls hold --from 2000-01-01 --matter all --reason x
[ "$(grep -c 'is held$' "$tmp/said")" -ge 60 ] && ! grep -q more30 "$tmp/said"
result $? 'and all others are held'
says 'it is an error if it is named' 1 'deleted already' officer calls hold \
	more30 --matter all --reason x
says 'a matter is one line' 2 'one line' officer calls hold more31 \
	--matter 'a
b' --reason x
officer calls release --from 2000-01-01 --matter all --reason x >/dev/null 2>&1

# ---- an owner is found as he is written, or by an identity
for who in Alice alice@example.com ali; do
	says "coverage of $who" 0 '^[0-9-]+ +alice ' officer report coverage \
		--user "$who" --from 2026-11-01
done
says 'and of nobody' 0 'no calls of such an owner' officer report coverage \
	--user zoe --from 2026-11-01

# ---- what is wrong is named
before=$(officer audit --csv | wc -l)
says 'no such user' 1 'no user "zoe"' officer users show zoe
says 'nor ever' 1 'no user "zoe"' officer users show zoe --history
says 'no such rule' 1 'no rule "zoe"' officer rules show zoe
says 'no such file' 1 '/no/such' officer users import /no/such
says 'no such day' 1 '"2026-02-30" is no time' officer calls --from 2026-02-30
says 'no digit' 1 '"abc" has no digit' officer calls --number abc
says 'nobody' 1 'who is empty' officer calls hold --who '' --reason x
says 'an actor who did nothing' 0 '^no row fits' officer audit --actor zoe
says 'URI of another kind' 1 '"sio:alice@x" is no identity' officer users add \
	zoe sio:alice@x
says 'no call at all' 2 '--limit 0: expected 1' officer calls --limit 0
says 'fewer than none' 2 '--limit -1: expected 1' officer report gaps --limit -1
says 'as fast as that' 2 '--tolerance' officer report --cdr "$tmp/cdr.csv" \
	--tolerance -1
says 'no such zone' 1 'zone=Europe/Berlyn' officer rules add x who=any \
	mode=always 'when=mon 08:00-09:00' zone=Europe/Berlyn
says 'a place that is taken' 1 "$tmp/out1 is there already" officer export a \
	--out "$tmp/out1" --reason x
[ "$(officer audit --csv | wc -l)" = "$before" ]
result $? 'nothing of this is in the audit log'

# ---- what may be meant, but had better be looked at
says 'a class without a time' 0 'class "mifit" has no time yet: .* 365 days' \
	officer rules add noted who=user:alice mode=always class=mifit
says 'days without a calendar' 0 'calendar "de" has no days yet' \
	officer rules add noted who=user:alice mode=always holidays=not:de \
	zone=UTC
says 'a rule of nobody' 0 'no user "zoe": the rule matches nobody' \
	officer rules add noted who=user:zoe mode=always
officer rules lists add class:mifid 7y >/dev/null
says 'a class with one' 0 '^noted is in force$' \
	officer rules add noted who=user:alice mode=always class=mifid
! grep -q note: "$tmp/said"
result $? 'is not worth a note'
officer rules remove noted >/dev/null

# ---- what fails
long=$tmp/$(printf %0300d 1)
says 'a place that cannot be' 1 "$long.*too long" officer export a \
	--out "$long" --reason x
says 'is told to the audit log' 0 "\"export failed\",\"a to $long" officer \
	audit --csv
"$edgetape" export a --out - --reason full -c "$tmp/conf" >/dev/full \
	2>/dev/null
says 'as tar too' 0 'export failed +a to standard output +full' env \
	COLUMNS=200 "$edgetape" audit -c "$tmp/conf"
says 'a player that is none' 1 '/no/player' officer play a --player /no/player
says 'is told too' 0 'play failed +a' env COLUMNS=200 "$edgetape" audit \
	-c "$tmp/conf"
says 'held' 0 'is held' officer calls hold a --matter tax --reason x
says 'let go for another matter' 0 'was so already; it is still held for tax' \
	officer calls release a --reason x
says 'let go' 0 'is released$' officer calls release a --matter tax --reason x
rm -r "$tmp/run"
says 'alarms that nobody watches for' 1 'nobody can tell: no role runs' \
	officer alarms
$edgetape keygen "$tmp/pair" >/dev/null
says 'a key that is there' 1 'pair.key is there already, and no key is' \
	"$edgetape" keygen "$tmp/pair"
says 'a user who is not' 1 'no user "nobody-here"' "$edgetape" keygen \
	-u nobody-here "$tmp/other"
holds 'gets no key' [ ! -e "$tmp/other.key" ]
says 'a configuration that is none' 1 "$tmp/none: there is no such file" \
	"$edgetape" calls -c "$tmp/none"
if [ "$(id -u)" = 0 ] && id daemon >/dev/null 2>&1; then
	chmod 755 "$tmp" && chmod 644 "$tmp/conf" && chmod 700 "$tmp/catalog"
	cp "$edgetape" "$tmp/edgetape"
	says 'somebody without the right to' 1 'catalog.db: .*denied' su -s \
		/bin/sh daemon -c "'$tmp/edgetape' calls -c '$tmp/conf'"
	mkdir -m 700 "$tmp/root" "$tmp/run"
	sed 's/^\[edgetape\]/&\nuser=daemon/' "$tmp/conf" >"$tmp/conf.daemon"
	chown -R daemon "$tmp/catalog" "$tmp/spool" "$tmp/recordings" "$tmp/run"
	says 'root, who has become the service' 1 \
		"root: daemon may not write there; .* --out -" "$edgetape" \
		export a --out "$tmp/root/x" --reason x -c "$tmp/conf.daemon"
fi
finish
