#!/bin/bash
# catalog_calls.sh - an officer's rules on real calls: what a rule says is in
# force within a second, and every call of a recorded user has its row.
set -u
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=tests/support/calls.bash
. tests/support/calls.bash

officer() {
	"$RIG_BUILD/app/edgetape" "$@" -c "$RIG/edgetape.conf"
}

outcome() { # outcome USER - of the newest call with this user
	officer calls --who "$1" --limit 1 --csv | tr -d '\r' |
		sed -n '2s/^\([^,]*,\)\{5\}\([A-Z_]*\),.*/\2/p'
}

outcome_is() {
	[ "$(outcome "$1")" = "$2" ]
}

owners_are() { # owners_are USER OWNER... - of the newest call
	local call

	call=$(officer calls --who "$1" --limit 1 --csv | tr -d '\r' |
		sed -n '2s/.*,//p')
	shift
	[ "$(officer calls show "$call" --csv | tr -d '\r' |
		sed -n '/^owner,/,/^identity/p' | grep -o 'user:[a-z]*' |
		tr '\n' ' ')" = "$(printf 'user:%s ' "$@")" ]
}

scope_is() { # scope_is USER SCOPE - of the newest call
	local call

	call=$(officer calls --who "$1" --limit 1 --csv | tr -d '\r' |
		sed -n '2s/.*,//p')
	officer calls show "$call" --csv | tr -d '\r' | grep -qx "scope,$2"
}

counted() { # counted USER WHAT - capture's count, of the newest call
	officer calls show "$(officer calls --who "$1" --limit 1 --csv |
		tr -d '\r' | sed -n '2s/.*,//p')" --csv | tr -d '\r' |
		sed -n "s/^\"packets $2\",//p"
}

call_id() { # call_id USER - of the call in progress
	officer live --json | tr -d '\n' | grep -o '{[^}]*}' |
		grep "$1@" | sed -n 's/.*"call" : "\([^"]*\)".*/\1/p'
}

in_progress() {
	[ -n "$(call_id "$1")" ]
}

loudest() { # loudest FROM - sample of a second of the newest recording
	sox "$(find "$RIG/recordings" -name '*.wav' -printf '%T@ %p\n' |
		sort -n | sed -n '$s/^[^ ]* //p')" -n trim "$1" 1 stat 2>&1 |
		awk '/Maximum amplitude/ { print $3 }'
}

fewer_than() {
	[ "$(find "$RIG/recordings" -name '*.wav' | wc -l)" -lt "$1" ]
}

audit_is_whole() {
	officer audit --verify >&2
}

need_rig
rig_recorder "$RIG/recordings" || bail 'the recorder'
rig_frontend || bail 'the Front End'

# The tap runs already; the catalog comes now.
officer users add alice "sip:alice@$RIG_DOMAIN" --group traders >/dev/null &&
	officer users add bob "sip:bob@$RIG_DOMAIN" >/dev/null &&
	officer users add carol "sip:carol@$RIG_DOMAIN" >/dev/null &&
	officer rules add traders who=group:traders mode=always keep=5y \
		>/dev/null || bail 'the rules'
sleep 1

rig_call carol bob 2 || bail 'a call that no rule names'
is 'no rule: no row' [ -z "$(outcome carol)" ]
rig_call alice bob 4 || bail 'a call that is recorded'
rig_await 30 'the row' outcome_is alice RECORDED
is 'recorded by the rule' outcome_is alice RECORDED
is 'it belongs to the user of the rule' owners_are alice alice
is 'the ledger says what kind of call it was' scope_is alice internal
is 'and finds it by that' [ "$(officer calls --who alice --scope internal \
	--json | grep -c '"scope" *: *"internal"')" = 1 ]
is 'and not by another' [ "$(officer calls --scope pstn --json)" = '[]' ]
is 'and so does the sidecar' grep -rq '"scope" : "internal"' \
	--include='*.json' "$RIG/recordings"
is 'and how many packets capture stored' [ "$(counted alice stored)" -gt 100 ]
is 'and saw again on a later leg' [ "$(counted alice copies-to-client)" -gt 100 ]

officer rules add carol who=user:carol mode=never >/dev/null &&
	officer rules add bob who=user:bob mode=metadata-only >/dev/null &&
	sleep 1
rig_call carol bob 2 || bail 'a call that is exempt'
rig_await 10 'the row' outcome_is carol EXEMPT
is 'a rule is in force within a second' outcome_is carol EXEMPT

# On demand: who does not ask leaves nothing; who asks has it from then on.
officer rules remove carol >/dev/null
officer rules add demand who=user:carol mode=on-demand >/dev/null && sleep 1
rig_call carol bob 3 || bail 'a call on demand'
rig_await 20 'the row' outcome_is carol EXEMPT
is 'on demand, and nobody asked' outcome_is carol EXEMPT
rig_call carol bob 10 &
demand=$!
rig_await 20 'the call' in_progress carol
sleep 3
officer live start "$(call_id carol)" please >/dev/null
wait $demand
rig_await 20 'the row' outcome_is carol RECORDED
is 'on demand, and started' outcome_is carol RECORDED
is 'silence before the start' [ "$(loudest 0)" = 0.000000 ]
is 'sound after it' [ "$(loudest 6)" != 0.000000 ]
is 'the tap wrote the audit log' sh -c "'$RIG_BUILD/app/edgetape' audit \
	-c '$RIG/edgetape.conf' | grep -q 'live.start.*please'"
before=$(find "$RIG/recordings" -name '*.wav' | wc -l)
rig_edgetape keep rec
rig_await 20 'the deletion' fewer_than "$before"
is 'what nobody asked for is deleted' fewer_than "$before"
rig_stop keep
is 'and only that' [ "$(find "$RIG/recordings" -name '*.wav' | wc -l)" = \
	$((before - 1)) ]

rig_stop capture
sleep 2
rig_call alice carol 2 || bail 'a call without capture'
rig_await 10 'the row' outcome_is alice NOT_RECORDED
is 'without capture the miss is visible' outcome_is alice NOT_RECORDED
is 'the audit log is whole' audit_is_whole
is 'the roles end cleanly' roles_end_cleanly
finish
