#!/bin/bash
# relays.sh - recorded calls over each relay and way to it: MS-TURN by UDP and
# by TCP 443, TURN by TCP (call.sh has TURN by UDP). The recording has exactly
# the packets that the two phones counted when they sent them.
set -u
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=tests/support/calls.bash
. tests/support/calls.bash
# shellcheck source=tools/lync/rig.sh
. tools/lync/rig.sh

# "media" is also the number of a stream's m= line, so the greatest.
media_agree() {
	local sent kept

	sent=$(($(rig_result alice sent) + $(rig_result bob sent)))
	kept=$(sed -n 's/^ *"media" : \([0-9]*\),$/\1/p' "$(sidecar)" |
		sort -n | tail -n 1)
	echo "# sent $sent, in the recording $kept" >&2
	[ "$sent" -gt 200 ] && [ "$kept" -eq "$sent" ]
}

# The sidecar tells along which path each packet was found first.
paths_add_up() {
	local all kept

	all=$(sed -n 's/^ *"captured" : \([0-9]*\),$/\1/p' "$(sidecar)")
	kept=$(sed -n 's/^ *"stored" : \([0-9]*\)$/\1/p' "$(sidecar)" |
		awk '{ n += $1 } END { print n + 0 }')
	echo "# captured $all, along all paths $kept" >&2
	[ "$all" -eq "$kept" ]
}

nothing_direct() {
	[ "$(rig_count direct "$RIG/net.pcap")" -eq 0 ]
}

alike() {	# alike USER CHANNEL
	"$RIG_BUILD/tools/wavcmp" --min 0.95 --overlap 2 --channel "$2" \
		"$RIG/$1.wav" "$(recording)" >&2
}

# relayed_call LABEL OPTION...
relayed_call() {
	next_call
	watched_call alice bob 3 "${@:2}" || bail "$1: the call"
	rig_await 40 'the recording' recorded || bail "$1: the recording"
	is "$1: both phones took the relay" \
		[ "$(rig_result alice path)$(rig_result bob path)" = relayrelay ]
	is "$1: nothing went direct" nothing_direct
	is "$1: the outcome is RECORDED" recorded_as RECORDED
	is "$1: the packets are those sent" media_agree
	is "$1: the paths add up" paths_add_up
	is "$1: the caller is left" alike alice 0
	is "$1: the callee is right" alike bob 1
}

need_rig
rig_recorder "$RIG/recordings" '[rules]' "record=sip:alice@$RIG_DOMAIN" \
	'[rewrite]' method=remove '[render]' formats=wav || bail 'the recorder'
rig_frontend EDGETAPE_LOG="$RIG/signalling.txt" || bail 'the Front End'

relayed_call 'TURN, TCP' --turn-tcp
rig_stop relay
rig_lync_relay || bail 'the MS-TURN relay'
relayed_call 'MS-TURN, UDP' --lync
RIG_TURN=${RIG_TURN%:*}:443
relayed_call 'MS-TURN, TCP 443' --lync --turn-tcp
is 'the roles end cleanly' roles_end_cleanly
finish
