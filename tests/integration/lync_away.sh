#!/bin/bash
# lync_away.sh - the recorder dies, hangs, is slow and comes back while people
# telephone through the Lync Front End.
# alone: starved phones drop sound
set -u
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=tests/support/calls.bash
. tests/support/calls.bash
# shellcheck source=tests/support/away.bash
. tests/support/away.bash
# shellcheck source=tools/lync/rig.sh
. tools/lync/rig.sh

need_rig rig_lync_relay
away_tests rig_lync_frontend --lync
finish
