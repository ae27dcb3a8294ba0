#!/bin/bash
# call.sh - a short recorded call through the real programs, in namespaces:
# what is not recorded is not touched, what is recorded cannot avoid the relay,
# and the recording is the voices, side by side.
set -u
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=tools/rig.sh
. tools/rig.sh

n=0
is() {	# is WHAT COMMAND...
	local what=$1

	shift
	n=$((n + 1))
	if "$@"; then echo "ok $n - $what"; else echo "not ok $n - $what"; fi
}

bail() {
	n=$((n + 1))
	echo "not ok $n - $1"
	tail -n 20 "$RIG"/*.log >&2
	echo "1..$n"
	exit 1
}

result_is() {
	[ "$(rig_result "$1" "$2")" = "$3" ]
}

# All that the phones counted, and nothing of it elsewhere.
path_is() {	# path_is direct|relayed NAME USER
	local other=relayed all

	[ "$1" = relayed ] && other=direct
	all=$(($(rig_result "$3" sent) + $(rig_result "$3" received)))
	[ "$(rig_count $other "$RIG/$2.pcap")" -eq 0 ] &&
		[ "$(rig_count "$1" "$RIG/$2.pcap")" -ge $((all * 95 / 100)) ]
}

files() {
	find "$RIG/recordings" -type f -name "*$1" | wc -l
}

finished() {
	[ "$(files .json)" -gt 0 ] && [ "$(files .wav)" -gt 0 ]
}

alike() {	# alike USER CHANNEL
	"$RIG_BUILD/tools/wavcmp" --min 0.95 --overlap 4 --channel "$2" \
		"$RIG/$1.wav" "$(find "$RIG/recordings" -name '*.wav')" >&2
}

nothing_left() {
	rig_down
	! ls /run/netns/et$$-* >/dev/null 2>&1 && [ ! -e "$RIG" ]
}

if ! why=$(rig_check 2>&1); then
	echo "ok 1 - recorded call # SKIP ${why#*: }"
	echo 1..1
	exit
fi
trap rig_down EXIT
trap 'exit 1' INT TERM

rig_up && rig_certificates || bail 'the network'
rig_voice "$RIG/alice.wav" en-us 'This is Alice, and I am calling about the
	order that you took from me on Thursday afternoon.' &&
	rig_voice "$RIG/bob.wav" en-gb+m3 'Bob here. Let me see, yes, here it
		is, it went out with the first post this morning.' &&
	cp "$RIG/alice.wav" "$RIG/carol.wav" || bail 'the voices'
rig_relay && rig_recorder "$RIG/recordings" '[rules]' \
	"record=sip:alice@$RIG_DOMAIN" &&
	rig_frontend EDGETAPE_LOG="$RIG/signalling.txt" || bail 'the hosts'

{ rig_sniff plain ua eth0 && rig_call carol bob 2; } ||
	bail 'a call that is not recorded'
rig_stop plain
is 'unrecorded: SDP byte for byte as sent' rig_same_sdp carol bob
is 'unrecorded: media direct' path_is direct plain carol
is 'unrecorded: no recording' [ "$(files .wav)" -eq 0 ]

{ rig_sniff tapped ua eth0 && rig_call alice bob 6 --reinvite; } ||
	bail 'a call that is recorded'
rig_stop tapped
is 'recorded: the call was completed' result_is alice status 0
is 'recorded: media crossed the relay only' path_is relayed tapped alice
is 'recorded: every packet authenticates' result_is bob refused 0
rig_await 30 'the recording' finished || bail 'the recording'
is 'recorded: one recording' [ "$(files .wav)" -eq 1 ]
is 'recorded: the caller is left' alike alice 0
is 'recorded: the callee is right' alike bob 1
is 'nothing is left behind' nothing_left
echo "1..$n"
