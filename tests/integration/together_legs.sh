#!/bin/sh
# TAP: the legs of a meeting become one recording out of their journals: each
# voice at its place, whatever files the legs have; and out of those files where
# a journal cannot be had, which manifest and a note tell.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/support/tap.sh
. tests/support/conf.sh
mkdir "$tmp/temp" "$tmp/truth" "$tmp/run"
export TZ=UTC LC_ALL=C COLUMNS=200 TMPDIR="$tmp/temp"

{
	conf_kept "$tmp"
	printf 'run=%s\nprivate-key=%s\n' "$tmp/run" "$tmp/r.key"
} >"$tmp/conf"
"$edgetape" keygen "$tmp/r" >/dev/null
"$edgetape" keygen "$tmp/other" >/dev/null
tests/support/legs.py make "$tmp/sip" "$tmp/pcap" "$tmp/truth" || exit 1
mkdir "$tmp/spool"
record() { # ARGUMENT...
	"$edgetape" replay -s "$tmp/sip" -m "$tmp/pcap" --key "$tmp/r.key" \
		--keep-journal "$tmp/journal" --out "$tmp/recordings" "$@" \
		>>"$tmp/log" 2>&1
	mv "$tmp/journal"/* "$tmp/spool"
}
leg() { # NAME FORMATS
	record --call "$1@*" --format "$2"
}
leg alice flac/separate
leg bob wav/mono
leg carol 'mp3;opus/celt'
leg dave wav
officer rebuild >/dev/null
journal() { # NAME
	grep -l "$1@192" "$tmp"/spool/*/session-001.etj | xargs dirname
}
export_to() { # DIR WORDS...
	out=$tmp/$1
	shift
	officer export bob@192.0.2.9 --linked --out "$out" --reason x \
		--together "$@" 2>"$out.err" >/dev/null
}
# What the manifest says of each leg, by who calls.
legs() { # DIR
	python3 -c '
import json, sys
m = json.load(open(sys.argv[1]))
who = {c["call"]: c["caller"][4:].split("@")[0] for c in m["calls"]}
for l in m["together"]["legs"]:
    print(who[l["call"]], l["from"], l["offset_ms"], l.get("why", "-"))
for v in m["together"]["voices"]:
    print(who[v["call"]], v["side"], v["speaker"], "also" in v)' \
		"$tmp/$1/manifest.json"
}
# DIR FILE TRUTH CORRELATION NAME - each half second lies within 5 ms.
like() {
	"$B/tools/wavcmp" --json "$tmp/truth/$3" "$tmp/$1/together/$2" \
		>"$tmp/likeness"
	python3 -c '
import json, sys
d = json.load(open(sys.argv[1]))
print("# shift %.2f ms, correlation %.4f" % (d["shift_ms"], d["correlation"]))
sys.exit(abs(d["shift_ms"]) > 5 or d["correlation"] < float(sys.argv[2]))' \
		"$tmp/likeness" "$4"
	result $? "$5: $2 is $3"
}
is() { # NAME GOT WANT
	[ "$2" = "$3" ]
	result $? "$1"
	[ "$2" = "$3" ] || echo "$2" | sed 's/^/# /'
}
everybody='alice callee 1 False
bob caller 2 False
carol caller 3 False
dave caller 0 False'

# ---- from their journals ----
export_to all 'wav;wav/separate;mp3/vbr;opus'
is 'each leg is from its journal; nothing was heard of dave' "$(legs all)" \
	"alice journal 0 -
bob journal 1500 -
carol journal 2740 -
dave journal 3500 -
alice caller 1 False
$everybody"
holds 'there is nothing to note' [ ! -s "$tmp/all.err" ]
like all together-caller.wav alice.wav 0.995 'in its place'
like all together-caller-2.wav bob.wav 0.98 'his recording is mono'
like all together-caller-3.wav carol.wav 0.98 'hers are MP3 and Opus'
like all together-callee.wav server.wav 0.995 'once'
export_to again 'wav;wav/separate;mp3/vbr;opus'
is 'the same octets each time' "$(cd "$tmp/again/together" && sha256sum -- *)" \
	"$(cd "$tmp/all/together" && sha256sum -- *)"
holds 'what they were made in is gone' [ -z "$(ls -A "$tmp/temp")" ]
holds 'no key is in it' sh -c "! grep -rqi 'begin.*private' '$tmp/all'"

# The wall clock went back by a minute between two legs.
tests/support/legs.py wall "$(journal carol)" -60000
export_to stepped 'wav;wav/separate'
is 'a clock that was stepped moves nobody' "$(legs stepped)" "$(legs all)"
like stepped together-caller-3.wav carol.wav 0.98 'in its place'
# Another one was recorded by a host that was started in between.
tests/support/legs.py boot "$(journal bob)" -3600000
export_to booted 'wav;wav/separate'
is 'nor does a clock of another boot' "$(legs booted)" "$(legs all)"
like booted together-caller-2.wav bob.wav 0.98 'in its place'

# ---- from what there is ----
mkdir "$tmp/away"
mv "$(journal carol)" "$tmp/away/carol"
truncate -s -30000 "$(journal bob)/media-001.etj"
export_to some 'wav;wav/separate'
is 'a journal is gone, another is torn' "$(legs some)" \
	"alice journal 0 -
bob recording 1500 its journal has $(legs some | sed -n 's/.*has \(.*\)/\1/p')
carol recording 2740 its journal is gone
dave journal 3500 -
alice caller 1 False
alice callee 1 False
bob caller 2 True
carol caller 3 False
dave caller 0 False"
holds 'a note tells it' grep -q 'from its recording: its journal is gone' \
	"$tmp/some.err"
holds 'of both' grep -qE 'its journal has [0-9]+ of 500 packets' "$tmp/some.err"
like some together-caller-3.wav carol.wav 0.9 'from a lossy file'
like some together-caller.wav alice.wav 0.995 'as before'
sed -i 's|/r.key|/other.key|' "$tmp/conf"
export_to locked 'wav;wav/separate'
is 'keys of another recorder' "$(legs locked | grep -c 'its keys do not open')" 2
like locked together-caller.wav alice.wav 0.995 'from a file of his own'
like locked together-callee.wav server.wav 0.995 'from that of the other side'
sed -i 's|/other.key|/none.key|' "$tmp/conf"
export_to keyless wav
is 'no key at all' "$(legs keyless | grep -c 'recording .*none.key')" 3
sed -i 's|/none.key|/r.key|' "$tmp/conf"

# dave's call has a row and no file: as much as nothing was recorded.
without_files() { # SIDECAR
	python3 -c '
import json, sys
side = json.load(open(sys.argv[1]))
side["recording"]["files"] = []
json.dump(side, open(sys.argv[1], "w"))' "$1"
	officer rebuild >/dev/null
}
without_files "$tmp/recordings"/*dave*.json
officer export bob@192.0.2.9 dave@192.0.2.9 --out "$tmp/less" --reason x \
	--together wav >/dev/null 2>"$tmp/less.err"
is 'of one nothing was recorded' "$(legs less | grep dave)" \
	'dave nothing 2000 nothing of it was recorded'
holds 'which is noted' grep -q 'there is no sound of .*NOT_RECORDED' \
	"$tmp/less.err"

# The first one's: the recording begins with the first sound.
without_files "$tmp/recordings"/*alice@example.com_alice*.json
officer export bob@192.0.2.9 alice@192.0.2.9 --out "$tmp/later" --reason x \
	--together wav >/dev/null 2>&1
is 'a leg without sound does not move the beginning' \
	"$(legs later | sed -n 's/ its journal.*//; /[0-9]/p' | head -2)" \
	'alice nothing -1500 nothing of it was recorded
bob recording 0'

# ---- as the recording was made, whatever is configured by now ----
alone() { # DIR CALL
	officer export "$2" --out "$tmp/$1" --reason x --together wav \
		2>"$tmp/$1.err" >/dev/null
}
tests/support/keys.py make "$tmp/sip" "$tmp/pcap"
record --silence-dtmf
officer rebuild >/dev/null
alone keys "$(basename "$(ls -td "$tmp"/spool/* | head -1)")"
is 'keys that were silenced stay so' "$(tests/support/keys.py hear \
	"$tmp/keys/together/together.wav" | grep -vc none)" 0
holds 'in what is made of the journal' [ ! -s "$tmp/keys.err" ]
tests/support/mkforks.py "$tmp/sip" "$tmp/pcap"
record --early-media --format 'wav;mp3'
officer rebuild >/dev/null
alone early forked@192.0.2.1
is 'early media is there if it was' "$(soxi -s "$tmp"/early/2*/*.wav)" \
	"$(soxi -s "$tmp/early/together/together.wav")"

# A codec that crashes takes its own process with it.
golden=tests/golden/calls/lync-siren
cp $golden/signalling.txt "$tmp/sip"
xz -dc $golden/edge.pcap.xz >"$tmp/pcap"
record
officer rebuild >/dev/null
call=$(basename "$(ls -td "$tmp"/spool/* | head -1)")
printf '[render]\ncodec-plugins=%s\n' "$(pwd)/$B/tests/plugins/crash.so" \
	>>"$tmp/conf"
alone crash "$call"
holds 'a codec that crashes' grep -q 'its recording: its render was ended by' \
	"$tmp/crash.err"
holds 'costs nobody the export' [ -s "$tmp/crash/together/together.wav" ]
is 'nor its width' "$(soxi -r "$tmp/crash/together/together.wav")" \
	"$(soxi -r "$tmp/crash"/2*/*.wav)"
finish
