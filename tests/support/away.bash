# away.bash - what a Front End does while the recorder dies, hangs, is slow,
# refuses it and comes back: calls go on, except those that must not without a
# recorder. Sourced after calls.bash.
# shellcheck shell=bash

# From the phone's start to the answer. Without a deadline it would be never.
set_up_within() {	# set_up_within USER SECONDS
	awk -v a="$(rig_result "$1" answered)" -v max="$2" \
		'BEGIN { exit !(a > 0 && a < max) }'
}

# fail_open WHAT - Carol, of whom the policy knows nothing, calls Bob.
fail_open() {
	watched_call carol bob 1 "${phone[@]}"
	is "$1, fail-open: the call was completed" result_is carol status 0
	is "$1, fail-open: set up all the same" set_up_within carol 10
	is "$1, fail-open: media direct" path_is direct net carol
}

# fail_closed WHAT - Alice, who must not talk unrecorded, calls; whoever it is.
fail_closed() {
	rm -f "$RIG/alice.json"
	rig_phone ua alice --wait 8 --call bob "${phone[@]}"
	rig_await 15 'the caller ends' rig_gone "$RIG_PID"
	is "$1, fail-closed: refused" result_is alice status 503
}

relayed() {	# relayed WHAT
	watched_call alice bob 2 "${phone[@]}"
	is "$1: media relayed" path_is relayed net alice
}

hung() {
	local tap met

	tap=$(cat "$RIG/tap.pid")
	met=$(rig_met)
	kill -STOP "$tap"
	fail_open 'recorder hung'
	fail_closed 'recorder hung'
	kill -CONT "$tap"
	rig_await 10 'the recorder back' rig_met_more "$met" ||
		bail 'back after a hang'
	relayed 'recorder back'
}

# Calls whose media were captured.
heard() {
	find "$RIG/spool" -name 'media-*' -size +8k -printf '%h\n'
}
one_more_heard() {
	heard | grep -qvxFf "$RIG/heard"
}

killed() {
	heard >"$RIG/heard"
	(rig_await 20 'media of the call' one_more_heard &&
		kill -KILL "$(cat "$RIG/tap.pid")") &
	watched_call alice bob 4 "${phone[@]}"
	is 'recorder killed in mid-call: the call was completed' \
		result_is alice status 0
	is 'recorder killed in mid-call: media still relayed' \
		path_is relayed net alice
	fail_open 'recorder dead'
	fail_closed 'recorder dead'
}

# The tap knows somebody else only.
refusing() {
	sed -i 's/^peers=/&not-/' "$RIG/edgetape.conf"
	rig_edgetape tap rec
	rig_await 10 'a tap that refuses' grep -q "fe.$RIG_DOMAIN" \
		"$RIG/tap.log" || bail 'a tap that refuses'
	fail_open 'recorder refuses us'
	fail_closed 'recorder refuses us'
	rig_stop tap
	sed -i 's/^peers=not-/peers=/' "$RIG/edgetape.conf"
}

# It answers, heartbeats too, but later than the deadline.
slow() {
	rig_start detour rec /usr/bin/python3 tests/support/detour.py \
		"$(rig_ip rec):9062" "$(rig_ip rec):9061" 700
	rig_await 10 'the detour' rig_listens rec 9062
	rig_broker EDGETAPE_TAP="$(rig_ip rec):9062" "$@" ||
		bail 'a slow recorder'
	rig_await 10 'the slow recorder' rig_met_more 0
	fail_open 'recorder slow'
	fail_closed 'recorder slow'
	is 'recorder slow: and not away' \
		[ "$(grep -c 'recorder is away$' "$RIG/broker.log")" -eq 0 ]
	rig_stop detour
}

broker_gone() {
	kill -STOP "$(cat "$RIG/broker.pid")"
	fail_open 'broker hung'
	fail_closed 'broker hung'
	kill -KILL "$(cat "$RIG/broker.pid")"
	fail_open 'broker dead'
	fail_closed 'broker dead'
	rig_broker "$@" || bail 'the broker again'
	relayed 'broker back'
}

# away_tests FRONTEND [PHONE-OPTION...] - FRONTEND starts it, with the settings
# it is given.
away_tests() {
	local settings=(EDGETAPE_CLOSED="$RIG/closed" EDGETAPE_DEADLINE=500)

	phone=("${@:2}")
	echo "sip:alice@$RIG_DOMAIN" >"$RIG/closed"
	rig_recorder "$RIG/recordings" '[rules]' \
		"record=sip:alice@$RIG_DOMAIN" || bail 'the recorder'
	"$1" "${settings[@]}" || bail 'the Front End'
	relayed 'recorder there'
	hung
	killed
	refusing
	rig_tap || bail 'the tap'
	relayed 'recorder started again'
	slow "${settings[@]}"
	broker_gone "${settings[@]}"
	is 'the roles end cleanly' roles_end_cleanly
}
