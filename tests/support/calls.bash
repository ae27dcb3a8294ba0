# calls.bash - TAP and assertions about calls, for the tests that make calls
# on the hosts of tools/rig.sh. Sourced from the top of the tree.
# shellcheck shell=bash
# shellcheck source=tools/rig.sh
. tools/rig.sh

tap_n=0

# What the programs said and did so far, for who looks into a failure.
keep_logs() {
	local to

	to=$RIG_BUILD/test-logs/integration-$(basename "$0" .sh)
	[ -d "${RIG:-}" ] || return 0
	rm -rf "$to"
	mkdir -p "$to"
	cp -r "$RIG"/{*.log,*.json,*.sdp,*.txt,*.pcap,*.wav,edgetape.conf} \
		"$RIG"/{recordings,spool,catalog,run} "$to" 2>/dev/null
	echo "# the programs' logs are in $to"
}

# is WHAT COMMAND... - one test.
is() {
	local what=$1

	shift
	tap_n=$((tap_n + 1))
	if "$@"; then
		echo "ok $tap_n - $what"
	else
		echo "not ok $tap_n - $what"
		echo "# not so: $*"
		keep_logs
	fi
}

# The rest makes no sense any more.
bail() {
	is "$1" false
	tail -n 20 "$RIG"/*.log >&2
	finish
	exit 1
}

finish() {
	echo "1..$tap_n"
}

# need_rig [RELAY] - where calls cannot be made, the whole test is skipped.
# RELAY is the function that starts the relay: rig_relay.
need_rig() {
	local why

	if ! why=$(rig_check 2>&1); then
		echo "ok 1 - calls # SKIP ${why#*: }"
		echo 1..1
		exit
	fi
	trap rig_down EXIT
	trap 'exit 1' INT TERM
	{ rig_up && rig_certificates; } || bail 'the network'
	{ rig_voice "$RIG/alice.wav" en-us 'This is Alice, and I am calling
		about the order that you took from me on Thursday.' &&
		rig_voice "$RIG/bob.wav" en-gb+m3 'Bob here. Let me see, yes,
		here it is, it went out with the first post this morning.' &&
		cp "$RIG/alice.wav" "$RIG/carol.wav"; } || bail 'the voices'
	"${1:-rig_relay}" || bail 'the relay'
}

# next_call - what is there now is of earlier calls. Names tell them apart, not
# times: render may still write in an earlier call's directory.
next_call() {
	find "$RIG/spool" "$RIG/recordings" >"$RIG/earlier" 2>/dev/null
}

# not_earlier - of the paths on standard input.
not_earlier() {
	if [ -s "$RIG/earlier" ]; then
		grep -vxFf "$RIG/earlier"
	else
		cat
	fi
}

# sidecar - of the newest recording; where a test says next_call, of those
# since then.
sidecar() {
	find "$RIG/recordings" -name '*.json' | not_earlier |
		xargs -r -d '\n' stat -c '%.Y %n' | sort -n |
		sed -n '$s/^[^ ]* //p'
}

recorded() {
	[ -n "$(sidecar)" ]
}

# sidecar_says PATTERN - line ends are as nothing to it.
sidecar_says() {
	tr -d '\n' <"$(sidecar)" | grep -qE -- "$1"
}

recorded_as() {	# recorded_as OUTCOME
	sidecar_says "\"outcome\" : \"$1\""
}

# The WAV file beside the sidecar.
recording() {
	local json

	json=$(sidecar)
	echo "${json%.json}.wav"
}

# loudest FROM SECONDS - sample of a part of the recording, 0 to 1.
loudest() {
	sox "$(recording)" -n trim "$1" "$2" stat 2>&1 |
		awk '/Maximum amplitude/ { print $3 }'
}

# A call has sent the first media, and it was captured.
has_media() {
	[ -n "$(find "$RIG/spool" -name 'media-*' -size +8k | not_earlier)" ]
}

# result_is USER KEY VALUE
result_is() {
	[ "$(rig_result "$1" "$2")" = "$3" ]
}

# path_is direct|relayed NAME USER - all packets that this phone counted, in
# the capture NAME of its host, and none on the other path.
path_is() {
	local other=relayed all

	[ "$1" = relayed ] && other=direct
	all=$(($(rig_result "$3" sent) + $(rig_result "$3" received)))
	[ "$all" -gt 0 ] &&
		[ "$(rig_count $other "$RIG/$2.pcap")" -eq 0 ] &&
		[ "$(rig_count "$1" "$RIG/$2.pcap")" -ge $((all * 95 / 100)) ]
}

# A call that is captured on the caller's host.
watched_call() {
	local status

	rig_sniff net ua eth0 || return
	rig_call "$@"
	status=$?
	rig_stop net
	return $status
}

# Microseconds for which somebody waited for a processor, since the host began.
pressed() {
	sed -n 's/^some.*total=//p' /proc/pressure/cpu 2>/dev/null || echo 0
}
since=${EPOCHREALTIME/./}
pressed_since=$(pressed)

# Times mean something only where the programs get to run.
busy() {
	local waited=$(($(pressed) - pressed_since))

	[ $((waited * 100 / (${EPOCHREALTIME/./} - since))) -gt 40 ] ||
		awk -v cores="$(nproc)" '{ exit !($1 > 2 * cores) }' \
			/proc/loadavg
}

# SIGTERM ends the recorder's roles at once, and nothing was wrong on the way:
# a sanitizer would have said so in their logs.
roles_end_cleanly() {
	local role bad=0

	for role in tap capture render; do
		rig_stop $role || bad=1
	done
	! cat "$RIG"/{tap,capture,render,alice,bob,carol}.log 2>/dev/null |
		grep -E 'Sanitizer|runtime error|Assertion' >&2 &&
		[ $bad -eq 0 ]
}
