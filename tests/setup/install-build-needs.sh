#!/bin/sh
# Installs what building and testing hostprep need and this machine lacks, from the distribution's packages.
# usage: install-build-needs.sh [--for demo|check|test] [--vagrant] [--fuzz] [--browser] [--emulate] [--list]
# --for limits it to what `make demo` or `make check` needs; without it, everything for `make test` and `make vm` is installed.
# --vagrant adds the tools that build and boot boxes, --fuzz those that build libFuzzer, --browser those that open a page in a
# browser, --emulate one that runs programs of another architecture. --list only prints the packages that are missing. It asks
# for root (through sudo) only if there is something to install.
set -eu

PATH=$PATH:/usr/sbin:/sbin

fail() {
    echo "install-build-needs: $*" >&2
    exit 1
}

purpose='test'
vagrant=
fuzz=
browser=
emulate=
list=
while [ $# -gt 0 ]; do
    case $1 in
        --for)
            shift
            case ${1-} in
                demo | check | test) purpose=$1 ;;
                *) fail "--for takes demo, check or test, not '${1-}'" ;;
            esac
            ;;
        --vagrant) vagrant=yes ;;
        --fuzz) fuzz=yes ;;
        --browser) browser=yes ;;
        --emulate) emulate=yes ;;
        --list) list=yes ;;
        *) fail "unknown option: $1" ;;
    esac
    shift
done

# cargo's own message for a compiler that does not know the edition says nothing of the version.
wanted=$(sed -n 's/^rust-version = "\(.*\)"$/\1/p' "$(dirname "$0")/../../Cargo.toml")
command -v rustc >/dev/null || fail "Rust is not installed; install Rust $wanted or later from rustup.rs or the distribution"
found=$(rustc --version | cut -d' ' -f2)
if [ "$(printf '%s\n' "$wanted" "$found" | sort -V | head -n 1)" != "$wanted" ]; then
    fail "Rust $found is too old; hostprep needs $wanted or later: rustup update stable"
fi

if command -v apt-get >/dev/null; then
    manager=apt
elif command -v dnf >/dev/null; then
    manager=dnf
else
    fail "neither apt-get nor dnf is here; install by hand what the list in $0 names"
fi

has() {
    case $1 in
        /*) # A file, perhaps one of several patterns.
            for pattern in $1; do
                [ -e "$pattern" ] && return 0
            done
            return 1
            ;;
        import\ *) python3 -c "$1" 2>/dev/null ;;
        *) command -v "$1" >/dev/null ;;
    esac
}

missing=
# need PROBE DEBIAN FEDORA: installs this machine's package (- for none) unless PROBE exists.
need() {
    has "$1" && return
    case $manager in
        apt) package=$2 ;;
        dnf) package=$3 ;;
    esac
    [ "$package" = - ] || missing="$missing $package"
}

# To build.
need make make make
need cc gcc gcc
need /usr/include/stdio.h libc6-dev glibc-devel
need /usr/include/selinux/selinux.h libselinux1-dev libselinux-devel
need '/usr/lib*/libclang*.so* /usr/lib/*/libclang*.so* /usr/lib/llvm*/lib/libclang*.so* /usr/lib64/llvm*/lib/libclang*.so*' \
    libclang-dev clang-devel
need '/usr/lib/clang/*/include/stddef.h /usr/lib64/clang/*/include/stddef.h /usr/lib/llvm*/lib/clang/*/include/stddef.h' \
    libclang-dev clang-devel
need 'import ensurepip' python3-venv python3

# To lint.
if [ "$purpose" != demo ]; then
    need python3 python3 python3
    need shellcheck shellcheck ShellCheck
    need codespell codespell codespell
    need 'import yaml' python3-yaml python3-pyyaml
    # To judge manual pages.
    need mandoc mandoc mandoc
    need man man-db man-db
fi

# What hostprep runs.
need useradd passwd shadow-utils
need semodule policycoreutils policycoreutils
need checkmodule checkpolicy checkpolicy
need semodule_package semodule-utils policycoreutils
need /usr/share/selinux/targeted - selinux-policy-targeted

if [ "$purpose" = test ]; then
    # To test.
    need secilc secilc secilc
    need /usr/include/sepol/sepol.h libsepol-dev libsepol-devel
    need jq jq jq
    need sesearch setools setools-console
    need strace strace strace
    need getfattr attr attr
    need chattr e2fsprogs e2fsprogs
    need unshare util-linux util-linux-core
    need bwrap bubblewrap bubblewrap
    need flock util-linux util-linux-core
    need bzip2 bzip2 bzip2
    need xz xz-utils xz
    need zstd zstd zstd
    need mmdebstrap mmdebstrap -
    # To boot a guest.
    need qemu-system-x86_64 qemu-system-x86 qemu-system-x86-core
    need mke2fs e2fsprogs e2fsprogs
    need setfiles policycoreutils policycoreutils
    # To judge packages.
    need rpm rpm rpm
    need rpmkeys rpm rpm
    need rpm2cpio rpm2cpio rpm
    need rpmbuild rpm rpm-build
    need rpmsign rpm rpm-sign
    need rpmlint rpmlint rpmlint
    need cpio cpio cpio
    need dpkg-deb dpkg dpkg
    need dpkg-gencontrol dpkg-dev dpkg-dev
    need lintian lintian -
    need systemd-analyze systemd systemd
    need ar binutils binutils
    need gpg gpg gnupg2
    need gpg-agent gpg-agent gnupg2
    need gpgv gpgv gnupg2
    # To make repositories.
    need createrepo_c createrepo-c createrepo_c
    need apt-ftparchive apt-utils apt-utils
    need rsync rsync rsync
    need dash dash dash
    need busybox busybox busybox
    need newuidmap uidmap -
    need /usr/share/keyrings/debian-archive-keyring.gpg debian-archive-keyring -
    need /etc/ssl/certs/ca-certificates.crt ca-certificates ca-certificates
fi

# To boot Vagrant boxes.
if [ -n "$vagrant" ]; then
    need vagrant vagrant vagrant
    need '/usr/share/rubygems-integration/all/gems/vagrant-libvirt-* /usr/share/vagrant/gems/gems/vagrant-libvirt-*' \
        vagrant-libvirt vagrant-libvirt
    need libvirtd libvirt-daemon libvirt-daemon
    need '/usr/lib/*/libvirt/connection-driver/libvirt_driver_qemu.so /usr/lib64/libvirt/connection-driver/libvirt_driver_qemu.so' \
         libvirt-daemon-driver-qemu libvirt-daemon-driver-qemu
    need virsh libvirt-clients libvirt-client
    need /etc/libvirt/qemu/networks/default.xml libvirt-daemon-config-network libvirt-daemon-config-network
    need dnsmasq dnsmasq-base dnsmasq
    need iptables iptables iptables-nft
    need ip iproute2 iproute
    need qemu-img qemu-utils qemu-img
    need sfdisk fdisk util-linux-core
    need grub-mkimage grub-common -
    need /usr/lib/grub/i386-pc/boot.img grub-pc-bin -
fi

# To fuzz.
if [ -n "$fuzz" ]; then
    need c++ g++ gcc-c++
fi

# To open a page in a browser.
if [ -n "$browser" ]; then
    need /usr/bin/chromium chromium chromium
    need /usr/bin/chromedriver chromium-driver chromedriver
    # For the distribution's interpreter, which need not be the first one found.
    need '/usr/lib/python3*/*-packages/selenium' python3-selenium python3-selenium
fi

# To run programs of another architecture.
if [ -n "$emulate" ]; then
    case $(uname -m) in
        x86_64) need qemu-aarch64-static qemu-user-static qemu-user-static-aarch64 ;;
        *) need qemu-x86_64-static qemu-user-static qemu-user-static-x86 ;;
    esac
fi

# A package that several probes ask for is named once.
missing=$(echo "$missing" | tr ' ' '\n' | sed '/^$/d' | sort -u)
if [ -n "$list" ]; then
    [ -z "$missing" ] || echo "$missing"
    exit 0
fi

# What can be installed must be known: also for the tests, which fetch a package without root.
lists_missing() {
    [ "$manager" = apt ] && [ -z "$(find /var/lib/apt/lists -maxdepth 1 -name '*_Packages*' 2>/dev/null)" ]
}
if [ -z "$missing" ] && ! lists_missing; then
    echo "install-build-needs: everything is here"
    exit 0
fi

as_root=
if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null || fail "not root and no sudo; as root, run: $0"
    as_root=sudo
fi
run() {
    echo "+ $*"
    "$@"
}
# shellcheck disable=SC2086 # lists of words
case $manager in
    apt)
        install="$as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends"
        if lists_missing; then
            run $as_root apt-get update
        fi
        if [ -n "$missing" ]; then
            # Lists that are there may be so old that they name versions no longer to be had.
            run $install $missing || { run $as_root apt-get update && run $install $missing; }
        fi
        ;;
    dnf)
        run $as_root dnf install -y $missing
        ;;
esac
