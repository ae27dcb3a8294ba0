#!/bin/sh
# TAP: a disk that fills up is told of by its pace: a warning when it will be
# full within a day, critical within the hour, and over when it has room again.
# A minute is a second here, to who looks at the disk.
set -u
cd "$(dirname "$0")/../.." || exit 1
if [ -z "${FORECAST_ALONE:-}" ]; then
	unshare -m true 2>/dev/null &&
		exec env FORECAST_ALONE=1 unshare -m "$0"
	echo 'ok 1 - the pace of a disk # SKIP cannot mount one'
	echo 1..1
	exit
fi
. tests/support/tap.sh
. tests/support/conf.sh
export TZ=UTC LC_ALL=C.UTF-8
watch=
end_watch() {
	[ -z "$watch" ] || { kill "$watch"; wait "$watch"; } 2>/dev/null
	umount "$tmp/spool" 2>/dev/null
	rm -rf "$tmp"
}
trap end_watch EXIT

{ conf_kept "$tmp"; printf 'run=%s\n' "$tmp/run"; } >"$tmp/conf"
mkdir "$tmp/spool" "$tmp/recordings" "$tmp/catalog" "$tmp/run"
mount -t tmpfs -o size=64m none "$tmp/spool" || exit 1
LD_PRELOAD=$B/tests/plugins/wrongclock.so WRONGCLOCK_PACE=60 \
	WRONGCLOCK_KEPT=1 ASAN_OPTIONS=verify_asan_link_order=0 \
	$edgetape alarms watch -c "$tmp/conf" 2>"$tmp/log" &
watch=$!

alarmed() { # NAME - of this disk
	officer alarms --csv 2>/dev/null | tr -d '\r' |
		grep -q ",$1,.*,$tmp/spool,"
}
fill() { # KIB
	head -c "$(($1 * 1024))" /dev/zero >>"$tmp/spool/filling" 2>/dev/null
}
# filling KIB NAME - so many each half a second, until the alarm is there
filling() {
	for _ in $(seq 80); do
		! alarmed "$2" || return 0
		fill "$1"
		sleep 0.5
	done
	return 1
}

holds 'somebody looks at it' within 20 test -e "$tmp/run/host.alarms"
! alarmed disk-low && ! alarmed disk-full
result $? 'at rest it is no trouble'
filling 100 disk-low
result $? '200 KiB a minute of 64 MiB: full within a day'
says 'which is a warning' 0 "disk-low.*spool: [0-9] % used, full within a day" \
	cat "$tmp/log"
! alarmed disk-full
result $? 'and not within the hour'
officer alarms >/dev/null
result $? 'nor critical'
filling 4096 disk-full
result $? '8 MiB a minute: full within the hour'
officer alarms >"$tmp/said"
[ $? = 1 ] && ! grep -q "disk-full.*9[0-9] %" "$tmp/said"
result $? 'which is critical, long before it is full'
rm "$tmp/spool/filling"
gone() {
	! alarmed disk-low && ! alarmed disk-full
}
holds 'room again: both are over' within 30 gone
over() {
	officer alarms history --csv | grep -q ",over,disk-full,"
}
holds 'as the history tells' within 20 over
cat "$tmp/log" >&2
finish
