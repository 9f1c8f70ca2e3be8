#!/bin/sh
# Makes target/vm/image: disk.img, a Debian guest with SELinux enforcing that waits for commands on its second serial
# line; vmlinuz and initrd.img, which it is booted with; and debs/, packages of the same day that scenarios install.
# It is made once and kept until the recipe changes. Needs root.
set -eu

PATH=$PATH:/usr/sbin:/sbin
umask 022
here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../.." && pwd)
image=$top/target/vm/image
fixtures=$top/tests/fixtures/policy
stamp=$(cat "$0" "$here"/guest/* "$fixtures"/*.cil | cksum)

packages=systemd-sysv,linux-image-amd64,login,passwd,procps,util-linux,kmod,auditd,libpam-modules,libselinux1
packages=$packages,selinux-policy-default,selinux-utils,policycoreutils,policycoreutils-python-utils
packages=$packages,checkpolicy,semodule-utils,rpm,dnf
arriving='policycoreutils policycoreutils-python-utils checkpolicy semodule-utils'

mkdir -p "$top/target/vm"
exec 9>"$top/target/vm/lock"
flock 9
[ "$(cat "$image/stamp" 2>/dev/null)" != "$stamp" ] || exit 0

say() {
    echo "image: $*" >&2
}
[ "$(id -u)" -eq 0 ] || {
    say "needs root, to label files and to make users' files; run: sudo $0"
    exit 1
}

new=$image.new
rm -rf "$image" "$new"
mkdir -p "$new/debs" "$new/setup"
trap 'rm -rf "$new"' EXIT
root=$new/root

say "installing Debian (about two minutes)"
cat >"$new/setup/small-initrd.conf" <<'END'
MODULES=list
COMPRESS=zstd
END
printf '%s\n' virtio_pci virtio_blk ext4 >"$new/setup/modules"
# shellcheck disable=SC2016 # mmdebstrap's shells know $1
mmdebstrap --quiet --variant=minbase --include="$packages" \
    --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/man/*' \
    --dpkgopt='path-exclude=/usr/share/locale/*' \
    --essential-hook='mkdir -p "$1/etc/initramfs-tools/conf.d"' \
    --essential-hook="copy-in '$new/setup/small-initrd.conf' /etc/initramfs-tools/conf.d" \
    --essential-hook="copy-in '$new/setup/modules' /etc/initramfs-tools" \
    --customize-hook='mkdir "$1/debs" && chroot "$1" sh -c "cd /debs && apt-get download -qq -o APT::Sandbox::User=root \
        '"$arriving"' \$(cd /lib/modules && ls | sed s/^/linux-headers-/)"' \
    --customize-hook="copy-out /debs '$new'" --customize-hook='rm -r "$1/debs"' \
    bookworm "$root"

install -m 755 "$here/guest/agent.sh" "$root/usr/local/sbin/hostprep-agent"
cp "$here/guest/root-profile" "$root/root/.profile"
install -D -m 644 "$here/guest/autologin.conf" "$root/etc/systemd/system/serial-getty@.service.d/autologin.conf"
ln -s /lib/systemd/system/serial-getty@.service "$root/etc/systemd/system/getty.target.wants/serial-getty@ttyS1.service"
ln -sf /dev/null "$root/etc/systemd/system/apt-daily.timer"
ln -sf /dev/null "$root/etc/systemd/system/apt-daily-upgrade.timer"
ln -sf /dev/null "$root/etc/systemd/system/dpkg-db-backup.timer"
echo guest >"$root/etc/hostname"
echo "/dev/vda / ext4 rw 0 0" >"$root/etc/fstab"
mkdir -p "$root/srv/hostprep"
mkdir -p "$root/etc/rpm"
echo '%_dbpath /var/lib/rpm' >"$root/etc/rpm/macros.dbpath"

say "its policy: a module for what Debian's lacks, and labels"
sed -i 's/^SELINUX=.*/SELINUX=enforcing/' "$root/etc/selinux/config"
semodule -n -p "$root" -s default -X 400 -i "$fixtures/unconfined_service_fixture.cil" -i "$here/guest/start_in_domain.cil"
setfiles -F -r "$root" "$root/etc/selinux/default/contexts/files/file_contexts" "$root"
rm -f "$root/.autorelabel"

cp "$root"/boot/vmlinuz-* "$new/vmlinuz"
cp "$root"/boot/initrd.img-* "$new/initrd.img"
mke2fs -q -t ext4 -d "$root" "$new/disk.img" 3G
rm -rf "$root" "$new/setup"
echo "$stamp" >"$new/stamp"
mv "$new" "$image"
trap - EXIT
