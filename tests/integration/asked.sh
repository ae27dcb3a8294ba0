#!/bin/bash
# asked.sh - those in a call ask for its recording, or against it: by the record
# header of a Front End that is trusted, and by codes of their keypads.
set -u
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=tests/support/calls.bash
. tests/support/calls.bash
# shellcheck source=tests/support/officer.bash
. tests/support/officer.bash

# asking LABEL CALLER HEADER OUTCOME
asking() {
	RIG_CALLER=(--header "record: $3")
	watched_call "$2" bob 2 || bail "$1: the call"
	RIG_CALLER=()
	rig_await 30 'the row' outcome_is "$2" "$4"
	is "$1: $4" outcome_is "$2" "$4"
}

# at KIND - milliseconds of the first of this kind in the timeline
at() {
	tr -d '\n' <"$(sidecar)" |
		sed "s/.*\"timeline\"//; s/\"kind\" : \"$1\",/\n/; s/^[^\n]*\n//" |
		sed 's/[^}]*"at_ms" : \([0-9]*\).*/\1/' | head -n 1
}

audited() { # audited ACT WORD
	officer audit --csv | grep -q "$2.*live\.$1,"
}

need_rig
rig_recorder "$RIG/recordings" '[rules]' "record-header-from=fe.$RIG_DOMAIN" \
	'keypad=pause=*7;resume=*8;stop=*0;start=*1;mark=*5' '[render]' \
	formats=wav || bail 'the recorder'
rig_frontend || bail 'the Front End'
officer users add alice "sip:alice@$RIG_DOMAIN" >/dev/null &&
	officer rules add alice who=user:alice mode=always >/dev/null &&
	in_force || bail 'the rule'

# ---- the header ----

asking 'source, and no rule' carol source RECORDED
is 'its media was relayed' path_is relayed net carol
is 'the call is its caller'\''s' shown carol '^owner,.*carol@'
is 'and why it was recorded' shown carol 'the record header of fe.* says source'
asking 'disabled, and a rule' alice disabled EXEMPT
is 'its media was direct' path_is direct net alice
officer rules add alice who=user:alice mode=always mandatory=yes >/dev/null &&
	in_force
asking 'disabled, and a mandatory rule' alice disabled RECORDED
is 'its media was relayed all the same' path_is relayed net alice

# ---- keys ----

officer rules add alice who=user:alice mode=always >/dev/null && in_force
next_call
RIG_CALLER=(--press '1:*7,4:*8,5:*5,6:*0,7:*1')
RIG_CALLEE=(--press '2:*5')
rig_call alice bob 9 || bail 'the call with keys'
RIG_CALLER=() RIG_CALLEE=()
rig_await 30 'the recording' recorded || bail 'the recording'
is 'keys: a pause, and who wanted it' sidecar_says \
	'"kind" : "pause"[^}]*"text" : "by the keys of the caller"'
pause=$(at pause) mark=$(at tag)
is "keys: about three seconds of it, from $pause ms" sidecar_says \
	'"kind" : "pause"[^}]*"length_ms" : (2[5-9]|3[0-9])[0-9][0-9],'
is 'keys: silence in it' \
	[ "$(loudest "$(awk "BEGIN { print $pause / 1000 + 1 }")" 0.5)" = 0.000000 ]
is "keys: the mark, at $mark ms, is the caller's" \
	[ "$mark" -gt $((pause + 3000)) ]
is 'keys: those of the other party do nothing' \
	[ "$(tr -d '\n' <"$(sidecar)" | grep -o '"kind" : "tag"' | wc -l)" = 1 ]
is 'keys: stopped and started' [ "$(tr -d '\n' <"$(sidecar)" |
	grep -o '"kind" : "pause"' | wc -l)" = 2 ]
for act in pause resume mark stop start; do
	is "keys: the audit log has $act" audited $act alice@
done
is 'keys: the ledger has one call' outcome_is alice RECORDED
is 'the roles end cleanly' roles_end_cleanly
finish
