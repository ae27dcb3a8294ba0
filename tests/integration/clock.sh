#!/bin/sh
# TAP: the wall clock jumps in the middle of a call, by an hour either way: the
# recording is the same to the octet, its length and its outcome too.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/support/tap.sh
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
finish
