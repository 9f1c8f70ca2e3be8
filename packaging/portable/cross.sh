#!/bin/sh
# Makes target/cross/ARCHITECTURE, with what compiles for another architecture than this machine's, and prints its path:
#   rustc      Debian's compiler, with the standard libraries of both architectures, which are of one version
#   root       its packages; also headers of glibc and libselinux for bindgen
# usage: cross.sh ARCHITECTURE    x86_64 or aarch64
# It is fetched once and kept until this recipe changes. Without root it needs an entry in /etc/subuid.
set -eu

PATH=$PATH:/usr/sbin:/sbin
umask 022
# A release with a compiler that hostprep can be built with. Within a release, all architectures have one version.
suite=testing

fail() {
    echo "cross: $*" >&2
    exit 1
}
debian() {
    case $1 in
        x86_64) echo amd64 ;;
        aarch64) echo arm64 ;;
        *) fail "x86_64 and aarch64 are built, not $1" ;;
    esac
}

[ $# -eq 1 ] || fail "usage: $0 ARCHITECTURE"
foreign=$(debian "$1")
native=$(debian "$(uname -m)")
[ "$foreign" != "$native" ] || fail "$1 is this machine's own"

top=$(cd "$(dirname "$0")/../.." && pwd -P)
place=$top/target/cross/$1
stamp="$suite $(cksum <"$0")"
mkdir -p "$top/target/cross"
exec 9>"$place.lock"
flock 9
if [ "$(cat "$place/stamp" 2>/dev/null)" = "$stamp" ]; then
    echo "$place"
    exit 0
fi

command -v mmdebstrap >/dev/null || fail "mmdebstrap is not here; install it: apt-get install mmdebstrap"
keyring=/usr/share/keyrings/debian-archive-keyring.gpg
[ -e "$keyring" ] || fail "$keyring is not here; install it: apt-get install debian-archive-keyring"
if [ "$(id -u)" -ne 0 ] && ! grep -q "^$(id -un):" /etc/subuid 2>/dev/null; then
    fail "not root, and $(id -un) has no entry in /etc/subuid; run as root, or:" \
        "sudo usermod --add-subuids 100000-165535 --add-subgids 100000-165535 $(id -un)"
fi

echo "cross: fetching the compiler of Debian $suite, with libraries for $1 (about 250 MB, a minute)" >&2
rm -rf "$place" "$place.new" "$place.tar"
# It is unpacked only: nothing of it is configured or run as root. The day of a mirror that is a snapshot has passed; that
# the packages are Debian's is checked.
mmdebstrap --quiet --variant=extract --aptopt='Acquire::Check-Valid-Until "false"' --architectures="$native,$foreign" --keyring="$keyring" \
    --include="rustc,libstd-rust-dev:$foreign,libc6-dev:$foreign,libselinux1-dev:$foreign" \
    --format=tar "$suite" "$place.tar" >&2 || fail "Debian's packages could not be fetched; the lines above say why"
mkdir "$place.new"
tar -xf "$place.tar" -C "$place.new" --no-same-owner --exclude='./dev/*' --exclude='./usr/share/*' --exclude='./var/*' \
    --exclude='./etc/*' --one-top-level=root
rm "$place.tar"

libraries=$place/root/usr/lib/$(uname -m)-linux-gnu
loader=
for candidate in usr/lib64 lib64 usr/lib lib "usr/lib/$(uname -m)-linux-gnu"; do
    for file in "$place.new/root/$candidate"/ld-linux-*.so.*; do
        # Of this machine: the other's is there too.
        case $file in
            *-x86-64.so.2) of=amd64 ;;
            *-aarch64.so.1) of=arm64 ;;
            *) continue ;;
        esac
        [ "$of" != "$native" ] || [ -n "$loader" ] || loader=$place/root/$candidate/${file##*/}
    done
done
[ -n "$loader" ] || fail "no dynamic loader is among Debian's packages"
# Debian's compiler needs a newer glibc than this machine may have: it runs with its own.
cat >"$place.new/rustc" <<END
#!/bin/sh
exec '$loader' --library-path '$libraries' '$place/root/usr/bin/rustc' --sysroot '$place/root/usr' "\$@"
END
chmod 755 "$place.new/rustc"
mv "$place.new" "$place"
"$place/rustc" --version >&2 || fail "Debian's compiler does not run on this machine"
# Written last, so that an installation that broke off is done again.
echo "$stamp" >"$place/stamp"
echo "$place"
