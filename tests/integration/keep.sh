#!/bin/sh
# TAP: what is due is deleted, what is held or not rendered stays; a filling
# disk stops exports, then recordings, and deletes nothing.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/support/tap.sh
. tests/support/conf.sh
golden=tests/golden/calls/nice-drop
export TZ=UTC LC_ALL=C COLUMNS=200
mkdir "$tmp/disk"
[ "$(id -u)" = 0 ] && mount -t tmpfs -o size=24m tmpfs "$tmp/disk" 2>/dev/null &&
	small=yes || small=no
trap 'stop keep; stop render; umount "$tmp/disk" 2>/dev/null; rm -rf "$tmp"' EXIT

{
	conf_kept "$tmp/disk"
	cat <<END
catalog=$tmp/catalog/catalog.db
run=$tmp/run
private-key=$tmp/r.key
public-key=$tmp/r.pub
END
} >"$tmp/conf"

# begin ROLE; stop ROLE - a process of this test.
begin() {
	"$edgetape" "$1" -c "$tmp/conf" 2>>"$tmp/$1.log" &
	echo $! >"$tmp/$1.pid"
}

stop() {
	[ -s "$tmp/$1.pid" ] || return 0
	kill "$(cat "$tmp/$1.pid")" 2>/dev/null
	wait "$(cat "$tmp/$1.pid")" 2>/dev/null
	rm -f "$tmp/$1.pid"
}

says_it() { # PATTERN COMMAND...
	pattern=$1
	shift
	"$@" 2>&1 | grep -qE -- "$pattern"
}

sql() { # STATEMENT
	python3 -c 'import sqlite3, sys
with sqlite3.connect(sys.argv[1]) as db: db.execute(sys.argv[2])' \
		"$tmp/catalog/catalog.db" "$1"
}

# A call, its journal and its recording, as kept for a day and long over.
xz -dc $golden/edge.pcap.xz >"$tmp/edge.pcap"
"$edgetape" keygen "$tmp/r" >/dev/null
mkdir -p "$tmp/disk/spool" "$tmp/disk/recordings" "$tmp/run"
"$edgetape" replay --signalling $golden/signalling.txt --key "$tmp/r.key" \
	--media "$tmp/edge.pcap" --out "$tmp/disk/recordings" \
	--keep-journal "$tmp/disk/spool" >/dev/null 2>&1
call=$(ls "$tmp/disk/spool")
sidecar=$(find "$tmp/disk/recordings" -name '*.json')
cp -r "$tmp/disk/spool/$call" "$tmp/journal"
sed -i -e 's/\("reason" : "[^"]*\)"/\1 [mode=always scope=external keep=1 class=orders owners=user:alice]"/' \
	-e 's/\("ended" : "\)[0-9]*/\12020/' "$sidecar"
# It has a picture and a video too; what a sidecar names elsewhere is not its.
python3 -c 'import json, os, sys
path = sys.argv[1]
with open(path) as f: sidecar = json.load(f)
video = [{"name": n} for n in ("v.mp4", "../outside", ".hidden")]
sidecar["recording"].update(picture="p.png", spectrogram="s.png", video=video)
with open(path, "w") as f: json.dump(sidecar, f, indent=2)
for name in ["p.png", "s.png"] + [v["name"] for v in video]:
    open(os.path.join(os.path.dirname(path), name), "w").close()' "$sidecar"
outside=$(dirname "$(dirname "$sidecar")")/outside
hidden=$(dirname "$sidecar")/.hidden
officer rebuild >/dev/null 2>&1
says 'its class is known' 0 'class +orders' officer calls show "$call"
says 'it is due' 0 "orders +$call" officer calls due
says 'and will be' 0 "orders +$call" officer calls due --by +1d
says 'it was not years ago' 0 'nothing is due' officer calls due --by 3000d

# That they run as root is for the roles to say.
officer calls 2>"$tmp/quiet" >/dev/null
holds 'a command of an officer says nothing of root' [ ! -s "$tmp/quiet" ]

# Held.
says 'a hold needs a reason' 2 'needs a --reason' officer calls hold "$call"
says 'a hold of what?' 2 'give one call' officer calls hold --reason x
says 'a hold' 0 'held' officer calls hold "$call" --matter 'case 7' --reason court
says 'and another, by who' 0 "$call is held" officer calls hold --who alice \
	--from 2000-01-01 --matter tax --reason audit
says 'twice is once' 0 'so already' officer calls hold "$call" --matter tax --reason x
says 'both are listed' 0 'case 7' officer calls holds
says 'nothing is due' 0 'nothing is due' officer calls due
begin keep
holds 'the disk is told' within 10 test -s "$tmp/run/disk"
[ "$(id -u)" != 0 ] || holds 'a role says so once' \
	[ "$(grep -c 'runs as root' "$tmp/keep.log")" = 1 ]
officer calls release "$call" --matter 'case 7' --reason over >/dev/null
stop keep
begin keep
sleep 1
holds 'what one matter holds stays' test -e "$sidecar"
stop keep

# Media of no call: its days are counted from what was written last.
for o in old new held; do
	mkdir "$tmp/disk/spool/orphans-$o"
	echo x >"$tmp/disk/spool/orphans-$o/media-001.etj"
done
touch "$tmp/disk/spool/orphans-held/hold"
touch -d '31 days ago' "$tmp"/disk/spool/orphans-*/* \
	"$tmp"/disk/spool/orphans-*
touch -d '29 days ago' "$tmp/disk/spool/orphans-new/media-001.etj"
mkdir "$tmp/lasting"
cp -a "$tmp/disk/spool/orphans-old" "$tmp/lasting"
sed -e "s,^spool=.*,spool=$tmp/lasting," -e '$a [keep]\norphans=0' \
	"$tmp/conf" >"$tmp/conf.lasting"
mv "$tmp/conf" "$tmp/conf.kept"
mv "$tmp/conf.lasting" "$tmp/conf"
rm -f "$tmp/run/keep.stats"
begin keep
within 10 test -s "$tmp/run/keep.stats"
stop keep
mv "$tmp/conf.kept" "$tmp/conf"
holds 'orphans: 0 days are for ever' test -e "$tmp/lasting/orphans-old"
begin keep
holds 'orphans: what is old goes' within 10 test ! -e "$tmp/disk/spool/orphans-old"
holds 'orphans: what was written to since stays' test -e "$tmp/disk/spool/orphans-new"
holds 'orphans: what is held stays' test -e "$tmp/disk/spool/orphans-held"
holds 'orphans: counted' within 5 grep -q 'orphans-deleted.*1' "$tmp/run/keep.stats"
stop keep
rm -rf "$tmp"/disk/spool/orphans-*

# The database is lost: the journal still says that it is held.
mv "$tmp/catalog" "$tmp/lost"
officer rebuild >/dev/null 2>&1
says 'a hold outlives the database' 0 "tax +$call" officer calls holds
sql 'UPDATE call SET hold = 0'
begin keep
holds 'the keeper tells of it' within 10 says_it 'says that it is held' \
	cat "$tmp/keep.log"
stop keep
holds 'even against the database' test -e "$sidecar"
rm -rf "$tmp/catalog"
mv "$tmp/lost" "$tmp/catalog"

# Free.
officer calls release "$call" --matter tax --reason over >/dev/null
begin keep
holds 'then it is deleted' within 10 test ! -e "$sidecar"
stop keep
holds 'not what its sidecar names elsewhere' test -e "$outside" -a -e "$hidden"
rm -f "$outside" "$hidden"
holds 'recordings, pictures, sidecar and journal' [ -z "$(find "$tmp/disk/spool" \
	"$tmp/disk/recordings" -type f)" ]
says 'it is in no bundle any more' 1 'no call that has a recording fits' \
	officer export --who alice --out "$tmp/bundle" --reason x
says 'the row stays' 0 'deleted +20' officer calls show "$call"
reason=$(sed -n 's/^reason  *//p' "$tmp/said")
says 'the list has that beside the outcome' 0 "[A-Z], deleted  *$reason" officer \
	calls
says 'and does not hide it where it is narrow' 0 '[A-Z], deleted  ' \
	env COLUMNS=80 "$edgetape" calls -c "$tmp/conf"
says 'for a program it is a time' 0 '"deleted" : "20' officer calls --json
holds 'and the reason is there' grep -qF "\"reason\" : \"$reason\"" "$tmp/said"
says 'in words' 0 '^its recording was deleted at 20' officer explain "$call"

# A deletion that was decided, and cut short by trouble or the host's end.
mkdir -p "$(dirname "$sidecar")"
: >"$sidecar"
sql "UPDATE call SET removed = NULL"
begin keep
holds 'what was begun is finished' within 10 test ! -e "$sidecar"
stop keep

says 'it cannot be held any more' 1 'deleted already' officer calls hold "$call" --reason x
says 'the audit log knows who and why' 0 'edgetape +call deleted.*time is over' officer audit
says 'and is whole' 0 'the chain is whole' officer audit --verify

# A full disk. Nothing is deleted; exports end, then recordings wait.
if [ "$small" = no ]; then
	n=$((n + 1))
	echo "ok $n - a small disk # SKIP cannot mount one"
	finish
	exit
fi
cp -r "$tmp/journal" "$tmp/disk/spool/$call"
rm -f "$tmp/disk/spool/$call/rendered"
fill() { # PERCENT
	total=$(df -B1 --output=size "$tmp/disk" | tail -1)
	rm -f "$tmp/disk/filler"
	used=$(df -B1 --output=used "$tmp/disk" | tail -1)
	head -c $((total * $1 / 100 - used)) /dev/zero >"$tmp/disk/filler"
}
begin keep
fill 82
holds 'at 82% a warning' within 10 says_it 'disk is 8[0-9]% full: it fills up' cat "$tmp/keep.log"
fill 98
holds 'at 98% journals only' within 10 grep -q '^4 ' "$tmp/run/disk"
before=$(find "$tmp/disk/spool" -type f | sort | xargs sha256sum | sha256sum)
begin render
sleep 2
holds 'no recording is begun' [ -z "$(find "$tmp/disk/recordings" -type f)" ]
holds 'and nothing is deleted' [ "$before" = "$(find "$tmp/disk/spool" -type f |
	sort | xargs sha256sum | sha256sum)" ]
says 'the counters tell' 1 'keep +disk-level +4' officer stats
rm -f "$tmp/disk/filler"
holds 'when there is room it is made' within 20 says_it json ls -R "$tmp/disk/recordings"
holds 'and the keeper says so' says_it 'full: there is room' cat "$tmp/keep.log"
stop keep
stop render
finish
