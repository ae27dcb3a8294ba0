#!/bin/bash
# growing.sh - the files of a call in progress play, are at most 2 s behind, and
# get no shorter when the process that writes them is killed; one that is
# stopped for a while catches up, and capture does not notice. When capture is,
# they wait for it. What comes out has the bytes of a render of the finished
# journal, within a second of the end.
# alone: it measures how far behind files are
set -u
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=tests/support/calls.bash
. tests/support/calls.bash
# shellcheck source=tests/support/behind.bash
. tests/support/behind.bash

secs=34
formats='wav;opus;mp3;flac'

workers() {
	pgrep -P "$(cat "$RIG/render.pid")"
}

# kill -9 of each worker three times; then they are stopped for 3 s, and then
# capture is.
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
	stop_for 3 "${stopped[@]}"
	sleep 3
	pid=$(cat "$RIG/capture.pid")
	mapfile -t stopped < <(echo "$pid"; pgrep -P "$pid")
	stop_for 3 "${stopped[@]}"
}

# Seconds from the end of the dialog to the sidecar, which comes last.
done_after() {
	awk "BEGIN { printf \"%.2f\", $(find "$RIG/recordings" -name '*.json' \
		-printf '%T@') - $(unix_time "$(member ended)") }"
}

need_rig
rig_recorder "$RIG/recordings" '[rules]' "record=sip:alice@$RIG_DOMAIN" \
	'[render]' "formats=$formats" || bail 'the recorder'
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
