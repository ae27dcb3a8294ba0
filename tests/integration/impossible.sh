#!/bin/bash
# impossible.sh - a call that has to be recorded and cannot be, because a phone
# has no relay: refused if the rules say so, and nobody else's call suffers.
set -u
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=tests/support/calls.bash
. tests/support/calls.bash

# A sidecar tells of a call that the recorder itself refused, and why.
refusal_is_told() {
	local json

	json=$(grep -rl '"cause" : "refused"' --include='*.json' \
		"$RIG/recordings") &&
		grep -q '"status" : 488' "$json" &&
		grep -q '"no-relay" : "caller"' "$json" &&
		grep -q '"outcome" : "BLOCKED"' "$json"
}

need_rig
rig_recorder "$RIG/recordings" '[rules]' "record=sip:alice@$RIG_DOMAIN" \
	when-impossible=refuse refuse-status=488 || bail 'the recorder'
rig_frontend EDGETAPE_LOG="$RIG/signalling.txt" || bail 'the Front End'

watched_call alice bob 2
is 'with relays: the call was completed' result_is alice status 0
is 'with relays: media relayed' path_is relayed net alice

RIG_TURN=
watched_call alice bob 2 --wait 4 >&2
is 'without: refused' result_is alice status 488
is 'without: no packet took any path' \
	[ "$(rig_count direct "$RIG/net.pcap")$(rig_count relayed "$RIG/net.pcap")" = 00 ]
is 'without: the sidecar tells of it' \
	rig_await 15 'the sidecar of the refused call' refusal_is_told

watched_call carol bob 2
is 'not recorded, without: the call was completed' result_is carol status 0
is 'not recorded, without: SDP byte for byte as sent' rig_same_sdp carol bob
is 'the roles end cleanly' roles_end_cleanly
finish
