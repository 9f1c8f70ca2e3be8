#!/bin/sh
# Makes target/test-store/root: the SELinux part of an alternate root, with a real policy store linked by the real
# semodule; and target/test-store/core: the same with only those of the policy's modules that its base needs, so that a
# transaction takes a fifth of the time; and target/test-store/mls: the compiled policy of the distribution's package for
# multi-level security, alone. They are made once and kept; copies of them are what the demo and the tests work on. Needs no
# root on Debian.
set -eu

PATH=$PATH:/usr/sbin:/sbin
umask 022
here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../.." && pwd)
store=$top/target/test-store
fixture=$top/tests/fixtures/policy/unconfined_service_fixture.cil

fail() {
    echo "policy-store: $*" >&2
    exit 1
}

if command -v apt-get >/dev/null; then
    package=selinux-policy-default
    # The version that can be had; empty where apt has no lists.
    version=$(apt-cache policy $package 2>/dev/null | sed -n 's/^  Candidate: \([^(].*\)/\1/p')
else
    package=selinux-policy-targeted
    version=$(rpm -q --qf '%{VERSION}-%{RELEASE}' $package) ||
        fail "$package is not installed; run $here/install-build-needs.sh"
fi
recipe=$(cat "$0" "$fixture" | cksum)

# One at a time, also when several test programs want it.
mkdir -p "$top/target"
exec 9>"$top/target/test-store.lock"
flock 9

stamp=$(cat "$store/stamp" 2>/dev/null || true)
if [ "$stamp" = "$package $version, recipe $recipe" ]; then
    exit 0
fi
if [ -z "$version" ]; then
    # Without lists nothing newer can be had, so what an earlier run made will do.
    case $stamp in
        "$package "*", recipe $recipe") exit 0 ;;
    esac
    fail "apt knows no package $package; run $here/install-build-needs.sh (or apt-get update)"
fi

# fetch PACKAGE: unpacks it and its scripts. apt's sandbox user may not write here, so it is not used; nothing is installed.
fetch() {
    echo "policy-store: fetching $1 $version"
    (cd "$new/download" && apt-get download -qq -o APT::Sandbox::User="$(id -un)" "$1=$version")
    dpkg-deb -x "$new/download/$1"_*.deb "$new/unpacked/$1"
    dpkg-deb -e "$new/download/$1"_*.deb "$new/control/$1"
}

# link_all ROOT PACKAGE TYPE [OPTION…]: as the package's own postinst does it: all of .modules at priority 100, and its list of
# those not on by default.
link_all() {
    link_root=$1
    link_package=$2
    link_type=$3
    shift 3
    modules=$new/unpacked/$link_package/usr/share/selinux/$link_type
    not_default=$(sed -n 's/^notdefault="\(.*\)"$/\1/p' "$new/control/$link_package/postinst")
    [ -n "$not_default" ] || fail "the postinst of $link_package $version has no list 'notdefault' any more"
    for module in $not_default; do
        set -- -d "$module" "$@"
    done
    while read -r module || [ -n "$module" ]; do
        set -- -i "$modules/$module.pp.bz2" "$@"
    done <"$modules/.modules"
    echo "policy-store: linking the modules of $link_package (about half a minute)"
    semodule -p "$link_root" -n -s "$link_type" -X 100 "$@"
}

new=$store.new
rm -rf "$new"
trap 'rm -rf "$new"' EXIT
mkdir -p "$new/root/etc/selinux" "$new/root/var/lib/selinux" "$new/download" "$new/unpacked" "$new/control"
root=$new/root

if [ "$package" = selinux-policy-default ]; then
    fetch $package
    cp -R "$new/unpacked/$package/etc/selinux/." "$root/etc/selinux/"
    cp /etc/selinux/semanage.conf "$root/etc/selinux/semanage.conf"
    printf 'SELINUX=enforcing\nSELINUXTYPE=default\n' >"$root/etc/selinux/config"
    link_all "$root" $package default -X 400 -i "$fixture"

    fetch selinux-policy-mls
    mls=$new/mls
    mkdir -p "$mls/etc/selinux" "$mls/var/lib/selinux"
    cp -R "$new/unpacked/selinux-policy-mls/etc/selinux/." "$mls/etc/selinux/"
    cp /etc/selinux/semanage.conf "$mls/etc/selinux/semanage.conf"
    link_all "$mls" selinux-policy-mls mls
    rm -rf "${mls:?}/var"

    core=$new/core
    mkdir -p "$core/etc/selinux" "$core/var/lib/selinux"
    cp -R "$new/unpacked/$package/etc/selinux/." "$core/etc/selinux/"
    cp "$root/etc/selinux/semanage.conf" "$root/etc/selinux/config" "$core/etc/selinux/"
    # The base names a user and types of xserver's, which needs xdg and getty. semodule refuses where something is missing.
    set -- -X 100
    for module in base getty unconfined xdg xserver; do
        set -- "$@" -i "$new/unpacked/$package/usr/share/selinux/default/$module.pp.bz2"
    done
    semodule -p "$core" -n -s default "$@" -X 400 -i "$fixture"
    rm -rf "$new/unpacked" "$new/control" "$new/download"
else
    # This machine's own policy, which has unconfined_service_t itself. Not tried yet on a Fedora machine.
    # Only root may read it; the copy belongs to the user.
    as_root=
    [ "$(id -u)" -eq 0 ] || as_root=sudo
    $as_root tar -C / -cf - etc/selinux var/lib/selinux/targeted | tar -C "$root" --no-same-owner -xf -
    printf 'SELINUX=enforcing\nSELINUXTYPE=targeted\n' >"$root/etc/selinux/config"
    ln -s root "$new/core"
    rm -rf "$new/download" "$new/unpacked" "$new/control"
fi

echo "$package $version, recipe $recipe" >"$new/stamp"
# The old one goes only when the new one is whole.
rm -rf "$store"
mv "$new" "$store"
trap - EXIT
echo "policy-store: $store/root is ready"
