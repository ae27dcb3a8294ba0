# render.sh - golden calls through the render role. Sourced after tap.sh and
# conf.sh.
# shellcheck shell=sh disable=SC2154 # $tmp is tap.sh's
render_pids=
trap 'kill $render_pids 2>/dev/null; rm -rf "$tmp"' EXIT

# render_spool CALL... - their journals in $tmp/spool; what each should give is
# in $tmp/want-CALL.
render_spool() {
	mkdir -p "$tmp/spool"
	$edgetape keygen "$tmp/r" >/dev/null
	for call; do
		golden=tests/golden/calls/$call
		xz -dc "$golden/edge.pcap.xz" >"$tmp/$call.pcap"
		$edgetape replay --signalling "$golden/signalling.txt" \
			--media "$tmp/$call.pcap" --out "$tmp/want-$call" \
			--key "$tmp/r.key" --keep-journal "$tmp/$call" >/dev/null
		cp -r "$tmp/$call"/. "$tmp/spool/"
	done
}

# render_begin NAME LINES [NAME=VALUE] - a role with those lines of [render],
# and with that in its environment, for a copy of the spool below $tmp/NAME.
render_begin() {
	mkdir "$tmp/$1"
	cp -r "$tmp/spool" "$tmp/$1/spool"
	{
		conf_kept "$tmp/$1"
		printf 'run=%s\nprivate-key=%s\n[render]\n%s\n' \
			"$tmp/$1/run" "$tmp/r.key" "$2"
	} >"$tmp/$1/conf"
	# A role lets nobody trace it, which looking for leaks would need.
	env ASAN_OPTIONS=detect_leaks=0 ${3:+"$3"} "$edgetape" render \
		-c "$tmp/$1/conf" 2>"$tmp/$1/log" &
	echo $! >"$tmp/$1/pid"
	render_pids="$render_pids $!"
}

rendered() { # rendered NAME COUNT
	[ "$(find "$tmp/$1/spool" -name rendered | wc -l)" = "$2" ]
}

# render_end NAME CALLS - tests that it renders so many, and ends when told.
render_end() {
	pid=$(cat "$tmp/$1/pid")
	i=0
	until rendered "$1" "$2" || [ $i = 1800 ]; do
		kill -0 "$pid" 2>/dev/null || break
		i=$((i + 1))
		sleep 0.1
	done
	kill -TERM "$pid"
	wait "$pid"
	result $? "$1: the supervisor stops when told"
	cat "$tmp/$1/log" >&2
	rendered "$1" "$2"
	result $? "$1: every call was rendered"
}
