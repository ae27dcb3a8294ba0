#!/bin/sh
# TAP: `edgetape check` finds what is wrong with a host: a full disk, interfaces
# that are missing, down or unplugged, a database that is damaged, newer or not
# to be written, a clock that is wrong; and nothing where nothing is.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/support/tap.sh
. tests/support/conf.sh
export TZ=UTC LC_ALL=C

chmod 755 "$tmp"
certificate 90
cp "$tmp/tap.pem" "$tmp/ca.pem"
$edgetape keygen "$tmp/r" >/dev/null
conf_roles "$tmp/lib" >"$tmp/conf"
mkdir -p "$tmp/lib/catalog"
officer users add alice sip:alice@example.com --reason test >/dev/null
db=$tmp/lib/catalog/catalog.db

# The clock of the program: SECONDS off, and KEPT (1) or not.
at_clock() { # SECONDS KEPT COMMAND...
	off=$1 kept=$2
	shift 2
	LD_PRELOAD=$B/tests/plugins/wrongclock.so WRONGCLOCK=$off \
		WRONGCLOCK_KEPT=$kept ASAN_OPTIONS=verify_asan_link_order=0 \
		"$@"
}
check() {
	at_clock 0 1 "$edgetape" check -c "$tmp/conf" "$@"
}
lacks() { # NAME PATTERN - in what was said last
	holds "$1" sh -c '! grep -qE -- "$1" "$2"' sh "$2" "$tmp/said"
}
# line NAME PATTERN - a line of what was said last; as several are said at once
line() {
	holds "$1" grep -qE -- "^edgetape check: $2" "$tmp/said"
}

says 'a host with nothing to fix' 0 '^nothing' check
lacks 'and with the right time' 'time:'

# ---- what would keep a role from its work
$edgetape keygen "$tmp/x" >/dev/null
wrong() { # GROUP KEY VALUE PATTERN
	{ cat "$tmp/conf"; printf '[%s]\n%s=%s\n' "$1" "$2" "$3"; } \
		>"$tmp/wrong.conf"
	says "$2 that no role can use" 1 "$4" at_clock 0 1 "$edgetape" check \
		-c "$tmp/wrong.conf"
}
wrong tap crl "$tmp/none.pem" 'crl: .*none.pem: No such file'
wrong tap crl "$tmp/tap.pem" 'crl: .*tap.pem: no revocation list in PEM'
wrong tap listen '' 'listen is not set'
wrong tap plain-tcp 127.0.0.1:70000 'plain-tcp: .*70000: there is no such port'
wrong capture filter 'udp port and' 'filter: "udp port and": .*syntax'
wrong render codec-plugins /no/such.so 'codec-plugins: /no/such.so: No such'
wrong edgetape run "/$(printf %0120d 0)" 'is too long for a socket'
wrong edgetape signing-key "$tmp/x.key" 'x.key: '

# Each is one fault, and the rest of the configuration is judged without it.
once() { # GROUP KEY VALUE
	wrong "$1" "$2" "$3" "\\[$1\\] $2: \"$3\" is not one of"
	holds "$2 is one thing" grep -q ': 1 thing to fix$' "$tmp/said"
}
{
	cat "$tmp/conf"
	cat <<'END'
[rules]
media=voice
[rewrite]
address=x
edges=edge.example.com
methods=fe1
[capture]
interfaces=
relay-ports=99999
nat=1.2.3.4
[render]
name={foo}
END
} >"$tmp/wrong.conf"
says 'one wrong value does not hide another, and is told once' 1 \
	': 8 things to fix' "$edgetape" check -c "$tmp/wrong.conf"
for what in 'rules. media' 'rewrite. address' 'rewrite. edges' \
	'rewrite. methods' 'capture. interfaces' 'capture. relay-ports' \
	'capture. nat' 'render. name'; do
	line "$what" "configuration: .$what"
done
says 'nor does render start with such a name' 1 'name: .*unknown token' \
	"$edgetape" render -c "$tmp/wrong.conf"
once render layout quadro
once render video avi
once rewrite method erase

says 'no configuration at all' 1 'no such file' "$edgetape" check -c "$tmp/none"
holds 'is the one thing to be said' grep -q ': 1 thing to fix$' "$tmp/said"
says 'a directory is none' 1 ' 1 thing to fix' "$edgetape" check -c "$tmp"

# ---- the clock
says 'a clock that nobody keeps' 0 'warning: time: no time service' \
	at_clock 0 0 "$edgetape" check -c "$tmp/conf"
says 'a clock that is a year late' 1 '[0-9] things to fix' \
	at_clock -31536000 1 "$edgetape" check -c "$tmp/conf"
line 'the catalog has what is to come' \
	'time: the clock says 20.*, but the catalog has something of 20.*: set'
line 'the certificate is not valid yet' \
	'certificates: .*tap.pem: it is not valid yet'
says 'a clock that is a year early' 1 'tap.pem: it has expired' \
	at_clock 31536000 1 "$edgetape" check -c "$tmp/conf"

# ---- where to listen, what to sign with
sed -e 's/^listen=.*/listen=192.0.2.1:5070/' \
	-e "s,^\[edgetape\],&\nsigning-key=$tmp/none.key," "$tmp/conf" \
	>"$tmp/conf.2"
says 'an address of another host' 1 '2 things to fix' \
	at_clock 0 1 "$edgetape" check -c "$tmp/conf.2"
line 'is named' 'network: .tap. listen: .*192.0.2.1:5070: Cannot assign'
line 'so is a key that is not there' \
	'keys: .edgetape. signing-key: .*none.key: No such file'

# ---- the database
cp "$db" "$tmp/kept.db"
python3 - "$db" <<'END2'
import sys
with open(sys.argv[1], 'r+b') as f:
    f.seek(4096)
    f.write(b'\xa5' * 3 * 4096)
END2
says 'a damaged database, and what then' 1 \
	"database: $db is damaged: Page 2.*run .edgetape rebuild" check
says 'an officer is told so too' 1 "$db: .* malformed; put a copy back" \
	officer users
echo 'this is a letter, and not what it is taken for' >"$db"
says 'a database that is none' 1 "database: $db.*not a database" check
cp "$tmp/kept.db" "$db"
python3 -c 'import sqlite3, sys
sqlite3.connect(sys.argv[1]).execute("PRAGMA user_version = 9999")' "$db"
says 'a database of a newer edgetape' 1 'run the newer edgetape' check
cp "$tmp/kept.db" "$db"
says 'the right one again' 0 '^nothing' check

if [ "$(id -u)" = 0 ] && id daemon >/dev/null 2>&1; then
	# Put back by root, for a service that is not.
	sed -i 's/^\[edgetape\]/&\nuser=daemon/' "$tmp/conf"
	chown -R daemon "$tmp/lib" "$tmp/run" "$tmp"/tap.* "$tmp"/r.* "$tmp"/ca.*
	says 'as the user daemon' 0 '^nothing' check
	chown root "$db" && chmod 644 "$db"
	says 'a database that daemon may not write' 1 \
		"rights: $db: daemon may not write it" check
	chown daemon "$db"
	chmod 500 "$tmp/lib/catalog" && chown root "$tmp/lib/catalog"
	says 'nor its directory' 1 \
		"rights: $tmp/lib/catalog: daemon may not write there" check
	chown daemon "$tmp/lib/catalog" && chmod 700 "$tmp/lib/catalog"
	mkdir -m 700 "$tmp/closed"
	sed "s|^spool=.*|spool=$tmp/closed/new/spool|" "$tmp/conf" >"$tmp/wrong.conf"
	says 'one that cannot be reached when it will be made' 1 \
		"rights: $tmp/closed: daemon may not go through" \
		at_clock 0 1 "$edgetape" check -c "$tmp/wrong.conf"
	chown root "$tmp/r.key"
	says 'a key that daemon may not read, and what to do' 1 \
		"r.key: daemon may not read it; chown daemon" check
	chown daemon "$tmp/r.key"
	chmod 644 "$tmp/conf"
	cp "$edgetape" "$tmp/edgetape"
	says 'others cannot tell what daemon may do' 1 \
		'only root, or daemon, can tell' su -s /bin/sh nobody -c \
		"'$tmp/edgetape' check -c '$tmp/conf'"
	lacks 'and do not guess' 'rights: .* daemon may not'
	chmod 700 "$tmp/run"
	says 'nor who may not look whether a role runs' 1 \
		'stats: .*/tap.stats: Permission denied' su -s /bin/sh nobody -c \
		"'$tmp/edgetape' stats -c '$tmp/conf'"
	lacks 'and is not told that none does' 'does not run'
	says 'all three things at once' 1 '[0-9] things to fix' \
		sh -c 'sed "s/^interfaces=.*/interfaces=lo;nothere0/" "$1" \
			>"$1.3"; echo "keep=x" >>"$1.3"
			rm "$3"; "$2" check -c "$1.3"' sh "$tmp/conf" \
		"$edgetape" "$tmp/r.pub"
	line 'the interface' 'interfaces: .*no interface "nothere0"'
	line 'the word' 'configuration: .*keep'
	line 'the key' 'keys: .*r.pub'
else
	holds 'only root can be kept out # SKIP' true
fi

if unshare -nm true 2>/dev/null; then
	$edgetape keygen "$tmp/s" >/dev/null
	sed -i -e '/^user=/d' -e 's/r\.pub/s.pub/' -e 's/r\.key/s.key/' \
		-e 's/^interfaces=.*/interfaces=lo;off0;loose0;fine0/' \
		"$tmp/conf"
	cat >"$tmp/host" <<'END2'
ip link add loose0 type veth peer name off0
ip link add fine0 type veth peer name far0
for i in lo loose0 fine0 far0; do ip link set $i up; done
mount -t tmpfs -o size=1m none "$1/lib/spool"
mount -t tmpfs -o size=1m none "$1/lib/recordings"
head -c 1027604 /dev/zero >"$1/lib/spool/full"
head -c 970000 /dev/zero >"$1/lib/recordings/filling"
shift
exec "$@"
END2
	mkdir -p "$tmp/lib/spool" "$tmp/lib/recordings"
	says 'a full disk ends the checks with 1' 1 '1 thing to fix' \
		at_clock 0 1 unshare -nm sh "$tmp/host" "$tmp" "$edgetape" check \
		-c "$tmp/conf"
	line 'the full one' "disk: $tmp/lib/spool: 9[89] % used"
	line 'the one that fills' \
		"warning: disk: $tmp/lib/recordings: 9[2-5] % used"
	line 'an interface that is down' 'warning: interfaces: off0 is down'
	line 'one without the other end' \
		'warning: interfaces: loose0 is up, but nothing'
	lacks 'the others are well' '(lo|fine0) is'
	says 'the same for a program' 1 '"severity" : "error"' \
		at_clock 0 1 unshare -nm sh "$tmp/host" "$tmp" "$edgetape" check \
		-c "$tmp/conf" --json
	holds 'in JSON' python3 -m json.tool "$tmp/said"
else
	holds 'disks and interfaces of its own # SKIP no namespaces' true
fi
finish
