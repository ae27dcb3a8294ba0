#!/bin/sh
# TAP: what is wrong with an input is said in one clear line, the exit status
# tells, and what can be made is made.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/support/tap.sh
golden=tests/golden/calls/nice-drop
xz -dc $golden/edge.pcap.xz >"$tmp/edge.pcap"

replay() { # SIGNALLING MEDIA OUT
	$edgetape replay --signalling "$1" --media "$2" --out "$tmp/$3"
}

says "no command" 2 "usage: edgetape" "$edgetape"
says "an unknown command" 2 'no command "recrod"' "$edgetape" recrod
for c in run tap capture render replay journal check keygen; do
	says "$c --help" 0 "Usage:" "$edgetape" $c --help
	says "$c with an unknown option" 2 "Unknown option --nonsense" \
		"$edgetape" $c --nonsense
done

says "replay without files" 2 "missing" "$edgetape" replay --out "$tmp/x"
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

mkdir "$tmp/dir"
: >"$tmp/empty"
head -c 24 "$tmp/edge.pcap" >"$tmp/nothing.pcap"
{ cat "$tmp/nothing.pcap"; openssl enc -aes-128-ctr -nosalt -K 00 -iv 00 \
	</dev/zero 2>/dev/null | head -c 50000; } >"$tmp/junk.pcap"
for f in empty:empty dir:directory junk.pcap:damaged; do
	says "replay of ${f%:*} as signalling" 1 "${f#*:}" \
		replay "$tmp/${f%:*}" "$tmp/edge.pcap" a
	says "and as media" 1 "[Dd]irectory|${f#*:}" \
		replay $golden/signalling.txt "$tmp/${f%:*}" a
done
says "media without SIP" 1 "no SIP message in it; it may be in another file" \
	"$edgetape" replay --media "$tmp/edge.pcap" --list
says "SIP without media" 1 "NOT_RECORDED: no media crossed the relay" \
	"$edgetape" replay -s $golden/signalling.txt -m "$tmp/nothing.pcap" --list
# A message of the dialog that nobody answered: AT LINE
dialog() {
	printf '### %s x\n%s\nVia: SIP/2.0/TLS 192.0.2.1;branch=z9hG4bKa\n' "$@"
	printf 'From: <sip:a@x>;tag=a\nTo: <sip:b@x>\nCall-ID: c\n'
	printf 'CSeq: 1 INVITE\nContent-Length: 0\n\n'
}
{ dialog 1795358885.1 'INVITE sip:b@x SIP/2.0'
	dialog 1795359885.1 'SIP/2.0 480 Gone'; } >"$tmp/rings"
mkdir "$tmp/rung"
says "a call that rings for 1,000 s leaves no such silence" 1 \
	'  0.00 s  NOT_RECORDED: no answer to the call was seen' \
	"$edgetape" replay -s "$tmp/rings" -m "$tmp/nothing.pcap" -o "$tmp/rung" \
	-f 'wav;mp3;flac;opus;vorbis'
[ "$(find "$tmp/rung" -type f | sed 's/.*[.]//')" = json ]
result $? "nor any sound at all"
says "SIP of no call" 1 "2 SIP messages, but no call with sound" sh -c "
	sed -n '1,/^\$/p' $golden/signalling.txt | sed 's/INVITE/OPTIONS/g' \
		>$tmp/options; cat $tmp/options $tmp/options >$tmp/twice
	$edgetape replay -s $tmp/twice -m $tmp/nothing.pcap --list"
says "a call that nobody asked for" 1 "no call in it that was asked for" \
	"$edgetape" replay -s $golden/signalling.txt -m "$tmp/edge.pcap" --list \
	--call nobody
grep -v a=crypto $golden/signalling.txt >"$tmp/keyless"
says "signalling without keys" 1 "no key: the signalling has none" \
	"$edgetape" replay -s "$tmp/keyless" -m "$tmp/edge.pcap" --list

openssl req -x509 -newkey rsa:2048 -nodes -subj /CN=fe.example.com -days 1 \
	-keyout "$tmp/key" -out "$tmp/crt" 2>/dev/null
cat "$tmp/key" "$tmp/crt" >"$tmp/tls.pcap.pem"
tests/support/mkcapture.py sip tls:AES128-SHA $golden/signalling.txt \
	"$tmp/tls.pcap"
tls() { # [KEY LOG]
	$edgetape replay -s "$tmp/tls.pcap" -m "$tmp/edge.pcap" --list \
		${1:+--tls-keys "$tmp/$1"}
}
says "TLS without keys" 1 "1 of 1 TLS connections have no key" tls
says "a key log that is none" 1 "line 1 is none of a TLS key log" tls edge.pcap
says "a key log without keys" 1 "no key in it" tls empty
tr 0-7 1-70 <"$tmp/tls.pcap.keys" >"$tmp/others"
says "keys of others" 1 "no key in a key log" tls others
awk '{ print $1, $2, substr($3, 2) "0" }' "$tmp/tls.pcap.keys" >"$tmp/wrong"
says "wrong keys for TLS" 1 "did not open with their keys" tls wrong
python3 -c 'import struct, sys
data = open(sys.argv[1], "rb").read()
at, frames = 24, []
while at < len(data):
    end = at + 16 + struct.unpack_from("<I", data, at + 8)[0]
    frames.append(data[at:end])
    at = end
open(sys.argv[2], "wb").write(data[:24] + b"".join(frames[:-6] + frames[-5:]))
' "$tmp/tls.pcap" "$tmp/torn.pcap"
says "a hole in TLS" 1 "could not be read to their end" \
	"$edgetape" replay -s "$tmp/torn.pcap" -m "$tmp/edge.pcap" --list \
	--tls-keys "$tmp/tls.pcap.keys"
says "right keys for TLS" 0 "1 recorded" tls tls.pcap.keys
says "a key log for a journal" 2 "--journal and --tls-keys exclude" \
	"$edgetape" replay --journal "$tmp" --key x --tls-keys y --out "$tmp/x"

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
	"$edgetape" check -c "$tmp/bad.conf"
says "the same from a role" 1 "nearest is \[tap\] listen" \
	"$edgetape" tap -c "$tmp/bad.conf"
printf '[rewrite]\nport=0\n' >"$tmp/zero.conf"
says "port 0" 1 "0 makes some clients drop the call" \
	"$edgetape" check -c "$tmp/zero.conf"
printf '[capture]\ninterfaces=nonesuch0\n[render]\nformats=wax\n' >"$tmp/two.conf"
says "all errors at once" 1 "things to fix" "$edgetape" check -c "$tmp/two.conf"
holds "the interface" grep -q nonesuch0 "$tmp/said"
holds "the format" grep -q '"wax" is not a format' "$tmp/said"
# What is wrong with the host, as well.
for side in a b; do
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
		-days 9 -keyout "$tmp/$side.key" -out "$tmp/$side.pem" -subj /CN=$side \
		2>/dev/null
	$edgetape keygen "$tmp/pair-$side" >/dev/null
done
echo 'not a database, though long enough to be looked at' >"$tmp/cat.db"
: >"$tmp/hook"
cat >"$tmp/host.conf" <<END
[edgetape]
user=nobody-of-that-name
catalog=$tmp/cat.db
spool=/proc/spool
public-key=$tmp/pair-a.pub
private-key=$tmp/pair-b.key
[tap]
certificate=$tmp/a.pem
key=$tmp/b.key
ca=$tmp/a.pem
peers=fe
[alarms]
hook=$tmp/hook
END
says "a host with everything wrong" 1 "things to fix" \
	"$edgetape" check -c "$tmp/host.conf"
for what in 'pair-b.key does not open' 'b.key: is not the private' 'no user "nobody-of' \
	'cat.db: .*not a database' 'hook: .*denied'; do
	holds "it names $what" grep -q "$what" "$tmp/said"
done
$edgetape check -c "$tmp/host.conf" --json >"$tmp/check.json"
for area in keys certificates rights database alarms; do
	holds "JSON has the area $area" \
		grep -q "\"area\" : \"$area\"" "$tmp/check.json"
done
says "no such configuration" 1 "$tmp/none.conf" "$edgetape" run -c "$tmp/none.conf"

$edgetape check -c packaging/edgetape.conf --print >"$tmp/printed.conf"
$edgetape check -c "$tmp/printed.conf" --print >"$tmp/again.conf"
holds "the example prints to itself" cmp "$tmp/printed.conf" "$tmp/again.conf"

says "keygen" 0 "keep it safe" "$edgetape" keygen "$tmp/r"
says "keygen overwrites nothing" 1 "r.key is there already" \
	"$edgetape" keygen "$tmp/r"
says "journal of something else" 1 "text" "$edgetape" journal "$tmp/text"
says "journal of nothing" 1 "none.etj" "$edgetape" journal "$tmp/none.etj"
finish
