#!/bin/bash
# call.sh - a short recorded call through the real programs, in namespaces:
# what is not recorded is not touched, what is recorded cannot avoid the relay,
# and the recording is the voices, side by side.
set -u
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=tests/support/calls.bash
. tests/support/calls.bash

files() {
	find "$RIG/recordings" -type f -name "*$1" | wc -l
}

alike() {	# alike USER CHANNEL
	"$RIG_BUILD/tools/wavcmp" --min 0.95 --overlap 4 --channel "$2" \
		"$RIG/$1.wav" "$(recording)" >&2
}

nothing_left() {
	rig_down
	! ls /run/netns/et$$-* >/dev/null 2>&1 && [ ! -e "$RIG" ]
}

need_rig
rig_recorder "$RIG/recordings" '[rules]' "record=sip:alice@$RIG_DOMAIN" ||
	bail 'the recorder'
rig_frontend EDGETAPE_LOG="$RIG/signalling.txt" || bail 'the Front End'

watched_call carol bob 2 || bail 'a call that is not recorded'
is 'unrecorded: SDP byte for byte as sent' rig_same_sdp carol bob
is 'unrecorded: media direct' path_is direct net carol
is 'unrecorded: no recording' [ "$(files .wav)" -eq 0 ]

watched_call alice bob 6 --reinvite || bail 'a call that is recorded'
is 'recorded: the call was completed' result_is alice status 0
is 'recorded: media crossed the relay only' path_is relayed net alice
is 'recorded: every packet authenticates' result_is bob refused 0
rig_await 30 'the recording' recorded || bail 'the recording'
is 'recorded: one recording' [ "$(files .wav)" -eq 1 ]
is 'recorded: the caller is left' alike alice 0
is 'recorded: the callee is right' alike bob 1
is 'the roles end cleanly' roles_end_cleanly
is 'nothing is left behind' nothing_left
finish
