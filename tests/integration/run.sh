#!/bin/bash
# run.sh - the appliance on one host: `edgetape run` beside the relay records a
# call, starts again what dies, and ends what it started. It is killed itself
# while a call lasts, and restarted in order: the service manager keeps the
# kernel's rings for the next one, and no packet of the call is missing.
set -u
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=tests/support/calls.bash
. tests/support/calls.bash
# shellcheck source=tests/support/sets.bash
. tests/support/sets.bash

# The roles that run, by the name of their command.
role_pid() {
	pgrep -P "$(cat "$RIG/service.pid")" -f "edgetape $1 " | head -n 1
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

run_is_another() {	# run_is_another PID
	[ "$(cat "$RIG/service.pid")" != "$1" ]
}

# Three times in mid-call: `run`, and with it all that it started.
kill_run() {
	local _ pid

	rig_await 30 'the first packets' has_media
	for _ in 1 2 3; do
		sleep 0.7
		pid=$(cat "$RIG/service.pid")
		kill -KILL "$pid"
		rig_await 10 'the next run' run_is_another "$pid"
	done
}

# As `systemctl restart` does it, in mid-call.
restart_run() {
	local pid

	rig_await 10 'the roles again' all_run
	sleep 1
	pid=$(cat "$RIG/service.pid")
	kill -HUP "$(cat "$RIG/run.pid")"
	rig_await 15 'the restarted run' run_is_another "$pid"
	rig_await 10 'its roles' all_run
	rig_gone "$(cat "$RIG/alice.pid")" && touch "$RIG/too-late"
}

# Octet for octet; what capture had written and not yet given back when it died
# stands there twice.
nothing_is_missing() {
	sort "$RIG/alice.packets" "$RIG/bob.packets" >"$RIG/sent.set"
	set_of_journal "$(set_dir)" | sort -u >"$RIG/journal.set"
	[ "$(wc -l <"$RIG/sent.set")" -gt 500 ] &&
		cmp "$RIG/sent.set" "$RIG/journal.set"
}

# Of every stream, but zeros.
lost() {
	sed -n 's/.*"\(lost\|gaps\)" : \([0-9]*\).*/\2/p' \
		"$(find "$RIG/recordings" -name '*.json')" | grep -v '^0$'
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
rig_start run ed env ASAN_OPTIONS=detect_leaks=0 python3 \
	tests/support/manager.py "$RIG/service.pid" \
	"$RIG_BUILD/app/edgetape" run -c "$RIG/edgetape.conf"
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
next_call
rig_sniff net ua eth0
{ kill_run && restart_run; } &
killer=$!
set_phones 14 || bail 'the call'
wait $killer
rig_stop net
is 'the call was completed' result_is alice status 0
is 'its media was relayed' path_is relayed net alice
is 'run was killed three times in it' \
	[ "$(grep -c 'ended with -9' "$RIG/run.log")" -eq 3 ]
is 'and restarted in order once' [ "$(grep -c 'ended with 0,' \
	"$RIG/run.log")" -eq 1 ]
is 'before the call ended' [ ! -e "$RIG/too-late" ]
is 'it is recorded' rig_await 20 'the recording' recorded
is 'no packet of it is missing in the journal' nothing_is_missing
is 'nor in the recording' [ -z "$(lost)" ]

pids="$(role_pid tap) $(role_pid capture) $(role_pid render)"
is 'it ends when told' rig_stop run
for pid in $pids; do
	is "and so does what it started" rig_gone "$pid"
done
finish
