#!/bin/sh
# Makes target/vm/KIND-image: a guest's disk whose builder installed hostprep, as a maintainer of images does it.
# usage: build-image.sh mmdebstrap|selinux-off DEB
# mmdebstrap: installed by its customize hook, SELinux set to enforcing. selinux-off: in a chroot, while SELinux was set to
# disabled, and enforcing only afterwards. Needs root, and what image.sh makes.
set -eu

PATH=$PATH:/usr/sbin:/sbin
umask 022
vm=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$vm/../.." && pwd)
# shellcheck source=tests/vm/debian.sh
. "$vm/debian.sh"
kind=$1
deb=$(realpath "$2")
base=$top/target/vm/image
image=$top/target/vm/$kind-image
new=$image.new
root=$new/root

say() {
    echo "build-image: $*" >&2
}

exec 9>"$top/target/vm/$kind.lock"
flock 9
stamp="$(recipe "$0" "$vm/image.sh" "$deb") $(cat "$base/stamp")"
[ "$(cat "$image/stamp" 2>/dev/null)" != "$stamp" ] || exit 0
trap 'rm -rf "$new"' EXIT
trap 'exit 1' HUP INT TERM
rm -rf "$new" "$image"
mkdir -p "$root"

# Where the maintainer's own steps end, and the package comes.
set_mode() {
    sed -i "s/^SELINUX=.*/SELINUX=$1/" "$root/etc/selinux/config"
}
install_package() {
    cp "$deb" "$root/tmp/hostprep.deb"
    chroot "$root" env DEBIAN_FRONTEND=noninteractive dpkg --install /tmp/hostprep.deb
    rm "$root/tmp/hostprep.deb"
}

say "$kind: installing Debian and hostprep"
case $kind in
    mmdebstrap)
        rmdir "$root"
        # shellcheck disable=SC2016 # mmdebstrap's shells know $1
        make_root bookworm "$root" mount \
            --customize-hook="cp '$fixture' '$vm/guest/start_in_domain.cil' \"\$1/root/\"" \
            --customize-hook='chroot "$1" semodule -n -s default -X 400 -i /root/unconfined_service_fixture.cil \
                -i /root/start_in_domain.cil && rm "$1"/root/*.cil' \
            --customize-hook='sed -i s/^SELINUX=.*/SELINUX=enforcing/ "$1/etc/selinux/config"' \
            --customize-hook="cp '$deb' \"\$1/tmp/hostprep.deb\"" \
            --customize-hook='chroot "$1" apt-get install --yes -qq /tmp/hostprep.deb' \
            --customize-hook='rm "$1/tmp/hostprep.deb"'
        finish_guest "$root"
        ;;
    selinux-off)
        tar --zstd -C "$root" -xf "$base/root.tar.zst"
        set_mode disabled
        install_package
        set_mode enforcing
        ;;
    *)
        say "unknown kind $kind"
        exit 1
        ;;
esac

# An agent whose unit notes what it finds when it starts.
cat >"$root/etc/systemd/system/cisco-amp.service" <<'UNIT'
[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/bin/sh -c 'id -gn cisco-amp-scan-svc; stat -c %%a /opt/cisco'
[Install]
WantedBy=multi-user.target
UNIT
mkdir -p "$root/etc/systemd/system/multi-user.target.wants"
ln -sf ../cisco-amp.service "$root/etc/systemd/system/multi-user.target.wants/cisco-amp.service"
: >"$root/etc/machine-id"

label_root "$root" default
cp "$root"/boot/vmlinuz-* "$new/vmlinuz"
cp "$root"/boot/initrd.img-* "$new/initrd.img"
mke2fs -q -t ext4 -d "$root" "$new/disk.img" 3G
rm -rf "$root"
echo "$stamp" >"$new/stamp"
mv "$new" "$image"
