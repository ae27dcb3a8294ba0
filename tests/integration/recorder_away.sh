#!/bin/bash
# recorder_away.sh - the recorder dies, hangs, is slow and comes back while
# people telephone through Kamailio.
# alone: the Front End waits for half a second
set -u
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=tests/support/calls.bash
. tests/support/calls.bash
# shellcheck source=tests/support/away.bash
. tests/support/away.bash

need_rig
away_tests rig_frontend
is 'no worker of Kamailio was lost' [ -z "$(grep -E \
	'CRITICAL|signal [0-9]+|core was' "$RIG/frontend.log")" ]
finish
