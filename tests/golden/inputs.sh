#!/bin/sh
# TAP: the same SIP gives the same bytes from a log, from a capture by each
# transport, in TLS, from the same capture as the media, and from the traces of
# other programs; keys that come an hour late open what was captured; the video
# of a call comes out as the pictures that went in.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/support/tap.sh

replay() { # SIGNALLING MEDIA OUT [OPTION...]
	signalling=$1 media=$2 out=$3
	shift 3
	"$edgetape" replay --signalling "$signalling" --media "$media" \
		--out "$out" "$@" >&2
}

make_sip() { # KIND
	tests/support/mkcapture.py sip "$1" "$golden"/signalling.txt \
		"$tmp/sip.pcap"
}

same() { # OUT NAME
	cmp "$tmp/$call-log"/*.wav "$tmp/$1"/*.wav >&2
	result $? "$call: $2"
	rm -rf "${tmp:?}/$1"
}

openssl req -x509 -newkey rsa:2048 -nodes -subj /CN=fe.example.com -days 1 \
	-keyout "$tmp/key" -out "$tmp/crt" 2>/dev/null
cat "$tmp/key" "$tmp/crt" >"$tmp/sip.pcap.pem"

for call in nice-drop lync-pcmu; do
	golden=tests/golden/calls/$call
	xz -dc $golden/edge.pcap.xz >"$tmp/edge.pcap"
	replay $golden/signalling.txt "$tmp/edge.pcap" "$tmp/$call-log"
	for kind in udp tcp hep-udp hep-tcp; do
		make_sip $kind
		replay "$tmp/sip.pcap" "$tmp/edge.pcap" "$tmp/out"
		same out "the same bytes from SIP over $kind"
		# Without a BYE the call lasts until the last packet, and
		# frames of HEP3 are captured late.
		case $call-$kind in lync-pcmu-hep-*) continue ;; esac
		tests/support/mkcapture.py merge "$tmp/all.pcapng" \
			"$tmp/edge.pcap" "$tmp/sip.pcap"
		"$edgetape" replay --media "$tmp/all.pcapng" --out "$tmp/out" >&2
		same out "and from one capture with the media"
	done
	for kind in tls:AES128-SHA tls:AES256-SHA256 tls:AES128-GCM-SHA256 \
		tls:ECDHE-RSA-AES256-SHA384 tls:ECDHE-RSA-AES256-GCM-SHA384 \
		tls13:any; do
		make_sip $kind
		replay "$tmp/sip.pcap" "$tmp/edge.pcap" "$tmp/out" \
			--tls-keys "$tmp/sip.pcap.keys"
		same out "and in TLS, $kind"
	done
done

# 98 packets of the caller under the key of its second offer, from its host to
# the callee's relay candidate.
"$edgetape" replay -s "$golden"/signalling.txt -m "$tmp/edge.pcap" \
	--explain '*' >"$tmp/explained"
for line in 'opened by crypto 1 of offer 3, AES_CM_128_HMAC_SHA1_80' \
	"10.97.1.10:47276 (caller's host) > 10.97.3.10:3478" \
	'from the client into the relay: 98 of the caller, 98 stored' \
	"10.97.3.10:50725 (caller's relay) > 10.97.3.10:52181 (callee's relay)" \
	'gaps: 0'; do
	grep -qF -- "$line" "$tmp/explained"
	result $? "$call: explained, $line"
done
"$edgetape" replay -s "$golden"/signalling.txt -m "$tmp/edge.pcap" --list \
	--json >"$tmp/list.json" 2>"$tmp/list.err"
python3 -c 'import json, sys; exit(json.load(open(sys.argv[1]))[0]["outcome"]
	!= "PARTIAL")' "$tmp/list.json" && [ ! -s "$tmp/list.err" ]
result $? "$call: listed as JSON, and nothing else is said in a pipe"

# Those tell the time to the millisecond.
awk '/^### / { $2 = sprintf("%.3f", int($2 * 1000 + 0.0005) / 1000) } 1' \
	"$golden"/signalling.txt >"$tmp/rounded.txt"
rm -r "$tmp/$call-log"
replay "$tmp/rounded.txt" "$tmp/edge.pcap" "$tmp/$call-log"
for kind in server client pbx; do
	tests/support/mkcapture.py trace $kind "$golden"/signalling.txt \
		"$tmp/trace"
	replay "$tmp/trace" "$tmp/edge.pcap" "$tmp/out"
	same out "and from the log of a $kind"
done
iconv -f UTF-8 -t UTF-16 "$tmp/trace" >"$tmp/wide"
replay "$tmp/wide" "$tmp/edge.pcap" "$tmp/out"
same out "and from one in UTF-16"

# Two captures of the edge, the later one named first; SIP in two files.
make_sip udp
tests/support/mkcapture.py halves "$tmp/edge.pcap" "$tmp/one" "$tmp/two"
tests/support/mkcapture.py halves "$tmp/sip.pcap" "$tmp/sip1" "$tmp/sip2"
rm -r "$tmp/$call-log"
replay "$tmp/sip.pcap" "$tmp/edge.pcap" "$tmp/$call-log"
"$edgetape" replay -s "$tmp/sip2" -s "$tmp/sip1" -m "$tmp/two" -m "$tmp/one" \
	--out "$tmp/out" >&2
same out "and from captures that were cut in two"

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

pictures() { # FILE
	ffmpeg -v error -i "$1" -f framemd5 -fps_mode passthrough - |
		sed -n 's/.*, *\([0-9a-f]\{32\}\)$/\1/p'
}
pictures tests/golden/codecs/h264uc.264 >"$tmp/want"
for kind in rtp simulcast; do
	tests/support/mkcapture.py $kind tests/golden/codecs/h264uc.rtp \
		"$tmp/video.pcap"
	replay tests/golden/video/signalling.txt "$tmp/video.pcap" "$tmp/$kind"
	result $? "a call with video alone, $kind"
	pictures "$tmp/$kind"/*-caller-video0.mp4 >"$tmp/got"
	[ -s "$tmp/want" ] && cmp "$tmp/got" "$tmp/want" >&2
	result $? "with the $(wc -l <"$tmp/want") pictures of its source"
	grep -q "\"pictures\" : $(wc -l <"$tmp/want")" "$tmp/$kind"/*.json
	result $? "which the sidecar counts"
done
grep -q '"simulcast_left_out" : 0' "$tmp/rtp"/*.json &&
	grep -q '"simulcast_left_out" : 1' "$tmp/simulcast"/*.json
result $? "and how many streams of the same camera were left out"
finish
