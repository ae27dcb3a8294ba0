#!/bin/sh
# TAP: what is wrong with an input is said in one clear line, the exit status
# tells, and what can be made is made.
set -u
cd "$(dirname "$0")/../.."
. tests/support/tap.sh
golden=tests/golden/calls/nice-drop
xz -dc $golden/edge.pcap.xz >"$tmp/edge.pcap"

replay() { # SIGNALLING MEDIA OUT
	$edgetape replay --signalling "$1" --media "$2" --out "$tmp/$3"
}

says "no command" 2 "usage: edgetape" $edgetape
says "an unknown command" 2 'no command "recrod"' $edgetape recrod
for c in run tap capture render replay journal check keygen; do
	says "$c --help" 0 "Usage:" $edgetape $c --help
	says "$c with an unknown option" 2 "Unknown option --nonsense" \
		$edgetape $c --nonsense
done

says "replay without files" 2 "missing" $edgetape replay --out "$tmp/x"
says "no such capture" 1 "$tmp/none.pcap" \
	replay $golden/signalling.txt "$tmp/none.pcap" a
says "no such signalling" 1 "$tmp/none.txt" \
	replay "$tmp/none.txt" "$tmp/edge.pcap" a
echo "hello" >"$tmp/text"
says "a capture that is none" 1 "$tmp/text" \
	replay $golden/signalling.txt "$tmp/text" a
gzip -c "$tmp/edge.pcap" >"$tmp/edge.pcap.gz"
says "a compressed capture" 1 "compressed" \
	replay $golden/signalling.txt "$tmp/edge.pcap.gz" a
says "signalling without SIP" 1 "no SIP message" \
	replay "$tmp/text" "$tmp/edge.pcap" a

sed 's/^\(m=\|a=\|c=\|v=\|o=\|s=\|t=\).*//; s/^Content-Type.*/X: y\r/' \
	$golden/signalling.txt >"$tmp/nosdp.txt"
says "no session description" 1 "NOT_RECORDED|no call" \
	replay "$tmp/nosdp.txt" "$tmp/edge.pcap" b

head -c 200001 "$tmp/edge.pcap" >"$tmp/cut.pcap"
says "a truncated capture" 1 "cut.pcap: " \
	replay $golden/signalling.txt "$tmp/cut.pcap" c
holds "what was in it is rendered" sh -c "test -s $tmp/c/*.wav"

sed 's/inline:..../inline:AAAA/' $golden/signalling.txt >"$tmp/wrong.txt"
says "wrong keys" 1 "no packet authenticates" \
	replay "$tmp/wrong.txt" "$tmp/edge.pcap" d

sed 's,PCMU/8000,FOO/8000,' $golden/signalling.txt >"$tmp/foo.txt"
says "an unknown codec is named" 0 "no decoder for FOO" \
	replay "$tmp/foo.txt" "$tmp/edge.pcap" e
holds "its packets are counted" grep -q '"undecodable" : [1-9]' "$tmp"/e/*.json

printf '[tap]\nlisen=1.2.3.4:5\n' >"$tmp/bad.conf"
says "an unknown key" 1 "lisen: unknown key; the nearest is \[tap\] listen" \
	$edgetape check -c "$tmp/bad.conf"
says "the same from a role" 1 "nearest is \[tap\] listen" \
	$edgetape tap -c "$tmp/bad.conf"
printf '[rewrite]\nport=0\n' >"$tmp/zero.conf"
says "port 0" 1 "0 makes some clients drop the call" \
	$edgetape check -c "$tmp/zero.conf"
printf '[capture]\ninterfaces=nonesuch0\n[render]\nformats=wax\n' >"$tmp/two.conf"
says "all errors at once" 1 "things to mend" $edgetape check -c "$tmp/two.conf"
holds "the interface" grep -q nonesuch0 "$tmp/said"
holds "the format" grep -q '"wax" is not a format' "$tmp/said"
says "no such configuration" 1 "$tmp/none.conf" $edgetape run -c "$tmp/none.conf"

$edgetape check -c packaging/edgetape.conf --print >"$tmp/printed.conf"
$edgetape check -c "$tmp/printed.conf" --print >"$tmp/again.conf"
holds "the example prints to itself" cmp "$tmp/printed.conf" "$tmp/again.conf"

says "keygen" 0 "keep it safe" $edgetape keygen "$tmp/r"
says "keygen overwrites nothing" 1 "r.key: File exists" \
	$edgetape keygen "$tmp/r"
says "journal of something else" 1 "text" $edgetape journal "$tmp/text"
says "journal of nothing" 1 "none.etj" $edgetape journal "$tmp/none.etj"
finish
