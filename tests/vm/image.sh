#!/bin/sh
# Makes target/vm/image: disk.img, a Debian guest with SELinux enforcing that waits for commands on its second serial
# line, and vmlinuz and initrd.img, which it is booted with. It is made once and kept until the recipe changes.
# usage: image.sh [--distribution NAME] [POLICY]
# NAME is a home-made box of vagrant/boxes.json without "home-"; debian12 if it is omitted. Each other one is made in
# target/vm/NAME-image.
# POLICY is a directory with etc/selinux and var/lib/selinux of another host: with it, target/vm/policy-image is made, of the
# same guest with that policy, and with labels as that policy wants them. Needs root.
set -eu

PATH=$PATH:/usr/sbin:/sbin
umask 022
vm=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$vm/../.." && pwd)
distribution=debian12
image=$top/target/vm/image
if [ "${1-}" = --distribution ]; then
    distribution=${2:?the name of a distribution}
    shift 2
    [ "$distribution" = debian12 ] || image=$top/target/vm/$distribution-image
fi
# shellcheck source=tests/vm/debian.sh
. "$vm/debian.sh"

mkdir -p "$top/target/vm"
exec 9>"$top/target/vm/lock"
flock 9

say() {
    echo "image: $*" >&2
}
fail() {
    say "$*"
    exit 1
}
trap 'rm -rf "$image.new" "$top/target/vm/policy-image.new"' EXIT
trap 'exit 1' HUP INT TERM

make_disk() {
    mke2fs -q -t ext4 -d "$1/root" "$1/disk.img" 3G
    rm -rf "$1/root"
}

suite=$(home_made "$distribution")
[ -n "$suite" ] || fail "no guest is made of $distribution; there are: $(home_made_names)"
stamp="$(recipe "$0") $suite"
if [ "$(cat "$image/stamp" 2>/dev/null)" != "$stamp" ]; then
    [ "$(id -u)" -eq 0 ] || fail "needs root, to label files and to make users' files; run: sudo $0"
    new=$image.new
    rm -rf "$image" "$new"
    mkdir -p "$new"
    root=$new/root

    say "installing Debian $suite (two minutes on an idle machine)"
    make_root "$suite" "$root" mount
    finish_guest "$root"

    say "its policy: a module for what Debian's lacks, and labels"
    prepare_policy "$root"
    tar --zstd -C "$root" -cf "$new/root.tar.zst" .
    label_root "$root" default
    cp "$root"/boot/vmlinuz-* "$new/vmlinuz"
    cp "$root"/boot/initrd.img-* "$new/initrd.img"
    make_disk "$new"
    echo "$stamp" >"$new/stamp"
    mv "$new" "$image"
fi
[ $# -gt 0 ] || exit 0

policy=$1
type=$(sed -n 's/^SELINUXTYPE=//p' "$policy/etc/selinux/config" 2>/dev/null)
[ -n "$type" ] || fail "$policy/etc/selinux/config names no SELINUXTYPE"
[ -e "$policy/etc/selinux/$type/contexts/files/file_contexts" ] || fail "$policy/etc/selinux/$type has no file contexts"
[ -d "$policy/var/lib/selinux/$type/active/modules" ] || fail "$policy/var/lib/selinux/$type is not a policy store"
new=$top/target/vm/policy-image.new
rm -rf "$new" "$top/target/vm/policy-image"
mkdir -p "$new/root"
say "the same guest with the policy $type of $policy"
tar --zstd -C "$new/root" -xf "$image/root.tar.zst"
rm -rf "$new/root/etc/selinux" "$new/root/var/lib/selinux"
mkdir -p "$new/root/etc/selinux" "$new/root/var/lib/selinux"
cp -R "$policy/etc/selinux/." "$new/root/etc/selinux/"
cp -R "$policy/var/lib/selinux/$type" "$new/root/var/lib/selinux/"
chown -R root:root "$new/root/etc/selinux" "$new/root/var/lib/selinux"
sed -i 's/^SELINUX=.*/SELINUX=enforcing/' "$new/root/etc/selinux/config"
semodule -n -p "$new/root" -s "$type" -l | grep -q '^dpkg$' ||
    semodule -n -p "$new/root" -s "$type" -X 400 -i "$vm/guest/dpkg_scripts.cil"
label_root "$new/root" "$type"
make_disk "$new"
ln "$image/vmlinuz" "$image/initrd.img" "$new/"
mv "$new" "$top/target/vm/policy-image"
