#!/bin/sh
# TAP: the roles without `edgetape run`, each started alone. They work together,
# SIGHUP ends none of them, and a configuration that has become bad stops none
# that runs; one that starts with it says what is wrong.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/support/tap.sh
. tests/support/conf.sh
pids=
end_all() {
	for p in $pids; do kill "$p" 2>/dev/null; done
	for p in $pids; do wait "$p" 2>/dev/null; done
	pids=
}
trap 'end_all; rm -rf "$tmp"' EXIT
if [ "$(id -u)" != 0 ]; then
	echo "ok 1 - roles alone # SKIP capture needs CAP_NET_RAW"
	echo 1..1
	exit
fi

said() { grep -q -- "$2" "$tmp/$1.log"; }
lives() { kill -0 "$(cat "$tmp/$1.pid")"; }

start() { # ROLE
	ASAN_OPTIONS=detect_leaks=0 $edgetape "$1" -c "$tmp/conf" \
		>"$tmp/$1.log" 2>&1 &
	echo $! >"$tmp/$1.pid"
	pids="$pids $!"
}
hang_up_all() {
	for r in capture render keep tap; do
		kill -HUP "$(cat "$tmp/$r.pid")"
	done
}

certificate 90
cp "$tmp/tap.pem" "$tmp/ca.pem"
$edgetape keygen "$tmp/r" >/dev/null
conf_roles "$tmp" >"$tmp/conf"

# The tap first: it waits for capture, but not for ever.
start tap
holds 'the tap comes to work without capture' within 20 said tap 'listening on'
start capture
holds 'it meets capture when that comes' within 20 said tap 'capture is here'
start render
holds 'render comes to work' within 20 said render 'rendering'
start keep
holds 'keep comes to work' within 20 test -s "$tmp/run/disk"

certificate 90
kill -HUP "$(cat "$tmp/tap.pid")"
holds 'the tap reads its certificates again' \
	within 10 said tap 'certificates read again'
cp "$tmp/tap.pem" "$tmp/good.pem"
echo nonsense >"$tmp/tap.pem"
printf '[rendre]\nformats=wax\n' >>"$tmp/conf"
hang_up_all
holds 'bad ones are told, and the old ones stay' \
	within 10 said tap 'certificates stay as they were'
sleep 1
for r in capture render keep tap; do
	holds "$r goes on, whatever its configuration has become" lives $r
done
holds 'and they still talk to each other' sh -c "! grep -q 'has gone' $tmp/tap.log"
says 'a role that starts with it says what is wrong' 1 \
	'rendre.*nearest is \[render\]' "$edgetape" render -c "$tmp/conf"
says 'so does check' 1 'rendre' "$edgetape" check -c "$tmp/conf"

for r in tap capture render keep; do
	kill -TERM "$(cat "$tmp/$r.pid")"
	wait "$(cat "$tmp/$r.pid")"
	result $? "$r ends when told"
done
pids=
finish
