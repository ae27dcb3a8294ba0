#!/bin/sh
# TAP: what `alarms watch` makes of the roles' alarms: each is told to the
# history and to the hook once when it is set and once when it is over, by this
# watch or the next one; a hook that hangs holds nothing up.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/support/tap.sh
. tests/support/conf.sh
watch=
end_watch() {
	[ -z "$watch" ] || { kill "$watch"; wait "$watch"; } 2>/dev/null
	watch=
}
trap 'end_watch; rm -rf "$tmp"' EXIT

cat >"$tmp/hook" <<'END'
#!/bin/sh
echo "$EDGETAPE_EVENT $EDGETAPE_ALARM $EDGETAPE_ROLE $EDGETAPE_ABOUT" \
	>>"$(dirname "$0")/hooked"
[ "$EDGETAPE_EVENT $EDGETAPE_ALARM" = "set late-verdicts" ] || exit 0
sleep 300 &
echo $! >"$(dirname "$0")/hanging"
wait
END
chmod 755 "$tmp/hook"
certificate 90
{ conf_roles "$tmp/lib"; printf '[alarms]\nhook=%s\n' "$tmp/hook"; } >"$tmp/conf"
mkdir "$tmp/run"
log=$tmp/lib/catalog/alarms.log

begin_watch() {
	"$edgetape" alarms watch -c "$tmp/conf" 2>>"$tmp/log" &
	watch=$!
}

# role_has ROLE [ALARM ABOUT]... - the alarms that it has set.
role_has() {
	role=$1
	shift
	while [ $# -gt 0 ]; do
		printf '%s000\tset\t%s\t%s\t%s\twhy\n' "$(date +%s)" "$role" \
			"$1" "$2"
		shift 2
	done >"$tmp/$role.new"
	mv "$tmp/$role.new" "$tmp/run/$role.alarms"
}

hooked() { grep -qx "$*" "$tmp/hooked"; }
hooked_times() { # TIMES EVENT ALARM ROLE ABOUT
	times=$1
	shift
	[ "$(grep -cx "$*" "$tmp/hooked")" = "$times" ]
}
noted() { # EVENT ROLE ALARM ABOUT
	cut -f 2-5 "$log" | grep -qx "$1	$2	$3	$4"
}

not() { ! "$@"; }
is_gone() { # PID
	! kill -0 "$1" || grep -q '^State:.Z' "/proc/$1/status"
}

begin_watch
role_has tap no-relay call-1
holds 'an alarm goes to the hook' within 20 hooked set no-relay tap call-1
holds 'and to the history' noted set tap no-relay call-1
role_has tap no-relay call-1 no-relay call-2
holds 'that of another call is another' within 20 hooked set no-relay tap call-2
role_has tap no-relay call-2
holds 'it is over' within 20 hooked over no-relay tap call-1
holds 'the history says so' noted over tap no-relay call-1
holds 'the other one is not' not noted over tap no-relay call-2

holds 'nothing is told of a disk and a certificate that are well' \
	not grep -qE 'disk|certificate' "$tmp/hooked"

# The history is long by now.
end_watch
yes 'no line of an alarm' | head -c 1100000 >>"$log"
role_has tap no-relay call-2 no-relay call-1 escaped call-3
begin_watch
holds 'the next watch tells what is new' within 20 hooked set escaped tap call-3
holds 'and what is set again' within 20 hooked_times 2 set no-relay \
	tap call-1
holds 'but not what was told' hooked_times 1 set no-relay tap call-2
holds 'a long history becomes the older one' [ -s "$log.1" ]
holds 'and a new one begins' [ "$(stat -c %s "$log")" -lt 10000 ]
says 'both are read' 0 'set +no-relay.*call-2' officer alarms history
role_has tap no-relay call-1 escaped call-3
holds 'it knows what ends' within 20 hooked over no-relay tap call-2

# A hook that hangs, and a role that does not write any more.
role_has render late-verdicts ''
holds 'a hook is started' within 20 test -s "$tmp/hanging"
touch -d '20 seconds ago' "$tmp/run/tap.alarms"
holds 'a hook that hangs is killed, and the next one told' \
	within 30 hooked over escaped tap call-3
holds 'with what it had started' \
	within 10 is_gone "$(cat "$tmp/hanging")"
finish
