#!/bin/bash
# restart.sh - every role of the recorder is killed in mid-call and started
# again: the call goes on, and there is one recording of all of it.
set -u
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=tests/support/calls.bash
. tests/support/calls.bash

secs=10

files() {
	find "$RIG/recordings" -type f -name "*$1" | wc -l
}

finished() {
	[ "$(files .json)" -gt 0 ]
}

# Whole milliseconds of the recording.
duration() {
	sed -n 's/.*"duration_ms" : \([0-9]*\).*/\1/p' \
		"$(find "$RIG/recordings" -name '*.json')"
}

# Milliseconds of the caller's voice that are missing.
missing() {
	awk '/"side" : "caller"/ { own = 1 }
		own && /"lost" :/ { gsub(/[^0-9]/, ""); print $0 * 20; exit }' \
		"$(find "$RIG/recordings" -name '*.json')"
}

has_media() {
	[ -n "$(find "$RIG/spool" -name 'media-*' -size +8k)" ]
}

kill_and_restart() {
	local role

	rig_await 30 'the first packets' has_media
	sleep 2
	for role in tap capture render; do
		kill -KILL "$(cat "$RIG/$role.pid")"
	done
	for role in tap capture render; do
		rig_await 5 "the end of $role" rig_gone "$(cat "$RIG/$role.pid")"
	done
	rig_edgetape capture ed
	rig_edgetape tap rec
	rig_edgetape render rec
}

need_rig
rig_recorder "$RIG/recordings" '[rules]' "record=sip:alice@$RIG_DOMAIN" ||
	bail 'the recorder'
rig_frontend || bail 'the Front End'

rig_sniff net ua eth0
kill_and_restart &
killer=$!
rig_call alice bob $secs || bail 'the call'
wait $killer
rig_stop net
is 'the call was completed' result_is alice status 0
is 'its media was relayed all the time' path_is relayed net alice
rig_await 30 'the recording' finished || bail 'the recording'
sleep 1
is 'one sidecar' [ "$(files .json)" -eq 1 ]
is 'one recording' [ "$(files .wav)" -eq 1 ]
is "it lasts as long as the call: $(duration) ms" \
	[ "$(duration)" -ge $((secs * 1000 - 500)) ]
is "at most 2 s are missing: $(missing) ms" [ "$(missing)" -le 2000 ]
is 'the tap took the call up again' grep -q 'goes on' "$RIG/tap.log"
is 'the roles end cleanly' roles_end_cleanly
finish
