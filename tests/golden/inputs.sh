#!/bin/sh
# TAP: SIP from a capture gives what the same SIP gives from a log; keys that
# come an hour late open what was captured; the video of a call comes out as
# the pictures that went in.
set -u
cd "$(dirname "$0")/../.."
. tests/support/tap.sh

replay() { # SIGNALLING MEDIA OUT
	"$edgetape" replay --signalling "$1" --media "$2" --out "$3" >&2
}

for call in nice-drop lync-pcmu; do
	golden=tests/golden/calls/$call
	xz -dc $golden/edge.pcap.xz >"$tmp/edge.pcap"
	replay $golden/signalling.txt "$tmp/edge.pcap" "$tmp/$call-log"
	for kind in udp tcp hep-udp hep-tcp; do
		tests/support/mkcapture.py sip $kind $golden/signalling.txt \
			"$tmp/sip.pcap"
		replay "$tmp/sip.pcap" "$tmp/edge.pcap" "$tmp/$call-$kind"
		cmp -s "$tmp/$call-log"/*.wav "$tmp/$call-$kind"/*.wav
		result $? "$call: the same bytes from SIP over $kind"
	done
done

golden=tests/golden/calls/nice-drop
xz -dc $golden/edge.pcap.xz >"$tmp/edge.pcap"
"$edgetape" keygen "$tmp/r" >&2
# A pause of two minutes, so that packets cannot simply be held until then.
for later in 0 3600; do
	"$edgetape" replay --signalling $golden/signalling.txt \
		--media "$tmp/edge.pcap" --out "$tmp/first-$later" \
		--key "$tmp/r.key" --keep-journal "$tmp/journal-$later" >&2
	tests/support/latekeys.py "$tmp/journal-$later"/* 120 $later
	"$edgetape" replay --journal "$tmp/journal-$later"/* \
		--key "$tmp/r.key" --out "$tmp/keys-$later" >&2
	result $? "keys $later s after their time"
done
cmp "$tmp/keys-0"/*.wav "$tmp/keys-3600"/*.wav >&2
result $? "give the same bytes as keys in time"

tests/support/mkcapture.py rtp tests/golden/codecs/h264uc.rtp "$tmp/video.pcap"
replay tests/golden/video/signalling.txt "$tmp/video.pcap" "$tmp/video"
result $? "a call with video alone"
mp4=$(echo "$tmp/video"/*-caller-video0.mp4)
[ -s "$mp4" ]
result $? "its video is a file"
pictures() { # FILE
	ffmpeg -v error -i "$1" -f framemd5 -fps_mode passthrough - |
		sed -n 's/.*, *\([0-9a-f]\{32\}\)$/\1/p'
}
pictures "$mp4" >"$tmp/got"
pictures tests/golden/codecs/h264uc.264 >"$tmp/want"
[ -s "$tmp/want" ] && cmp "$tmp/got" "$tmp/want" >&2
result $? "with the $(wc -l <"$tmp/want") pictures of its source"
grep -q "\"pictures\" : $(wc -l <"$tmp/want")" "$tmp/video"/*.json
result $? "which the sidecar counts"
finish
