# Functions to build a Debian root with SELinux enforcing; sourced by image.sh and vagrant/make-box.sh. Needs root.
# shellcheck shell=sh
# shellcheck disable=SC2154 # top, vm: who sources this

# What hostprep's scenarios need, and what they install. initramfs-tools: testing's kernel would otherwise bring dracut, whose
# initial ramdisk has systemd and all drivers in it, and takes a minute more in an emulator.
common_packages=systemd-sysv,linux-image-amd64,initramfs-tools,login,passwd,procps,util-linux,kmod,auditd,libpam-modules,libselinux1
common_packages=$common_packages,selinux-policy-default,selinux-utils,policycoreutils,policycoreutils-python-utils
common_packages=$common_packages,checkpolicy,semodule-utils,python3-minimal,rpm,dnf
arriving='policycoreutils policycoreutils-python-utils checkpolicy semodule-utils'
fixture=$top/tests/fixtures/policy/unconfined_service_fixture.cil

# home_made NAME: the suite of the Debian archive that the home-made box of that name, and the guest, are made of.
home_made() {
    sed -n "s/^ *\"home-$1\": .*\"suite\": *\"\([a-z]*\)\".*/\1/p" "$top/vagrant/boxes.json"
}

# home_made_names: all that home_made knows, for messages.
home_made_names() {
    sed -n 's/^ *"home-\([a-z0-9-]*\)": .*"suite".*/\1/p' "$top/vagrant/boxes.json" | paste -sd ' '
}

# The inputs of an image; it is rebuilt when they change.
recipe() {
    cat "$@" "$vm/debian.sh" "$vm"/guest/* "$fixture" | cksum
}

# make_root SUITE ROOT PACKAGES [ARGUMENT OF MMDEBSTRAP…]
make_root() {
    suite=$1
    new_root=$2
    packages=$common_packages,$3
    shift 3
    settings=$new_root.settings
    mkdir -p "$settings"
    printf 'MODULES=list\nCOMPRESS=zstd\n' >"$settings/small-initrd.conf"
    printf '%s\n' virtio_pci virtio_blk virtio_net ext4 >"$settings/modules"
    # As this machine's apt does it: a mirror that stands still keeps an index of testing beyond its week.
    eval "$(apt-config shell valid_until Acquire::Check-Valid-Until)"
    # shellcheck disable=SC2016 # mmdebstrap's shells know $1
    mmdebstrap --quiet --variant=minbase --include="$packages" \
        --aptopt="Acquire::Check-Valid-Until \"${valid_until:-true}\"" \
        --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/man/*' \
        --dpkgopt='path-exclude=/usr/share/locale/*' \
        --essential-hook='mkdir -p "$1/etc/initramfs-tools/conf.d"' \
        --essential-hook="copy-in '$settings/small-initrd.conf' /etc/initramfs-tools/conf.d" \
        --essential-hook="copy-in '$settings/modules' /etc/initramfs-tools" \
        --customize-hook='mkdir "$1/var/cache/hostprep-debs" && chroot "$1" sh -c "cd /var/cache/hostprep-debs &&
            apt-get download -qq -o APT::Sandbox::User=root '"$arriving"' \
            \$(cd /lib/modules && ls | sed s/^/linux-headers-/ | xargs apt-cache depends --important |
                grep -Eo \"linux-(headers|kbuild)-[^ <>]+\" | sort -u)"' \
        "$@" "$suite" "$new_root"
    rm -r "$settings"
    for timer in apt-daily apt-daily-upgrade dpkg-db-backup; do
        ln -sf /dev/null "$new_root/etc/systemd/system/$timer.timer"
    done
    mkdir -p "$new_root/srv/hostprep" "$new_root/etc/rpm"
    echo '%_dbpath /var/lib/rpm' >"$new_root/etc/rpm/macros.dbpath"
    # rpm's plugin, which Debian 13 has, would start scriptlets in rpm_script_t, which Debian's policy lacks.
    echo '%__transaction_selinux %{nil}' >"$new_root/etc/rpm/macros.selinux"
}

# finish_guest ROOT: a session for the driver on the second serial line.
finish_guest() {
    install -m 755 "$vm/guest/agent.sh" "$1/usr/local/sbin/hostprep-agent"
    cp "$vm/guest/root-profile" "$1/root/.profile"
    install -D -m 644 "$vm/guest/autologin.conf" "$1/etc/systemd/system/serial-getty@.service.d/autologin.conf"
    ln -s /lib/systemd/system/serial-getty@.service "$1/etc/systemd/system/getty.target.wants/serial-getty@ttyS1.service"
    echo guest >"$1/etc/hostname"
    echo "/dev/vda / ext4 rw 0 0" >"$1/etc/fstab"
}

# What Debian's policy lacks, and enforcing.
prepare_policy() {
    cp "$fixture" "$vm/guest/start_in_domain.cil" "$vm/guest/policydb_ideas.cil" "$1/root/"
    chroot "$1" semodule -n -s default -X 400 -i /root/unconfined_service_fixture.cil -i /root/start_in_domain.cil \
        -i /root/policydb_ideas.cil
    rm "$1"/root/*.cil
    sed -i 's/^SELINUX=.*/SELINUX=enforcing/' "$1/etc/selinux/config"
}

# label_root ROOT TYPE: the last thing that is done to it.
label_root() {
    rm -f "$1/.autorelabel"
    setfiles -F -r "$1" "$1/etc/selinux/$2/contexts/files/file_contexts" "$1"
}
