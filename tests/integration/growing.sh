#!/bin/bash
# growing.sh - the files of a call in progress play, are at most 2 s behind, and
# get no shorter when the process that writes them is killed; one that is
# stopped for a while catches up, and capture does not notice. What comes out
# has the bytes of a render of the finished journal, within a second of the end.
# alone: it measures how far behind files are
set -u
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=tests/support/calls.bash
. tests/support/calls.bash

secs=28

workers() {
	pgrep -P "$(cat "$RIG/render.pid")"
}

# One line a look: when, format, seconds that a player plays.
watch() {
	local part kind at length

	while [ ! -e "$RIG/enough" ]; do
		for part in "$RIG"/recordings/*/*.part; do
			[ -e "$part" ] || continue
			kind=${part%.part}
			kind=${kind##*.}
			at=$(date +%s.%N)
			length=$(seconds "$part")
			# It may have taken its final name meanwhile.
			[ -e "$part" ] && echo "$at $kind $length"
		done
		sleep 0.2
	done >"$RIG/looks.log"
}

# Where the last packet that a player finds ends.
seconds() {
	ffprobe -v error -show_entries packet=pts_time,duration_time \
		-of csv=p=0 "$1" 2>/dev/null </dev/null | tail -n 1 |
		awk -F, '{ printf "%.3f", $1 + $2 }'
}

# kill -9 of each worker three times; then stopped for 3 s.
disturb() {
	local pid
	local _

	rig_await 30 'the first packets' has_media
	sleep 7
	for _ in 1 2 3; do
		sleep 1.7
		for pid in $(workers); do
			kill -KILL "$pid"
			date +%s.%N >>"$RIG/killed"
		done
	done
	sleep 2.5
	mapfile -t stopped < <(workers)
	date +%s.%N >"$RIG/stopped"
	kill -STOP "${stopped[@]}"
	sleep 3
	kill -CONT "${stopped[@]}"
	date +%s.%N >>"$RIG/stopped"
}

# member NAME - the first string or number of that name in the sidecar.
member() {
	sed -n "s/^ *\"$1\" : \"\{0,1\}\([^\",]*\)\"\{0,1\},\{0,1\}\$/\1/p" \
		"$(sidecar)" | head -n 1
}

unix_time() {
	date -d "$1" +%s.%N
}

# Looks at a format, but for those while the workers were stopped or dead and
# the 1.5 s after it: how far the file's end was behind, the most.
most_behind() {
	awk -v begin="$(unix_time "$(member begin)")" -v kind="$1" \
		-v end="$(unix_time "$(member ended)")" '
		FILENAME ~ /stopped$/ { stop[++n] = $1; next }
		FILENAME ~ /killed$/ { dead[++k] = $1; next }
		$2 != kind || $1 > end || $1 < begin + 3 { next }
		{
			if ($1 > stop[1] - 0.5 && $1 < stop[2] + 1.5)
				next
			for (i = 1; i <= k; i++)
				if ($1 > dead[i] - 0.5 && $1 < dead[i] + 1.5)
					next
			behind = $1 - begin - $3
			if (behind > most)
				most = behind
			looks++
		}
		END { printf "%.2f %d\n", most, looks }' \
		"$RIG/stopped" "$RIG/killed" "$RIG/looks.log"
}

# in_time WHAT COMMAND... - a test, but on a machine that is too busy for it.
in_time() {
	if busy; then
		tap_n=$((tap_n + 1))
		echo "ok $tap_n - $1 # SKIP load $(cut -d' ' -f1 /proc/loadavg)"
	else
		is "$@"
	fi
}

at_most() {	# at_most LIMIT SECONDS LOOKS
	awk "BEGIN { exit !($2 <= $1 && $3 >= 4) }"
}

never_shorter() {
	awk '{ if ($3 + 0.3 < last[$2]) bad = 1; last[$2] = $3 }
		END { exit bad }' "$RIG/looks.log"
}

# Seconds from the end of the dialog to the sidecar, which comes last.
done_after() {
	awk "BEGIN { printf \"%.2f\", $(find "$RIG/recordings" -name '*.json' \
		-printf '%T@') - $(unix_time "$(member ended)") }"
}

hashes() {
	sha256sum "$@" | cut -d' ' -f1 | sort
}

same_bytes() {
	"$RIG_BUILD/app/edgetape" replay --journal "$RIG"/spool/* \
		--key "$RIG/recorder.key" --out "$RIG/again" \
		--format 'wav;opus;mp3;flac' >"$RIG/again.log" 2>&1
	[ "$(hashes "$RIG"/again/*.{wav,opus,mp3,flac})" = \
		"$(hashes "$RIG"/recordings/*/*.{wav,opus,mp3,flac})" ] &&
		cmp <(sed 1,/timeline/d "$RIG"/again/*.json) \
			<(sed 1,/timeline/d "$(sidecar)")
}

need_rig
rig_recorder "$RIG/recordings" '[rules]' "record=sip:alice@$RIG_DOMAIN" \
	'[render]' 'formats=wav;opus;mp3;flac' || bail 'the recorder'
rig_frontend || bail 'the Front End'

watch &
watcher=$!
disturb &
disturber=$!
rig_call alice bob $secs
wait $disturber
rig_await 30 'the recording' recorded || bail 'the recording'
touch "$RIG/enough"
wait $watcher
is 'the call was completed' result_is alice status 0
is "it is recorded: $(member outcome)" [ "$(member outcome)" = RECORDED ]
is 'capture noticed nothing' [ "$(member lost_by_capture)" = 0 ]
for kind in wav opus mp3 flac; do
	read -r most looks < <(most_behind $kind)
	in_time "$kind: at most $most s behind in $looks looks" \
		at_most 2.0 "$most" "$looks"
done
is "the workers were killed $(wc -l <"$RIG/killed") times" \
	[ "$(wc -l <"$RIG/killed")" -ge 3 ]
is 'no file ever got shorter' never_shorter
after=$(done_after)
in_time "all was done $after s after the end" \
	awk "BEGIN { exit !($after <= 1.0) }"
is 'the journal gives the same bytes and the same timeline' same_bytes
is 'the roles end cleanly' roles_end_cleanly
finish
