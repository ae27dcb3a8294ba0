#!/bin/bash
# growing_wav.sh - a recording in WAV alone has its turns further apart than
# growing.sh's files, and is no more than 2 s behind either.
# alone: it measures how far behind files are
set -u
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=tests/support/calls.bash
. tests/support/calls.bash
# shellcheck source=tests/support/behind.bash
. tests/support/behind.bash

need_rig
: >"$RIG/killed"
: >"$RIG/stopped"
rig_recorder "$RIG/recordings" '[rules]' "record=sip:alice@$RIG_DOMAIN" \
	'[render]' 'formats=wav' || bail 'the recorder'
rig_frontend || bail 'the Front End'

watch &
watcher=$!
rig_call alice bob 14
rig_await 30 'the recording' recorded || bail 'the recording'
touch "$RIG/enough"
wait $watcher
is "it is recorded: $(member outcome)" [ "$(member outcome)" = RECORDED ]
read -r most looks < <(most_behind wav)
in_time "wav: at most $most s behind in $looks looks" \
	at_most 2.0 "$most" "$looks"
is 'no file ever got shorter' never_shorter
is 'the roles end cleanly' roles_end_cleanly
finish
