#!/bin/bash
# run.sh - the appliance on one host: `edgetape run` beside the relay records a
# call, starts again what dies, and ends what it started.
set -u
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=tests/support/calls.bash
. tests/support/calls.bash

# The roles that run, by the name of their command.
role_pid() {
	pgrep -P "$(cat "$RIG/run.pid")" -f "edgetape $1 " | head -n 1
}

all_run() {
	[ -n "$(role_pid tap)" ] && [ -n "$(role_pid capture)" ] &&
		[ -n "$(role_pid render)" ]
}

connected() {
	rig_listens ed 9061 && grep -q 'capture is here' "$RIG/run.log"
}

is_another() {	# is_another ROLE PID
	[ -n "$(role_pid "$1")" ] && [ "$(role_pid "$1")" != "$2" ]
}

finished() {
	[ -n "$(find "$RIG/recordings" -name '*.json')" ]
}

need_rig
mkdir -p "$RIG/recordings" "$RIG/run"
"$RIG_BUILD/app/edgetape" keygen "$RIG/recorder" >/dev/null || bail 'the keys'
cat >"$RIG/edgetape.conf" <<END
[edgetape]
spool=$RIG/spool
recordings=$RIG/recordings
run=$RIG/run
catalog=$RIG/catalog/catalog.db
public-key=$RIG/recorder.pub
private-key=$RIG/recorder.key
[tap]
listen=$(rig_ip ed):9061
peers=fe.$RIG_DOMAIN
certificate=$RIG/tls/rec.pem
key=$RIG/tls/rec.key
ca=$RIG/tls/ca.pem
[rules]
record=sip:alice@$RIG_DOMAIN
END
rig_edgetape run ed
is 'three roles run' rig_await 10 'the roles' all_run
rig_await 10 'the tap and capture' connected || bail 'tap and capture'
rig_frontend EDGETAPE_TAP="$(rig_ip ed):9061" || bail 'the Front End'

for role in render capture tap; do
	pid=$(role_pid $role)
	kill -KILL "$pid"
	is "$role is started again" rig_await 10 "$role" is_another $role "$pid"
done
is "capture goes on with the rings that it had" \
	grep -q 'going on with the rings' "$RIG/run.log"
rig_await 20 'the heartbeat' rig_listens ed 9061 || bail 'the tap again'
sleep 3
watched_call alice bob 4 || bail 'the call'
is 'the call was completed' result_is alice status 0
is 'its media was relayed' path_is relayed net alice
is 'it is recorded' rig_await 20 'the recording' finished

pids="$(role_pid tap) $(role_pid capture) $(role_pid render)"
is 'it ends when told' rig_stop run
for pid in $pids; do
	is "and so does what it started" rig_gone "$pid"
done
finish
