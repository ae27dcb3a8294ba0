#!/bin/bash
# relay_places.sh - where relays stand, and where capture does: a path from a
# host to the other's relay, a relay behind NAT, two relays of which capture
# gets a mirror on two interfaces, IPv6. The journals are the sets of packets
# that the phones say they sent.
set -u
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=tests/support/calls.bash
. tests/support/calls.bash
# shellcheck source=tests/support/sets.bash
. tests/support/sets.bash

PUBLIC=203.0.113.3	# RFC 5737
EDGE=$(rig_ip ed)

# capture_on HOST LINE... - starts capture anew there, with these settings.
capture_on() {
	local host=$1

	shift
	rig_stop capture || return
	mkdir -p "$RIG/edgetape.conf.d"
	printf '%s\n' '[capture]' "$@" >"$RIG/edgetape.conf.d/capture.conf"
	: >"$RIG/tap.log"
	rig_edgetape capture "$host"
	rig_await 10 'capture' grep -q 'capture is here' "$RIG/tap.log"
}

# The router gives the relay a public address, also towards itself.
translate() {
	rig_in rt iptables -t nat -A PREROUTING -d $PUBLIC \
		-j DNAT --to-destination "$EDGE" &&
		rig_in rt iptables -t nat -A POSTROUTING -s "$EDGE" \
			-j SNAT --to-source $PUBLIC &&
		rig_in rt sh -c 'echo 0 >/proc/sys/net/ipv4/conf/ed/send_redirects
			echo 0 >/proc/sys/net/ipv4/conf/all/send_redirects'
}

# relay NAME HOST OPTION... - coturn with addresses of one's own.
relay() {
	local name=$1 host=$2

	shift 2
	rig_start "$name" "$host" turnserver -n --listening-port=3478 \
		--min-port=50000 --max-port=59999 --lt-cred-mech \
		--user="${RIG_TURN%@*}" --realm=$RIG_DOMAIN --no-tls --no-dtls \
		--no-cli --log-file=stdout --simple-log \
		--pidfile="$RIG/$name-own.pid" --userdb="$RIG/$name.db" "$@"
	rig_await 10 'coturn' rig_listens "$host" 3478
}

relay_natted() {
	rig_stop relay
	relay relay ed --listening-ip="$EDGE" --relay-ip="$EDGE" \
		--external-ip="$PUBLIC/$EDGE"
}

# A host like ed, on a network of its own.
second_edge() {
	RIG_NAMES="$RIG_NAMES ed2"
	eval "$(declare -f rig_ip | sed 's/^rig_ip/first_ips/')"
	rig_ip() {
		if [ "$1" = ed2 ]; then echo 10.99.6.10; else first_ips "$1"; fi
	}
	rig_join ed2 &&
		relay relay2 ed2 --listening-ip=10.99.6.10 --relay-ip=10.99.6.10
}

# PREFIX::HOST beside each IPv4 address, for the phones' media.
add_ipv6() {
	local h n=1

	rig_in rt sh -c 'echo 1 >/proc/sys/net/ipv6/conf/all/forwarding'
	for h in ua ub ed; do
		rig_in rt ip addr add "fd99:$n::1/64" dev $h nodad &&
			rig_in $h ip addr add "fd99:$n::10/64" dev eth0 nodad &&
			rig_in $h ip route add default via "fd99:$n::1" ||
			return
		n=$((n + 1))
	done
}

relay_ipv6() {
	rig_stop relay
	relay relay ed --listening-ip=fd99:3::10 --relay-ip=fd99:3::10 \
		--allocation-default-address-family=keep
}

need_rig
rig_recorder "$RIG/recordings" '[rules]' "record=sip:alice@$RIG_DOMAIN" \
	'[rewrite]' method=port || bail 'the recorder'
rig_frontend || bail 'the Front End'

set_call 'method port'
is 'method port: a host talks to a relay' \
	grep -q '"leg":"to-relayed"' <(set_json)

{ relay_natted && translate && capture_on ed "nat=$PUBLIC=$EDGE"; } ||
	bail 'the relay behind NAT'
RIG_TURN=${RIG_TURN%@*}@$PUBLIC:3478
set_call 'behind NAT' --force-relay
is 'behind NAT: relay to relay' paths_are relay relay
is 'behind NAT: the offer shows the public address' \
	grep -q "$PUBLIC .*typ relay" "$RIG/alice.1.sent.sdp"
rig_in rt iptables -t nat -F

RIG_TURN=${RIG_TURN%@*}@$EDGE:3478
{ rig_stop relay; rig_relay && second_edge &&
	capture_on rt 'interfaces=ed;ed2'; } || bail 'the second relay'
SET_CALLEE="-t ${RIG_TURN%@*}@10.99.6.10:3478"
set_call 'two relays, mirrored' --force-relay
is 'two relays, mirrored: relay to relay' paths_are relay relay
SET_CALLEE=

{ add_ipv6 && relay_ipv6 && capture_on ed 'interfaces=any'; } ||
	bail 'IPv6'
RIG_TURN="${RIG_TURN%@*}@[fd99:3::10]:3478"
SET_CALLER='-b fd99:1::10'
SET_CALLEE='-b fd99:2::10'
set_call 'IPv6' --force-relay
is 'IPv6: relay to relay' paths_are relay relay
is 'IPv6: the addresses are' grep -q '"dst":"\[fd99:3::10\]' <(set_json)
is 'the roles end cleanly' roles_end_cleanly
finish
