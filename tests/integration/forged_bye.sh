#!/bin/bash
# forged_bye.sh - somebody tells the recorder that a call is over, and the parties
# talk on: what they say is recorded to its real end.
set -u
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=tests/support/calls.bash
. tests/support/calls.bash

# The caller's ACK made a BYE; nobody but the recorder hears of it.
forge() {
	perl -0777 -ne 'for (split /^### .*\n/m) {
		next unless /^ACK /;
		s/^ACK /BYE /;
		s/^CSeq: .*?(\r?)$/CSeq: 9000 BYE$1/m;
		$told = $_;
	} print $told' "$RIG/signalling.txt" | tell
}

tell() {
	rig_in fe "${rig_env[@]}" /usr/bin/python3 tests/support/tell.py \
		10.99.1.10 10.99.4.10
}

# Then the caller offers new keys in the same dialog.
rekey() {
	perl -0777 -ne 'for (split /^### .*\n/m) {
		$to = $1 if /^ACK .*?^(To:.*?\r?\n)/ms;
		$first //= $_ if /^INVITE /;
	}
	$_ = $first;
	s/^To:.*?\r?\n/$to/m;
	s/^CSeq: .*?(\r?)$/CSeq: 9001 INVITE$1/m;
	s/inline:..../inline:AAAA/g;
	print' "$RIG/signalling.txt" | tell
}

# What the journal has behind the end: a file of its own, with keys.
late_keys() {
	local file

	file=$(find "$RIG" -name session-002.etj)
	[ -n "$file" ] && [ "$(find "$RIG" -name session-001.etj | wc -l)" = 1 ] &&
		"$RIG_BUILD/app/edgetape" journal "$file" >"$RIG/late.txt" &&
		grep -q ' half ' "$RIG/late.txt" &&
		grep -q ' keys ' "$RIG/late.txt"
}

# lasts MILLISECONDS - the recording is at least that long.
lasts() {
	perl -0777 -ne 'BEGIN { $least = shift }
		exit !(/"duration_ms" : (\d+)/ && $1 >= $least)' "$1" \
		"$(sidecar)"
}

need_rig
rig_recorder "$RIG/recordings" '[rules]' "record=sip:alice@$RIG_DOMAIN" \
	'[rewrite]' method=remove '[render]' formats=wav || bail 'the recorder'
rig_frontend EDGETAPE_LOG="$RIG/signalling.txt" || bail 'the Front End'

(rig_await 30 'the first packets' has_media && sleep 1 &&
	forge >"$RIG/forged.log" 2>&1 && sleep 1 &&
	rekey >"$RIG/rekeyed.log" 2>&1; echo $? >"$RIG/forged") &
rig_call alice bob 8 || bail 'a call'
rig_await 40 'the recording' recorded || bail 'the recording'
is 'the recorder took the BYE, and the offer behind it' [ "$(cat "$RIG/forged")" = 0 ]
is 'it believes that the call is over' sidecar_says '"cause" : "bye"'
is 'the call went on over the relay' [ "$(rig_result alice received)" -gt 300 ]
is 'RECORDED to its end' recorded_as RECORDED
is 'at least 7 s of it' lasts 7000
is 'keys told behind the BYE are in the same journal' late_keys
is 'one recording' [ "$(find "$RIG/recordings" -name '*.json' | wc -l)" -eq 1 ]
is 'the roles end cleanly' roles_end_cleanly
finish
