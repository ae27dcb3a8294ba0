#!/bin/bash
# catalog_calls.sh - an officer's rules on real calls: what a rule says is in
# force within a second, and every call of a recorded user has its row.
# alone: rules are in force within a second
set -u
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=tests/support/calls.bash
. tests/support/calls.bash
# shellcheck source=tests/support/officer.bash
. tests/support/officer.bash

owners_are() { # owners_are USER OWNER... - of the newest call
	[ "$(show "$1" | sed -n '/^owner,/,/^identity/p' |
		grep -o 'user:[a-z]*' | tr '\n' ' ')" = \
		"$(printf 'user:%s ' "${@:2}")" ]
}

counted() { # counted USER WHAT - capture's count, of the newest call
	show "$1" | sed -n "s/^\"packets $2\",//p"
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
		announce=yes >/dev/null && in_force || bail 'the rules'

rig_call carol bob 2 || bail 'a call that no rule names'
is 'no rule: no row' [ -z "$(outcome carol)" ]
officer rules add bob who=user:bob mode=always keep=9y >/dev/null
in_force
rig_call alice bob 4 || bail 'a call that is recorded'
rig_await 30 'the row' outcome_is alice RECORDED
is 'recorded by the rule' outcome_is alice RECORDED
is 'it belongs to the users of both rules' owners_are alice alice bob
is 'and is kept as long as the longer one says' shown alice \
	"^\"kept until\",$(date -u +%Y -d "3294 days")-"
is 'the ledger says what kind of call it was' shown alice '^scope,internal$'
is 'and finds it by that' [ "$(officer calls --who alice --scope internal \
	--json | grep -c '"scope" *: *"internal"')" = 1 ]
is 'and not by another' [ "$(officer calls --scope pstn --json)" = '[]' ]
is 'and so does the sidecar' grep -rq '"scope" : "internal"' \
	--include='*.json' "$RIG/recordings"
is 'and both that an announcement was expected' shown alice \
	'^announcement,expected$'
is 'for whoever has the sidecar alone' grep -rq '"announcement" : "expected"' \
	--include='*.json' "$RIG/recordings"
is 'and how many packets capture stored' [ "$(counted alice stored)" -gt 100 ]
is 'and saw again on a later leg' [ "$(counted alice copies-to-client)" -gt 100 ]

# The Front End itself answers this one: 404. An answer might cross that for 32 s.
rig_phone ua alice --play "$RIG/alice.wav" --secs 2 --call nobody
rig_await 20 'the answer' rig_gone "$RIG_PID"
rig_await 60 'the row' outcome_is alice NOT_RECORDED
is 'a call to nobody ends' shown alice 'the call was not answered'
is 'and leaves no sound' [ "$(find "$RIG/recordings" -name '*.wav*' |
	wc -l)" = 1 ]
is 'which the officer is told' shown alice '^sound,none$'
is 'the report holds it against nobody, and counts announcements' \
	grep -q "^$(date +%F),user:alice,2,1,1,0,0,1,0,0,0,0,0.000,2,100.0%" \
	<(officer report coverage --csv)

officer rules add carol who=user:carol mode=never >/dev/null &&
	officer rules add bob who=user:bob mode=metadata-only >/dev/null &&
	sleep 1
! busy || in_force
rig_call carol bob 2 || bail 'a call that is exempt'
rig_await 10 'the row' outcome_is carol EXEMPT
is 'a rule is in force within a second' outcome_is carol EXEMPT

# On demand: who does not ask leaves nothing; who asks has it from then on.
officer rules remove carol >/dev/null
officer rules add demand who=user:carol mode=on-demand >/dev/null && in_force
rig_call carol bob 3 || bail 'a call on demand'
rig_await 20 'the row' outcome_is carol EXEMPT
is 'on demand, and nobody asked' outcome_is carol EXEMPT
rig_call carol bob 10 &
demand=$!
rig_await 20 'the call' in_progress carol
id=$(call_id carol)
sleep 3
is 'it waits for somebody who asks' grep -q 'carol@.*on demand' \
	<(officer live)
officer live start "$id" please >/dev/null
is 'and does not any more' grep -q 'carol@.*yes' <(officer live)
wait $demand
rig_await 20 'the row' outcome_is carol RECORDED
is 'on demand, and started' outcome_is carol RECORDED
is 'silence before the start' [ "$(loudest 0 1)" = 0.000000 ]
is 'sound after it' [ "$(loudest 6 1)" != 0.000000 ]
is 'the tap wrote the audit log' \
	grep -q 'live.start.*please' <(officer audit)
officer rules add demand who=user:carol mode=on-demand-buffered >/dev/null &&
	in_force
rig_call carol bob 6 &
demand=$!
rig_await 20 'the call' in_progress carol
id=$(call_id carol)
sleep 3
officer live mark "$id" a complaint >/dev/null
wait $demand
rig_await 20 'the row' outcome_is carol RECORDED
is 'buffered, and marked' outcome_is carol RECORDED
is 'with the sound of before the mark' [ "$(loudest 0 1)" != 0.000000 ]
before=$(find "$RIG/recordings" -name '*.wav' | wc -l)
rig_edgetape keep rec
rig_await 20 'the deletion' fewer_than "$before"
is 'what nobody asked for is deleted' fewer_than "$before"
rig_stop keep
is 'and only that' [ "$(find "$RIG/recordings" -name '*.wav' | wc -l)" = \
	$((before - 1)) ]

rig_stop capture
rig_await 10 'the tap to see it' grep -q 'capture has gone' "$RIG/tap.log"
rig_call alice carol 2 || bail 'a call without capture'
rig_await 10 'the row' outcome_is alice NOT_RECORDED
is 'without capture the miss is visible' outcome_is alice NOT_RECORDED
officer rules add strict who=user:alice mode=always impossible=refuse \
	mandatory=yes >/dev/null
in_force
rig_call alice carol 2 || true
rig_await 10 'the row' outcome_is alice BLOCKED
is 'by a rule it is refused instead' outcome_is alice BLOCKED
cp "$RIG/carol.wav" "$RIG/112.wav"
rig_call alice 112 2 || bail 'a call for help'
is 'but never a call to an emergency number' result_is alice status 0
rig_await 10 'the row' outcome_is alice NOT_RECORDED
is 'which says that it was not recorded' shown alice '^rule,emergency$'
is 'the audit log is whole' audit_is_whole
is 'the roles end cleanly' roles_end_cleanly
finish
