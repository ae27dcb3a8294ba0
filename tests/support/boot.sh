# boot.sh - a Debian of our own under systemd, for the tests of the package: a
# copy of this host's files that forgets all changes, in namespaces of its own.
# Sourced after tap.sh.
# shellcheck shell=sh

boot_process="" boot_init=""

# What would reach beyond the namespaces, or has nothing to do here.
boot_masked='systemd-sysctl.service systemd-modules-load.service
systemd-remount-fs.service systemd-udevd.service systemd-udev-trigger.service
systemd-random-seed.service systemd-update-utmp.service
systemd-binfmt.service sys-kernel-debug.mount sys-kernel-tracing.mount
sys-kernel-config.mount sys-fs-fuse-connections.mount dev-hugepages.mount'

# Runs in new namespaces: DIR holds an empty `root`, and what is written.
boot_inside='
set -e
dir=$1 r=$1/root
mount --make-rprivate /
mount -t overlay -o "lowerdir=/,upperdir=$dir/upper,workdir=$dir/work" \
	overlay "$r"
mount -t proc proc "$r/proc"
mount --bind "$r/proc/sys" "$r/proc/sys"
mount -o remount,bind,ro "$r/proc/sys"
mount -t sysfs -o ro sysfs "$r/sys"
mount -t tmpfs -o mode=755 tmpfs "$r/sys/fs/cgroup" || :
mount -t cgroup2 cgroup2 "$r/sys/fs/cgroup"
mount -t tmpfs -o mode=755 tmpfs "$r/run"
mount -t tmpfs tmpfs "$r/tmp"
mount -t tmpfs -o mode=755 tmpfs "$r/dev"
for n in null zero full random urandom tty; do
	: >"$r/dev/$n"
	mount --bind "/dev/$n" "$r/dev/$n"
done
mkdir "$r/dev/pts" "$r/dev/shm"
mount -t devpts -o newinstance,ptmxmode=666 devpts "$r/dev/pts"
ln -s pts/ptmx "$r/dev/ptmx"
mount -t tmpfs tmpfs "$r/dev/shm"
ip link set lo up
cd "$r"
mkdir -p .before
pivot_root . .before
umount -l .before
exec env -i container=test PATH=/usr/sbin:/usr/bin:/sbin:/bin \
	/usr/lib/systemd/systemd --unit=test.target --show-status=0
'

# boot_in COMMAND... - there.
boot_in() {
	nsenter -t "$boot_init" -a -- "$@"
}

boot_is_up() {
	boot_init=$(pgrep -P "$boot_process" | head -n 1)
	[ -n "$boot_init" ] &&
		boot_in systemctl is-active test.target >/dev/null 2>&1
}

# boot_up DIR - false: this machine lets nobody do that.
boot_up() {
	[ "$(id -u)" = 0 ] && [ -x /usr/lib/systemd/systemd ] || return 1
	mkdir -p "$1"
	mount -t tmpfs -o mode=755 tmpfs "$1" || return 1
	mkdir -p "$1/upper/etc/systemd/system" "$1/work" "$1/root"
	for unit in $boot_masked; do
		ln -s /dev/null "$1/upper/etc/systemd/system/$unit"
	done
	printf '[Unit]\nRequires=systemd-journald.service\n' \
		>"$1/upper/etc/systemd/system/test.target"
	unshare --pid --mount --uts --ipc --net --cgroup --fork --kill-child \
		sh -c "$boot_inside" sh "$1" >"$1/log" 2>&1 &
	boot_process=$!
	i=0
	until boot_is_up; do
		i=$((i + 1))
		[ $i -lt 300 ] && kill -0 "$boot_process" 2>/dev/null ||
			return 1
		sleep 0.1
	done
}

# boot_down DIR - whatever state it is in.
boot_down() {
	[ -z "$boot_process" ] || kill -KILL "$boot_process" 2>/dev/null
	wait "$boot_process" 2>/dev/null
	boot_process=
	umount -l "$1" 2>/dev/null
}
