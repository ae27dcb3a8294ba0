#!/bin/bash
# siptrace.sh - the proxy asks nobody; Kamailio's own siptrace sends plain HEP3
# copies of its messages, over UDP, as they come and as they go. A call that stays
# on the relay by itself is recorded from them, once; one that does not is
# NOT_RECORDED, and both are marked as what nothing could force.
set -u
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=tests/support/calls.bash
. tests/support/calls.bash

# heard USER CHANNEL - what that one said is in the recording.
heard() {
	"$RIG_BUILD/tools/wavcmp" --min 0.95 --overlap 2 --channel "$2" \
		"$RIG/$1.wav" "$(recording)"
}

# The demo's Front End without its filter, and with siptrace.
frontend_traces() {
	local cfg=$RIG/kamailio.cfg

	sed -e "s#@IP@#$(rig_ip fe)#; s#@DOMAIN@#$RIG_DOMAIN#" \
		-e "s#@DIR@#$RIG/tls#; /app_python3/d; /python_exec/d" \
		-e '/route(RECORDER)/d; /^route\[RECORDER\]/,/^}/d' \
		-e '/^event_route/,/^}/d; /^route\[OWN_REPLY\]/,/^}/d' \
		tools/frontend/kamailio.cfg.in >"$cfg"
	cat >>"$cfg" <<-END
	listen=udp:$(rig_ip fe):5060
	loadmodule "siptrace.so"
	modparam("siptrace", "duplicate_uri", "sip:$(rig_ip rec):9060")
	modparam("siptrace", "hep_mode_on", 1)
	modparam("siptrace", "hep_version", 3)
	modparam("siptrace", "trace_to_database", 0)
	modparam("siptrace", "trace_on", 1)
	modparam("siptrace", "trace_mode", 1)
	END
	mkdir -p "$RIG/kamailio"
	rig_start frontend fe kamailio -f "$cfg" -DD -E -m 32 -M 8 \
		-w "$RIG/kamailio" -Y "$RIG/kamailio" -P "$RIG/kamailio/pid"
	rig_await 30 'Kamailio' rig_answers fe 5061
}

need_rig
if [ -z "$(find /usr/lib -path '*kamailio/modules/siptrace.so')" ]; then
	echo 'ok 1 - copies # SKIP Kamailio has no siptrace'
	echo 1..1
	exit
fi
rig_recorder "$RIG/recordings" "plain-udp=$(rig_ip rec):9060" '[rules]' \
	"record=sip:alice@$RIG_DOMAIN" '[render]' formats=wav ||
	bail 'the recorder'
frontend_traces || bail 'the Front End'
is 'it was warned that the keys cross the network in clear' \
	grep -q 'UDP on .* is not encrypted' "$RIG/tap.log"

next_call
rig_call alice bob 3 --force-relay || bail 'a call'
rig_await 40 'the recording' recorded || bail 'the recording'
is 'one recording' [ "$(find "$RIG/recordings" -name '*.json' |
	wc -l)" = 1 ]
is 'RECORDED' recorded_as RECORDED
is 'marked as one that nothing could force' \
	grep -q '"mode" : "copy"' "$(sidecar)"
is 'with the caller' heard alice 0
is 'and the callee' heard bob 1

sleep 1
next_call
rig_call alice bob 2 --reinvite || bail 'a call that goes direct'
rig_await 40 'its sidecar' recorded || bail 'its sidecar'
is 'went direct: NOT_RECORDED' recorded_as NOT_RECORDED
is 'and marked, too' grep -q '"mode" : "copy"' "$(sidecar)"
finish
