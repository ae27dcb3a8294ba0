# behind.bash - how far the files of a call in progress are behind it, by a
# player's word, and what they are in the end. Sourced after calls.bash.
# shellcheck shell=bash
# shellcheck source=tests/support/calls.bash

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

# What is stopped, and its children, does nothing for so many seconds.
stop_for() {	# stop_for SECONDS PID...
	local secs=$1

	shift
	date +%s.%N >>"$RIG/stopped"
	kill -STOP "$@"
	sleep "$secs"
	kill -CONT "$@"
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

# Looks at a format, but for those while somebody was stopped or dead and the
# 1.5 s after it: how far the file's end was behind, the most.
most_behind() {
	awk -v begin="$(unix_time "$(member begin)")" -v kind="$1" \
		-v end="$(unix_time "$(member ended)")" '
		FILENAME ~ /stopped$/ { stop[++n] = $1; next }
		FILENAME ~ /killed$/ { dead[++k] = $1; next }
		$2 != kind || $1 > end || $1 < begin + 3 { next }
		{
			for (i = 1; i < n; i += 2)
				if ($1 > stop[i] - 0.5 && $1 < stop[i + 1] + 1.5)
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

hashes() {	# of the sound files in a directory
	find "$1" -type f ! -name '*.json' -exec sha256sum {} + |
		cut -d' ' -f1 | sort
}

same_bytes() {
	"$RIG_BUILD/app/edgetape" replay --journal "$RIG"/spool/* \
		--key "$RIG/recorder.key" --out "$RIG/again" \
		--format "$formats" >"$RIG/again.log" 2>&1
	[ "$(hashes "$RIG"/again)" = "$(hashes "$RIG"/recordings/*)" ] &&
		cmp <(sed 1,/timeline/d "$RIG"/again/*.json) \
			<(sed 1,/timeline/d "$(sidecar)")
}

