#!/bin/bash
# escape.sh - recorded calls whose media goes past the relay, as the re-INVITE at
# the end of ICE tells. The outcome says so, whether some of the media was heard
# or none; of a call that stayed it says nothing of the sort.
set -u
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=tests/support/calls.bash
. tests/support/calls.bash

# because OUTCOME WHY - what the sidecar says
because() {
	recorded_as "$1" && sidecar_says "\"why\" : \"$2\""
}

need_rig
rig_recorder "$RIG/recordings" '[rules]' "record=sip:alice@$RIG_DOMAIN" \
	'[rewrite]' method=remove '[render]' formats=wav || bail 'the recorder'
rig_frontend EDGETAPE_LOG="$RIG/signalling.txt" || bail 'the Front End'

# What Alice said of the end of ICE, but with hosts in place of the relays; as
# many octets.
lie() {
	perl -0777 -ne 'for (split /^### .*\n/m) {
		next unless /^INVITE/ && /^a=remote-candidates/m;
		s/typ relay/typ srflx/g;
		s/^(a=candidate.*? )10\.99\.3\.10/${1}10.99.1.10/gm;
		s/^(a=remote-candidates.*)/$1 =~ s{99\.3}{99.2}gr/gme;
		s/^(CSeq: \d)/${1}0/m;
		$told = $_;
	} print $told' "$RIG/signalling.txt" | rig_in fe "${rig_env[@]}" \
		/usr/bin/python3 tests/support/tell.py 10.99.1.10 10.99.4.10
}

# Two re-INVITEs and their answers.
two_concluded() {
	[ "$(grep -c '^a=remote-candidates' "$RIG/signalling.txt")" -ge 4 ]
}

next_call
watched_call alice bob 3 --reinvite || bail 'a call'
rig_await 40 'the recording' recorded || bail 'the recording'
is 'both sides rewritten: relayed' path_is relayed net alice
is 'both sides rewritten: RECORDED' because RECORDED ''

next_call
(rig_await 30 'the second re-INVITE' two_concluded &&
	lie >"$RIG/told.log" 2>&1) &
watched_call alice bob 5 --reinvite || bail 'the second call'
rig_await 40 'the recording' recorded || bail 'the second recording'
is 'in mid-call the caller tells of hosts: nobody minds' \
	[ ! -s "$RIG/told.log" ]
is 'in mid-call the caller tells of hosts: PARTIAL' because \
	PARTIAL 'media went past the relay, as the caller says'

bobs=$(rig_ip ub)
alices=$(rig_ip ua)
for spared in "$bobs" "$bobs $alices"; do
	rig_broker EDGETAPE_OBSERVE="$spared" || bail 'the broker'
	rig_await 10 'the recorder' rig_met_more 0 || bail 'the recorder is met'
	next_call
	watched_call alice bob 3 --reinvite || bail "a call, $spared spared"
	rig_await 40 'the sidecar' recorded || bail 'the sidecar'
	is "what $spared sends is not rewritten: direct" \
		path_is direct net alice
	is "what $spared sends is not rewritten: NOT_RECORDED" \
		because NOT_RECORDED \
		'media went past the relay, as the [a-z]* says'
done
is 'the roles end cleanly' roles_end_cleanly
finish
