#!/bin/bash
# restart.sh - every role of the recorder is killed in mid-call and started
# again: the call goes on, and there is one recording of all of it. In another
# call only the process that captures is killed, five times: nothing is missing.
set -u
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=tests/support/calls.bash
. tests/support/calls.bash

secs=10

files() {
	find "$RIG/recordings" -type f -name "*$1" | wc -l
}

# Whole milliseconds of the recording.
duration() {
	sed -n 's/.*"duration_ms" : \([0-9]*\).*/\1/p' "$(sidecar)"
}

# Milliseconds of the caller's voice that are missing.
missing() {
	awk '/"side" : "caller"/ { own = 1 }
		own && /"lost" :/ { gsub(/[^0-9]/, ""); print $0 * 20; exit }' \
		"$(sidecar)"
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

# capture.pid is the supervisor's, which holds the kernel's rings.
kill_workers() {
	local _

	for _ in 1 2 3 4 5; do
		sleep 1.3
		kill -KILL "$(pgrep -P "$(cat "$RIG/capture.pid")")"
	done
}

# The value of a number in every stream of the sidecar, but its zeros.
nonzero() {
	sed -n "s/.*\"$1\" : \([0-9]*\).*/\1/p" "$(sidecar)" | grep -v '^0$'
}

no_gaps() {
	[ "$(grep -c '"gaps" : [0-9]' "$(sidecar)")" -gt 1 ] &&
		[ -z "$(nonzero lost)$(nonzero gaps)" ]
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
rig_await 30 'the recording' recorded || bail 'the recording'
sleep 1
is 'one sidecar' [ "$(files .json)" -eq 1 ]
is 'one recording' [ "$(files .wav)" -eq 1 ]
is "it lasts as long as the call: $(duration) ms" \
	[ "$(duration)" -ge $((secs * 1000 - 500)) ]
is "at most 2 s are missing: $(missing) ms" [ "$(missing)" -le 2000 ]
is 'it is not called whole' recorded_as PARTIAL
is 'and says since when capture and its rings were dead' grep -q \
	'"why" : "capture was away from .* to ' "$(sidecar)"
is 'each side has a gap of that cause' \
	[ "$(grep -c '"cause" : "capture-away"' "$(sidecar)")" -ge 2 ]
is 'the tap took the call up again' grep -q 'continues' "$RIG/tap.log"

next_call
kill_workers &
killer=$!
rig_call alice bob 8 || bail 'the second call'
wait $killer
rig_await 30 'the second recording' recorded || bail 'the second recording'
is 'five workers were killed in the second call' \
	[ "$(grep -c 'worker was killed' "$RIG/capture.log")" -eq 5 ]
is 'no packet of it is missing' no_gaps
is 'and it is said to be whole' recorded_as RECORDED
is 'the roles end cleanly' roles_end_cleanly
finish
