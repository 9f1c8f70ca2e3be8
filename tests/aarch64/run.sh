#!/bin/sh
# Installs the finished packages for aarch64 in small Debian systems of that architecture, under QEMU, and does the same with those
# for this machine: each command must do the same on both. Prints each call with its seconds.
# usage: run.sh DIRECTORY    with the packages of both architectures
set -eu

PATH=$PATH:/usr/sbin:/sbin
umask 022
here=$(cd "$(dirname "$0")" && pwd -P)
top=$(cd "$here/../.." && pwd -P)
suite=bookworm
include=passwd,rpm,policycoreutils,checkpolicy,semodule-utils

fail() {
    echo "aarch64: $*" >&2
    exit 1
}
[ $# -eq 1 ] || fail "usage: $0 DIRECTORY"
packages=$(cd "$1" && pwd -P)
[ "$(id -u)" -eq 0 ] || fail "run as root: it makes systems of another architecture"

work=$(mktemp -d /var/tmp/hostprep-aarch64.XXXXXX)
trap 'rm -rf "$work"' EXIT

debian() {
    case $1 in
        x86_64) echo amd64 ;;
        aarch64) echo arm64 ;;
    esac
}
for architecture in x86_64 aarch64; do
    for file in "$packages"/hostprep_*"_$(debian "$architecture").deb" "$packages"/hostprep-*".$architecture.rpm"; do
        [ -f "$file" ] || fail "no $file; make packages builds both"
        case $file in
            *.deb) cp "$file" "$work/$architecture.deb" ;;
            *.rpm) cp "$file" "$work/$architecture.rpm" ;;
        esac
    done
done
# What the RPM asks for, which Debian has in its own packages.
cp "$here/provides.toml" "$work/manifest.toml"
(cd "$top" && cargo run --quiet --locked --package hostprep-packaging --bin package -- build \
    --manifest "$work/manifest.toml" --format rpm --out "$work/provides" >/dev/null)
"$top/tests/setup/policy-store.sh"

mkdir -p "$top/target/test-chroot"
for architecture in x86_64 aarch64; do
    tar=$top/target/test-chroot/$suite-$architecture.tar
    if [ ! -e "$tar" ] || [ "$(cat "$tar.stamp" 2>/dev/null)" != "$include" ]; then
        echo "aarch64: making $tar (a minute; under emulation some more)"
        # That this machine runs such programs is seen to by emulate.sh.
        "$here/emulate.sh" "$architecture" mmdebstrap --quiet --mode=root --skip=check/qemu --variant=apt \
            --architectures="$(debian "$architecture")" --include="$include" \
            --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/man/*' \
            --dpkgopt='path-exclude=/usr/share/locale/*' "$suite" "$tar.new" --format=tar
        mv "$tar.new" "$tar"
        echo "$include" >"$tar.stamp"
    fi
    for format in deb rpm; do
        root=$work/root
        mkdir "$root"
        tar -xpf "$tar" -C "$root" --exclude='./dev/*'
        cp -R --preserve=mode "$top/target/test-store/core/." "$root/"
        cp "$work/$architecture.$format" "$root/tmp/hostprep.$format"
        cp "$work"/provides/*.rpm "$root/tmp/provides.rpm"
        echo "== $architecture, $format"
        "$here/emulate.sh" "$architecture" "$here/play.sh" "$root" "$architecture" "$format" "$work/$architecture.$format.said"
        rm -rf "$root"
    done
done
for format in deb rpm; do
    diff -u "$work/x86_64.$format.said" "$work/aarch64.$format.said" || fail "the lines above differ between x86_64 and aarch64"
done
echo "aarch64: all calls did the same on x86_64 and aarch64"
