#!/bin/sh
# TAP: the Debian package holds what an administrator needs, its unit is one that
# systemd takes and finds well confined, and completion knows the commands.
set -u
cd "$(dirname "$0")/../.."
. tests/support/tap.sh
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
mkdir "$tmp/x"
dpkg-deb -x "$tmp/e.deb" "$tmp/x"
for f in sbin/edgetape share/man/man8/edgetape.8 share/man/man5/edgetape.conf.5 \
	lib/systemd/system/edgetape.service lib/sysusers.d/edgetape.conf \
	share/bash-completion/completions/edgetape \
	share/doc/edgetape/alarms.md; do
	holds "it has $f" test -s "$tmp/x/usr/$f"
done
says "its program runs" 0 "usage: edgetape" "$tmp/x/usr/sbin/edgetape" --help
holds "its configuration can be read" \
	"$tmp/x/usr/sbin/edgetape" check -p -c "$tmp/x/etc/edgetape/edgetape.conf"
says "and what is left to do is said" 1 "make them: edgetape keygen" \
	"$tmp/x/usr/sbin/edgetape" check -c "$tmp/x/etc/edgetape/edgetape.conf"

if command -v systemd-analyze >/dev/null; then
	unit=$tmp/x/usr/lib/systemd/system/edgetape.service
	sed "s,/usr/sbin/edgetape,$tmp/x/usr/sbin/edgetape," "$unit" \
		>"$tmp/edgetape.service"
	systemd-analyze verify --man=no "$tmp/edgetape.service" \
		>"$tmp/verified" 2>&1
	result $? "systemd takes the unit"
	grep edgetape.service "$tmp/verified" && cat "$tmp/verified" >&2
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
finish
