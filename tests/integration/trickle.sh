#!/bin/bash
# trickle.sh - the phones tell of their relays in the SDP and of all else by
# INFO (RFC 8840). The fragments of a recorded call are rewritten too: without
# that its media would go direct, as it does when nothing is recorded.
set -u
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=tests/support/calls.bash
. tests/support/calls.bash

# sent|got N USER KIND - lines of that kind of candidate in that SDP.
lines() {
	grep -c "^a=candidate:.* typ $4" "$RIG/$3.$2.$1.sdp"
}

# out_of_use N USER - the fragment that it got has no host but at port 9.
out_of_use() {
	local all

	all=$(lines got "$1" "$2" host)
	[ "$all" -gt 0 ] &&
		[ "$(grep -c ' 9 typ host' "$RIG/$2.$1.got.sdp")" -eq "$all" ]
}

# nicephone's SDPs: 1 and 2 are offer and answer, 3 and 4 the fragments.
need_rig
rig_recorder "$RIG/recordings" '[rules]' "record=sip:alice@$RIG_DOMAIN" \
	'[render]' formats=wav || bail 'the recorder'
rig_frontend || bail 'the Front End'

watched_call carol bob 3 --trickle || bail 'a call that is not recorded'
is 'the offer has relays only' \
	[ "$(lines sent 1 carol relay),$(lines sent 1 carol host)" = 2,0 ]
is 'the fragment has hosts' [ "$(lines sent 3 carol host)" -gt 0 ]
is 'unrecorded: the fragments are as they were sent' eval \
	'cmp "$RIG/carol.3.sent.sdp" "$RIG/bob.3.got.sdp" &&
	 cmp "$RIG/bob.4.sent.sdp" "$RIG/carol.4.got.sdp"'
is 'unrecorded: ICE ends on the direct path' result_is carol path direct

for method in port remove; do
	if [ $method = remove ]; then
		rig_stop tap
		printf '[rewrite]\nmethod=remove\n' >>"$RIG/edgetape.conf"
		rig_tap || bail 'the tap'
	fi
	next_call
	watched_call alice bob 3 --trickle || bail "$method: a recorded call"
	rig_await 40 'the recording' recorded || bail "$method: the recording"
	is "$method: media relayed" path_is relayed net alice
	is "$method: the outcome" recorded_as RECORDED
	if [ $method = port ]; then
		is 'port: the callee got no host to use' out_of_use 3 bob
		is 'port: the caller got no host to use' out_of_use 4 alice
	else
		is 'remove: nobody got a host' \
			[ "$(lines got 3 bob host),$(lines got 4 alice host)" = 0,0 ]
	fi
done
is 'the roles end cleanly' roles_end_cleanly
finish
