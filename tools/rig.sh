# rig.sh - five hosts in network namespaces, with a relay, a Front End and the
# recorder on them. Sourced by tools/demo, tools/interop and tests/integration.
#
#	ua 10.99.1.10	Alice		fe  10.99.4.10	Front End (Kamailio)
#	ub 10.99.2.10	Bob		rec 10.99.5.10	recorder (tap, render)
#	ed 10.99.3.10	edge relay (coturn), capture
#
# A router joins them, so the two phones can reach each other directly. The
# namespaces are called etPID-*, so that several rigs can stand at a time;
# nothing in them has a way out. Everything else is under $RIG.
#
# Functions print what is wrong to stderr and return non-zero.
# shellcheck shell=bash

RIG_DOMAIN=demo.test
RIG_TURN=demo:relay-password@10.99.3.10:3478
RIG_ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
RIG_BUILD=${B:-build}
RIG_CALLER=()
RIG_CALLEE=()
case $RIG_BUILD in /*) ;; *) RIG_BUILD=$RIG_ROOT/$RIG_BUILD ;; esac
RIG_NAMES='ua ub ed fe rec'

rig_fail() {
	echo "${0##*/}: $*" >&2
	return 1
}

rig_ip() {
	case $1 in
	ua) echo 10.99.1.10 ;;
	ub) echo 10.99.2.10 ;;
	ed) echo 10.99.3.10 ;;
	fe) echo 10.99.4.10 ;;
	rec) echo 10.99.5.10 ;;
	esac
}

# rig_in HOST COMMAND... - run it on that host.
rig_in() {
	local host=$1

	shift
	ip netns exec "et$$-$host" "$@"
}

# rig_start NAME HOST COMMAND... - in the background, output to NAME.log.
rig_start() {
	local name=$1 host=$2

	shift 2
	ip netns exec "et$$-$host" "$@" >"$RIG/$name.log" 2>&1 </dev/null &
	RIG_PID=$!
	disown "$RIG_PID"
	echo "$RIG_PID" >"$RIG/$name.pid"
}

# rig_stop NAME [SIGNAL] - and wait until it is gone.
rig_stop() {
	local pid

	[ -e "$RIG/$1.pid" ] || return 0
	pid=$(cat "$RIG/$1.pid")
	rm -f "$RIG/$1.pid"
	kill "-${2:-TERM}" "$pid" 2>/dev/null || return 0
	for _ in $(seq 100); do
		kill -0 "$pid" 2>/dev/null || return 0
		sleep 0.05
	done
	kill -KILL "$pid" 2>/dev/null
	rig_fail "$1 did not stop, killed"
}

# rig_await SECONDS WHAT COMMAND... - poll until the command succeeds.
rig_await() {
	local end=$((SECONDS + $1)) what=$2

	shift 2
	until "$@" >/dev/null 2>&1; do
		[ $SECONDS -lt $end ] || { rig_fail "$what: waited in vain"; return 1; }
		sleep 0.05
	done
}

# Somebody listens at HOST PORT (TCP).
rig_listens() {
	rig_in "$1" ss -Hltn "sport = :$2" | grep -q .
}

# A TLS server answers at HOST PORT; to listen is not yet to work.
rig_answers() {
	rig_in "$1" timeout 5 openssl s_client -brief \
		-connect "$(rig_ip "$1"):$2" </dev/null
}

rig_check() {
	local p missing=

	if [ "$(id -u)" != 0 ]; then
		rig_fail 'network namespaces need root'
		return
	fi
	for p in ip ss openssl tcpdump turnserver kamailio sox espeak-ng; do
		command -v $p >/dev/null || missing="$missing $p"
	done
	if [ -n "$missing" ]; then
		rig_fail "not installed:$missing (see tools/deps)"
		return
	fi
	# The name is none that another rig's rig_sweep looks at.
	if ! { ip netns add "etprobe-$$" && ip netns exec "etprobe-$$" true &&
		ip netns del "etprobe-$$"; } 2>/dev/null; then
		rig_fail 'this system does not let us make network namespaces'
	fi
}

# When a living process began, in clock ticks since boot; tells it from a later
# one of the same number.
rig_born() {
	sed 's/.*) //' "/proc/$1/stat" 2>/dev/null |
		awk '$1 != "Z" { print $20 }'
}

# rig_remove PID - the namespaces of that rig and what runs in them.
rig_remove() {
	local h pids

	for h in rt $RIG_NAMES; do
		[ -e "/run/netns/et$1-$h" ] || continue
		pids=$(ip netns pids "et$1-$h")
		# shellcheck disable=SC2086
		[ -z "$pids" ] || kill -KILL $pids 2>/dev/null
		ip netns del "et$1-$h"
	done
}

# Rigs whose owner was killed before it could clean up.
rig_sweep() {
	local n pid

	for n in /run/netns/et*-*; do
		pid=${n##*/et}
		pid=${pid%-*}
		case $pid in '' | *[!0-9]*) continue ;; esac
		[ -d "/run/edgetape-rig.$pid.$(rig_born "$pid")" ] ||
			rig_remove "$pid"
	done
	for n in /run/edgetape-rig.*; do
		pid=${n#*rig.}
		[ "${pid#*.}" = "$(rig_born "${pid%.*}")" ] || rm -rf "$n"
	done
}

rig_join() {
	local ns=et$$-$1 ip

	ip=$(rig_ip "$1")
	ip netns add "$ns" &&
		ip link add "$1" netns "et$$-rt" type veth \
			peer name eth0 netns "$ns" &&
		ip -n "et$$-rt" addr add "${ip%.*}.1/24" dev "$1" &&
		ip -n "et$$-rt" link set "$1" up &&
		ip -n "$ns" link set lo up &&
		ip -n "$ns" addr add "$ip/24" dev eth0 &&
		ip -n "$ns" link set eth0 up &&
		ip -n "$ns" route add default via "${ip%.*}.1"
}

# Makes the hosts and $RIG. Call rig_down in an EXIT trap set before this.
rig_up() {
	local h

	rig_sweep
	RIG=/run/edgetape-rig.$$.$(rig_born $$)
	if ! { mkdir -m 700 "$RIG" && mkdir "$RIG/tls" &&
		ip netns add "et$$-rt" &&
		rig_in rt sh -c 'echo 1 >/proc/sys/net/ipv4/ip_forward'; }; then
		rig_fail 'cannot make the network'
		return
	fi
	for h in $RIG_NAMES; do
		rig_join "$h" || { rig_fail 'cannot make the network'; return; }
	done
}

# Removes everything; whatever state the rig is in.
rig_down() {
	rig_remove $$
	[ -z "${RIG:-}" ] || rm -rf "$RIG"
}

# rig_certificate NAME IP [DNS...] - key and certificate under $RIG/tls.
rig_certificate() {
	local t=$RIG/tls/$1 names=IP:$2 n

	for n in "$1.$RIG_DOMAIN" "${@:3}"; do
		names=$names,DNS:$n
	done
	openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
		-keyout "$t.key" -out "$t.csr" -subj "/CN=$1.$RIG_DOMAIN" &&
		openssl x509 -req -in "$t.csr" -CA "$RIG/tls/ca.pem" \
			-CAkey "$RIG/tls/ca.key" -CAcreateserial -days 60 \
			-extfile <(printf 'subjectAltName=%s\n%s\n' "$names" \
				extendedKeyUsage=serverAuth,clientAuth) \
			-out "$t.pem"
} >>"$RIG/tls/openssl.log" 2>&1

rig_authority() {
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
		-keyout "$RIG/tls/ca.key" -out "$RIG/tls/ca.pem" -days 60 \
		-subj '/CN=edgetape demo CA'
} >>"$RIG/tls/openssl.log" 2>&1

rig_certificates() {
	if ! { rig_authority && rig_certificate fe "$(rig_ip fe)" $RIG_DOMAIN &&
		rig_certificate rec "$(rig_ip rec)"; }; then
		rig_fail "certificates: $(tail -n 1 "$RIG/tls/openssl.log")"
	fi
}

# rig_voice FILE VOICE TEXT - speech, 8 kHz mono.
rig_voice() {
	espeak-ng -v "$2" -s 150 --stdout "$3" |
		sox -q -t wav - -r 8000 -c 1 -b 16 "$1" gain -3 ||
		rig_fail 'espeak-ng or sox cannot make speech'
}

rig_relay() {
	rig_start relay ed turnserver -n --listening-ip="$(rig_ip ed)" \
		--relay-ip="$(rig_ip ed)" --listening-port=3478 \
		--min-port=50000 --max-port=59999 --lt-cred-mech \
		--user="${RIG_TURN%@*}" --realm=$RIG_DOMAIN --no-tls --no-dtls \
		--no-cli --log-file=stdout --simple-log \
		--pidfile="$RIG/relay-own.pid" --userdb="$RIG/relay.db"
	rig_await 30 'coturn' rig_listens ed 3478
}

# rig_settings [NAME=VALUE...] - of the Front End's filter, and what it runs
# with; sets rig_env.
rig_settings() {
	rig_env=(env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin
		PYTHONDONTWRITEBYTECODE=1 EDGETAPE_BROKER="$RIG/broker.sock"
		EDGETAPE_TAP="$(rig_ip rec):9061" EDGETAPE_TLS="$RIG/tls"
		EDGETAPE_TAP_NAME="rec.$RIG_DOMAIN"
		EDGETAPE_NAME="fe.$RIG_DOMAIN" "$@")
}

# How often the broker has said that the recorder is there.
rig_met() {
	grep -c 'recorder is here' "$RIG/broker.log" 2>/dev/null || true
}

rig_met_more() {	# rig_met_more COUNT
	[ "$(rig_met)" -gt "$1" ]
}

# rig_broker [NAME=VALUE...] - the filter's half that talks to the recorder.
rig_broker() {
	rig_stop broker
	rig_settings "$@"
	rig_start broker fe "${rig_env[@]}" /usr/bin/python3 \
		"$RIG_ROOT/tools/frontend/broker.py"
	rig_await 30 'the broker' grep -q 'the recorder is' "$RIG/broker.log" ||
		{ tail -n 3 "$RIG/broker.log" >&2; return 1; }
}

# rig_frontend [NAME=VALUE...] - Kamailio and a broker; the settings are the
# filter's.
rig_frontend() {
	local cfg=$RIG/kamailio.cfg

	rig_broker "$@" || return
	sed -e "s#@IP@#$(rig_ip fe)#; s#@DOMAIN@#$RIG_DOMAIN#" \
		-e "s#@DIR@#$RIG/tls#; s#@FILTER@#$RIG_ROOT/tools/frontend/edgetape_filter.py#" \
		"$RIG_ROOT/tools/frontend/kamailio.cfg.in" >"$cfg"
	mkdir -p "$RIG/kamailio"
	rig_start frontend fe "${rig_env[@]}" \
		kamailio -f "$cfg" -DD -E -m 32 -M 8 -w "$RIG/kamailio" \
		-Y "$RIG/kamailio" -P "$RIG/kamailio/pid"
	rig_await 30 'Kamailio' rig_answers fe 5061 ||
		{ grep -m 3 -E 'ERROR|CRITICAL' "$RIG/frontend.log" >&2; return 1; }
}

# rig_phone HOST USER [OPTION...] - a phone in the background; with an empty
# RIG_TURN it has no relay.
rig_phone() {
	local host=$1 user=$2

	shift 2
	rig_start "$user" "$host" "$RIG_BUILD/tools/nicephone" -u "$user" \
		-d $RIG_DOMAIN -s "$(rig_ip fe):5061" --ca "$RIG/tls/ca.pem" \
		-b "$(rig_ip "$host")" ${RIG_TURN:+-t "$RIG_TURN"} \
		--sdp "$RIG/$user" --json "$RIG/$user.json" "$@"
}

rig_gone() {
	! kill -0 "$1" 2>/dev/null
}

# rig_call CALLER CALLEE SECONDS [OPTION...] - the caller's phone is on ua, the
# callee's on ub; both say what stands in $RIG/USER.wav. RIG_CALLER (an array) and
# RIG_CALLEE are further options of one of them. Results:
# $RIG/USER.json, USER-heard.wav, USER.N.sent.sdp, USER.N.got.sdp.
rig_call() {
	local from=$1 to=$2 secs=$3 caller callee

	shift 3
	rm -f "$RIG/$from".{json,*.sdp} "$RIG/$to".{json,*.sdp} \
		"$RIG/$from-heard.wav" "$RIG/$to-heard.wav"
	rig_phone ub "$to" --play "$RIG/$to.wav" \
		--heard "$RIG/$to-heard.wav" --secs "$secs" \
		"${RIG_CALLEE[@]}" "$@"
	callee=$RIG_PID
	rig_await 30 "$to registers" grep -q ready "$RIG/$to.log" ||
		{ cat "$RIG/$to.log" >&2; return 1; }
	rig_phone ua "$from" --play "$RIG/$from.wav" \
		--heard "$RIG/$from-heard.wav" --secs "$secs" --call "$to" \
		"${RIG_CALLER[@]}" "$@"
	caller=$RIG_PID
	rig_await $((secs + 30)) "$from ends" rig_gone "$caller" &&
		rig_await 40 "$to ends" rig_gone "$callee"
}

# rig_sniff NAME HOST INTERFACE - tcpdump to $RIG/NAME.pcap until rig_stop.
rig_sniff() {
	rig_start "$1" "$2" tcpdump -Z root -U -n -s 2048 -B 16384 \
		--immediate-mode --time-stamp-precision=nano -i "$3" \
		-w "$RIG/$1.pcap" udp
	rig_await 30 'tcpdump' grep -q 'listening on' "$RIG/$1.log"
}

# RTP that is not RTCP, offset given (RFC 5761 4).
rig_rtp_at() {
	echo "(udp[$1] & 0xc0 = 0x80 and (udp[$(($1 + 1))] < 192 or udp[$(($1 + 1))] > 223))"
}

# rig_rtp FILE FILTER - RTP packets that the filter lets through. On the way to
# the relay they are bare, in ChannelData, or in Send and Data indications,
# whose DATA comes before or after an IPv4 XOR-PEER-ADDRESS (RFC 5766 11.4, 10).
rig_rtp() {
	local wraps

	wraps="$(rig_rtp_at 8)
		or (udp[8] & 0xc0 = 0x40 and $(rig_rtp_at 12))
		or ((udp[8:2] = 0x16 or udp[8:2] = 0x17) and
		    ((udp[40:2] = 0x13 and $(rig_rtp_at 44)) or
		     (udp[28:2] = 0x13 and $(rig_rtp_at 32))))"
	tcpdump -n -r "$1" --count "$2 and ($wraps)" 2>/dev/null |
		sed -n 's/^\([0-9]*\) packet.*/\1/p'
}

# rig_count direct|relayed FILE - RTP packets of Alice's host, both ways, in a
# capture made there: to and from Bob's host, or the relay.
rig_count() {
	case $1 in
	direct) rig_rtp "$2" "host $(rig_ip ub)" ;;
	relayed) rig_rtp "$2" "host $(rig_ip ed)" ;;
	esac
}

# rig_same_sdp CALLER CALLEE - what each got is what the other sent.
rig_same_sdp() {
	cmp -s "$RIG/$1.1.sent.sdp" "$RIG/$2.1.got.sdp" &&
		cmp -s "$RIG/$2.2.sent.sdp" "$RIG/$1.2.got.sdp"
}

# rig_edgetape ROLE HOST - starts that role with $RIG/edgetape.conf. The roles
# do not let themselves be traced, so LeakSanitizer cannot look at them.
rig_edgetape() {
	rig_start "$1" "$2" env ASAN_OPTIONS=detect_leaks=0 \
		"$RIG_BUILD/app/edgetape" "$1" -c "$RIG/edgetape.conf"
}

# Starts the tap; it is ready when it listens, has met capture, and a Front End
# that is there has met it.
rig_tap() {
	local met

	met=$(rig_met)
	rig_edgetape tap rec
	if ! { rig_await 30 'edgetape tap' rig_listens rec 9061 &&
		rig_await 30 'edgetape tap: capture' \
			grep -q 'capture is here' "$RIG/tap.log"; }; then
		tail -n 3 "$RIG/tap.log" >&2
		return 1
	fi
	[ ! -e "$RIG/broker.pid" ] ||
		rig_await 30 'the Front End meets the tap' rig_met_more "$met"
}

# rig_recorder RECORDINGS [LINE...] - configures and starts the recorder: tap
# and render on rec, capture on ed. The lines go to the configuration.
rig_recorder() {
	local recordings=$1 role

	shift
	mkdir -p "$RIG/spool" "$RIG/run" "$recordings"
	if ! "$RIG_BUILD/app/edgetape" keygen "$RIG/recorder" \
		>"$RIG/keygen.log" 2>&1; then
		rig_fail "keygen: $(cat "$RIG/keygen.log")"
		return
	fi
	{
		printf '[edgetape]\nspool=%s\nrecordings=%s\nrun=%s\n' \
			"$RIG/spool" "$recordings" "$RIG/run"
		printf 'catalog=%s\n' "$RIG/catalog/catalog.db"
		printf 'public-key=%s\nprivate-key=%s\n' \
			"$RIG/recorder.pub" "$RIG/recorder.key"
		printf '[tap]\nlisten=%s\npeers=%s\n' \
			"$(rig_ip rec):9061" fe.$RIG_DOMAIN
		printf 'certificate=%s\nkey=%s\nca=%s\n' "$RIG/tls/rec.pem" \
			"$RIG/tls/rec.key" "$RIG/tls/ca.pem"
		printf '%s\n' "$@"
	} >"$RIG/edgetape.conf"
	rig_edgetape capture ed
	rig_edgetape render rec
	rig_tap || return
	for role in tap capture render; do
		kill -0 "$(cat "$RIG/$role.pid")" 2>/dev/null ||
			{ rig_fail "edgetape $role: $(tail -n 1 "$RIG/$role.log")"; return; }
	done
}

# rig_result USER KEY - out of the phone's JSON.
rig_result() {
	sed -n "s/^ *\"$2\" : \"\{0,1\}\([^\",]*\)\"\{0,1\},\{0,1\}\$/\1/p" \
		"$RIG/$1.json"
}
