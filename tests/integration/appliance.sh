#!/bin/sh
# TAP: `edgetape run` started by root gives root up: who the roles are, what they
# may do, and that a codec that was taken over gets nowhere; alarms, the hook and
# the history; a new configuration, good and bad.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/support/tap.sh
. tests/support/conf.sh
run=
# What was started is told to end, and waited for.
end_run() {
	[ -z "$run" ] || { kill "$run" 2>/dev/null; wait "$run"; } 2>/dev/null
	run=
}
trap 'end_run; rm -rf "$tmp"' EXIT
if [ "$(id -u)" != 0 ] || ! id daemon >/dev/null 2>&1; then
	echo "ok 1 - roles without root # SKIP only root can give it up"
	echo 1..1
	exit
fi

said() { grep -q -- "$1" "$tmp/log"; }

chmod 755 "$tmp"
certificate 9
cp "$tmp/tap.pem" "$tmp/ca.pem"
$edgetape keygen "$tmp/r" >/dev/null
chown daemon "$tmp/tap.key" "$tmp/r.key"
cat >"$tmp/hook" <<'END2'
#!/bin/sh
echo "$EDGETAPE_EVENT $EDGETAPE_ALARM $EDGETAPE_SEVERITY $EDGETAPE_ROLE $EDGETAPE_ABOUT uid=$(id -u)" \
	>>"$(dirname "$0")/lib/hooked"
END2
chmod 755 "$tmp/hook"
{
	conf_roles "$tmp/lib"
	cat <<END2
[edgetape]
user=daemon
[render]
workers=2
codec-plugins=$(pwd)/$B/tests/plugins/escape.so
[alarms]
hook=$tmp/hook
END2
} >"$tmp/conf"
install -d -o daemon "$tmp/lib"

says "check finds nothing to fix" 0 "expires in [89] days" \
	"$edgetape" check -c "$tmp/conf"
chmod 644 "$tmp/r.key"
says "check sees a key that all may read" 1 "everybody may read it" \
	"$edgetape" check -c "$tmp/conf"
chmod 600 "$tmp/r.key"
chown root "$tmp/r.key"
says "check sees a key that the roles may not read" 1 "daemon may not read" \
	"$edgetape" check -c "$tmp/conf"
chown daemon "$tmp/r.key"
says "check as JSON" 0 '"area" : "certificates"' \
	"$edgetape" check -c "$tmp/conf" --json

# A call whose codec tries to get out waits in the spool.
golden=tests/golden/calls/lync-siren
xz -dc $golden/edge.pcap.xz >"$tmp/siren.pcap"
$edgetape replay --signalling $golden/signalling.txt --media "$tmp/siren.pcap" \
	--out "$tmp/want" --key "$tmp/r.key" --keep-journal "$tmp/lib/spool" \
	>/dev/null
chown -R daemon "$tmp/lib"

ASAN_OPTIONS=detect_leaks=0 $edgetape run -c "$tmp/conf" 2>"$tmp/log" &
run=$!
holds "all roles come to work" within 20 said "all roles are at work"

says "there is one of it" 1 "another .edgetape run. is at work" \
	"$edgetape" run -c "$tmp/conf"

says "and one who tells its alarms" 1 "edgetape run. is at work here" \
	"$edgetape" alarms watch -c "$tmp/conf"

# ---- who they are ----

children() { cat /proc/"$1"/task/*/children; }
look() {
	all=$run
	for c in $(children "$run"); do all="$all $c $(children "$c")"; done
	count=0 root=0 caps=0 raw=0 gain=0 open=0
	for p in $all; do
		s=/proc/$p/status
		count=$((count + 1))
		grep -qE '^Uid:.*\<0\>' "$s" && root=$((root + 1))
		grep -qE '^Cap(Inh|Prm|Eff|Amb):.*[1-9a-f]' "$s" &&
			caps=$((caps + 1))
		# CAP_NET_RAW is bit 13.
		[ "$(grep -cE '^Cap(Prm|Eff|Bnd):\s0000000000002000' "$s")" = 3 ] &&
			raw=$((raw + 1))
		grep -q '^NoNewPrivs:.*1' "$s" || gain=$((gain + 1))
		grep -q '^Seccomp:.*2' "$s" || open=$((open + 1))
	done
}
# A process that has just begun still opens what it needs.
confined() {
	look
	[ $count -ge 8 ] && [ $gain = 0 ] && [ $open = 1 ]
}
within 30 confined
[ "$count" -ge 8 ]
result $? "run, capture and its worker, tap, render and its workers, keep: $count"
[ "$root" = 0 ]
result $? "none of them is root"
[ "$caps" = 1 ] && [ "$raw" = 1 ]
result $? "only the one that starts capture keeps a capability: CAP_NET_RAW"
[ "$gain" = 0 ]
result $? "none can gain privileges"
[ "$open" = 1 ]
result $? "all but the one that starts them are confined by seccomp"

holds "the call whose codec tries to get out is rendered" \
	within 20 sh -c "ls $tmp/lib/spool/*/rendered"
said "has crashed"
[ $? = 1 ]
result $? "and nothing that it tried worked"

# ---- alarms ----

alarms() { $edgetape alarms "$@" -c "$tmp/conf"; }
holds "the certificate's end is an alarm" \
	within 10 sh -c "$edgetape alarms -c $tmp/conf | grep -q 'certificate.*warning'"
tap=$(pgrep -P $run -f 'edgetape tap ')
kill -KILL "$tap"
holds "a killed role is an alarm" \
	within 10 grep -q "^set role-down critical host tap" "$tmp/lib/hooked"
says "it is in the list, which fails" 1 "role-down.*killed by signal 9" \
	alarms
holds "it is over when the role lives" \
	within 20 grep -q "^over role-down critical host tap" "$tmp/lib/hooked"
alarms history --json >"$tmp/history"
[ "$(grep -c '"role-down"' "$tmp/history")" = 2 ]
result $? "the history has it once set and once over"
[ "$(grep -c "^set certificate" "$tmp/lib/hooked")" = 1 ]
result $? "what stays is told once"
holds "the hook is not root" grep -q "uid=$(id -u daemon)" "$tmp/lib/hooked"

# A role that hangs shows no sign of life.
render=$(pgrep -P $run -f 'edgetape render ')
kill -STOP "$render"
holds "a hung role is an alarm" \
	within 30 grep -q "^set role-down critical host render" "$tmp/lib/hooked"
kill -CONT "$render"
holds "and is over when it goes on" \
	within 20 grep -q "^over role-down critical host render" "$tmp/lib/hooked"

# ---- configuration ----

role() { pgrep -P $run -f "edgetape $1 "; }
before="$(role tap) $(role capture) $(role render)"
mkdir "$tmp/conf.d"
printf '[render]\nformats=wax\n' >"$tmp/conf.d/10.conf"
kill -HUP $run
holds "a bad value is told" within 5 said '"wax" is not a format'
printf '[rendre]\nformats=mp3\n[render]\nformats=waw\n' >"$tmp/conf.d/10.conf"
kill -HUP $run
holds "an unknown group is told" within 5 said 'rendre.*nearest'
holds "with all else that is wrong" within 5 said 'formats: "waw" is not a'
said "stays as it was"
result $? "and the old configuration stays"
kill -KILL "$(role tap)"
sleep 1
within 10 role tap
sleep 2
[ -n "$(role tap)" ] && [ "$(grep -c 'it ended with status' "$tmp/log")" = 0 ]
result $? "also for a role that is started again"
printf '[render]\nformats=wav;mp3\n' >"$tmp/conf.d/10.conf"
old=$(role render)
kill -HUP $run
holds "a good one is taken up: render starts again" \
	within 10 said "render starts again with what is new"
another() {
	new=$(role render)
	[ -n "$new" ] && [ "$new" != "$old" ]
}
holds "as another process" within 20 another
[ "$(role capture)" = "$(echo "$before" | cut -d' ' -f2)" ]
result $? "capture, which it does not concern, goes on"
grep -q '^formats=wav;mp3' "$tmp/run/active.conf"
result $? "the drop-in is in force"

# What a configuration names has to be there, as for check.
within 20 another
sleep 1
before="$(role tap) $(role capture) $(role render)"
cp "$tmp/run/active.conf" "$tmp/active.before"
refused() { # NAME PATTERN LINE...
	name=$1 pattern=$2
	shift 2
	printf '[render]\nformats=wav\n' >"$tmp/conf.d/10.conf"
	printf '%s\n' "$@" >>"$tmp/conf.d/10.conf"
	kill -HUP $run
	holds "$name is told at a reload" within 10 said "$pattern"
}
refused "a revocation list that is gone" 'certificates: .*crl: .*/none: No such' \
	'[tap]' crl=/none
refused "a filter that is none" 'interfaces: .*"udp port and"' \
	'[capture]' 'filter=udp port and'
refused "an interface that is not there" 'interfaces: .*"nonesuch0"' \
	'[capture]' interfaces=nonesuch0
refused "a plug-in that is gone" 'rights: .*/none.so: No such file' \
	'[render]' codec-plugins=/none.so
holds "and a certificate is read again all the same" \
	within 10 said "certificates read again"
refused "another user" '[edgetape]. user: changed only by a restart' \
	'[edgetape]' user=nobody
chown root "$tmp/r.key"
refused "a key that may not be read" 'rights: .*r.key: daemon may not read it'
chown daemon "$tmp/r.key"
[ "$before" = "$(role tap) $(role capture) $(role render)" ] &&
	cmp -s "$tmp/active.before" "$tmp/run/active.conf"
result $? "none of them is in force, and no role starts again"

kill -TERM $run
wait $run
result $? "it ends when told"
run=
left=0
for p in $all; do [ -d "/proc/$p" ] && left=$((left + 1)); done
[ $left = 0 ]
result $? "nothing of it is left"
cat "$tmp/log" >&2
finish
