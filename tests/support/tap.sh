# tap.sh - TAP for the shell tests, which source it at the top of the tree.
# shellcheck shell=sh
B=${B:-build}
# shellcheck disable=SC2034 # for those who source this
edgetape=$B/app/edgetape
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
n=0

result() { # STATUS NAME
	n=$((n + 1))
	[ "$1" = 0 ] && echo "ok $n - $2" || echo "not ok $n - $2"
}

holds() { # NAME COMMAND...
	name=$1
	shift
	"$@" >/dev/null 2>&1
	result $? "$name"
}

# says NAME STATUS PATTERN COMMAND... - stderr and stdout together match; they
# stay in $tmp/said.
says() {
	name=$1 status=$2 pattern=$3
	shift 3
	"$@" >"$tmp/said" 2>&1
	got=$?
	[ $got = "$status" ] && grep -qE -- "$pattern" "$tmp/said"
	result $? "$name"
	[ $got = "$status" ] && grep -qE -- "$pattern" "$tmp/said" ||
		echo "# status $got, $(head -4 "$tmp/said" | tr '\n' '|')"
}

# within SECONDS COMMAND... - it comes true.
within() {
	left=$(($1 * 10))
	shift
	until "$@" >/dev/null 2>&1; do
		left=$((left - 1))
		[ $left -gt 0 ] || return 1
		sleep 0.1
	done
}

# golden_journal CALL DIR - the journal of a golden call below DIR, whose name is
# then $call; its key is $tmp/r.key, its capture $tmp/edge.pcap.
golden_journal() {
	golden=tests/golden/calls/$1
	xz -dc "$golden/edge.pcap.xz" >"$tmp/edge.pcap"
	[ -e "$tmp/r.key" ] || $edgetape keygen "$tmp/r" >/dev/null
	$edgetape replay --signalling "$golden/signalling.txt" \
		--key "$tmp/r.key" --media "$tmp/edge.pcap" \
		--out "$tmp/first" --keep-journal "$2" >/dev/null 2>&1
	call=$(basename "$2"/2*)
}

finish() {
	echo "1..$n"
}
