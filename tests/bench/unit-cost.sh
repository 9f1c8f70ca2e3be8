#!/bin/sh
# Prints what hostprep's unit costs on this processor, under a systemd that boots in a container: tests/vm/cost.sh, where there is
# nothing to do. Needs root, mmdebstrap and systemd-nspawn (package systemd-container), and an idle machine. About three minutes.
# usage: unit-cost.sh DEB [RUNS]
set -eu

if [ ! -f "${1:-}" ]; then
    echo "usage: unit-cost.sh DEB [RUNS]" >&2
    exit 2
fi
top=$(cd "$(dirname "$0")/../.." && pwd)
runs=${2:-20}
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
root=$place/root

packages=systemd,systemd-sysv,dbus,passwd,policycoreutils,checkpolicy,semodule-utils,selinux-policy-default
mmdebstrap --quiet --variant=minbase --include="$packages" bookworm "$root"
cp "$1" "$root/tmp/hostprep.deb"
chroot "$root" dpkg --install /tmp/hostprep.deb >/dev/null

mkdir "$root/opt/cost"
# A container is not judged as a host, and the kernel of this machine may have faults: that is the cost of a host all the same.
sed 's/repair --source timer/--assume host repair --source timer/g' "$top/tests/vm/cost.sh" >"$root/opt/cost/cost.sh"
cat >"$root/etc/systemd/system/cost.service" <<END
[Unit]
After=basic.target hostprep.service
[Service]
Type=oneshot
ExecStart=/bin/sh -c 'cat /proc/loadavg >/opt/cost/out; hostprep --assume host check >>/opt/cost/out; sh /opt/cost/cost.sh $runs >>/opt/cost/out 2>&1'
ExecStopPost=/bin/systemctl poweroff
[Install]
WantedBy=multi-user.target
END
chroot "$root" systemctl enable --quiet cost.service
# Without its filter of system calls, which would hide bpf(2); control groups of version 2 count the time without more.
SYSTEMD_SECCOMP=0 SYSTEMD_NSPAWN_UNIFIED_HIERARCHY=1 \
    timeout 300 systemd-nspawn --quiet --directory "$root" --link-journal=no --boot --register=no --keep-unit --machine=unit-cost \
    </dev/null >"$place/log" 2>&1 || :
grep -q ' ms of CPU' "$root/opt/cost/out" 2>/dev/null || {
    tail -n 20 "$place/log" >&2
    echo "unit-cost: nothing was measured" >&2
    exit 1
}
cat "$root/opt/cost/out"
