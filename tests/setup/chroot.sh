#!/bin/sh
# Makes target/test-chroot/NAME.tar, a small Debian system with apt to run hostprep on "/" itself, and prints its path.
# usage: chroot.sh [NAME [PACKAGE…]]    NAME names the cached file; the packages are added to the smallest system
# It is made once and kept until this recipe or the packages change. Without root it needs an entry in /etc/subuid.
set -eu

PATH=$PATH:/usr/sbin:/sbin
umask 022
suite=bookworm
name=${1:-bookworm}
[ $# -eq 0 ] || shift
top=$(cd "$(dirname "$0")/../.." && pwd)
chroots=$top/target/test-chroot
tar=$chroots/$name.tar
stamp="$* $(cksum <"$0")"

mkdir -p "$chroots"
exec 9>"$chroots/$name.lock"
flock 9

if [ ! -e "$tar" ] || [ "$(cat "$chroots/$name.stamp" 2>/dev/null)" != "$stamp" ]; then
    if [ "$(id -u)" -ne 0 ] && ! grep -q "^$(id -un):" /etc/subuid 2>/dev/null; then
        echo "chroot: not root, and $(id -un) has no entry in /etc/subuid;" \
            "run as root, or: sudo usermod --add-subuids 100000-165535 --add-subgids 100000-165535 $(id -un)" >&2
        exit 1
    fi
    echo "chroot: making $tar (about a minute)" >&2
    include=$(echo passwd "$@" | tr ' ' ,)
    mmdebstrap --quiet --variant=apt --include="$include" \
        --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/man/*' \
        --dpkgopt='path-exclude=/usr/share/locale/*' "$suite" "$tar.new" --format=tar >&2
    rm -f "$chroots/$name.stamp"
    mv "$tar.new" "$tar"
    echo "$stamp" >"$chroots/$name.stamp"
fi
echo "$tar"
