#!/bin/bash
# late.sh - where nobody tells render how far capture is, packets can come from
# a time that its files have passed: then it reads the journal anew, while the
# call goes on, and loses nothing of it.
# alone: it measures how far behind files are
set -u
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=tests/support/calls.bash
. tests/support/calls.bash
# shellcheck source=tests/support/behind.bash
. tests/support/behind.bash

formats='wav;opus'

# Longer than the second in which a late packet still finds its place.
disturb() {
	local pid

	: >"$RIG/killed"
	rig_await 30 'the first packets' has_media
	sleep 4
	pid=$(cat "$RIG/capture.pid")
	mapfile -t stopped < <(echo "$pid"; pgrep -P "$pid")
	stop_for 3 "${stopped[@]}"
}

need_rig
mkdir -p "$RIG/run/reach"	# so that it can be no file
rig_recorder "$RIG/recordings" '[rules]' "record=sip:alice@$RIG_DOMAIN" \
	'[render]' "formats=$formats" || bail 'the recorder'
rig_frontend || bail 'the Front End'

watch &
watcher=$!
disturb &
disturber=$!
rig_call alice bob 16
wait $disturber
rig_await 30 'the recording' recorded || bail 'the recording'
touch "$RIG/enough"
wait $watcher
is 'capture says that it cannot tell' grep -q 'reach: ' "$RIG/capture.log"
is "it is recorded: $(member outcome)" [ "$(member outcome)" = RECORDED ]
for kind in wav opus; do
	read -r most looks < <(most_behind $kind)
	in_time "$kind: at most $most s behind in $looks looks" \
		at_most 3 "$most" "$looks"
done
is 'no file ever got shorter' never_shorter
is 'the journal gives the same bytes and the same timeline' same_bytes
is 'the roles end cleanly' roles_end_cleanly
finish
