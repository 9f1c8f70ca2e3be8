#!/bin/sh
# Makes target/vagrant/NAME.box: Debian with SELinux enforcing, for Vagrant's libvirt provider. It is made once and kept until
# the recipe changes. usage: make-box.sh NAME    a home-made box of boxes.json without "home-", as debian12. Needs root.
#   vagrant box add --name hostprep/debian12 target/vagrant/debian12.box
set -eu

PATH=$PATH:/usr/sbin:/sbin
umask 022
here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/.." && pwd)
vm=$top/tests/vm
# shellcheck source=/dev/null
. "$vm/debian.sh"

name=${1-}
suite=$(home_made "$name")
[ -n "$suite" ] || {
    echo "make-box: boxes.json has no home-made box \"$name\"; there are: $(home_made_names)" >&2
    exit 2
}
[ "$(id -u)" -eq 0 ] || {
    echo "make-box: needs root, to label files and to make users' files; run: sudo $0 $1" >&2
    exit 1
}
out=$top/target/vagrant
mkdir -p "$out"
exec 9>"$out/$name.lock"
flock 9
stamp="$(recipe "$0" "$here"/box/*) $suite"
[ ! -e "$out/$name.box" ] || [ "$(cat "$out/$name.stamp" 2>/dev/null)" != "$stamp" ] || exit 0

new=$out/$name.new
rm -rf "$new" "$out/$name.box"
trap 'rm -rf "$new"' EXIT
trap 'exit 1' HUP INT TERM
mkdir -p "$new/box"
root=$new/root

echo "make-box: installing Debian $suite (two minutes on an idle machine)" >&2
# With libpam-systemd, sessions end before the network does, and Vagrant sees at once that the machine reboots. It uploads with
# the box's scp, which a server of OpenSSH 10 does not bring.
make_root "$suite" "$root" openssh-client,openssh-server,sudo,dbus,iproute2,libpam-systemd
echo "$name" >"$root/etc/hostname"
echo "127.0.0.1 localhost $name" >"$root/etc/hosts"
echo "/dev/vda1 / ext4 rw 0 0" >"$root/etc/fstab"
install -m 644 "$here/box/vagrant.network" "$root/etc/systemd/network/80-vagrant.network"
chroot "$root" systemctl --quiet enable systemd-networkd ssh

# As in every base box: an account with the well-known key, for private machines.
key=$(find /usr/share /opt -path '*/keys/vagrant.pub' 2>/dev/null | head -n 1)
[ -n "$key" ] || { echo "make-box: Vagrant's public key is not here; install vagrant" >&2 && exit 1; }
chroot "$root" useradd --create-home --shell /bin/bash vagrant
chroot "$root" install -d -m 700 -o vagrant -g vagrant /home/vagrant/.ssh
install -m 600 "$key" "$root/home/vagrant/.ssh/authorized_keys"
chroot "$root" chown vagrant:vagrant /home/vagrant/.ssh/authorized_keys
echo 'vagrant ALL=(ALL) NOPASSWD: ALL' >"$root/etc/sudoers.d/vagrant"
chmod 440 "$root/etc/sudoers.d/vagrant"
install -D -m 644 "$here/box/grub.cfg" "$root/boot/grub/grub.cfg"

# Debian 11's policy lets sshd start no unconfined session without it.
echo 'ssh_sysadm_login=1' >>"$root/var/lib/selinux/default/active/booleans.local"
prepare_policy "$root"
label_root "$root" default

# GRUB behind the partition table, as grub-install puts it there, but without a disk to be mounted.
grub=/usr/lib/grub/i386-pc
disk=$new/disk.img
size=4096 # MiB
truncate -s ${size}M "$disk"
echo "2048,,L,*" | sfdisk --quiet "$disk"
mke2fs -q -t ext4 -E offset=1048576 -d "$root" "$disk" $((size - 1))M
grub-mkimage --format=i386-pc --output="$new/core.img" --prefix='(hd0,msdos1)/boot/grub' \
    biosdisk part_msdos ext2 normal linux serial
dd if=$grub/boot.img of="$disk" bs=440 count=1 conv=notrunc status=none
dd if="$new/core.img" of="$disk" bs=512 seek=1 conv=notrunc status=none
rm -rf "$root"

qemu-img convert -O qcow2 "$disk" "$new/box/box.img"
printf '{"provider": "libvirt", "format": "qcow2", "virtual_size": %s}\n' $((size / 1024)) >"$new/box/metadata.json"
: >"$new/box/Vagrantfile"
tar -C "$new/box" -czf "$new/$name.box" metadata.json Vagrantfile box.img
mv "$new/$name.box" "$out/$name.box"
echo "$stamp" >"$out/$name.stamp"
