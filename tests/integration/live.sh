#!/bin/bash
# live.sh - an officer pauses the recording of a call in progress: the call does
# not notice, the time stays, the sound is silence, and the timeline says why.
set -u
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=tests/support/calls.bash
. tests/support/calls.bash
# shellcheck source=tests/support/officer.bash
. tests/support/officer.bash

is_heard() {
	in_progress alice && has_media
}

# said PATTERN VERB ... - the command says it.
said() {
	local pattern=$1

	shift
	officer live "$@" 2>&1 | tee "$RIG/said" | grep -qE "$pattern"
}

need_rig
rig_recorder "$RIG/recordings" '[rules]' "record=sip:alice@$RIG_DOMAIN" \
	longest-pause=60 || bail 'the recorder'
rig_frontend || bail 'the Front End'

rig_call alice bob 20 &
caller=$!
rig_await 30 'the call' is_heard || bail 'the call'
id=$(call_id alice)
is 'the call is listed' said "alice@.*yes" list
officer live list --json >"$RIG/listed"
is 'with its name in journals, ledger and explain' grep -qF \
	"\"journal\" : \"$(officer calls --csv | sed -n '2s/.*,//p' |
		tr -d '\r')\"" "$RIG/listed"
sleep 3
is 'pause' said 'is paused$' pause "$id" card number
is 'pause again changes nothing' said 'so already' pause "$id"
is 'it is listed as paused' said paused list
name=$(officer live list --json | sed -n 's/.*"journal" : "\(.*\)".*/\1/p')
is 'the end of its name is enough' said 'so already' pause "${name##*-}"
is 'nor is it exported before its end' grep -q 'in progress.*try again' \
	<(officer export "$name" --out "$RIG/early" --reason x 2>&1)
is 'nothing is not' said 'no such call' pause ''
kill -KILL "$(cat "$RIG/tap.pid")"
rig_await 5 'the end of the tap' rig_gone "$(cat "$RIG/tap.pid")"
rig_tap || bail 'another tap'
is 'a tap that is started anew knows whose call that is' said "alice@.*bob@.*paused" list
sleep 3
is 'resume' said 'is recorded again$' resume "$id"
is 'a mark' said 'is marked$' mark "$id" here it was
is 'no such call' said 'progress: nobody@nowhere; .*live. shows' \
	pause nobody@nowhere
wait $caller
is 'the call was completed' result_is alice status 0
rig_await 20 'the recording' recorded || bail 'the recording'
is 'the pause is in the timeline, and why' sidecar_says \
	'"kind" : "pause"[^}]*"text" : "card number"'
is 'so is the mark' sidecar_says '"text" : "here it was"'
at=$(tr -d '\n' <"$(sidecar)" |
	sed 's/.*"kind" : "pause",[^}]*"at_ms" : \([0-9]*\).*/\1/')
is "silence in the pause, at $at ms" \
	[ "$(loudest "$(awk "BEGIN { print $at / 1000 + 1.5 }")" 1)" = 0.000000 ]
is 'the audit log has it' grep -q live.pause <(officer audit)
is 'the roles end cleanly' roles_end_cleanly
finish
