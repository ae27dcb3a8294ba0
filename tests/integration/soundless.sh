#!/bin/sh
# TAP: a call that nobody answers leaves no sound, whatever was heard while it
# rang, unless a rule wants that; its row, sidecar and journal stay, and whoever
# asks for its sound is told why there is none.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/support/tap.sh
. tests/support/conf.sh
export TZ=UTC LC_ALL=C COLUMNS=200
role=
trap 'stop; rm -rf "$tmp"' EXIT

begin() { # ROLE
	$edgetape "$1" -c "$tmp/conf" 2>"$tmp/$1.log" &
	role=$!
}

stop() {
	[ -n "$role" ] || return 0
	kill "$role" 2>/dev/null
	wait "$role" 2>/dev/null
	role=
}

# replay NAME MEDIA ARGUMENT... - what a call leaves in $tmp/NAME.
replay() {
	name=$1 media=$2
	shift 2
	$edgetape replay --key "$tmp/r.key" --signalling "$tmp/$name.log" \
		--media "$media" --out "$tmp/$name" --format 'wav;mp3;flac' \
		--picture --spectrogram "$@" >"$tmp/$name.said" 2>&1
}

member() { # NAME MEMBER
	sed -n "s/^ *\"$2\" : \"\{0,1\}\([^\",]*\).*/\1/p" "$tmp/$1"/*.json |
		head -1
}

files_of() { # NAME
	find "$tmp/$1" -type f ! -name '*.json' | wc -l
}

$edgetape keygen "$tmp/r" >/dev/null
for end in busy cancelled forged; do
	tests/support/mkforks.py "$tmp/$end.log" "$tmp/$end.pcap" $end || exit 1
done
head -c 24 "$tmp/busy.pcap" >"$tmp/nothing.pcap"

for end in busy cancelled; do
	for media in "$tmp/nothing.pcap" "$tmp/$end.pcap"; do
		heard=$(basename "$media" .pcap)
		rm -rf "${tmp:?}/$end"
		replay $end "$media"
		[ "$(files_of $end)" = 0 ]
		result $? "$end, $heard was heard: no file but the sidecar"
		[ "$(member $end outcome)" = NOT_RECORDED ] &&
			[ "$(member $end why)" = 'the call was not answered' ]
		result $? "$end, $heard was heard: and the call was not answered"
		[ "$(member $end duration_ms)" = 0 ]
		result $? "$end, $heard was heard: it lasts no time"
	done
	[ "$(member $end captured)" -gt 200 ]
	result $? "$end: what was captured is counted all the same"
	rm -rf "${tmp:?}/$end"
	replay $end "$tmp/$end.pcap" --early-media
	[ "$(files_of $end)" = 5 ] && [ "$(member $end outcome)" = RECORDED ]
	result $? "$end: sound from before the answer stays if it is wanted"
done

# A CANCEL that nobody obeys may be forged.
replay forged "$tmp/forged.pcap"
[ "$(files_of forged)" = 5 ] && [ "$(member forged duration_ms)" -gt 7000 ]
result $? "a call whose media goes on has its sound"

# The role, of a call that an edgetape before this one has left files of.
rm -rf "$tmp/busy"
replay busy "$tmp/busy.pcap" --keep-journal "$tmp/spool"
holds "the journal stays" test -n "$(ls "$tmp"/spool/*/session-*)"
call=$(ls "$tmp/spool")
rm -f "$tmp/spool/$call/rendered"
mkdir -p "$tmp/recordings" "$tmp/run"
mv "$tmp/busy" "$tmp/recordings/2026-11-21"
for old in .wav .mp3 .png; do
	echo x >"$(ls "$tmp"/recordings/*/*.json | sed 's/json$//')${old#.}"
done
{
	conf_kept "$tmp"
	printf '%s\n' "run=$tmp/run" "private-key=$tmp/r.key" '[render]' \
		'formats=wav;mp3' picture=true
} >"$tmp/conf"
begin render
holds "the role renders it" within 20 test -s "$tmp/spool/$call/rendered"
stop
[ "$(find "$tmp/recordings" -type f | sed 's/.*\.//' | tr '\n' ' ')" = 'json ' ]
result $? "and takes away what was there"

# The officer.
sed -i 's/\("reason" : "[^"]*\)"/\1 [mode=always scope=external keep=1 owners=user:alice]"/
s/\("ended" : "\)[0-9]*/\12020/' "$tmp"/recordings/*/*.json
officer rebuild >/dev/null
says "the row is there" 0 'NOT_RECORDED +the call was not answered' officer calls
says "the row says that there is no sound" 0 'sound +none' officer calls show "$call"
says "the report counts it" 0 'alice +1( +0){4} +1( +0){4} +0:00 +0' officer report
says "there is nothing to play" 1 \
	'there is no sound of it \(NOT_RECORDED: the call was not answered\)' \
	officer play "$call" --player echo
says "nor in a format" 1 'there is no wav sound of it \(NOT_RECORDED: the call' \
	officer play "$call" --format wav --player echo
says "who names it gets what there is, and is told" 0 \
	"note: there is no sound of $call \(NOT_RECORDED: the call was not" \
	officer export "$call" --out "$tmp/out" --reason x --journal
holds "its sidecar and its journal" sh -c "ls '$tmp'/out/*/*.json &&
	ls '$tmp'/out/*/journal-session-*"
says "a bundle of sound has none" 1 \
	'there is no wav recording of it \(NOT_RECORDED: the call was not' \
	officer export "$call" --out "$tmp/none" --reason x --format wav
says "nor has one recording of several calls" 1 'there is no sound of any' \
	officer export "$call" --out "$tmp/none" --reason x --together wav
says "who names none gets none without sound" 1 'no call that has a recording' \
	officer export --who alice --out "$tmp/none" --reason x --format wav
says "it is due like any other" 0 "$call" officer calls due
begin keep
holds "and is deleted" within 20 sh -c "! ls '$tmp'/recordings/*/*.json"
stop
holds "with its journal" [ ! -e "$tmp/spool/$call" ]
says "the row stays" 0 'deleted +20' officer calls show "$call"
says "nor is there sound then" 1 'no sound of it \(NOT_RECORDED, deleted\)' \
	officer play "$call" --player echo
says "the audit log knows" 0 'call deleted' officer audit
says "and is whole" 0 'the chain is whole' officer audit --verify
finish
