#!/bin/sh
# Makes target/test-store/root: the SELinux part of an alternate root, with a real policy store linked by the real
# semodule; and target/test-store/core: the same with only those of the policy's modules that its base needs, so that a
# transaction takes a fifth of the time. They are made once and kept; copies of them are what the demo and the tests work on.
# Needs no root on Debian.
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

new=$store.new
rm -rf "$new"
trap 'rm -rf "$new"' EXIT
mkdir -p "$new/root/etc/selinux" "$new/root/var/lib/selinux" "$new/download"
root=$new/root

if [ "$package" = selinux-policy-default ]; then
    echo "policy-store: fetching $package $version"
    # apt's sandbox user may not write here, so it is not used; nothing is installed.
    (cd "$new/download" && apt-get download -qq -o APT::Sandbox::User="$(id -un)" "$package=$version")
    dpkg-deb -x "$new"/download/*.deb "$new/unpacked"
    dpkg-deb -e "$new"/download/*.deb "$new/control"
    cp -R "$new/unpacked/etc/selinux/." "$root/etc/selinux/"
    cp /etc/selinux/semanage.conf "$root/etc/selinux/semanage.conf"
    printf 'SELINUX=enforcing\nSELINUXTYPE=default\n' >"$root/etc/selinux/config"

    # As the package's own postinst does it: all of .modules at priority 100, and its list of those not on by default.
    modules=$new/unpacked/usr/share/selinux/default
    not_default=$(sed -n 's/^notdefault="\(.*\)"$/\1/p' "$new/control/postinst")
    [ -n "$not_default" ] || fail "the postinst of $package $version has no list 'notdefault' any more"
    set -- -X 100
    while read -r module || [ -n "$module" ]; do
        set -- "$@" -i "$modules/$module.pp.bz2"
    done <"$modules/.modules"
    for module in $not_default; do
        set -- "$@" -d "$module"
    done
    echo "policy-store: linking its modules (about half a minute)"
    semodule -p "$root" -n -s default "$@" -X 400 -i "$fixture"

    core=$new/core
    mkdir -p "$core/etc/selinux" "$core/var/lib/selinux"
    cp -R "$new/unpacked/etc/selinux/." "$core/etc/selinux/"
    cp "$root/etc/selinux/semanage.conf" "$root/etc/selinux/config" "$core/etc/selinux/"
    # The base names a user and types of xserver's, which needs xdg and getty. semodule refuses where something is missing.
    set -- -X 100
    for module in base getty unconfined xdg xserver; do
        set -- "$@" -i "$modules/$module.pp.bz2"
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
    rm -rf "$new/download"
fi

echo "$package $version, recipe $recipe" >"$new/stamp"
# The old one goes only when the new one is whole.
rm -rf "$store"
mv "$new" "$store"
trap - EXIT
echo "policy-store: $store/root is ready"
