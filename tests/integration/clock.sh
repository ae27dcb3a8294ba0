#!/bin/sh
# TAP: the wall clock jumps in the middle of a call, by an hour either way: the
# recording is the same to the octet, its length and its outcome too. The jump
# is an alarm, as is a clock that nobody keeps.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/support/tap.sh
. tests/support/conf.sh
golden_journal nice-drop "$tmp/kept"

render() { # NAME
	$edgetape replay --journal "$tmp/$1/$call" --key "$tmp/r.key" \
		--out "$tmp/$1.out" --json >"$tmp/$1.json" 2>/dev/null
}

# What people are told the time of may differ; nothing else.
told() { # NAME
	python3 -c '
import json, sys
s = json.load(open(sys.argv[1]))[0]
r = s["recording"]
print(s["outcome"], s["why"], r["duration_ms"], r["files"], r["begin"],
      r["end"], s["gaps"], s["timeline"], s["streams"])' "$tmp/$1.json"
}

render kept
holds 'a recording' [ "$(told kept | wc -c)" -gt 100 ]
for step in 3600 -3600 1; do
	cp -r "$tmp/kept" "$tmp/by$step"
	python3 tests/support/stepclock.py $step "$tmp/by$step/$call" \
		>"$tmp/said" 2>&1
	moved=$(cut -d' ' -f1 "$tmp/said")
	holds "by $step s: some records have it" [ "${moved:-0}" -gt 100 ]
	render "by$step"
	holds "by $step s: the sound is the same" \
		cmp "$tmp"/kept.out/*.wav "$tmp/by$step".out/*.wav
	holds "by $step s: length, gaps and times in it too" \
		[ "$(told kept)" = "$(told "by$step")" ]
done

# ---- alarms of the host
watch=
trap '[ -z "$watch" ] || { kill "$watch"; wait "$watch"; } 2>/dev/null; rm -rf "$tmp"' EXIT
conf_roles "$tmp/lib" >"$tmp/conf"
mkdir -p "$tmp/run"
echo 0 >"$tmp/off"
LD_PRELOAD=$B/tests/plugins/wrongclock.so WRONGCLOCK=$tmp/off \
	ASAN_OPTIONS=verify_asan_link_order=0 \
	$edgetape alarms watch -c "$tmp/conf" 2>"$tmp/log" &
watch=$!
set_now() { # PATTERN
	officer alarms --csv 2>/dev/null | grep -qE -- "$1"
}
holds 'a clock that nobody keeps is an alarm' within 20 set_now clock-unsynced
holds 'a clock that goes on is none' sh -c '! grep -q clock-step "$1"' sh \
	"$tmp/run/host.alarms"
echo 3600 >"$tmp/off"
holds 'a clock that jumps is one' within 20 set_now 'clock-step.*by 3600\.'
finish
