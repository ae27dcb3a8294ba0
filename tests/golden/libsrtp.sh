#!/bin/sh
# TAP: `[render] srtp` chooses who decrypts, in the confined render role as
# well; recordings and sidecars have the same bytes with either.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/support/tap.sh
. tests/support/conf.sh
. tests/support/render.sh

if ldd "$edgetape" | grep -q 'lib[at]san'; then
	echo '1..0 # SKIP a sanitizer wants to be loaded first'
	exit 0
fi
render_spool nice-drop lync-siren

# render SRTP - both calls by a render role with that word.
render() {
	render_begin "$1" "workers=1
srtp=$1" LD_PRELOAD="$(pwd)/$B/tests/plugins/libsrtp.so"
	render_end "$1" 2
}

render own
! grep -q 'libsrtp2 opened' "$tmp/own/log"
result $? "own: libsrtp2 is not asked"
render libsrtp
grep -q 'libsrtp2 opened' "$tmp/libsrtp/log"
result $? "libsrtp: libsrtp2 opens the packets"
for wav in "$tmp"/want-*/*.wav; do
	cmp -s "$wav" "$tmp"/libsrtp/recordings/*/"$(basename "$wav")"
	result $? "$(basename "$wav") has the bytes of a replay"
done
holds "recordings and sidecars are the same" \
	diff -r "$tmp/own/recordings" "$tmp/libsrtp/recordings"
finish
