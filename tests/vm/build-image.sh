#!/bin/sh
# Makes target/vm/KIND-image: a guest's disk whose builder installed hostprep, as a maintainer of images does it.
# usage: build-image.sh mmdebstrap|mkosi|selinux-off|two-kernels DEB
# mmdebstrap: installed by its customize hook, SELinux set to enforcing. mkosi: installed by apt in mkosi's sandbox, by its
# prepare script. selinux-off: in a chroot, while SELinux was set to disabled, and enforcing only afterwards; its kernel shows no
# BTF, and has no headers. two-kernels: without hostprep; `second` has another kernel of Debian's, and the guest its package. Needs
# root, and what image.sh makes.
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
# One has no hostprep in it, whose package each build makes anew.
[ "$kind" != two-kernels ] || deb=/dev/null
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

# hide_btf KERNELS: as if kernels of such releases were built without BTF. Debian's are built with it.
hide_btf() {
    mkdir -p "$root/usr/share/no-btf"
    cat >"$root/etc/systemd/system/no-btf.service" <<UNIT
[Unit]
DefaultDependencies=no
After=local-fs.target
Before=hostprep.service
ConditionKernelVersion=$1
[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/bin/mount --bind /usr/share/no-btf /sys/kernel/btf
UNIT
    mkdir -p "$root/etc/systemd/system/sysinit.target.wants"
    ln -s ../no-btf.service "$root/etc/systemd/system/sysinit.target.wants/"
}

say "$kind: installing Debian and what its builder adds"
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
    mkosi)
        for tool in mkosi debootstrap systemd-nspawn; do
            command -v $tool >/dev/null ||
                { say "no $tool; run: apt-get install --no-install-recommends mkosi debootstrap systemd-container" && exit 1; }
        done
        case $(mkosi --version) in
            "mkosi 14"*) ;;
            *) say "$(mkosi --version): these are the options of Debian 12's, mkosi 14" && exit 1 ;;
        esac
        rmdir "$root"
        work=$new/mkosi
        mkdir -p "$work/skeleton/root" "$work/skeleton/etc/initramfs-tools/conf.d"
        cp "$deb" "$work/skeleton/root/hostprep.deb"
        cp "$fixture" "$vm/guest/start_in_domain.cil" "$work/skeleton/root/"
        printf 'MODULES=list\n' >"$work/skeleton/etc/initramfs-tools/conf.d/small-initrd.conf"
        printf '%s\n' virtio_pci virtio_blk virtio_net ext4 >"$work/skeleton/etc/initramfs-tools/modules"
        cat >"$work/prepare" <<'PREPARE'
#!/bin/sh
set -eux
semodule -n -s default -X 400 -i /root/unconfined_service_fixture.cil -i /root/start_in_domain.cil
sed -i s/^SELINUX=.*/SELINUX=enforcing/ /etc/selinux/config
env | grep -e ^container= -e ^SYSTEMD_OFFLINE=
DEBIAN_FRONTEND=noninteractive apt-get install --yes -qq /root/hostprep.deb
rm /root/*.cil /root/hostprep.deb
PREPARE
        chmod 755 "$work/prepare"
        # shellcheck disable=SC2046 # a list of words
        # Without a unit of its own, so that it needs no systemd on this machine. mkosi reads settings from where it is started.
        (cd "$work" && mkosi --distribution debian --release bookworm --format directory --output "$root" \
            --nspawn-keep-unit --prepare-script "$work/prepare" --skeleton-tree "$work/skeleton" \
            $(echo "$common_packages,mount" | tr , '\n' | sed 's/^/--package /') build >&2)
        # mkosi makes initial ramdisks of its own, for images that it boots itself.
        chroot "$root" update-initramfs -c -k all
        rm -rf "$work"
        mkdir -p "$root/srv/hostprep"
        finish_guest "$root"
        ;;
    selinux-off)
        tar --zstd -C "$root" -xf "$base/root.tar.zst"
        set_mode disabled
        # Its configuration says that it has BTF: that it has none shows at the first boot.
        hide_btf '*'
        install_package
        set_mode enforcing
        ;;
    two-kernels)
        tar --zstd -C "$root" -xf "$base/root.tar.zst"
        fetched() {
            "$top/tests/setup/debs.sh" "$1"
            echo "$top/target/test-debs/$1.deb"
        }
        second=$(dpkg-deb --field "$(fetched linux-image-6.12-cloud-amd64)" Depends | sed 's/[ ,].*//')
        cp "$(fetched "$second")" "$root/var/cache/hostprep-debs/second-kernel.deb"
        hide_btf '6.12.*'
        cat >"$root/etc/kernel/postinst.d/a-no-btf" <<'HOOK'
#!/bin/sh
sed -i "s/^CONFIG_DEBUG_INFO_BTF=.*/# CONFIG_DEBUG_INFO_BTF is not set/" "/boot/config-$1"
HOOK
        chmod 755 "$root/etc/kernel/postinst.d/a-no-btf"
        # For its initial ramdisk: QEMU boots the guest with files outside of it.
        chroot "$root" dpkg --install /var/cache/hostprep-debs/second-kernel.deb
        mkdir "$new/second"
        cp "$root/boot/vmlinuz-${second#linux-image-}" "$new/second/vmlinuz"
        cp "$root/boot/initrd.img-${second#linux-image-}" "$new/second/initrd.img"
        chroot "$root" dpkg --purge "$second"
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
ExecStart=/bin/sh -c 'id -gn cisco-amp-scan-svc; stat -c %%a /opt/cisco; hostprep status | grep ^Fault'
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
