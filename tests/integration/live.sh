#!/bin/bash
# live.sh - an officer pauses the recording of a call in progress: the call does
# not notice, the time stays, the sound is silence, and the timeline says why.
set -u
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=tests/support/calls.bash
. tests/support/calls.bash

live() {
	"$RIG_BUILD/app/edgetape" live "$@" -c "$RIG/edgetape.conf"
}

call_id() {
	live list --json | sed -n 's/.*"call" : "\([^"]*\)".*/\1/p' | head -n 1
}

in_progress() {
	[ -n "$(call_id)" ] &&
		[ -n "$(find "$RIG/spool" -name 'media-*' -size +8k)" ]
}

finished() {
	[ -n "$(find "$RIG/recordings" -name '*.json')" ]
}

# said PATTERN VERB ... - the command says it.
said() {
	local pattern=$1

	shift
	live "$@" 2>&1 | tee "$RIG/said" | grep -qE "$pattern"
}

# Loudest sample of a second of the recording, 0 to 1.
loudest() {	# loudest FROM
	sox "$(find "$RIG/recordings" -name '*.wav')" -n trim "$1" 1 stat 2>&1 |
		awk '/Maximum amplitude/ { print $3 }'
}

timeline_says() {
	tr -d '\n' <"$(find "$RIG/recordings" -name '*.json')" | grep -qE "$1"
}

need_rig
rig_recorder "$RIG/recordings" '[rules]' "record=sip:alice@$RIG_DOMAIN" \
	longest-pause=60 || bail 'the recorder'
rig_frontend || bail 'the Front End'

rig_call alice bob 20 &
caller=$!
rig_await 30 'the call' in_progress || bail 'the call'
id=$(call_id)
is 'the call is listed' said "alice@.*yes" list
sleep 3
is 'pause' said '^done' pause "$id" card number
is 'pause again changes nothing' said 'so already' pause "$id"
is 'it is listed as paused' said paused list
kill -KILL "$(cat "$RIG/tap.pid")"
rig_await 5 'the end of the tap' rig_gone "$(cat "$RIG/tap.pid")"
rig_tap || bail 'another tap'
is 'a tap that is started anew knows whose call that is' said "alice@.*bob@.*paused" list
sleep 3
is 'resume' said '^done' resume "$id"
is 'a mark' said '^done' mark "$id" here it was
is 'no such call' said 'progress: nobody@nowhere; .*live. shows' \
	pause nobody@nowhere
wait $caller
is 'the call was completed' result_is alice status 0
rig_await 20 'the recording' finished || bail 'the recording'
is 'the pause is in the timeline, and why' timeline_says \
	'"kind" : "pause"[^}]*"text" : "card number"'
is 'so is the mark' timeline_says '"text" : "here it was"'
at=$(tr -d '\n' <"$(find "$RIG/recordings" -name '*.json')" |
	sed 's/.*"kind" : "pause",[^}]*"at_ms" : \([0-9]*\).*/\1/')
is "silence in the pause, at $at ms" \
	[ "$(loudest "$(awk "BEGIN { print $at / 1000 + 1.5 }")")" = 0.000000 ]
is 'the audit log has it' sh -c "'$RIG_BUILD/app/edgetape' audit \
	-c '$RIG/edgetape.conf' | grep -q live.pause"
is 'the roles end cleanly' roles_end_cleanly
finish
