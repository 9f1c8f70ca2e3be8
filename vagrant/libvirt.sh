#!/bin/sh
# Runs a command with a libvirt of its own, and ends both. Everything runs in namespaces (network, mounts, processes), so nothing
# outside is reached or changed, and nothing outlives this script, however it ends.
# usage: libvirt.sh DIRECTORY COMMAND [ARGUMENT…]    DIRECTORY keeps images and logs. Needs root.
set -eu

PATH=$PATH:/usr/sbin:/sbin
umask 022
if [ "${1-}" != inside ]; then
    [ "$(id -u)" -eq 0 ] || {
        echo "libvirt.sh: needs root, for namespaces of its own" >&2
        exit 1
    }
    mkdir -p "$1"
    # unshare itself does not mind a signal; once it is killed, so is all that it started.
    setpriv --pdeathsig KILL unshare --net --mount --ipc --pid --fork --kill-child --mount-proc "$0" inside "$@" &
    all=$!
    trap 'kill -KILL $all 2>/dev/null || :' EXIT
    trap 'exit 1' HUP INT TERM
    status=0
    wait $all || status=$?
    trap - EXIT
    exit $status
fi
shift
own=$(cd "$1" && pwd)
shift

fail() {
    echo "libvirt.sh: $*; logs are in $own/log" >&2
    exit 1
}

ip link set lo up
# libvirt gets its own directories in place of the machine's.
mount -t sysfs sysfs /sys
mount -t tmpfs tmpfs /run
mkdir -p /run/lock /run/libvirt
for name in lib log cache; do
    mkdir -p "$own/$name"
done
mkdir -p "$own/lib/images" "$own/lib/qemu" "$own/lib/dnsmasq" "$own/lib/boot" "$own/log/qemu" /var/lib/libvirt \
    /var/log/libvirt /var/cache/libvirt /etc/libvirt
rm -rf "${own:?}/etc"
cp -R /etc/libvirt "$own/etc"
rm -rf "$own/etc/qemu/networks/autostart"
cat >"$own/etc/qemu.conf" <<'END'
user = "root"
group = "root"
security_driver = "none"
namespaces = []
cgroup_controllers = []
END
cat >"$own/etc/libvirtd.conf" <<'END'
unix_sock_group = "root"
auth_unix_rw = "none"
END
mount --bind "$own/lib" /var/lib/libvirt
mount --bind "$own/log" /var/log/libvirt
mount --bind "$own/cache" /var/cache/libvirt
mount --bind "$own/etc" /etc/libvirt
for file in passwd group; do
    cp /etc/$file "$own/$file"
done
grep -q ^libvirt-qemu: "$own/passwd" || echo 'libvirt-qemu:x:64055:64055::/var/lib/libvirt:/usr/sbin/nologin' >>"$own/passwd"
grep -q ^libvirt-qemu: "$own/group" || echo 'libvirt-qemu:x:64055:' >>"$own/group"
grep -q ^libvirt: "$own/group" || echo 'libvirt:x:64056:' >>"$own/group"
mount --bind "$own/passwd" /etc/passwd
mount --bind "$own/group" /etc/group

virtlogd --daemon || fail "virtlogd does not start"
libvirtd --daemon || fail "libvirtd does not start"
for _ in $(seq 60); do
    ! virsh --connect qemu:///system version >/dev/null 2>&1 || break
    sleep 0.5
done
virsh --connect qemu:///system version >"$own/log/version" || fail "libvirtd does not answer"
"$@"
