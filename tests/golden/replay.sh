#!/bin/sh
# TAP: `edgetape replay` of each golden call keeps each packet of it once, octet
# for octet, opens all of them, and gives the sound that independent receivers
# heard, as long as the dialog was: the same bytes each time and on every
# machine.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/support/tap.sh

# The value of a member on a line of its own in the sidecar, from the first
# line on that has SECTION.
member() { # FILE SECTION NAME
	sed -n "/\"$2\"/,\$s/^ *\"$3\" : \"\{0,1\}\([^\",]*\).*/\1/p" "$1" |
		head -1
}

# As tests/golden/packets has them: one digest a stored packet.
digests() { # JOURNAL
	"$edgetape" journal --json --hex "$1" | python3 -c '
import hashlib, json, sys
for r in map(json.loads, sys.stdin):
    if r.get("type") == "packet":
        print(hashlib.sha256(bytes.fromhex(r["hex"])).hexdigest()[:16])' | sort
}

replay() { # CALL OUT
	"$edgetape" replay --signalling "tests/golden/calls/$1/signalling.txt" \
		--media "$tmp/$1.pcap" --out "$2" \
		--keep-journal "$2-journal" >"$2.log" 2>&1
}

# Of each stream: side, SSRC, packets played; lost, late, twice, undecodable.
streams() { # SIDECAR
	python3 -c '
import json, sys
for s in json.load(open(sys.argv[1]))["streams"]:
    print(s["side"], s["ssrc"], s["packets"], s["lost"], s["late"],
          s["duplicates"], s["undecodable"])' "$1" | sort
}

# CALL OUTCOME RTP-PACKETS LEAST-CORRELATION MILLISECONDS SHA256 CALLEE CALLER;
# packets counted by an independent decryptor, or by the endpoints, and for each
# of the two with its SSRC; the time from the answer to the end of the
# signalling or the media, as the inputs have it. Nobody sees how the Lync calls
# end. What changes the sound on purpose changes the hash here.
call() {
	xz -dc "tests/golden/calls/$1/edge.pcap.xz" >"$tmp/$1.pcap"
	replay "$1" "$tmp/$1"
	result $? "$1: replayed"
	cat "$tmp/$1.log" >&2
	digests "$tmp/$1-journal"/2* >"$tmp/$1.set"
	cmp "$tmp/$1.set" "tests/golden/calls/$1/packets.txt" >&2
	result $? "$1: the journal is the set of $(wc -l <"$tmp/$1.set") packets"
	json=$(echo "$tmp/$1"/*.json)
	wav=$(echo "$tmp/$1"/*.wav)
	outcome=$(member "$json" version outcome)
	[ "$outcome" = "$2" ]
	result $? "$1: outcome is $outcome"
	[ "$(member "$json" captured media)" = "$3" ] &&
		[ "$(member "$json" captured auth_fail)" = 0 ] &&
		[ "$(member "$json" captured no_key)" = 0 ]
	result $? "$1: $3 packets of media, none refused"
	[ "$(streams "$json")" = "callee $7 0 0 0 0
caller $8 0 0 0 0" ]
	result $? "$1: of the callee $7, of the caller $8, none lost"
	for side in caller callee; do
		channel=0
		[ $side = caller ] || channel=1
		got=$("$B/tools/wavcmp" --channel $channel --json \
			"tests/golden/calls/$1/$side.flac" "$wav" |
			sed -n 's/.*"correlation": *\([0-9.]*\).*/\1/p')
		awk "BEGIN { exit !(${got:-0} >= $4) }"
		result $? "$1: $side correlates $got, at least $4"
	done
	got=$(member "$json" recording duration_ms)
	[ "$got" = "$5" ]
	result $? "$1: lasts $got ms"
	bytes=$(wc -c <"$wav")
	rate=$(member "$json" recording rate)
	awk "BEGIN { d = ($bytes - 44) / 4 / $rate * 1000 - $5
		exit !(d > -1 && d < 20) }"
	result $? "$1: and so does its file of $bytes octets"
	got=$(sha256sum <"$wav")
	[ "${got%% *}" = "$6" ]
	result $? "$1: sha256 is ${got%% *}"
	replay "$1" "$tmp/$1-again"
	cmp -s "$wav" "$tmp/$1-again/$(basename "$wav")" &&
		cmp -s "$json" "$tmp/$1-again/$(basename "$json")"
	result $? "$1: the same bytes twice"
}

xz -dc tests/golden/calls/lync-siren/edge.pcap.xz >"$tmp/siren.pcap"
says "explain: what capture counted" 0 \
	"capture: 103 stored, .* 206 copies, 103 relayed, 103 to-client" \
	"$edgetape" replay --explain '*' \
	--signalling tests/golden/calls/lync-siren/signalling.txt \
	--media "$tmp/siren.pcap"

call nice-drop RECORDED 796 0.97 8293 \
	826f23b61790e71a022859fcfda53cedb0259f0cd8434308b5d04473be391f7d \
	'b73cf536 398' '3c1d7aa6 398'
call nice-port9 RECORDED 796 0.97 8314 \
	ee49ad03ccd226f33fbd2c4d454d2c436131218d518453581cedc45e36b194d3 \
	'7f5238a9 398' 'de079125 398'
call msturn-udp RECORDED 781 0.97 8737 \
	520a945fa996a5ad7c2c9c363f319c9695ef2ac903f91cb40d821442b23aff8e \
	'9b46537f 390' 'bcfa55aa 391'
call lync-pcmu PARTIAL 198 0.97 12630 \
	277b5c7bd675913f9f36331355808377c5b7912716a7e793d3a7f039f1a24f0b \
	'0412e291 100' '22fbe9a5 98'
call lync-siren PARTIAL 97 0.999 12801 \
	33d5e75b1e2e5ff64ee5c26b24c22578e6962b81325656ff0ce9f58e047eb806 \
	'f3f8dfd1 47' '9bab3ff7 50'
finish
