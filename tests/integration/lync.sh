#!/bin/bash
# lync.sh - recorded calls in the Lync dialect: two pidgin-sipe clients, a Lync
# Front End and an MS-TURN relay in namespaces; PCMU and SIREN, with the method
# "remove" and the default one. No media off the relay, every packet that the
# caller's host saw is in the recording, and the recording is the voices.
# alone: starved phones drop sound
set -u
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=tests/support/calls.bash
. tests/support/calls.bash
# shellcheck source=tools/lync/rig.sh
. tools/lync/rig.sh

late() {	# late USER - the voice begins after two seconds
	sox -q "$RIG/$1.wav" "$RIG/late.wav" pad 2 &&
		mv "$RIG/late.wav" "$RIG/$1.wav"
}

# alike FILE CHANNEL MIN SLACK [SPARE] - SLACK is in ms, for each half second.
alike() {
	"$RIG_BUILD/tools/wavcmp" --min "$3" --overlap 4 --slack "$4" \
		--spare "${5:-0}" --channel "$2" "$RIG/$1.wav" "$(recording)" >&2
}

path_is_relayed() {
	echo "# direct $(rig_count direct "$RIG/net.pcap")," \
		"relayed $(rig_count relayed "$RIG/net.pcap")" >&2
	[ "$(rig_count direct "$RIG/net.pcap")" -eq 0 ] &&
		[ "$(rig_count relayed "$RIG/net.pcap")" -gt 20 ]
}

# Both directions of the caller's host against both streams of the sidecar.
packets_agree() {
	local kept

	kept=$(sed -n 's/^ *"media" : \([0-9]*\),$/\1/p' "$(sidecar)" |
		sort -n | tail -n 1)
	[ "$(rig_count relayed "$RIG/net.pcap")" -eq "$kept" ]
}

spoken() {	# spoken CODEC - by both
	[ "$(grep -c "\"codecs\" : \".*$1" "$(sidecar)")" -ge 2 ]
}

# lync_call METHOD CODEC MIN - a recorded call and what has to be true of it.
# MIN is how like the played voice it has to be: SIREN loses some of it. What
# the far end heard has been through the same codec.
lync_call() {
	next_call
	rig_sniff net ua eth0
	rig_lync_call alice bob 7 --codec "$2" || bail "$1, $2: the call"
	rig_stop net
	rig_await 40 'the recording' recorded || bail "$1, $2: the recording"
	is "$1, $2: no media off the relay" path_is_relayed
	is "$1, $2: every packet is in the recording" packets_agree
	is "$1, $2: the outcome is RECORDED" recorded_as RECORDED
	is "$1, $2: both streams are $2" spoken "$2"
	# Where a busy machine sent the first packets late, the recording
	# slides to where the others belong. A phone jumps then, or leaves
	# out a frame of what it plays, so both are held against the
	# recording piece by piece. The other party's voice is below 0.2.
	is "$1, $2: the caller is left" alike alice 0 "$3" 40 20
	is "$1, $2: the callee is right" alike bob 1 "$3" 40 20
	is "$1, $2: left is what the callee heard" alike bob-heard 0 0.95 150 20
	is "$1, $2: right is what the caller heard" alike alice-heard 1 0.95 150 20
}

if ! why=$(rig_lync_check 2>&1); then
	echo "ok 1 - calls in the Lync dialect # SKIP ${why#*: }"
	echo 1..1
	exit
fi
need_rig rig_lync_relay
# The phones play from ringing on, a second or so before there is a path; and
# pidgin-sipe's first two packets are some milliseconds apart in RTP time, so
# the voices begin after them.
{ rig_voice "$RIG/alice.wav" en-us+f3 'Testing the paths of this call in another
	dialect. The Front End hands out the relay, the phone asks it for an
	address, and the other side learns of it. All of that is written down,
	with the time of the day and the number of the packets beside it.' &&
	rig_voice "$RIG/bob.wav" en-gb+m3 'And here is the other end, speaking
		at the same time. I have nothing to say about paths, but a lot
		about the weather, which has been wet since last Thursday, and
		about the trains, which come late whenever it rains.' &&
	late alice && late bob; } || bail 'the voices'
rig_recorder "$RIG/recordings" '[rules]' "record=sip:alice@$RIG_DOMAIN" \
	'[rewrite]' method=remove '[render]' formats=wav || bail 'the recorder'
rig_lync_frontend EDGETAPE_LOG="$RIG/signalling.txt" || bail 'the Front End'

lync_call remove PCMU 0.95
rig_stop tap
sed -i /^method=/d "$RIG/edgetape.conf"
rig_tap || bail 'the tap with the default method'
lync_call default SIREN 0.9
is 'the roles end cleanly' roles_end_cleanly
finish
