# rig.sh - the hosts of ../rig.sh in the Lync dialect: an MS-TURN relay, a Lync
# Front End and pidgin-sipe. Sourced after it.
# shellcheck shell=bash

# What pidgin-sipe calls need besides rig_check; prints what is missing.
rig_lync_check() {
	local bad=0

	if [ ! -x "$RIG_BUILD/tools/lync/sipephone" ]; then
		rig_fail 'sipephone is not built: libpurple-dev, libxml2-dev or libgstreamer1.0-dev is missing'
		return
	fi
	[ -n "$(find /usr/lib -path '*purple-2/libsipe.so' 2>/dev/null)" ] ||
		bad=$(rig_fail 'not installed: pidgin-sipe')
	for p in nice siren rtp; do
		[ -n "$(find /usr/lib -path "*gstreamer-1.0/libgst$p.so" \
			2>/dev/null)" ] || bad=$(rig_fail "GStreamer has no $p")
	done
	[ "$bad" = 0 ]
}

# rig_lync_relay [OPTION...] - MS-TURN on UDP 3478 and TCP 443 and 3478.
rig_lync_relay() {
	local account=${RIG_TURN%@*}

	rig_start relay ed env PYTHONDONTWRITEBYTECODE=1 \
		/usr/bin/python3 "$RIG_ROOT/tools/lync/msturn.py" \
		--ip "$(rig_ip ed)" --user "${account%:*}" \
		--password "${account#*:}" "$@"
	rig_await 30 'MS-TURN' rig_listens ed 443
}

# rig_lync_frontend [NAME=VALUE...] - the settings are the filter's.
rig_lync_frontend() {
	rig_broker "$@" || return
	rig_start frontend fe "${rig_env[@]}" \
		/usr/bin/python3 "$RIG_ROOT/tools/lync/lyncfe.py" \
		--ip "$(rig_ip fe)" --domain $RIG_DOMAIN \
		--relay "$(rig_ip ed)" --account "${RIG_TURN%@*}"
	rig_await 30 'the Front End' rig_answers fe 5061
}

# rig_lync_phone HOST USER [OPTION...] - pidgin-sipe in the background.
rig_lync_phone() {
	local host=$1 user=$2

	shift 2
	rm -rf "$RIG/$user.purple"
	mkdir "$RIG/$user.purple"
	rig_start "$user" "$host" "$RIG_BUILD/tools/lync/sipephone" \
		-u "$user" -d $RIG_DOMAIN -s "$(rig_ip fe):5061" \
		--certificate "$RIG/tls/fe.pem" --home "$RIG/$user.purple" \
		--play "$RIG/$user.wav" --heard "$RIG/$user-heard.wav" \
		--json "$RIG/$user.json" "$@"
}

# rig_lync_call CALLER CALLEE SECONDS [OPTION...] - as rig_call.
rig_lync_call() {
	local from=$1 to=$2 secs=$3 caller callee

	shift 3
	rm -f "$RIG/$from.json" "$RIG/$to.json"
	rig_lync_phone ub "$to" --secs "$secs" "$@"
	callee=$RIG_PID
	rig_await 30 "$to registers" grep -q ready "$RIG/$to.log" ||
		{ cat "$RIG/$to.log" >&2; return 1; }
	rig_lync_phone ua "$from" --secs "$secs" --call "$to" "$@"
	caller=$RIG_PID
	rig_await $((secs + 40)) "$from ends" rig_gone "$caller" &&
		rig_await 40 "$to ends" rig_gone "$callee"
}
