#!/bin/sh
# TAP: an officer listens and hands over; whoever gets it checks it without
# edgetape.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/support/tap.sh
. tests/support/conf.sh
golden=tests/golden/calls/nice-drop
export TZ=UTC LC_ALL=C COLUMNS=200

{ conf_kept "$tmp"; printf 'run=%s\nsigning-key=%s\n' "$tmp/run" "$tmp/sign.key"; } \
	>"$tmp/conf"

xz -dc $golden/edge.pcap.xz >"$tmp/edge.pcap"
mkdir -p "$tmp/spool" "$tmp/recordings" "$tmp/run"
"$edgetape" keygen "$tmp/r" >/dev/null
says 'a key to sign with' 0 'signing-key' "$edgetape" keygen --signing "$tmp/sign"
"$edgetape" replay --signalling $golden/signalling.txt --media "$tmp/edge.pcap" \
	--key "$tmp/r.key" --out "$tmp/recordings" --format 'wav;flac' \
	--keep-journal "$tmp/spool" >/dev/null 2>&1
officer rebuild >/dev/null
call=$(ls "$tmp/spool")
wav=$(find "$tmp/recordings" -name '*.wav')

# Listening.
officer play "$call" --stdout 2>/dev/null | cmp -s - "$wav"
result $? 'the recording to a pipe'
officer play "$call" --stdout --format flac 2>/dev/null | head -c 4 | grep -q fLaC
result $? 'another format'
says 'a player is given the file' 0 "$wav" officer play "$call" --player echo
says 'a player that fails' 1 'exited with code 1' officer play "$call" --player false
says 'a format that is not there' 1 'there is no mp3 sound of it .*; there is .flac, .wav' officer \
	play "$call" --format mp3 --player echo
says 'no such call' 1 'there is no call' officer play nobody --player echo

# Handing over.
says 'where to' 2 'Give --out' officer export "$call" --reason x
says 'why' 2 'needs a --reason' officer export "$call" --out "$tmp/out"
says 'which' 2 'give calls' officer export --out "$tmp/out" --reason x
says 'a bundle' 0 '1 call in' officer export "$call" --out "$tmp/out" \
	--reason 'request 12'
check() {
	(cd "$1" && sha256sum --check --strict --quiet SHA256SUMS)
}
holds 'it checks itself' check "$tmp/out"
holds 'all of it is listed' [ "$(find "$tmp/out" -type f ! -name 'SHA256SUMS*' |
	wc -l)" = "$(wc -l <"$tmp/out/SHA256SUMS")" ]
says 'its signature' 0 'Verified' openssl pkeyutl -verify -rawin -pubin \
	-inkey "$tmp/sign.pub" -in "$tmp/out/SHA256SUMS" \
	-sigfile "$tmp/out/SHA256SUMS.sig"
says 'who and why' 0 '"reason" : "request 12"' cat "$tmp/out/manifest.json"
says 'it overwrites nothing' 1 'nothing is overwritten' officer export "$call" \
	--out "$tmp/out" --reason x
officer export --from 2000-01-01 --format wav --journal --out "$tmp/some" \
	--reason x >/dev/null
holds 'by time, one format, with journals' sh -c "cd '$tmp/some' &&
	ls */*.wav */journal-session-* */journal-media-* && ! ls */*.flac"
says 'a call that is named twice is there once' 0 '1 call in' officer export \
	"$call" "$call" --out "$tmp/twice" --reason x
holds 'as tar' sh -c "'$edgetape' export '$call' -c '$tmp/conf' --out - \
	--reason x | tar -xC '$tmp'"
holds 'which checks too' check "$tmp/export"
says 'nothing fits' 1 'no call that has a recording' officer export \
	--from 2099-01-01 --out "$tmp/none" --reason x
printf '2 91\n' >"$tmp/run/disk"
says 'not with a full disk' 1 'disk is nearly full' officer export "$call" \
	--out "$tmp/none" --reason x
touch -d '1 minute ago' "$tmp/run/disk"
says 'what a dead keeper said does not count' 0 '1 call in' officer export \
	"$call" --out "$tmp/after" --reason x
rm "$tmp/run/disk"

# A recording that somebody has changed.
printf x >>"$wav"
says 'is not played' 1 'is not what was recorded' officer play "$call" --player echo
says 'nor handed over' 1 'is not what was recorded' officer export "$call" \
	--out "$tmp/none" --reason x
holds 'and nothing is left of the attempt' [ -z "$(ls -d "$tmp"/none* 2>/dev/null)" ]
says 'all of it is in the audit log' 0 'call exported.*request 12' officer audit
holds 'who listened too' [ "$(officer audit | grep -c 'call played')" = 4 ]
finish
