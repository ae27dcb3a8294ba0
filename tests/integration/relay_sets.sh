#!/bin/bash
# relay_sets.sh - calls over each relay and way to it. The journal of each call
# holds exactly the packets that the two phones say they sent, octet for octet,
# each of them once: RTP and RTCP.
set -u
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=tests/support/calls.bash
. tests/support/calls.bash
# shellcheck source=tools/lync/rig.sh
. tools/lync/rig.sh
# shellcheck source=tests/support/sets.bash
. tests/support/sets.bash

need_rig
rig_recorder "$RIG/recordings" '[rules]' "record=sip:alice@$RIG_DOMAIN" \
	'[rewrite]' method=remove || bail 'the recorder'
rig_frontend || bail 'the Front End'

set_call 'TURN, UDP'
is 'TURN, UDP: relay to relay' paths_are relay relay
set_call 'TURN, TCP' --turn-tcp
rig_stop relay
rig_lync_relay || bail 'the MS-TURN relay'
set_call 'MS-TURN, UDP' --lync
RIG_TURN=${RIG_TURN%:*}:443
set_call 'MS-TURN, TCP 443' --lync --turn-tcp
is 'the roles end cleanly' roles_end_cleanly
finish
