#!/bin/bash
# recorder_away.sh - the recorder dies, hangs and comes back while people
# telephone: calls go on, except those that must not without a recorder.
set -u
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=tests/support/calls.bash
. tests/support/calls.bash

# From the phone's start to the answer. Without a deadline it would be never.
set_up_within() {	# set_up_within USER SECONDS
	awk -v a="$(rig_result "$1" answered)" -v max="$2" \
		'BEGIN { exit !(a > 0 && a < max) }'
}

# Until the Front End's log has said so often.
front_end_says() {	# front_end_says TIMES TEXT
	[ "$(grep -c "$2" "$RIG/frontend.log")" -ge "$1" ]
}

need_rig
echo "sip:alice@$RIG_DOMAIN" >"$RIG/closed"
rig_recorder "$RIG/recordings" '[rules]' "record=sip:alice@$RIG_DOMAIN" ||
	bail 'the recorder'
rig_frontend EDGETAPE_CLOSED="$RIG/closed" EDGETAPE_DEADLINE=500 ||
	bail 'the Front End'
tap=$(cat "$RIG/tap.pid")

watched_call alice bob 2
is 'recorder there: media relayed' path_is relayed net alice

kill -STOP "$tap"
watched_call carol bob 2
is 'hung, fail-open: the call was completed' result_is carol status 0
is 'hung, fail-open: set up all the same' set_up_within carol 5
is 'hung, fail-open: media direct' path_is direct net carol
rig_call alice bob 2 --wait 4 >&2
is 'hung, fail-closed: refused' result_is alice status 503
kill -CONT "$tap"

rig_await 10 'the heartbeat' front_end_says 1 'is back' ||
	bail 'back after a hang'
watched_call alice bob 2
is 'back: media relayed' path_is relayed net alice

(sleep 2 && kill -KILL "$tap") &
watched_call alice bob 4
is 'killed in mid-call: the call was completed' result_is alice status 0
is 'killed in mid-call: media still relayed' path_is relayed net alice
rig_call alice bob 2 --wait 4 >&2
is 'dead, fail-closed: refused' result_is alice status 503

rig_tap || bail 'the tap'
rig_await 10 'the heartbeat' front_end_says 2 'is back' ||
	bail 'back after a death'
watched_call alice bob 2
is 'restarted: media relayed' path_is relayed net alice
is 'the roles end cleanly' roles_end_cleanly
finish
