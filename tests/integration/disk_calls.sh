#!/bin/bash
# disk_calls.sh - what a disk that fills up means for calls, level by level:
# exports end first, then calls that must be recorded are refused, then no new
# recording is made; calls go on being captured, and nothing is lost or deleted.
set -u
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=tests/support/calls.bash
. tests/support/calls.bash
# shellcheck source=tests/support/officer.bash
. tests/support/officer.bash

DISK_MIB=256

level_is() {
	grep -q "^$1 " "$RIG/run/disk"
}

# fill PERCENT LEVEL - of the spool's disk; until `keep` has told of it.
fill() {
	local used filler

	filler=$(stat -c %s "$RIG/spool/filler" 2>/dev/null)
	used=$(df -B1 --output=used "$RIG/spool" | tail -n 1)
	fallocate -l $((DISK_MIB * 1048576 * ($1 * 10 - 5) / 1000 - used +
		${filler:-0})) "$RIG/spool/filler"
	rig_await 20 "the level at $1%" level_is "$2" || bail "level $2"
	sleep 1.2	# the tap and render look once a second
}

alarm_is() {
	cut -f 2,4 "$RIG/run/keep.alarms" | grep -qx "set	$1"
}

export_says() { # export_says STATUS WORDS
	officer export --who alice --out "$RIG/bundle.$1" --reason test \
		>"$RIG/said" 2>&1
	[ $? = "$1" ] && grep -q "$2" "$RIG/said"
}

files() {
	find "$RIG/recordings" -type f | wc -l
}

end_disk() {
	rig_down 2>/dev/null	# a mount point stays
	umount -l "$1" 2>/dev/null
	rm -rf "${1%/spool}"
}

need_rig
mkdir -p "$RIG/spool"
if ! mount -t tmpfs -o size=${DISK_MIB}m edgetape "$RIG/spool" 2>/dev/null; then
	echo 'ok 1 - a disk that fills up # SKIP cannot mount one'
	echo 1..1
	exit
fi
# shellcheck disable=SC2064 # RIG as it is now
trap "end_disk '$RIG/spool'" EXIT
rig_recorder "$RIG/recordings" '[rules]' refuse-status=488 '[render]' \
	formats=wav || bail 'the recorder'
rig_edgetape keep rec
rig_frontend || bail 'the Front End'
officer users add alice "sip:alice@$RIG_DOMAIN" >/dev/null &&
	officer users add carol "sip:carol@$RIG_DOMAIN" >/dev/null &&
	officer rules add strict who=user:alice mode=always \
		impossible=refuse:488 >/dev/null &&
	officer rules add lenient who=user:carol mode=always \
		impossible=allow >/dev/null && in_force || bail 'the rules'

fill 91 2
rig_call alice bob 2 || bail 'a call at 91%'
rig_await 30 'the row' outcome_is alice RECORDED
is '91%: a call that must be recorded is' outcome_is alice RECORDED
is '91%: the alarm is a warning' rig_await 10 'the alarm' alarm_is disk-low
is '91%: exports are refused, with what to do' \
	export_says 1 'disk is nearly full'

fill 96 3
rig_call alice bob 2 --wait 4 >&2
is '96%: the alarm is a critical one' rig_await 10 'the alarm' \
	alarm_is disk-full
is '96%: refused' result_is alice status 488
rig_await 10 'the row' outcome_is alice BLOCKED
is '96%: the ledger says why' \
	shown alice '^reason,.*cannot be: the disk is nearly full'
watched_call carol bob 2 || bail 'a call at 96%'
is '96%: a call that may go unrecorded is made' result_is carol status 0
is '96%: over the relay' path_is relayed net carol
rig_await 30 'the row' outcome_is carol RECORDED
is '96%: and recorded' outcome_is carol RECORDED

fill 98 4
before=$(files)
rig_call carol bob 2 || bail 'a call at 98%'
is '98%: the call is made' result_is carol status 0
sleep 2
is '98%: no recording yet, nothing deleted' [ "$(files)" = "$before" ]
is '98%: its outcome is open' outcome_is carol PENDING
rm -f "$RIG/spool/filler"
rig_await 30 'the row' outcome_is carol RECORDED
is 'room again: it is recorded, from its journal' outcome_is carol RECORDED
is 'room again: exports too' export_says 0 ''
rig_stop keep
is 'the roles end cleanly' roles_end_cleanly
finish
