#!/bin/sh
# TAP: a render that is killed before any of the steps by which a recording
# takes its names leaves no second one: the next render ends with the same files.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/support/tap.sh
pids=
trap 'kill $pids 2>/dev/null; rm -rf "$tmp"' EXIT
last=12	# there are fewer steps

golden_journal nice-drop "$tmp/spool"
ref=$(cd "$tmp/first" && echo *.json)
base=${ref%.json}

# begin N - a render role of which a worker dies before its N-th step.
begin() {
	mkdir "$tmp/$1"
	cp -r "$tmp/spool" "$tmp/$1/spool"
	rm -f "$tmp/$1/spool"/*/rendered
	: >"$tmp/$1/spool/.armed"
	cat >"$tmp/$1/conf" <<END
[edgetape]
spool=$tmp/$1/spool
recordings=$tmp/$1/recordings
catalog=$tmp/$1/catalog/catalog.db
run=$tmp/$1/run
private-key=$tmp/r.key
[render]
workers=1
formats=wav;flac;opus
tags=call-id
END
	mkdir "$tmp/$1/run"
	LD_PRELOAD=$B/tests/plugins/killat.so KILLAT=$tmp/$1/spool/.armed \
		KILLAT_N=$1 ASAN_OPTIONS=verify_asan_link_order=0 \
		$edgetape render -c "$tmp/$1/conf" 2>"$tmp/$1/log" &
	pids="$pids $!"
	eval "pid_$1=$!"
}

# made N - "yes" when the recording of that role is there as it should be.
made() {
	dir=$(echo "$tmp/$1"/recordings/*)
	(cd "$dir" && sha256sum ./* >"$tmp/$1/sums") &&
		cmp -s "$tmp/$1/sums" "$tmp/$last/sums" && echo yes
}

for i in $(seq $last); do
	begin "$i"
done
for i in $(seq $last -1 1); do
	for _ in $(seq 600); do
		[ -e "$tmp/$i/spool/$call/rendered" ] && break
		sleep 0.1
	done
	eval "kill \$pid_$i; wait \$pid_$i"
done
dir=$(echo "$tmp/$last"/recordings/*)
is=$(cd "$dir" && echo *)
made $last >/dev/null
[ "$is" = "$base.flac $base.json $base.opus $base.wav" ]
result $? "undisturbed it leaves three files and a sidecar"
# Their tags differ.
samples() { ffmpeg -v error -i "$1" -f s16le - | sha256sum; }
[ "$(samples "$tmp/first/$base.wav")" = "$(samples "$dir/$base.wav")" ]
result $? "with the samples of a replay"
told=$(ffprobe -v error -of default=nw=1 -show_entries format_tags \
	"$dir/$base.flac" | grep -v encoder)
[ "$told" = 'TAG:comment=nice-drop-1@rig.test' ]
result $? "and tags that tell no party where the site wants none"
[ -e "$tmp/$last/spool/.armed" ]
result $? "no step was left out: there are fewer than $last"
for i in $(seq $((last - 1))); do
	[ -e "$tmp/$i/spool/.armed" ] && continue
	grep -q 'was killed by signal 9' "$tmp/$i/log" && [ "$(made "$i")" = yes ]
	result $? "killed before step $i: the same files, and no others"
	[ "$(made "$i")" = yes ] || ls "$tmp/$i"/recordings/* | sed 's/^/# /'
	steps=$i
done
[ "${steps:-0}" -ge 9 ]
result $? "that were ${steps:-no} steps"
finish
