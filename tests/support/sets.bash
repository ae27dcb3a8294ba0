# sets.bash - is what a journal holds what the phones sent? Sourced after
# calls.bash.
# shellcheck shell=bash

# The journal directory of the latest call.
set_dir() {
	find "$RIG/spool" -mindepth 1 -maxdepth 1 -name '2*' | not_earlier |
		sort | tail -n 1
}

# The latest call's records.
set_json() {
	"$RIG_BUILD/app/edgetape" journal --json "$(set_dir)" 2>/dev/null
}

set_closed() {
	grep -q '"type":"close"' <(set_json)
}

# One packet a line, as many times as it was stored.
set_of_journal() {
	"$RIG_BUILD/app/edgetape" journal --json --hex "$1" |
		sed -n 's/.*"type":"packet".*"hex":"\([0-9a-f]*\)".*/\1/p' | sort
}

set_is_sent() {
	local n

	sort "$RIG/alice.packets" "$RIG/bob.packets" >"$RIG/sent.set"
	set_of_journal "$(set_dir)" >"$RIG/journal.set"
	n=$(wc -l <"$RIG/sent.set")
	echo "# $n sent, $(wc -l <"$RIG/journal.set") in the journal," \
		"$(comm -23 "$RIG/sent.set" "$RIG/journal.set" | wc -l) missing," \
		"$(comm -13 "$RIG/sent.set" "$RIG/journal.set" | wc -l) too many"
	[ "$n" -gt 100 ] && cmp -s "$RIG/sent.set" "$RIG/journal.set"
}

# The last tally counts the packets of the set, and copies of them.
set_is_counted() {
	local last

	last=$(set_json | grep '"type":"tally"' | tail -n 1)
	grep -q "\"stored\":$(wc -l <"$RIG/journal.set")," <<<"$last" &&
		grep -q '"copies":{.*"to-client":[1-9]' <<<"$last"
}

# set_call LABEL OPTION... - a short call and its verdict.
set_call() {
	next_call
	set_phones 2 "${@:2}" || bail "$1: the call"
	rig_await 20 'the end of the journal' set_closed ||
		bail "$1: the journal"
	is "$1: the journal is the set of packets sent" set_is_sent
	is "$1: and its tally says so" set_is_counted
}

# set_phones SECONDS OPTION... - as rig_call, and each phone writes down what
# it sends. SET_CALLER and SET_CALLEE are further options of one of them.
set_phones() {
	local secs=$1 caller callee

	shift
	rig_phone ub bob --play "$RIG/bob.wav" --secs "$secs" \
		--packets "$RIG/bob.packets" ${SET_CALLEE:-} "$@"
	callee=$RIG_PID
	rig_await 10 'bob registers' grep -q ready "$RIG/bob.log" || return
	rig_phone ua alice --play "$RIG/alice.wav" --secs "$secs" --call bob \
		--packets "$RIG/alice.packets" ${SET_CALLER:-} "$@"
	caller=$RIG_PID
	rig_await $((secs + 30)) 'alice ends' rig_gone "$caller" &&
		rig_await 40 'bob ends' rig_gone "$callee"
}

# paths_are CALLER CALLEE - the type of each phone's own candidate.
paths_are() {
	[ "$(rig_result alice path) $(rig_result bob path)" = "$1 $2" ]
}
