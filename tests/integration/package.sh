#!/bin/sh
# TAP: the Debian package holds what an administrator needs, its units are such
# as systemd takes and finds well confined, and completion knows the commands.
# Installed under a systemd of its own it runs, is killed, gets a new version and
# goes, and what it recorded stays.
# alone: `make install` builds what is older than its source
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/support/tap.sh
. tests/support/conf.sh
root=$tmp/root
make -s install DESTDIR="$root" PREFIX=/usr B="$B" >"$tmp/made" 2>&1
result $? "make install"
install -Dm640 packaging/edgetape.conf "$root/etc/edgetape/edgetape.conf"
packaging/deb "$root" "$tmp/e.deb" 1.2.3 >/dev/null
result $? "a package is made of it"
dpkg-deb -I "$tmp/e.deb" >"$tmp/info"
holds "of this version" grep -q 'Version: 1.2.3' "$tmp/info"
holds "that depends on what it is linked with" \
	grep -qE 'Depends:.*libglib2.0-0.*libssl3' "$tmp/info"
holds "and on what it loads" \
	grep -qE 'Depends:.*libavcodec[0-9].*libavformat[0-9]' "$tmp/info"
mkdir "$tmp/x"
dpkg-deb -x "$tmp/e.deb" "$tmp/x"
for f in sbin/edgetape share/man/man8/edgetape.8.gz \
	share/man/man5/edgetape.conf.5.gz share/doc/edgetape/copyright \
	share/doc/edgetape/changelog.gz lib/systemd/system/edgetape.service lib/sysusers.d/edgetape.conf \
	share/bash-completion/completions/edgetape \
	share/doc/edgetape/alarms.md; do
	holds "it has $f" test -s "$tmp/x/usr/$f"
done
if command -v lintian >/dev/null; then
	TMPDIR=$tmp lintian --allow-root --fail-on error,warning "$tmp/e.deb" \
		>"$tmp/linted" 2>&1
	result $? "lintian finds nothing"
	cat "$tmp/linted" >&2
fi
ldd "$tmp/x/usr/sbin/edgetape" >"$tmp/linked"
holds "its program starts without libavcodec" \
	sh -c '! grep libavcodec "$1"' sh "$tmp/linked"
says "its program runs" 0 "usage: edgetape" "$tmp/x/usr/sbin/edgetape" --help
says "it knows its version" 0 "edgetape $(cat "$B/app/version")" \
	"$tmp/x/usr/sbin/edgetape" --version
holds "its configuration can be read" \
	"$tmp/x/usr/sbin/edgetape" check -p -c "$tmp/x/etc/edgetape/edgetape.conf"
says "and what is left to do is said" 1 "make them: edgetape keygen" \
	"$tmp/x/usr/sbin/edgetape" check -c "$tmp/x/etc/edgetape/edgetape.conf"

if command -v systemd-analyze >/dev/null; then
	unit=$tmp/x/usr/lib/systemd/system/edgetape.service
	sed "s,/usr/sbin/edgetape,$tmp/x/usr/sbin/edgetape," "$unit" \
		>"$tmp/edgetape.service"
	systemd-analyze verify --man=no "$tmp/edgetape.service" \
		>"$tmp/verified" 2>&1 &&
		! grep -q edgetape.service: "$tmp/verified"
	result $? "systemd takes the unit, all of it"
	cat "$tmp/verified" >&2
	systemd-analyze security --offline=yes --threshold=25 "$unit" \
		>"$tmp/exposure" 2>&1
	result $? "and finds it confined: $(tail -n 1 "$tmp/exposure" |
		grep -o 'level.*' || tail -n 1 "$tmp/exposure")"
fi

cat >"$tmp/complete" <<END2
PATH=$tmp/x/usr/sbin:\$PATH
. $tmp/x/usr/share/bash-completion/completions/edgetape
COMP_WORDS=(edgetape \$@) COMP_CWORD=\$#
_edgetape edgetape
printf '%s\n' "\${COMPREPLY[@]}"
END2
complete() { bash "$tmp/complete" "$@"; }
says "al completes to alarms" 0 '^alarms$' complete al
says "verbs are completed" 0 '^history$' complete alarms h
says "and options" 0 '^--json$' complete check --j

# ---- under systemd ----

. tests/support/boot.sh
trap 'boot_down "$tmp/boot"; rm -rf "$tmp"' EXIT
if ! boot_up "$tmp/boot"; then
	cat "$tmp/boot/log" >&2 2>/dev/null
	n=$((n + 1))
	echo "ok $n - under systemd # SKIP no systemd can be started here"
	finish
	exit
fi

# give FILE DIR - a copy for the other side.
give() {
	boot_in sh -c "mkdir -p $2 && cat >$2/${1##*/}" <"$1"
}
logged() {
	boot_in journalctl -q -u edgetape --no-pager >"$tmp/journal"
	grep -q -- "$1" "$tmp/journal"
}
main_pid() {
	boot_in systemctl show -P MainPID edgetape
}
at_work() { # at_work TIMES - all roles, for so many starts
	boot_in journalctl -q -u edgetape --no-pager >"$tmp/journal"
	[ "$(grep -c 'all roles are at work' "$tmp/journal")" -ge "$1" ]
}
stat_is() { # stat_is PATH OWNER-AND-MODE
	[ "$(boot_in stat -c '%U:%G %a' "$1")" = "$2" ]
}

# What this host may have of an edgetape of its own; and a container's word that
# packages start no service.
boot_in rm -rf /etc/edgetape /var/lib/edgetape /usr/sbin/policy-rc.d
give "$tmp/e.deb" /root
boot_in dpkg -i /root/e.deb >"$tmp/installed" 2>&1
result $? "it can be installed"
holds "installing says what to do next" grep -q 'edgetape check' "$tmp/installed"
holds "it made a user" boot_in id edgetape
holds "whose the recordings are" stat_is /var/lib/edgetape 'edgetape:edgetape 750'
holds "and who may read the configuration" \
	stat_is /etc/edgetape/edgetape.conf 'root:edgetape 640'
holds "the service is not started without one" \
	sh -c "! nsenter -t $boot_init -a systemctl is-active edgetape"
says "keygen" 0 'keep it safe' boot_in edgetape keygen /etc/edgetape/recorder
holds "its key is the service's alone" \
	stat_is /etc/edgetape/recorder.key 'edgetape:edgetape 600'
says "check says what is missing" 1 'tap.pem: No such file' boot_in edgetape check
certificate 90
cp "$tmp/tap.pem" "$tmp/ca.pem"
for f in tap.key tap.pem ca.pem; do give "$tmp/$f" /etc/edgetape; done
boot_in chown edgetape /etc/edgetape/tap.key
boot_in chmod 600 /etc/edgetape/tap.key
says "then nothing has to be fixed" 0 'nothing (is wrong|to fix)' \
	boot_in edgetape check
boot_in systemctl enable --now edgetape 2>/dev/null
result $? "the service starts"
holds "all roles come to work" within 20 at_work 1
root=0
for p in $(boot_in pgrep edgetape); do
	boot_in grep -qE '^Uid:.*\<0\>' "/proc/$p/status" && root=$((root + 1))
done
[ $root = 0 ]
result $? "none of them is root"
# The kernel has Landlock, and they could not use it.
landlock_is_denied() {
	python3 -c 'import ctypes, sys
sys.exit(ctypes.CDLL(None).syscall(444, 0, 0, 1) < 1)' 2>/dev/null &&
		logged 'Landlock is not to be had'
}
! landlock_is_denied
result $? "the unit leaves them their own confinement"
holds "systemd keeps capture's rings" \
	logged 'the service manager keeps the rings'
says "an officer works beside it" 0 'alice is added' \
	boot_in edgetape users add alice sip:alice@example.com --reason new

# ---- killed, told anew, replaced ----

first=$(main_pid)
# 0, where it did not start, is who runs this test and all others.
[ "${first:-0}" = 0 ] || boot_in kill -KILL "$first"
holds "killed, it is started again" within 20 at_work 2
[ "$(main_pid)" != "$first" ]
result $? "as another process"
boot_in sh -c 'd=/etc/edgetape/edgetape.conf.d; mkdir -p $d
	printf "[render]\nformats=wax\n" >$d/1.conf'
boot_in systemctl reload edgetape
holds "a reload with a bad configuration is told" \
	within 5 logged '"wax" is not a format'
second=$(main_pid)
boot_in systemctl is-active edgetape >/dev/null
result $? "and changes nothing"
boot_in sh -c 'printf "[render]\nformats=wav;flac\n" \
	>/etc/edgetape/edgetape.conf.d/1.conf'
boot_in systemctl reload edgetape
holds "a good one is taken, by one who is confined too" \
	within 10 logged 'render starts again with what is new'
boot_in sh -c 'rm /etc/edgetape/edgetape.conf.d/1.conf
	echo "# mine" >>/etc/edgetape/edgetape.conf
	mkdir -p /var/lib/edgetape/recordings/2026-11-21
	echo sound >/var/lib/edgetape/recordings/2026-11-21/a.wav'
sed -i 's/^Version: .*/Version: 1.2.4/' "$tmp/root/DEBIAN/control"
dpkg-deb --root-owner-group -Znone --build "$tmp/root" "$tmp/f.deb" >/dev/null
give "$tmp/f.deb" /root
boot_in env DEBIAN_FRONTEND=noninteractive dpkg -i /root/f.deb >&2 2>&1
result $? "a new version can be installed"
holds "it is taken into service" within 20 at_work 3
[ "$(main_pid)" != "$second" ]
result $? "by a new process"
holds "the configuration is as it was edited" \
	boot_in grep -q '^# mine' /etc/edgetape/edgetape.conf
holds "the users are there" boot_in edgetape users show alice

# ---- and gone ----

boot_in dpkg -r edgetape >&2 2>&1
result $? "it can be removed"
! boot_in systemctl is-enabled edgetape >/dev/null 2>&1
result $? "no start asks for it"
holds "the service has ended" sh -c "! nsenter -t $boot_init -a pgrep edgetape"
holds "its configuration stays" boot_in test -e /etc/edgetape/edgetape.conf
boot_in dpkg -P edgetape >&2 2>&1
result $? "it can be purged"
holds "of the configuration only the keys stay" sh -c \
	"! nsenter -t $boot_init -a test -e /etc/edgetape/edgetape.conf &&
	nsenter -t $boot_init -a test -e /etc/edgetape/recorder.key"
holds "recordings and ledger stay: they are evidence" sh -c "
	nsenter -t $boot_init -a test -s /var/lib/edgetape/catalog/catalog.db &&
	nsenter -t $boot_init -a test -s \
		/var/lib/edgetape/recordings/2026-11-21/a.wav"
cat "$tmp/journal" >&2
finish
